"""The pictures of the read that the hands are on: the plate, and what the camera saw."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from console.model.named_cameras import CameraWords, own_words
from console.model.plate_queries import SeenPlate
from console.ui.plain import plain_label
from console.ui.plates.search_table import thumbnail
from console.ui.plates.search_words import heading_words, place_words, time_words

_PLATE_HEIGHT = 90


class Preview(QWidget):
    """Only the Qt thread."""

    def __init__(self, parent: QWidget | None = None, names: CameraWords = own_words) -> None:
        super().__init__(parent)
        self._names = names
        self._read: SeenPlate | None = None
        self._plate = self._scene = b""
        self.words = plain_label(self)
        self.words.setWordWrap(True)
        self.plate, self.scene = QLabel(self), QLabel(self)
        for label in (self.plate, self.scene):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setObjectName("dim")
            label.setMinimumSize(40, 40)
        self.scene.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.plate.setMaximumHeight(_PLATE_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.addWidget(self.words)
        column.addWidget(self.plate)
        column.addWidget(self.scene, 1)
        self.setMinimumWidth(120)
        self.show_read(None)

    def show_read(self, read: SeenPlate | None) -> None:
        """Another read; its pictures come later."""
        self._read, self._plate, self._scene = read, b"", b""
        for label in (self.plate, self.scene):
            label.clear()
        if read is None:
            self.words.clear()
            return
        where = f"{self._names(read.source, read.camera)}  {heading_words(read.heading)}".strip()
        lines = (read.plate, time_words(read.at), where, place_words(read.place))
        self.words.setText("\n".join(filter(None, lines)))

    def show_pictures(self, seq: int, plate: bytes, scene: bytes) -> None:
        """The pictures of a read, if the hands are still on it."""
        if self._read is None or self._read.seq != seq:
            return
        self._plate, self._scene = plate, scene
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures fit the room that there is."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        if self._read is None:
            return
        ratio = self.devicePixelRatioF()
        wide = self.width() - 16
        for label, jpeg, size in (
            (self.plate, self._plate, QSize(wide, _PLATE_HEIGHT - 4)),
            (self.scene, self._scene, QSize(wide, max(40, self.scene.height()))),
        ):
            picture = thumbnail(jpeg, size, ratio) if jpeg else QPixmap()
            if picture.isNull():
                label.setText("The reader sent no picture." if label is self.scene and not self._plate else "")
            else:
                label.setPixmap(picture)
