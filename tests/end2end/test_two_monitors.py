"""Two monitors: the second one has a window of its own, its screen is unplugged and comes back, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from control_room import City, Console
from hands import Hands, wait_until
from screen import Screen
from site_of_city import learn

from console.model.layout import grid_for
from console.model.monitor import empty_monitor
from console.model.wall import Monitor, Wall
from console.store.walls_file import save_walls

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

LEFT, RIGHT = range(1600), range(1600, 2800)


def test_an_unplugged_monitor_returns_with_its_layout(
    tmp_path: Path, two_screens: tuple[Hands, Screen, str], town: City
) -> None:
    hands, screen, display = two_screens
    _, _, variables = learn(town, tmp_path)
    two_monitors(tmp_path)
    with Console(["run"], display, **variables) as console:
        seen_in(screen, {1: LEFT, 2: LEFT, 3: RIGHT})
        hands.takes("^Watchfloor$")
        hands.press("2", "period", "4", "period", "4", "Return")
        seen_in(screen, {1: LEFT, 2: LEFT, 3: RIGHT, 4: RIGHT})
        wait_until(lambda: screen_of(tmp_path, 2) == "RIGHT", "the wall file does not tell the second monitor's screen")
        before = monitors_of(tmp_path)

        hands.unplugs("RIGHT")
        console.says(r"monitors on screens.*2: None")
        seen_in(screen, {1: LEFT, 2: LEFT})
        assert monitors_of(tmp_path) == before

        hands.plugs_in("RIGHT", 1600, 1200, 900)
        seen_in(screen, {1: LEFT, 2: LEFT, 3: RIGHT, 4: RIGHT})
        assert monitors_of(tmp_path) == before
        console.quits_on_sigterm()


def two_monitors(home: Path) -> None:
    """The desk with cameras 1 and 2, a second monitor with camera 3 that no screen belongs to yet."""
    first = empty_monitor(grid_for(9)).filled([1, 2])
    second = empty_monitor(grid_for(9)).filled([3])
    save_walls(home / "data" / "wall.json", Wall(monitors=(Monitor(1, "Desk", first), Monitor(2, "Street", second))))


def monitors_of(home: Path) -> Any:
    """What both show, and which screens are theirs."""
    return json.loads((home / "data" / "wall.json").read_text(encoding="utf-8"))["monitors"]


def screen_of(home: Path, number: int) -> str | None:
    there = next(each for each in monitors_of(home) if each["number"] == number).get("screen")
    return there["name"] if there else None


def seen_in(screen: Screen, wanted: dict[int, range]) -> None:
    """Wait until these cameras, and no others, are seen young on their screens."""
    found: dict[int, int] = {}

    def seen() -> bool:
        codes = screen.grab().codes()
        found.clear()
        found.update({number: code.picture[0] for number, code in codes.items() if code.age_ms < 1000})
        return set(found) == set(wanted) and all(x in wanted[number] for number, x in found.items())

    wait_until(seen, f"wanted {wanted}, seen {found}")
