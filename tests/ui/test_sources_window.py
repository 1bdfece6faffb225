"""What reports here: who is silent, who is refused and why, and how the journal is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QLabel, QTreeWidget
from pytestqt.qtbot import QtBot

from console.services.intake import IntakeCounts
from console.ui import theme as themes
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
