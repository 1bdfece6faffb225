"""One file per subcommand of `watchfloor`."""
