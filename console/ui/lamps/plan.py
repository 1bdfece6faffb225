"""The plan: lamps where they stand, to look at and to choose from. What is chosen leaves it as a signal."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.model.lamp_area import Plane, Point, bounds, distance, in_area, in_box, plane_around, within_radius
from console.model.lamp_leases import LampRef
from console.services.lamps import LampView
from console.ui.lamps.plan_paint import CameraMark, Crowd, PlanPainter, polygon
from console.ui.lamps.words import Condition, condition, lamps_words, level_words, state_words
from console.ui.plain import plain_tip
from console.ui.theme import Theme
from drivers.types import GeoPlace

REACH = 12.0
"""Logical pixels within which a click hits a lamp."""
STEP = 1.25
"""One turn of the wheel."""
_CLOSEST, _FARTHEST = 0.02, 500.0
"""Metres a pixel."""
_STILL = 4.0
"""Pixels that a click may move and still be one."""


class Tool(enum.Enum):
    """What the left button does."""

    PICK = "Click"
    BOX = "Rectangle"
    AREA = "Area"
    RADIUS = "Radius"


HINTS = {
    Tool.PICK: "Click chooses, Ctrl adds, dragging moves the plan, the wheel zooms.",
    Tool.BOX: "Drag a rectangle. Ctrl adds to what is chosen.",
    Tool.AREA: "Click the corners of the area; Enter or a double click closes it, Backspace takes one back.",
    Tool.RADIUS: "Press in the middle and drag outwards. Ctrl adds to what is chosen.",
}


class Plan(QWidget):
    """Only the Qt thread. ``chosen`` gives the lamps that the hands chose, ``light_wanted`` that Enter was pressed."""

    chosen = Signal(object)
    light_wanted = Signal()
    tool_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painter = PlanPainter(theme)
        self._theme = theme
        self._views: dict[LampRef, LampView] = {}
        self._places: dict[LampRef, GeoPlace] = {}
        self._points: dict[LampRef, Point] = {}
        self._cameras: dict[int, GeoPlace] = {}
        self._selected_camera = 0
        self._plane = Plane(0.0, 0.0)
        self._crowd = Crowd()
        self._lit, self._ringed = QPolygonF(), QPolygonF()
        self._picked: frozenset[LampRef] = frozenset()
        self._centre, self._metres = (0.0, 0.0), 1.0  # of the widget's middle; of a pixel
        self._fitted = False
        self._tool = Tool.PICK
        self._pressed: QPointF | None = None
        self._pointer = QPointF()
        self._moved = False
        self._corners: list[Point] = []
        self._circle: tuple[Point, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Plan of the lamps")

    # What it shows

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Another one; what was being drawn is forgotten."""
        self._let_go()
        self._tool = tool
        self.setCursor(Qt.CursorShape.ArrowCursor if tool is Tool.PICK else Qt.CursorShape.CrossCursor)
        self.tool_changed.emit()

    def show_lamps(self, views: Sequence[LampView]) -> None:
        """All lamps as they are now."""
        self._views = {view.ref: view for view in views}
        places = {view.ref: view.lamp.place for view in views if view.lamp.place is not None}
        if places != self._places:
            self._places = places
            self._lay_out()
        self._crowd = Crowd.of(views, self._points)
        self._lit = polygon(
            self._points[v.ref] for v in views if condition(v) is Condition.LIT and v.ref in self._points
        )
        self._describe()
        self.update()

    def show_cameras(self, cameras: Mapping[int, GeoPlace], selected: int = 0) -> None:
        """The cameras of the site that have a place."""
        if (dict(cameras), selected) != (self._cameras, self._selected_camera):
            moved = dict(cameras) != self._cameras
            self._cameras, self._selected_camera = dict(cameras), selected
            if moved and not self._places:
                self._lay_out()
            self.update()

    def choose(self, refs: frozenset[LampRef]) -> None:
        """Show these as chosen, without telling anybody."""
        self._picked = refs
        self._ringed = polygon(self._points[ref] for ref in refs if ref in self._points)
        self._describe()
        self.update()

    def show_radius(self, centre: GeoPlace, metres: float) -> frozenset[LampRef]:
        """A circle, brought into view; the lamps in it."""
        point = self._plane.point(centre)
        self._circle = (point, metres)
        self._centre = point
        self._metres = max(_CLOSEST, 3.0 * metres / max(1, min(self.width(), self.height())))
        self._fitted = True
        self.update()
        return within_radius(self._places, centre, metres)

    def fit(self) -> None:
        """All lamps, or all cameras where there are none."""
        points = list(self._points.values()) or [self._plane.point(place) for place in self._cameras.values()]
        left, bottom, right, top = bounds(points)
        self._centre = ((left + right) / 2, (bottom + top) / 2)
        wide, high = max(1.0, self.width() - 60.0), max(1.0, self.height() - 60.0)
        self._metres = min(_FARTHEST, max(_CLOSEST, (right - left) / wide, (top - bottom) / high, 0.1))
        self.update()

    def at(self, ref: LampRef) -> QPointF:
        """Where a lamp is on the widget."""
        x, y = self._points[ref]
        return self._to_screen().map(QPointF(x, -y))

    # Where things are

    def _lay_out(self) -> None:
        known = list(self._places.values()) or list(self._cameras.values())
        before, empty = self._plane, not self._points
        self._plane = plane_around(known)
        self._points = {ref: self._plane.point(place) for ref, place in self._places.items()}
        if empty or not self._fitted:
            self._fitted = self.isVisible()
            self.fit()
        else:  # the eye stays where it is
            self._centre = self._plane.point(before.place(self._centre))
            if self._circle is not None:
                point, metres = self._circle
                self._circle = (self._plane.point(before.place(point)), metres)
        self._corners = [self._plane.point(before.place(corner)) for corner in self._corners]
        self._ringed = polygon(self._points[ref] for ref in self._picked if ref in self._points)

    def _to_screen(self) -> QTransform:
        scale = 1.0 / self._metres
        middle = QPointF(self.width() / 2, self.height() / 2)
        return QTransform().translate(middle.x(), middle.y()).scale(scale, scale).translate(
            -self._centre[0], self._centre[1]
        )  # fmt: skip

    def _point(self, at: QPointF) -> Point:
        x = self._centre[0] + (at.x() - self.width() / 2) * self._metres
        y = self._centre[1] - (at.y() - self.height() / 2) * self._metres
        return x, y

    def _lamp_at(self, at: QPointF) -> LampRef | None:
        x, y = self._point(at)
        reach = REACH * self._metres
        near = [
            (math.hypot(px - x, py - y), ref)
            for ref, (px, py) in self._points.items()
            if abs(px - x) <= reach and abs(py - y) <= reach
        ]
        least = min(near, default=None)
        return None if least is None or least[0] > reach else least[1]

    # Looking about

    def zoom(self, steps: float, at: QPointF | None = None) -> None:
        """Closer for positive steps; what is under ``at`` stays there."""
        at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        before = self._point(at)
        self._metres = min(_FARTHEST, max(_CLOSEST, self._metres / STEP**steps))
        after = self._point(at)
        self._centre = (self._centre[0] + before[0] - after[0], self._centre[1] + before[1] - after[1])
        self.update()

    def pan(self, pixels: QPointF) -> None:
        """Move the plan under the eye by so many pixels."""
        self._centre = (
            self._centre[0] - pixels.x() * self._metres,
            self._centre[1] + pixels.y() * self._metres,
        )
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom where the pointer is."""
        self.zoom(event.angleDelta().y() / 120.0, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, + and - zoom, 0 shows all; Enter closes an area or lights, Esc lets go."""
        key, moves = event.key(), {
            Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }  # fmt: skip
        if key in moves:
            far = min(self.width(), self.height()) / 6
            x, y = moves[Qt.Key(key)]
            self.pan(QPointF(x * far, y * far))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.zoom(-1)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._corners:
                self._close_area(add=False)
            else:
                self.light_wanted.emit()
        elif key == Qt.Key.Key_Backspace and self._corners:
            self._corners.pop()
            self.update()
        elif key == Qt.Key.Key_Escape and (self._corners or self._pressed is not None):
            self._let_go()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_A:
            self.chosen.emit(frozenset(self._points))
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the plan, or begin to draw."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = self._pointer = event.position()
            self._moved = False
            if self._drawing(event.buttons()) and self._tool is Tool.RADIUS:
                self._circle = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        before, self._pointer = self._pointer, event.position()
        if self._pressed is not None:
            far = event.position() - self._pressed
            self._moved = self._moved or math.hypot(far.x(), far.y()) > _STILL
            if self._moved and not self._drawing(event.buttons()):
                self.pan(event.position() - before)
        if self._pressed is not None or self._corners:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was pressed, dragged or drawn is what is meant."""
        if self._pressed is None:
            return
        start, self._pressed = self._pressed, None
        add = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() == Qt.MouseButton.LeftButton:
            if self._tool is Tool.AREA and not self._moved:
                self._corners.append(self._point(event.position()))
            elif self._tool is Tool.BOX and self._moved:
                self._take(in_box(self._points, self._point(start), self._point(event.position())), add)
            elif self._tool is Tool.RADIUS and self._moved:
                self._take_radius(start, event.position(), add)
            elif not self._moved:
                self._click(event.position(), add)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Close the area that is drawn."""
        if self._tool is Tool.AREA and self._corners:
            self._close_area(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _drawing(self, buttons: Qt.MouseButton) -> bool:
        """Whether a drag draws, and does not move the plan."""
        return self._tool in (Tool.BOX, Tool.RADIUS) and bool(buttons & Qt.MouseButton.LeftButton)

    def _click(self, at: QPointF, add: bool) -> None:
        ref = self._lamp_at(at)
        if ref is None:
            self._take(frozenset(), add)
        elif add and ref in self._picked:
            self.chosen.emit(self._picked - {ref})
        else:
            self._take(frozenset({ref}), add)

    def _take(self, refs: frozenset[LampRef], add: bool) -> None:
        self.chosen.emit(self._picked | refs if add else refs)

    def _take_radius(self, start: QPointF, end: QPointF, add: bool) -> None:
        centre, edge = self._plane.place(self._point(start)), self._plane.place(self._point(end))
        metres = distance(centre, edge)
        self._circle = (self._point(start), metres)
        self._take(within_radius(self._places, centre, metres), add)

    def _close_area(self, add: bool) -> None:
        found = in_area(self._points, self._corners)
        self._corners = []
        self._take(found, add)
        self.update()

    def _let_go(self) -> None:
        self._pressed, self._corners, self._circle = None, [], None
        self.update()

    # Seeing

    def event(self, event: QEvent) -> bool:
        """A tip says what the lamp under the pointer does."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            ref = self._lamp_at(QPointF(event.pos()))
            view = None if ref is None else self._views.get(ref)
            if view is None:
                QToolTip.hideText()
            else:
                words = f"{view.lamp.name} ({view.ref[0]})\n{level_words(view)}  {state_words(view)}"
                QToolTip.showText(event.globalPos(), plain_tip(words), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame tells that keys come here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it; a few dozen calls however many lamps there are."""
        painter = QPainter(self)
        whole, to_screen = QRectF(self.rect()), self._to_screen()
        self._painter.background(painter, whole)
        scale = min(1.6, max(0.5, 0.6 / math.sqrt(self._metres)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_drawing(painter, to_screen)
        self._painter.lamps(painter, self._crowd, self._ringed, self._lit, to_screen, scale)
        marks = [
            CameraMark(number, self._plane.point(place), number == self._selected_camera)
            for number, place in self._cameras.items()
        ]
        self._painter.cameras(painter, marks, to_screen, whole)
        if not self._points:
            words = "No lamp has a place." if self._views else "No lamps yet. See the tab Systems."
            self._painter.words(painter, whole.adjusted(20, 20, -20, -20), words)
        else:
            self._paint_ruler(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("selection"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_drawing(self, painter: QPainter, to_screen: QTransform) -> None:
        if self._circle is not None:
            (x, y), metres = self._circle
            self._painter.circle(painter, to_screen.map(QPointF(x, -y)), metres / self._metres, f"{metres:.0f} m")
        if self._corners:
            area = to_screen.map(polygon(self._corners))
            area.append(self._pointer)
            self._painter.drawing(painter, area, closed=False)
        elif self._pressed is not None and self._moved and self._tool is Tool.BOX:
            self._painter.drawing(painter, QPolygonF(QRectF(self._pressed, self._pointer).normalized()), closed=True)
        elif self._pressed is not None and self._moved and self._tool is Tool.RADIUS:
            far = self._pointer - self._pressed
            radius = math.hypot(far.x(), far.y())
            self._painter.circle(painter, self._pressed, radius, f"{radius * self._metres:.0f} m")

    def _paint_ruler(self, painter: QPainter) -> None:
        widest = self._metres * max(60.0, self.width() / 4)
        power = 10.0 ** math.floor(math.log10(widest))
        length = max(step * power for step in (1, 2, 5) if step * power <= widest)
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        self._painter.ruler(painter, QPointF(12, self.height() - 12), length / self._metres, words)

    def _describe(self) -> None:
        self.setAccessibleDescription(f"{lamps_words(len(self._points))}, {len(self._picked)} chosen")
