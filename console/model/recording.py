"""Recordings as records: settings (those of snapshots too), closed segments, and what the screen shows of a recording
under way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

GIGABYTE = 1_000_000_000
DAY = 86_400.0
SEGMENT_SECONDS, PREBUFFER_SECONDS, RETENTION_DAYS = (5, 3600), (0, 300), (0, 100_000)
"""The least and the most that each may be."""
_SHARE_KEPT_FREE = 0.02
_WINDOWS_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"COM{each}" for each in range(1, 10)), *(f"LPT{each}" for each in range(1, 10))}
)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Where recordings go and how long they stay. ``quota_bytes`` and ``retention_days`` of 0 mean no limit;
    ``free_bytes`` is what stays free on the disk, None: 1 GB or 2 % of the disk, whichever is less. Raises ValueError
    with a sentence."""

    folder: Path
    segment_seconds: float = 60.0
    prebuffer_seconds: float = 10.0
    quota_bytes: int = 0
    retention_days: float = 30.0
    free_bytes: int | None = None

    def __post_init__(self) -> None:
        for what, value, least, most, unit in (
            ("A segment", self.segment_seconds, *SEGMENT_SECONDS, "seconds"),
            ("The time before the key was pressed", self.prebuffer_seconds, *PREBUFFER_SECONDS, "seconds"),
            ("The retention time", self.retention_days, *RETENTION_DAYS, "days"),
        ):
            if not (math.isfinite(value) and least <= value <= most):
                raise ValueError(f"{what} must lie between {least} and {most} {unit}.")
        if self.quota_bytes < 0 or (self.free_bytes or 0) < 0:
            raise ValueError("The quota and the space that stays free cannot be negative.")

    def kept_free(self, disk_bytes: int) -> int:
        """Bytes that stay free on a disk of this size."""
        if self.free_bytes is not None:
            return self.free_bytes
        return min(GIGABYTE, int(disk_bytes * _SHARE_KEPT_FREE))


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """Where snapshots go, as PNG or JPEG, with a strip of writing below the picture or without."""

    folder: Path
    jpeg: bool = False
    caption: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of one camera. ``file`` is its path within the folder, with slashes. ``start``/``end`` on this
    computer's clock, ``taken_start``/``taken_end`` on the sender's (RTCP, None where unknown), UTC seconds since 1970.
    ``recovered``: it was cut short by a crash or a full disk."""

    file: str
    number: int
    name: str
    operator: str
    start: float
    end: float
    bytes: int
    sha256: str
    taken_start: float | None = None
    taken_end: float | None = None
    recovered: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class RecordingState:
    """One recording under way. ``since``: UTC seconds of its first picture, None before that; ``bytes`` written so far;
    ``lost`` packets that the disk was too slow for; ``trouble`` a sentence, empty when all is well; ``writing`` False
    while nothing reaches the disk."""

    number: int
    name: str
    operator: str
    since: float | None = None
    bytes: int = 0
    segments: int = 0
    lost: int = 0
    trouble: str = ""
    writing: bool = False


def utc_text(when: float) -> str:
    """``2026-11-21T02:41:07.123456Z``, to the microsecond."""
    return (
        datetime.fromtimestamp(round(when * 1e6) / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


def utc_seconds(text: str) -> float:
    """The way back. Raises ValueError."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time without a zone")
    return when.timestamp()


def safe_name(text: str, longest: int = 60) -> str:
    """``text`` as a part of a file name that every system takes, Windows too; never empty."""
    kept = "".join(" " if each in '<>:"/\\|?*' or not each.isprintable() else each for each in text)
    kept = " ".join(kept.split())[:longest].strip(" .")
    return f"{kept}_" if kept.upper().partition(".")[0] in _WINDOWS_NAMES else kept or "unnamed"


def moment_name(when: float) -> str:
    """A moment (UTC seconds since 1970) in a file name: ``2026-11-21 02-41-07.123``."""
    moment = datetime.fromtimestamp(math.floor(when * 1000 + 1e-3) / 1000, UTC)
    return f"{moment:%Y-%m-%d %H-%M-%S}.{moment.microsecond // 1000:03d}"
