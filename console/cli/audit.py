"""``watchfloor audit``: check that nothing in the audit was changed, and read it. Needs no window."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from console.store.audit import Audit, Entry
from console.store.database import DatabaseError

MOST = 100_000


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "audit",
        help="check the audit, and read it",
        description="Check that nothing in the audit was changed, cut or put elsewhere, and read it.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    check = what.add_parser(
        "verify",
        help="check every entry; 0: all is well, 1: something is wrong, 2: it cannot be read",
        description="Read all of the audit and check the hash of each entry, and that nothing was cut off its end.",
    )
    listing = what.add_parser("list", help="print entries, the newest last", description="Print entries.")
    listing.add_argument("--target", default="", metavar="DEVICE", help="only of this device or lamp system")
    listing.add_argument("--most", type=_most, default=50, metavar="N", help="so many at most (50)")
    for each in (check, listing):
        each.add_argument("--json", action="store_true", help="print JSON")
        each.add_argument(
            "--database",
            metavar="URL",
            default=os.environ.get("WATCHFLOOR_DATABASE", ""),
            help="another database than this computer's own (also WATCHFLOOR_DATABASE, which shows no password)",
        )


def _most(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST}")
    return number


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
            return _verify(audit, args.json) if args.what == "verify" else _list(audit, args)
        finally:
            audit.close()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2


def _verify(audit: Audit, as_json: bool) -> int:
    verdict = audit.verify()
    if as_json:
        print(json.dumps({"entries": verdict.entries, "ok": verdict.ok, "first_bad": verdict.first_bad}))
    if verdict.ok:
        if not as_json:
            print(f"All is well: {verdict.entries} entries, none changed, cut or put elsewhere.")
        return 0
    where = f"The first bad entry is number {verdict.first_bad}; the {verdict.entries} before it are good."
    print(f"WRONG: {verdict.why}. {where}", file=sys.stderr)
    return 1


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
    return _printable(f"{words}{about}: {entry.outcome}{detail}")


def _printable(text: str) -> str:
    """A name in the audit must not move the cursor of whoever reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
