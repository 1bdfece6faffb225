"""A still under a view, computed in a worker: while somebody pulls a slider the newest wish wins."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.model.zoom import Box, needed, placement
from console.ui.views.still import Shape
from drivers.errors import DriverError
from drivers.types import View

_TILE = (16, 9)
"""The shape of a tile on a usual monitor."""

type Wish = tuple[QImage, View, tuple[int, int]]


class Shaping(QObject):
    """The Qt thread asks and is told by ``done`` and ``failed`` on its own thread; one worker computes."""

    done = Signal(object, QImage)
    """The view, and the picture under it."""
    failed = Signal(str)

    def __init__(self, shape: Shape, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shape = shape
        self._lock = threading.Lock()
        self._wish: Wish | None = None
        self._over = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="view preview")

    def ask(self, still: QImage, view: View, box: tuple[int, int]) -> None:
        """Show this soon; a wish that still waits is forgotten for it."""
        with self._lock:
            begin, self._wish = self._wish is None, (still, view, box)
            if begin and not self._over:
                self._pool.submit(self._work)

    def close(self) -> None:
        """End the worker; waits for the one picture that is being made (some milliseconds). Twice does nothing."""
        with self._lock:
            self._over, self._wish = True, None
        self._pool.shutdown(wait=True)

    def _work(self) -> None:
        with self._lock:
            wish, self._wish = self._wish, None
        if wish is None:
            return
        try:
            image = self._shape(*wish)
        except DriverError as error:
            self.failed.emit(error.sentence)
        except ValueError as error:
            self.failed.emit(f"This view cannot be shown: {error}")
        else:
            self.done.emit(wish[1], image)


class Preview(QWidget):
    """A still as a tile would show it. ``show_view`` may be called as often as a slider moves."""

    def __init__(self, still: QImage, shape: Shape, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._still, self._view, self._shown = still, View(), View()
        self._image: QImage | None = None
        self._problem = ""
        self._shaping = Shaping(shape, self)
        self._shaping.done.connect(self._take)
        self._shaping.failed.connect(self._fail)
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Preview")

    @property
    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    @property
    def shown(self) -> View:
        """The view of what is shown; behind what was asked for while the worker works."""
        return self._shown

    def show_view(self, view: View) -> None:
        """Show the still under this view as soon as it is computed."""
        self._view = view
        self._ask()

    def close_worker(self) -> None:
        """End the worker."""
        self._shaping.close()

    def sizeHint(self) -> QSize:
        """As a tile of four."""
        return QSize(720, 405)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sharp at the new size."""
        super().resizeEvent(event)
        self._ask()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture as it lies in its tile."""
        painter = QPainter(self)
        tile = self._tile()
        painter.fillRect(QRectF(*tile), QColor(0, 0, 0))
        if self._problem:
            painter.drawText(
                self.rect().adjusted(12, 12, -12, -12),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self._problem,
            )
        elif self._image is not None:
            size = (self._image.width(), self._image.height())
            source, target = placement((tile.width, tile.height), size, self._shown.fit)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(*target).translated(tile.x, tile.y), self._image, QRectF(*source))
        painter.end()

    def _tile(self) -> Box:
        """The largest tile of the usual shape: what is cut off or stretched depends on it."""
        return placement((self.width(), self.height()), _TILE)[1]

    def _ask(self) -> None:
        scale, box = self.devicePixelRatioF(), self._tile()
        tile = (box.width * scale, box.height * scale)
        size = (float(self._still.width()), float(self._still.height()))
        if self._view.rotate in (90, 270):
            size = size[1], size[0]
        self._shaping.ask(self._still, self._view, needed(tile, size, self._view.fit))

    def _take(self, view: View, image: QImage) -> None:
        self._shown, self._image, self._problem = view, image, ""
        self.update()

    def _fail(self, problem: str) -> None:
        self._problem = problem
        self.update()
