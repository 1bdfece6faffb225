"""Which recordings go: the oldest first, never one that is held or still written (those are not closed segments)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.model.recording import DAY, RecordingSettings, Segment


@dataclass(frozen=True, slots=True)
class Doomed:
    """A segment to delete, and why (for the manifest)."""

    segment: Segment
    reason: str


def to_delete(
    segments: Iterable[Segment], settings: RecordingSettings, now: float, being_written: int = 0
) -> tuple[Doomed, ...]:
    """What to delete now, in order. ``now`` in UTC seconds; ``being_written`` are bytes of open files, which count
    towards the quota. Held segments count towards it too, so that what is not held may go sooner."""
    ordered = sorted(segments, key=lambda each: (each.end, each.file))
    used = being_written + sum(each.bytes for each in ordered)
    doomed = []
    for segment in ordered:
        if segment.held:
            continue
        if settings.retention_days and segment.end < now - settings.retention_days * DAY:
            reason = f"older than {settings.retention_days:g} days"
        elif settings.quota_bytes and used > settings.quota_bytes:
            reason = f"quota of {settings.quota_bytes} bytes"
        else:
            continue
        used -= segment.bytes
        doomed.append(Doomed(segment, reason))
    return tuple(doomed)
