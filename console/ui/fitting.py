"""What every window beside the wall has: a size that its screen allows, and one key that leads back to the wall."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

_FRAME = (16, 48)
"""What the frame of a window and its title take."""


def open_size(window: QWidget, width: int, height: int) -> None:
    """Give a new window this size, or less where its screen has less room: a button off the screen helps nobody."""
    there = (window.parentWidget() or window).screen().availableSize()
    window.resize(min(width, there.width() - _FRAME[0]), min(height, there.height() - _FRAME[1]))


def side_window(window: QWidget, width: int, height: int) -> None:
    """The same for a window that stands beside the wall. Ctrl+W puts it away, so that this key leads back to the wall
    from anywhere."""
    open_size(window, width, height)
    QShortcut(QKeySequence("Ctrl+W"), window).activated.connect(window.close)
