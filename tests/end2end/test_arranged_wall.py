"""A supervisor's wall: arranged by keys, edited, published, remembered on a key; and there again after the program was
ended, and after it was killed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from control_room import City, Console
from hands import Hands, wait_until
from screen import Screen
from site_of_city import learn

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

DESK = "^Watchfloor$"


def test_an_arranged_wall_is_there_again_after_the_end_and_after_a_kill(
    tmp_path: Path, display: str, screen: Screen, hands: Hands, town: City
) -> None:
    _, _, variables = learn(town, tmp_path, layout_for=16)
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        hands.takes(DESK)
        the_layout_is_changed_and_cameras_are_called_up_by_number(hands, tmp_path)
        the_wall_is_remembered_on_f2(hands, tmp_path)
        the_layout_is_edited_and_published(hands, tmp_path)
        arranged = wall_of(tmp_path)
        shown = places(screen, {1, 2, 3, 4})
        console.quits_on_sigterm()
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        they_are_where_they_were(places(screen, {1, 2, 3, 4}), shown)
        assert shown_by(wall_of(tmp_path)) == shown_by(arranged)
        hands.takes(DESK)
        hands.press("Next")
        wait_until(lambda: layout_of(tmp_path)["name"] == "4x4", "Page Down did not change the layout")
        console.dies()
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        assert layout_of(tmp_path)["name"] == "4x4"
        hands.takes(DESK)
        hands.press("F2")
        wait_until(lambda: layout_of(tmp_path)["name"] == "3x3", "the preset did not come back")
        assert [camera_on(tmp_path, tile) for tile in range(1, 7)] == [1, 4, 3, None, None, 2]
        console.quits_on_sigterm()


def test_a_drawn_layout_that_was_not_published_is_offered_after_a_kill(
    tmp_path: Path, display: str, hands: Hands, town: City
) -> None:
    """The wall never showed it, and nothing of the work is lost."""
    _, _, variables = learn(town, tmp_path)
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        before = wall_of(tmp_path)
        hands.takes(DESK)
        hands.press("ctrl+e")
        hands.takes("^Edit layout")
        hands.press_until("h", lambda: bool(drafts(tmp_path)), "no draft was kept")
        console.dies()
    assert shown_by(wall_of(tmp_path)) == shown_by(before)
    with Console(["run"], display, **variables) as console:
        all_are_live(console)
        hands.takes(DESK)
        hands.press("ctrl+e")
        hands.takes("^Edit layout")
        published = lambda: len(layout_of(tmp_path)["tiles"]) == 5  # noqa: E731 -- short
        hands.press_until("ctrl+s", published, "the draft was not there to publish")
        console.quits_on_sigterm()


def all_are_live(console: Console) -> None:
    for number in range(1, 5):
        console.says(rf"camera {number} .*: LIVE")


def the_layout_is_changed_and_cameras_are_called_up_by_number(hands: Hands, home: Path) -> None:
    hands.press("Prior")
    wait_until(lambda: layout_of(home)["name"] == "3x3", "Page Up did not change the layout")
    hands.press("6", "period", "2", "Return")
    wait_until(lambda: camera_on(home, 6) == 2, "6.2 Enter put nothing on tile 6")
    hands.press("Down", "1", "period", "2", "period", "4", "Return")
    wait_until(lambda: camera_on(home, 2) == 4, "1.2.4 Enter put nothing on tile 2")
    hands.press("4", "period", "Return", "Delete")
    wait_until(lambda: camera_on(home, 4) is None, "Delete left the camera on tile 4")


def the_wall_is_remembered_on_f2(hands: Hands, home: Path) -> None:
    hands.press("shift+F2")
    hands.takes("^Remember the wall")
    hands.types("Evening")
    hands.press("Return")
    wait_until(lambda: [each["key"] for each in wall_of(home)["presets"]] == [2], "Shift+F2 remembered nothing")
    assert wall_of(home)["presets"][0]["name"] == "Evening"
    hands.takes(DESK)


def the_layout_is_edited_and_published(hands: Hands, home: Path) -> None:
    """The wall stays as it is until then."""
    before = layout_of(home)
    hands.press("ctrl+e")
    hands.takes("^Edit layout")
    hands.press("Down", "Down", "v")
    wait_until(lambda: bool(drafts(home)), "no draft was kept")
    assert layout_of(home) == before
    hands.press("ctrl+s")
    wait_until(lambda: len(layout_of(home)["tiles"]) == 10, "publishing did not reach the wall")
    assert json.loads((home / "config" / "layouts" / "3x3.json").read_text())["tiles"] == layout_of(home)["tiles"]
    hands.press("ctrl+e")
    hands.takes(DESK)


def wall_of(home: Path) -> Any:
    """What the program keeps of the wall: always whole, whenever it is read."""
    return json.loads((home / "data" / "wall.json").read_text(encoding="utf-8"))


def layout_of(home: Path) -> Any:
    return wall_of(home)["monitors"][0]["layout"]


def camera_on(home: Path, tile: int) -> int | None:
    """The camera on a tile (from 1)."""
    items = wall_of(home)["monitors"][0]["items"]
    item = items[tile - 1] if tile <= len(items) else None
    return None if item is None else item.get("number")


def shown_by(wall: Any) -> Any:
    """All that an operator would miss, without where the screens lie."""
    monitors = [{key: each.get(key) for key in ("number", "name", "layout", "items")} for each in wall["monitors"]]
    return monitors, wall["presets"]


def drafts(home: Path) -> list[Path]:
    return list((home / "config").rglob("*draft*")) + list((home / "data").rglob("*draft*"))


def places(screen: Screen, cameras: set[int]) -> dict[int, tuple[int, int]]:
    """Where on the screen these cameras' pictures lie, as soon as all can be seen."""
    found: dict[int, tuple[int, int]] = {}

    def all_are_seen() -> bool:
        found.clear()
        found.update({number: code.picture[:2] for number, code in screen.grab().codes().items()})
        return set(found) == cameras

    wait_until(all_are_seen, f"not all cameras can be seen: {found}")
    return dict(found)


def they_are_where_they_were(now: dict[int, tuple[int, int]], before: dict[int, tuple[int, int]]) -> None:
    """But for the pixels by which a place read off a time code may be wrong."""
    for number, (x, y) in now.items():
        assert abs(x - before[number][0]) < 20, (number, now, before)
        assert abs(y - before[number][1]) < 20, (number, now, before)
