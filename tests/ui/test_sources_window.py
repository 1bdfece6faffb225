"""What reports here: who is silent, who is refused and why, and how the journal is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QLabel, QTreeWidget
from pytestqt.qtbot import QtBot

from console.services.intake import IntakeCounts
from console.services.plate_reader import Reading
from console.services.plate_watch import WatchCounts
from console.ui import theme as themes
from console.ui.incoming.own_readers import reading_words
from console.ui.incoming.sources_window import SourcesWindow, heard_words, journal_words
from drivers.events import FeedCounts

pytestmark = pytest.mark.qt
NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


@pytest.fixture
def window(qtbot: QtBot) -> SourcesWindow:
    window = SourcesWindow(themes.DARK)
    qtbot.addWidget(window)
    return window


def rows(window: SourcesWindow) -> list[list[str]]:
    tree = window.findChild(QTreeWidget)
    assert tree is not None
    items = [tree.topLevelItem(index) for index in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(6)] for item in items if item is not None]


def test_without_sources_it_says_how_to_add_one(window: SourcesWindow) -> None:
    window.show_all({}, {}, IntakeCounts(), NOW)
    assert any("added in the site file" in label.text() for label in window.findChildren(QLabel))


def test_each_source_says_how_it_is(window: SourcesWindow) -> None:
    heard = NOW - timedelta(minutes=47)
    counts = {"gate": FeedCounts(1234, 0, 0, NOW), "<b>ring</b>": FeedCounts(80, 12, 3, heard), "quay": FeedCounts()}
    window.show_all(counts, {"<b>ring</b>": "<b>ring</b>: no answer."}, IntakeCounts(), NOW)
    assert rows(window) == [
        ["gate", "1,234", "0", "0", "0 s ago", "works"],
        ["<b>ring</b>", "80", "▲ 12", "3", "47 min ago", "▲ no answer."],
        ["quay", "0", "0", "0", "never", "nothing yet"],
    ]
    window.show_all({"gate": FeedCounts(1235)}, {}, IntakeCounts(), NOW)
    assert [row[1] for row in rows(window)] == ["1,235"]


def test_all_that_is_wrong_with_a_source_is_read_without_the_mouse(window: SourcesWindow) -> None:
    counts = {"gate": FeedCounts(), "ring": FeedCounts(), "quay": FeedCounts()}
    wrong = {"ring": "ring: no answer. Check its power, cable and address.", "quay": "the password is wrong."}

    def said() -> str:
        found = [label for label in window.findChildren(QLabel) if label.accessibleName().startswith("What is wrong")]
        return found[0].text() if found[0].isVisibleTo(window) else ""

    window.show_all(counts, wrong, IntakeCounts(), NOW)
    assert said() == "▲ ring: no answer. Check its power, cable and address."
    tree = window.findChild(QTreeWidget)
    assert tree is not None
    tree.setCurrentItem(tree.topLevelItem(2))
    assert said() == "▲ quay: the password is wrong."
    window.show_all(counts, {}, IntakeCounts(), NOW)
    assert said() == ""


def test_a_camera_that_is_read_here_says_what_it_costs(window: SourcesWindow) -> None:
    work = WatchCounts(pictures=300, looks=40, over_budget=5, unsure=2, cpu_seconds=12.3, playing=True)
    own = Reading(FeedCounts(7, 0, 0, NOW), work, "", 0.126)
    name = "Own reader of 8 Bridge St"
    window.show_all({name: own.counts}, {}, IntakeCounts(), NOW, {name: reading_words(own)})
    assert rows(window) == [[name, "7", "0", "0", "0 s ago", "reads, takes 0.13 cores"]]
    tree = window.findChild(QTreeWidget)
    assert tree is not None
    assert (item := tree.topLevelItem(0)) is not None
    assert "in 40 of 300 pictures" in item.toolTip(5)
    assert "cpu_share" in item.toolTip(5)
    still = replace(own, work=WatchCounts(), counts=FeedCounts())
    assert reading_words(still)[0] == "waits for the camera's picture"


def test_what_was_merged_refused_and_waits_is_seen() -> None:
    assert journal_words(IntakeCounts(taken=5)) == "Journal: 5 events"
    words = journal_words(IntakeCounts(1000, 2, 3, 4, 5, 6))
    assert words == (
        "Journal: 1,000 events, 2 repeated, 3 merged, 4 sent back for want of room, 5 not admitted, "
        "6 waiting for the disk"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s ago"), (59, "59 s ago"), (7200, "2 h ago"), (200_000, "2 d ago"), (-5, "0 s ago")]
)
def test_how_long_ago_is_said_in_one_unit(seconds: int, words: str) -> None:
    assert heard_words(NOW - timedelta(seconds=seconds), NOW) == words
