"""What the commands about a chain have in common: the audit, the journal."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from console.store.audit import Verdict

MOST = 100_000


def reading(what: Any, name: str, checks: str, help: str, description: str) -> argparse.ArgumentParser:
    """The parsers ``verify`` and ``list`` of a command; the second is returned for options of its own. ``name`` is what
    a line is called, ``checks`` and the rest are for the help."""
    check = what.add_parser(
        "verify",
        help=f"check every {name}; 0: all is well, 1: something is wrong, 2: it cannot be read",
        description=checks,
    )
    listing: argparse.ArgumentParser = what.add_parser("list", help=help, description=description)
    listing.add_argument("--most", type=_most, default=50, metavar="N", help="so many at most (50)")
    for each in (check, listing):
        each.add_argument("--json", action="store_true", help="print JSON")
        each.add_argument(
            "--database",
            metavar="URL",
            default=os.environ.get("WATCHFLOOR_DATABASE", ""),
            help="another database than this computer's own (also WATCHFLOOR_DATABASE, which shows no password)",
        )
    return listing


def told(verdict: Verdict, name: str, names: str, as_json: bool) -> int:
    """Print a verdict about lines called ``name``; the exit status."""
    if as_json:
        print(json.dumps({"entries": verdict.entries, "ok": verdict.ok, "first_bad": verdict.first_bad}))
    if verdict.ok:
        if not as_json:
            print(f"All is well: {verdict.entries} {names}, none changed, cut or put elsewhere. {verdict.why}".strip())
        return 0
    where = f"The first bad {name} is number {verdict.first_bad}; the {verdict.entries} before it are good."
    print(f"WRONG: {verdict.why}. {where}", file=sys.stderr)
    return 1


def printable(text: str) -> str:
    """A name from elsewhere must not move the cursor of whoever reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _most(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST}")
    return number
