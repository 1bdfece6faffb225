"""A button in the desk's top line with what can be done in one room: each with its key, so that hands learn it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from console.ui.actions import Action


def menu_button(name: str, tip: str, actions: Sequence[Action], parent: QWidget | None = None) -> QPushButton:
    """The button; its menu has these actions, and asks each whether it is possible when it opens."""
    button = QPushButton(name, parent)
    button.setToolTip(tip)
    button.setAccessibleName(f"{name}: {tip}")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    entries = []
    for each in actions:
        key = QKeySequence(each.key).toString(QKeySequence.SequenceFormat.NativeText)
        # The key is told, not set: it is the desk's already.
        entry = menu.addAction(f"{each.name}\t{key}" if key else each.name)
        entry.setToolTip((each.tip or each.name) + (f" ({key})" if key else ""))
        entry.triggered.connect(lambda _=False, run=each.run: run())
        entries.append((entry, each.possible))

    def ask() -> None:
        for entry, possible in entries:
            entry.setEnabled(possible())

    menu.aboutToShow.connect(ask)
    button.setMenu(menu)
    return button
