"""``watchfloor audit``: check that nothing in the audit was changed, and read it. Needs no window."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from console.cli.chains import printable, reading, told
from console.store.audit import Audit, Entry
from console.store.database import DatabaseError


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "audit",
        help="check the audit, and read it",
        description="Check that nothing in the audit was changed, cut or put elsewhere, and read it.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = reading(
        what,
        "entry",
        "Read all of the audit and check the hash of each entry, and that nothing was cut off its end.",
        "print entries, the newest last",
        "Print entries.",
    )
    listing.add_argument("--target", default="", metavar="DEVICE", help="only of this device or lamp system")


def run(args: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is wrong with what is there, 2 for an audit that cannot be read."""
    from console import paths
    from console.acting import audit_of

    folder = paths.data_dir()
    if not args.database and not (folder / "watchfloor.db").exists() and not (folder / "audit.head").exists():
        print(f"There is no audit in {folder} yet: nothing was done from here.", file=sys.stderr)
        return 2
    try:
        audit = audit_of(folder, args.database)
        try:
            if args.what == "verify":
                return told(audit.verify(), "entry", "entries", args.json)
            return _list(audit, args)
        finally:
            audit.close()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2


def _list(audit: Audit, args: argparse.Namespace) -> int:
    entries = audit.newest(args.most, args.target)[::-1]
    if args.json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=1))
    elif entries:
        for entry in entries:
            print(_row(entry))
    else:
        print("Nothing is on record." if not args.target else f"Nothing is on record of {args.target!r}.")
    return 0


def _row(entry: Entry) -> str:
    about = f" (of {entry.about})" if entry.about else ""
    words = f"{entry.seq:6}  {entry.at}  {entry.actor} ({entry.role}, {entry.station})  {entry.action}  {entry.target}"
    detail = "" if entry.detail in ("", "{}") else f"  {entry.detail}"
    return printable(f"{words}{about}: {entry.outcome}{detail}")
