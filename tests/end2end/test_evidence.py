"""An operator looks back, keeps what he saw, and it can be proved afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from control_room import PATIENCE, City, Console
from hands import Hands, wait_until
from screen import Code, Screen
from site_of_city import learn

from drivers.virtual import timecode

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

DESK = "^Watchfloor$"
LOOKED_AT, OTHER = 1, 2
MAIN_WIDTH, MAIN_HEIGHT = 1280, 720
YOUNG_MS, OLD_MS = 1000, 3000


def test_a_replay_says_so_shows_the_past_and_ends_live(
    tmp_path: Path, display: str, screen: Screen, hands: Hands, town: City
) -> None:
    _, _, variables = learn(town, tmp_path, layout_for=9)
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        hands.takes(DESK)
        hands.press("r")
        begun = console.says(rf"camera {LOOKED_AT} .*: REPLAY")
        past = seen(screen, lambda code: code.age_ms > OLD_MS, back=hands)
        assert past[OTHER].age_ms < OLD_MS  # only the selected tile looks back
        hands.press("Escape")
        console.says(rf"camera {LOOKED_AT} .*: LIVE", after=begun.at)
        seen(screen, lambda code: code.age_ms < YOUNG_MS)
        console.quits_on_sigterm()


def test_a_recording_and_a_snapshot_by_keys_can_be_read_and_proved(
    tmp_path: Path, display: str, hands: Hands, town: City
) -> None:
    _, _, variables = learn(town, tmp_path, layout_for=9)
    recordings, snapshots = tmp_path / "data" / "recordings", tmp_path / "data" / "snapshots"
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        hands.takes(DESK)
        hands.press("shift+s")
        wait_until(lambda: size_of(recordings) > 200_000, "nothing is recorded")
        hands.press("s")
        wait_until(lambda: len(list(snapshots.glob("*.png"))) == 1, "no snapshot was made")
        hands.press("shift+s")
        wait_until(lambda: bool(films(recordings)) and not leftovers(recordings), "the recording did not end")
        console.quits_on_sigterm()
    the_films_show_what_the_camera_sent(films(recordings))
    the_snapshot_is_of_the_main_stream(next(snapshots.glob("*.png")))
    verified(recordings)
    verified(snapshots)
    a_changed_film_is_found(recordings)


def test_what_was_recorded_before_a_kill_can_be_replayed_and_proved(
    tmp_path: Path, display: str, screen: Screen, hands: Hands, town: City
) -> None:
    _, _, variables = learn(town, tmp_path, layout_for=9)
    recordings = tmp_path / "data" / "recordings"
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        hands.takes(DESK)
        hands.press("shift+s")
        wait_until(lambda: size_of(recordings) > 200_000, "nothing is recorded")
        console.dies()
    assert leftovers(recordings)
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        wait_until(lambda: bool(films(recordings)) and not leftovers(recordings), "what was left was not made whole")
        hands.takes(DESK)
        hands.press("r", "Home", "k")
        seen(screen, lambda code: code.age_ms > OLD_MS)
        console.quits_on_sigterm()
    the_films_show_what_the_camera_sent(films(recordings))
    verified(recordings)


def all_are_live(console: Console) -> None:
    for number in range(1, 5):
        console.says(rf"camera {number} .*: LIVE")


def seen(screen: Screen, wanted: Callable[[Code], bool], back: Hands | None = None) -> dict[int, Code]:
    """Wait until the camera that is looked at is seen like this; ``back``: these hands go further back until then."""
    codes: dict[int, Code] = {}

    def so() -> bool:
        codes.clear()
        codes.update(screen.grab().codes())
        if {LOOKED_AT, OTHER} <= set(codes) and wanted(codes[LOOKED_AT]):
            return True
        if back is not None:
            back.press("r")
        return False

    wait_until(so, f"camera {LOOKED_AT} was not seen so: {codes}")
    return codes


def films(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.mp4"))


def leftovers(folder: Path) -> list[Path]:
    """Films that are being written."""
    return [path for path in folder.rglob("*") if path.is_file() and ".mp4" in path.name and path.suffix != ".mp4"]


def size_of(folder: Path) -> int:
    """Bytes of all films, those under way included."""
    return sum(path.stat().st_size for path in (*films(folder), *leftovers(folder)))


def the_films_show_what_the_camera_sent(paths: list[Path]) -> None:
    """All pictures can be decoded, and their time codes are this camera's and go on from picture to picture."""
    read = []
    for path in paths:
        with av.open(str(path)) as film:
            read += [timecode.read(frame.to_ndarray(format="bgr24")) for frame in film.decode(video=0)]
    assert len(read) > 10
    known = [code for code in read if code is not None]
    assert len(known) > 0.9 * len(read)
    assert {camera for _, camera in known} == {LOOKED_AT}
    steps = np.diff([ms for ms, _ in known]) % timecode.MODULUS_MS
    assert np.median(steps) < 200


def the_snapshot_is_of_the_main_stream(path: Path) -> None:
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape[1] == MAIN_WIDTH
    assert image.shape[0] > MAIN_HEIGHT  # the caption is below the picture
    read = timecode.read(np.asarray(image[:MAIN_HEIGHT], np.uint8))
    assert read is not None
    assert read[1] == LOOKED_AT


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", "recordings", "verify", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def verified(folder: Path) -> None:
    answer = verify(folder)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("All is well")


def a_changed_film_is_found(folder: Path) -> None:
    film = films(folder)[0]
    content = bytearray(film.read_bytes())
    content[len(content) // 2] ^= 1
    film.write_bytes(content)
    answer = verify(folder)
    assert answer.returncode == 1
    assert film.name in answer.stderr
