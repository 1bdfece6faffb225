"""What a clip says of itself in its own metadata, so that a file that was copied away still tells where it is from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from drivers.clips import ClipTags
from drivers.types import EncodedPacket

_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class ClipNote:
    """The tags, when the first packet arrived and was taken (UTC seconds since 1970), and the stream's own time of the
    file's zero, seconds. ``fps`` is what the stream announced."""

    tags: ClipTags
    start: float
    taken: float | None = None
    clock: float = 0.0
    fps: float = 0.0


def metadata(tags: ClipTags, first: EncodedPacket, clock: float, fps: float) -> dict[str, str]:
    """The file's metadata. ``creation_time`` is when the pictures were seen, to the second (MP4 has no finer)."""
    note = {
        "product": tags.product,
        "camera": tags.number,
        "name": tags.name,
        "operator": tags.operator,
        "start": first.arrived,
        "taken": first.taken,
        "clock": clock,
        "fps": fps,
    }
    return {
        "title": f"Camera {tags.number} {tags.name}"[:200],
        "creation_time": datetime.fromtimestamp(first.arrived, UTC).isoformat(),
        "comment": json.dumps(note, ensure_ascii=False),
    }


def read_note(found: Mapping[str, str]) -> ClipNote | None:
    """What ``metadata`` wrote; None where the file has none or it makes no sense: it may be anybody's file."""
    comment = found.get("comment", "")
    if len(comment) > _LONGEST:
        return None
    try:
        note = json.loads(comment)
        tags = ClipTags(int(note["camera"]), str(note["name"]), str(note["operator"]), str(note["product"]))
        taken = None if note["taken"] is None else float(note["taken"])
        result = ClipNote(tags, float(note["start"]), taken, float(note["clock"]), float(note["fps"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    numbers = (result.start, result.clock, result.fps, result.taken or 0.0)
    return result if all(math.isfinite(each) and abs(each) < 1e12 for each in numbers) else None
