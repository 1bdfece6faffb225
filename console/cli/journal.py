"""``watchfloor journal``: check that nothing in the journal was changed, and read it. Needs no window."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.model.journal import JournalEntry
    from console.store.journal import Journal

MOST = 100_000


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "journal",
        help="check the journal of what the city reported, and read it",
        description="Check that nothing in the journal was changed, cut or put elsewhere, and read it.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    check = what.add_parser(
        "verify",
        help="check every line; 0: all is well, 1: something is wrong, 2: it cannot be read",
        description="Read all of the journal and check the hash of each line, and that nothing was cut off its end.",
    )
    listing = what.add_parser(
        "list",
        help="print lines without what could name a person or a car, the newest last",
        description="Print lines: what kind of event came when from which source. Plates are searched in the console, "
        "with a reason, on record.",
    )
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
    """0 when all is well, 1 when something is wrong with what is there, 2 for a journal that cannot be read."""
    from console import paths
    from console.incoming import DATABASE, HEAD, journal_of
    from console.store.database import DatabaseError

    folder: Path = paths.data_dir()
    if not args.database and not (folder / DATABASE).exists() and not (folder / HEAD).exists():
        print(f"There is no journal in {folder} yet: nothing was reported here.", file=sys.stderr)
        return 2
    try:
        journal = journal_of(folder, args.database)
        try:
            return _verify(journal, args.json) if args.what == "verify" else _list(journal, args)
        finally:
            journal.close()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 2


def _verify(journal: Journal, as_json: bool) -> int:
    from console.store.journal_check import verify

    verdict = verify(journal)
    if as_json:
        print(json.dumps({"entries": verdict.entries, "ok": verdict.ok, "first_bad": verdict.first_bad}))
    if verdict.ok:
        if not as_json:
            print(f"All is well: {verdict.entries} lines, none changed, cut or put elsewhere. {verdict.why}".strip())
        return 0
    where = f"The first bad line is number {verdict.first_bad}; the {verdict.entries} before it are good."
    print(f"WRONG: {verdict.why}. {where}", file=sys.stderr)
    return 1


def _list(journal: Journal, args: argparse.Namespace) -> int:
    entries = journal.after(max(0, journal.last() - args.most), args.most)
    if args.json:
        print(json.dumps([_fields(entry) for entry in entries], ensure_ascii=False, indent=1))
    elif entries:
        for entry in entries:
            fields = _fields(entry)
            odd = f"  ({', '.join(fields['marks'])})" if fields["marks"] else ""
            merged = f"  and {entry.merged} more" if entry.merged else ""
            print(f"{entry.seq:8}  {fields['at']}  {fields['kind']:8}  {fields['source']}{merged}{odd}")
    else:
        print("The journal is empty.")
    return 0


def _fields(entry: JournalEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.event.kind.value,
        "source": entry.event.source,
        "at": entry.event.at.isoformat(timespec="milliseconds"),
        "received": entry.received.isoformat(timespec="milliseconds"),
        "station": entry.station,
        "merged": entry.merged,
        "marks": sorted(entry.marks),
    }
