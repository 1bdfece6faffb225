"""Pictures that plate readers sent, shown without believing anything about them."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

MOST_BYTES = 4 * 1024 * 1024
MOST_SIDE = 10_000
KEPT_SIDE = 1920
"""Pixels; larger pictures are scaled down while they are decoded."""


def decoded(data: bytes) -> QImage | None:
    """A JPEG as a picture of a bounded size; None where it is none. Any thread."""
    if not data or len(data) > MOST_BYTES or not data.startswith(b"\xff\xd8"):
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"jpeg"))
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > MOST_SIDE:
        return None
    if max(size.width(), size.height()) > KEPT_SIDE:
        reader.setScaledSize(size.scaled(KEPT_SIDE, KEPT_SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return None if image.isNull() else image


class Photo(QWidget):
    """A picture as large as its room allows with its aspect kept, or a word where there is none."""

    def __init__(self, words: str, least: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._image = words, QImage()
        self._none = words
        self.setMinimumSize(least)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(words)

    @property
    def empty(self) -> bool:
        """Whether no picture is shown."""
        return self._image.isNull()

    def show_image(self, image: QImage | None, words: str = "") -> None:
        """Another picture, None for none; ``words`` say why."""
        self._image = QImage() if image is None else image
        self._words = words or self._none
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image.isNull():
            painter.setPen(self.palette().placeholderText().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(6, 6, -6, -6), flags, self._words)
        else:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            painter.drawImage(self.rect().adjusted(left, top, -left, -top), self._image)
        painter.end()
