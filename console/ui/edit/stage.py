"""The middle of edit mode: the canvas, or in its place the preview of the draft with live pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from console.model.monitor import MonitorState
from console.ui.edit.canvas import Canvas

_MARGIN = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """A widget that shows a draft with live pictures; ``release`` lets go of its streams."""

    widget: QWidget
    release: Callable[[], None]


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

    def __init__(self, canvas: Canvas, aspect: float, preview_of: PreviewOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas, self._preview_of = canvas, preview_of
        self._pane = _Pane(aspect, self)
        self._pane.ended.connect(self.end_preview)
        self.addWidget(canvas)
        self.addWidget(self._pane)

    @property
    def previewing(self) -> bool:
        """Whether live pictures are shown."""
        return self._pane.preview is not None

    def begin_preview(self, state: MonitorState) -> None:
        """Show this with live pictures, in place of the canvas."""
        self._pane.end()
        self.setCurrentWidget(self._pane)
        self._pane.show_preview(self._preview_of(state))
        self._pane.setFocus()
        self.preview_changed.emit(True)

    def end_preview(self) -> None:
        """The canvas again."""
        if not self.previewing:
            return
        self._pane.end()
        self.setCurrentWidget(self._canvas)
        self._canvas.setFocus()
        self.preview_changed.emit(False)
