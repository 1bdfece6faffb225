"""What this computer prefers, apart from the site and the wall: where evidence goes, what is kept for replay, which web
pages may be shown. Each computer of a control room has its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from console.model.alarm_sounds import SILENT_SECONDS
from console.model.recording import RecordingSettings, SnapshotSettings
from console.model.sticks import StickSettings

REPLAY_SECONDS, WARM_SECONDS, WARM_CAMERAS = (10, 3600), (0, 3600), (0, 1024)
BYTES_PER_CAMERA, BYTES_IN_ALL = (1_000_000, 16_000_000_000), (1_000_000, 256_000_000_000)
"""The least and the most that each may be."""
SILENCE_SECONDS = (10, 1800)
"""The least and the most that alarms are silent at one key."""


@dataclass(frozen=True, slots=True)
class ReplayKeep:
    """What is kept of the cameras on the wall: so many ``seconds`` for instant replay, in so many bytes of memory of
    each camera and of all together. A camera that no tile shows any more stays connected for ``warm_seconds``, so that
    it is back at once; ``most_warm`` of them at a time, 0: none. Raises ValueError with a sentence."""

    seconds: float = 300.0
    bytes_per_camera: int = 64_000_000
    bytes_in_all: int = 700_000_000
    warm_seconds: float = 60.0
    most_warm: int = 64

    def __post_init__(self) -> None:
        for what, value, (least, most), unit in (
            ("The time kept for replay", self.seconds, REPLAY_SECONDS, "seconds"),
            ("The memory of a camera's replay", self.bytes_per_camera, BYTES_PER_CAMERA, "bytes"),
            ("The memory of all replays", self.bytes_in_all, BYTES_IN_ALL, "bytes"),
            ("The time that a camera stays connected", self.warm_seconds, WARM_SECONDS, "seconds"),
            ("The cameras that stay connected", self.most_warm, WARM_CAMERAS, "cameras"),
        ):
            if not (math.isfinite(value) and least <= value <= most):
                raise ValueError(f"{what} must lie between {least} and {most} {unit}.")


@dataclass(frozen=True, slots=True)
class Preferences:
    """All of them. ``web`` are the addresses that may be opened in tiles, with what lies below them; ``locked``: tiles
    cannot be swapped by accident while the wall is operated; ``sticks``: joysticks that somebody has set;
    ``silent_seconds``: how long what alarms is not heard after somebody silenced it."""

    recording: RecordingSettings
    snapshots: SnapshotSettings
    replay: ReplayKeep = field(default_factory=ReplayKeep)
    web: tuple[str, ...] = ()
    locked: bool = True
    sticks: tuple[StickSettings, ...] = ()
    silent_seconds: float = SILENT_SECONDS


def default_preferences(folder: Path) -> Preferences:
    """Those of a computer where nothing was chosen; evidence goes into ``recordings`` and ``snapshots`` of ``folder``,
    the data folder."""
    return Preferences(RecordingSettings(folder / "recordings"), SnapshotSettings(folder / "snapshots"))
