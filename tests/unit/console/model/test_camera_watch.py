"""What of a camera's states is worth an entry: lost and back, not each reconnection."""

from __future__ import annotations

from console.model.camera_watch import STALE_SECONDS, CameraChange, CameraWatch
from console.model.tile_state import TileState

LIVE, STALE, GONE = TileState.LIVE, TileState.STALE, TileState.NO_SIGNAL
REFUSED, CONNECTING = TileState.REFUSED, TileState.CONNECTING


def told(watch: CameraWatch, state: TileState, now: float) -> list[TileState]:
    return [change.state for change in watch.look({7: state}, now)]


def test_the_first_picture_is_told_and_then_only_what_changes() -> None:
    watch = CameraWatch()
    assert told(watch, CONNECTING, 0.0) == []
    assert watch.look({7: LIVE}, 1.0) == [CameraChange(7, LIVE)]
    assert told(watch, LIVE, 2.0) == []
    assert told(watch, GONE, 3.0) == [GONE]
    assert told(watch, CONNECTING, 4.0) == []
    assert told(watch, GONE, 5.0) == [], "still gone"
    assert told(watch, LIVE, 6.0) == [LIVE]


def test_a_short_gap_is_nothing_and_a_long_one_is_told() -> None:
    watch = CameraWatch()
    told(watch, LIVE, 0.0)
    assert told(watch, STALE, 1.0) == []
    assert told(watch, LIVE, 1.0 + STALE_SECONDS - 0.1) == []
    assert told(watch, STALE, 20.0) == []
    assert told(watch, STALE, 20.0 + STALE_SECONDS) == [STALE]
    assert told(watch, STALE, 50.0) == []
    assert told(watch, GONE, 51.0) == [GONE]
    assert told(watch, STALE, 52.0) == []
    assert told(watch, STALE, 90.0) == [], "it was told already that there is no picture"


def test_a_refused_password_is_a_loss() -> None:
    change = CameraWatch().look({7: REFUSED}, 0.0)[0]
    assert change.lost
    assert change.state is REFUSED


def test_a_camera_that_nobody_looks_at_is_not_judged() -> None:
    watch = CameraWatch()
    told(watch, LIVE, 0.0)
    assert watch.look({}, 1.0) == []
    assert watch.look({7: LIVE}, 2.0) == [CameraChange(7, LIVE)]
