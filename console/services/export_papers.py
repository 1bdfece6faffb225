"""What lies beside exported films: manifest.json, SHA256SUMS and a readme that says how to check them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.model.recording import utc_text
from drivers.clips import ClipFacts

MANIFEST, SUMS, README = "manifest.json", "SHA256SUMS", "readme.txt"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One film of an export; ``masked`` says that it was encoded again with masks burnt in."""

    file: str
    number: int
    name: str
    facts: ClipFacts
    sha256: str
    masked: bool


def write_papers(folder: Path, about: Mapping[str, Any], files: Sequence[ExportedFile]) -> None:
    """Write the three; all times are UTC. Raises OSError."""
    manifest = json.dumps({**about, "files": [_entry(each) for each in files]}, ensure_ascii=False, indent=1).encode()
    _write(folder / MANIFEST, manifest)
    sums = [(each.sha256, each.file) for each in files] + [(hashlib.sha256(manifest).hexdigest(), MANIFEST)]
    _write(folder / SUMS, "".join(f"{digest} *{name}\n" for digest, name in sums).encode())
    _write(folder / README, _readme(about, files).encode())


def _entry(each: ExportedFile) -> dict[str, Any]:
    facts = each.facts
    return {
        "file": each.file,
        "camera": each.number,
        "name": each.name,
        "start": utc_text(facts.start),
        "end": utc_text(facts.end),
        "camera_start": None if facts.taken_start is None else utc_text(facts.taken_start),
        "camera_end": None if facts.taken_end is None else utc_text(facts.taken_end),
        "bytes": facts.bytes,
        "sha256": each.sha256,
        "codec": facts.codec,
        "width": facts.width,
        "height": facts.height,
        "pictures": facts.packets,
        "encoded_again_with_masks": each.masked,
    }


def _readme(about: Mapping[str, Any], files: Sequence[ExportedFile]) -> str:
    masked = any(each.masked for each in files)
    again = (
        "\nPrivacy masks are burnt into some of the films; those were encoded again, as manifest.json says of each.\n"
        if masked
        else "\nThe films hold what the cameras sent; nothing was encoded again.\n"
    )
    return (
        f"Export of {about['product']}\n"
        f"From {about['from']} to {about['to']} (UTC, clock of the recording computer)\n"
        f"Exported {about['exported']} by {about['operator'] or 'an unnamed operator'}\n"
        f"Reason: {about['reason'] or 'none given'}\n"
        f"{again}"
        "\nPlay the .mp4 files with VLC or any other player.\n"
        "\nTo check that nothing was changed, open a terminal in this folder:\n"
        "  Linux:    sha256sum -c SHA256SUMS\n"
        "  macOS:    shasum -a 256 -c SHA256SUMS\n"
        "  Windows:  Get-FileHash *.mp4   (PowerShell; compare with SHA256SUMS)\n"
        "\nmanifest.json says of each file which camera it shows, from when to when, and who exported it.\n"
        "camera_start and camera_end are the camera's own clock, where it told it (RTCP).\n"
    )


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
