"""``watchfloor recordings``: list what was recorded, and check that nothing was changed. Needs no window."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from console.model.recording import Segment, utc_text
from console.store.recordings import RecordingIndex, segment_fields, verify


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "recordings",
        help="list recordings, and check that nothing was changed",
        description="List recordings, and check that nothing was changed.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = what.add_parser("list", help="list what the manifests say", description="List what the manifests say.")
    listing.add_argument("folder", type=Path, metavar="DIR", help="the folder of recordings")
    listing.add_argument("--camera", type=int, metavar="N", help="only this camera")
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    check = what.add_parser(
        "verify",
        help="check manifests and files, of recordings or snapshots",
        description="Check the chain of the manifests and the hash of every file, of recordings or snapshots. The hash "
        "of the newest entry is printed: keep it elsewhere, and nobody can cut off the end unseen.",
    )
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder of recordings or snapshots")
    check.add_argument("--head", default="", metavar="HASH", help="a hash of the newest entry that was noted before")


def run(args: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is wrong with what is there, 2 for a folder that cannot be read."""
    if not args.folder.is_dir():
        print(f"{args.folder} is no folder. Name the folder of recordings.", file=sys.stderr)
        return 2
    try:
        return _verify(args.folder, args.head) if args.what == "verify" else _list(args.folder, args.camera, args.json)
    except OSError as error:
        print(f"{args.folder} cannot be read: {error.strerror or error}.", file=sys.stderr)
        return 2


def _verify(folder: Path, head: str) -> int:
    verdict = verify(folder)
    if verdict.problem:
        print(f"WRONG: {verdict.problem}", file=sys.stderr)
        return 1
    if head and head.strip().lower() not in verdict.heads:
        print("WRONG: no entry has the hash that was noted; the manifest was cut off or made anew.", file=sys.stderr)
        return 1
    if not verdict.entries:
        print(f"There is no manifest in {folder}. Name the folder of recordings.", file=sys.stderr)
        return 2
    if verdict.unfinished:
        print(f"{verdict.unfinished} files are being written or were left over by a crash; they are not checked.")
    print(f"All is well: {verdict.entries} entries, {verdict.files} files, {verdict.bytes / 1e9:.2f} GB.")
    print(f"Newest entry: {verdict.head}")
    return 0


def _list(folder: Path, camera: int | None, as_json: bool) -> int:
    index = RecordingIndex()
    index.load(folder)
    if index.problem:
        print(f"{index.problem} It is left out here; see 'watchfloor recordings verify'.", file=sys.stderr)
    found = index.segments(camera)
    if as_json:
        print(json.dumps([{**segment_fields(each), "held": each.held} for each in found], ensure_ascii=False, indent=1))
    elif found:
        for each in found:
            print(_row(each))
        print(f"{len(found)} files, {sum(each.bytes for each in found) / 1e9:.2f} GB")
    else:
        print("Nothing is recorded here." if camera is None else f"Nothing is recorded here of camera {camera}.")
    return 0 if found else 1


def _row(each: Segment) -> str:
    signs = "".join((" held" if each.held else "", " recovered" if each.recovered else ""))
    seconds = each.end - each.start
    row = f"{utc_text(each.start)[:23]}Z {seconds:7.1f} s  {each.number:5} {each.name[:30]:30} {each.file}{signs}"
    return "".join(letter if letter.isprintable() else "?" for letter in row)  # a name is no terminal command
