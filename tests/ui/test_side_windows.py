"""What every window beside the wall has in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from console.ui.alarms.figures_window import FiguresWindow
from console.ui.help_window import HelpWindow
from console.ui.incoming.sources_window import SourcesWindow
from console.ui.lamps.window import LampsWindow
from console.ui.theme import DARK

pytestmark = pytest.mark.qt
MAKERS: dict[str, Callable[[Path], QWidget]] = {
    "sources": lambda folder: SourcesWindow(DARK),
    "figures": lambda folder: FiguresWindow(DARK),
    "lamps": lambda folder: LampsWindow(DARK),
    "help": HelpWindow,
}


@pytest.mark.parametrize("name", MAKERS)
def test_one_key_leads_back_to_the_wall(name: str, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Help")
    window = MAKERS[name](tmp_path)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    QTest.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()
