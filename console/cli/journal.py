"""``watchfloor journal``: check that nothing in the journal was changed, and read it. Needs no window."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.chains import reading, told

if TYPE_CHECKING:
    from console.model.journal import JournalEntry
    from console.store.journal import Journal


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "journal",
        help="check the journal of what the city reported, and read it",
        description="Check that nothing in the journal was changed, cut or put elsewhere, and read it.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    reading(
        what,
        "line",
        "Read all of the journal and check the hash of each line, and that nothing was cut off its end.",
        "print lines without what could name a person or a car, the newest last",
        "Print lines: what kind of event came when from which source. Plates are searched in the console, with a "
        "reason, on record.",
    )


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

    return told(verify(journal), "line", "lines", as_json)


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
