"""How large a window is when it opens: as wanted, or as its screen allows."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

_FRAME = (16, 48)
"""What the frame of a window and its title take."""


def open_size(window: QWidget, width: int, height: int) -> None:
    """Give a new window this size, or less where its screen has less room: a button off the screen helps nobody."""
    there = (window.parentWidget() or window).screen().availableSize()
    window.resize(min(width, there.width() - _FRAME[0]), min(height, there.height() - _FRAME[1]))
