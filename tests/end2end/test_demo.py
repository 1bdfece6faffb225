"""`watchfloor demo`: a picture of the live wall without a display, and an end without leftovers."""

from __future__ import annotations

from pathlib import Path

import pytest
from control_room import Console, ended
from screen import load

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

PAINTING = 100.0
"""Seconds in which a city of sixteen cameras is painted for the first time, on a busy machine too."""


def test_a_picture_of_the_demo_has_sixteen_live_cameras(tmp_path: Path) -> None:
    picture = tmp_path / "wall.png"
    words = ["demo", "--cameras", "16", "--seed", "1117", "--shot", str(picture), "--size", "1920x1080"]
    with Console(words, display=None) as console:
        console.ends_well(PAINTING)
    shot = load(picture, round(picture.stat().st_mtime * 1000))
    codes = shot.codes()
    assert set(codes) == set(range(1, 17))
    assert max(code.age_ms for code in codes.values()) < 2000
    assert shot.image.shape == (1080, 1920, 3)


def test_ctrl_c_or_sigterm_ends_the_console_and_its_city(display: str) -> None:
    with Console(["demo", "--cameras", "2", "--seed", "1119"], display) as console:
        console.says(r"camera 2 .*: LIVE")
        city = console.children()
        assert city
        console.quits_on_sigterm()
        assert ended(city)
