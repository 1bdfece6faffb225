"""The `watchfloor` command: arguments and Qt's environment, nothing else."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys

SUBCOMMANDS = ("run", "demo", "city", "discover", "layout", "bench", "recordings", "audit", "journal", "credentials")

OWN_OPTIONS = ("-h", "--help", "--version")
"""Options of the command itself; others without a command are those of `run`."""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. Each subcommand's file adds its own part."""
    parser = argparse.ArgumentParser(
        prog="watchfloor",
        description="Video wall and command console for safe-city control rooms.",
        epilog="Without a command the console starts with your own site.",
    )
    parser.add_argument("--verbose", action="store_true", help="say more on standard error")
    parser.add_argument("--version", action="version", version=f"watchfloor {_version()}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in SUBCOMMANDS:
        importlib.import_module(f"console.cli.{name}").add_parser(subparsers)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser()
    first = next((at for at, word in enumerate(arguments) if word != "--verbose"), len(arguments))
    if first == len(arguments) or (arguments[first][0:1] == "-" and arguments[first] not in OWN_OPTIONS):
        arguments.insert(first, "run")
    args = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    command = importlib.import_module(f"console.cli.{args.command}")
    return int(command.run(args))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("watchfloor")
    except PackageNotFoundError:
        return "from source"


if __name__ == "__main__":
    sys.exit(main())
