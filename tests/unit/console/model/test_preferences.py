"""What a computer prefers: usual values and bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.model.preferences import Preferences, ReplayKeep, default_preferences
from console.model.recording import RecordingSettings, SnapshotSettings


def test_the_usual_preferences() -> None:
    folder = Path("data")
    assert default_preferences(folder) == Preferences(
        RecordingSettings(folder / "recordings"), SnapshotSettings(folder / "snapshots"), ReplayKeep(), (), locked=True
    )
    assert ReplayKeep() == ReplayKeep(300, 64_000_000, 700_000_000, 60, 64)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 9},
        {"seconds": 3601},
        {"seconds": float("nan")},
        {"bytes_per_camera": 999_999},
        {"bytes_in_all": 0},
        {"warm_seconds": -1},
        {"warm_seconds": float("inf")},
        {"most_warm": -1},
        {"most_warm": 1025},
    ],
)
def test_what_replay_cannot_keep_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        ReplayKeep(**wrong)  # type: ignore[arg-type]


def test_nothing_needs_to_stay_connected() -> None:
    assert ReplayKeep(warm_seconds=0, most_warm=0).most_warm == 0
