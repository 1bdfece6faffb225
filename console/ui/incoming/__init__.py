"""What reports to this console, and how the journal is."""
