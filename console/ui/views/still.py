"""Still pictures between Qt and the painters, which know no Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QImage

from drivers.types import View

Shape = Callable[[QImage, View, tuple[int, int]], QImage]
"""A still under a view, as large as fits into a box of device pixels. Any thread; raises DriverError or ValueError."""

_PIXELS = QImage.Format.Format_RGB32


def pixels_of(still: QImage) -> tuple[bytes, int, int, int]:
    """The rows (B,G,R,X) of a still, its width, height and the bytes of a row."""
    plain = still if still.format() == _PIXELS else still.convertToFormat(_PIXELS)
    return bytes(plain.constBits()), plain.width(), plain.height(), plain.bytesPerLine()


def image_of(data: Any, width: int, height: int, stride: int) -> QImage:
    """A picture of B,G,R,X rows; a copy, so that the rows may go."""
    return QImage(data, width, height, stride, _PIXELS).copy()
