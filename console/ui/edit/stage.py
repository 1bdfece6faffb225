"""The middle of edit mode: the canvas, or in its place the preview of the draft with live pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from console.model.monitor import MonitorState
from console.model.tour import TourPlayer, play
from console.ui.edit.canvas import Canvas

_MARGIN = 20
_BEAT_MS = 250
"""How often tours of a preview are looked at; nobody misses a quarter of a second of a dwell time."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A widget that shows a draft with live pictures; ``release`` lets go of its streams. ``show`` gives it another
    state, for tours to go on; without it they stay at their first stop."""

    widget: QWidget
    release: Callable[[], None]
    show: Callable[[MonitorState], None] | None = None


type PreviewOf = Callable[[MonitorState], Preview]


class _Pane(QWidget):
    """Holds a preview in the aspect of its monitor. Esc ends it."""

    ended = Signal()

    def __init__(self, aspect: float, parent: QWidget) -> None:
        super().__init__(parent)
        self._aspect = aspect
        self._preview: Preview | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Preview of the draft with live pictures")

    @property
    def preview(self) -> Preview | None:
        """What is shown."""
        return self._preview

    def show_preview(self, preview: Preview) -> None:
        """Take a preview."""
        self._preview = preview
        preview.widget.setParent(self)
        preview.widget.setAcceptDrops(False)
        self._fit()
        preview.widget.show()

    def end(self) -> None:
        """Let go of it."""
        preview, self._preview = self._preview, None
        if preview is not None:
            preview.release()
            preview.widget.hide()
            # Not deleted here: who made it may still hold it for a moment, and it goes with the last who does.
            preview.widget.setParent(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In the middle, as large as it can be."""
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leads back to the canvas; all other keys do nothing here."""
        if event.key() == Qt.Key.Key_Escape:
            self.ended.emit()

    def _fit(self) -> None:
        if self._preview is None:
            return
        box = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        width = max(1, min(box.width(), round(box.height() * self._aspect)))
        height = max(1, round(width / self._aspect))
        x, y = box.x() + (box.width() - width) // 2, box.y() + (box.height() - height) // 2
        self._preview.widget.setGeometry(QRect(x, y, width, height))


class Stage(QStackedWidget):
    """Only the Qt thread."""

    preview_changed = Signal(bool)

    def __init__(
        self, canvas: Canvas, aspect: float, preview_of: PreviewOf, clock: Callable[[], float],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """``clock``: monotonic seconds, for tours."""
        super().__init__(parent)
        self._canvas, self._preview_of, self._clock = canvas, preview_of, clock
        self._tours = TourPlayer()
        self._cameras: tuple[int, ...] = ()
        self._state: MonitorState | None = None
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT_MS)
        self._beat.timeout.connect(self._play)
        self._pane = _Pane(aspect, self)
        self._pane.ended.connect(self.end_preview)
        self.addWidget(canvas)
        self.addWidget(self._pane)

    @property
    def previewing(self) -> bool:
        """Whether live pictures are shown."""
        return self._pane.preview is not None

    def begin_preview(self, state: MonitorState, cameras: Sequence[int]) -> None:
        """Show this with live pictures, in place of the canvas; ``cameras`` are the numbers of the site, rising."""
        self._pane.end()
        self._cameras = tuple(cameras)
        played = play(TourPlayer(), state, self._cameras, self._clock())
        self._tours, self._state = played.player, played.state
        self.setCurrentWidget(self._pane)
        self._pane.show_preview(self._preview_of(played.state))
        self._pane.setFocus()
        self._beat.start()
        self.preview_changed.emit(True)

    def end_preview(self) -> None:
        """The canvas again."""
        if not self.previewing:
            return
        self._beat.stop()
        self._pane.end()
        self._state = None
        self.setCurrentWidget(self._canvas)
        self._canvas.setFocus()
        self.preview_changed.emit(False)

    def _play(self) -> None:
        """Tours go on."""
        preview, state = self._pane.preview, self._state
        if preview is None or preview.show is None or state is None:
            return
        played = play(self._tours, state, self._cameras, self._clock())
        self._tours, self._state = played.player, played.state
        if played.state != state:
            preview.show(played.state)
