"""The page of keys tells all keys that there are, and none that does nothing."""

from __future__ import annotations

import re

from pytestqt.qtbot import QtBot
from test_console import House

from console import paths
from console.model.site import Site

WRITTEN = {"Page Down": "PgDown", "Page Up": "PgUp", "Delete": "Del"}
"""How people call what Qt calls otherwise."""
OF_THE_DESK = {"digits", "digits with dots", "arrows", "Shift + arrows", "Enter", "Esc", "Backspace"}
"""What the desk takes itself: the CCTV keyboard."""
LOOK_BACK = "Look back"


def test_every_key_is_on_the_page_and_every_key_on_the_page_does_something(qtbot: QtBot) -> None:
    house = House(qtbot, Site())
    try:
        there = {key for action in house.console.actions for key in action.keys}
    finally:
        house.console.stop()
    told = {key for title, keys in tables("keys.md").items() if title != LOOK_BACK for key in keys}
    assert there - told == set()
    assert told - there - OF_THE_DESK == set()


def test_the_keys_of_replay_are_the_same_on_both_pages() -> None:
    pages = [tables("keys.md")[LOOK_BACK], tables("replay.md")["Replay"]]
    assert sorted(pages[0]) == sorted(pages[1])


def tables(page: str) -> dict[str, list[str]]:
    """The keys in the first columns of all tables of a page, by heading."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in (paths.resources() / "help" / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            title = line.strip("# ")
        row = re.match(r"\| (.+?) \| ", line)
        if row and row[1] != "key":
            found.setdefault(title, []).extend(key for words in row[1].split(", ") for key in spoken(words))
    return found


def spoken(words: str) -> list[str]:
    """Keys as Qt writes them: "F2 to F4" is three."""
    span = re.fullmatch(r"((?:Shift\+)?F)(\d+) to \1(\d+)", words)
    if span:
        return [f"{span[1]}{number}" for number in range(int(span[2]), int(span[3]) + 1)]
    for ours, qts in WRITTEN.items():
        words = words.replace(ours, qts)
    return words.split(" and ")
