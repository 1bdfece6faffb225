"""Keys that turn a camera while they are down: the same in the picture and on the pad."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from console.model.ptz_hands import of_keys
from console.ui.ptz.control import PtzControl

_HELD = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Plus: "in",
    Qt.Key.Key_Equal: "in",
    Qt.Key.Key_Minus: "out",
    Qt.Key.Key_Underscore: "out",
}
_CHORD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_ZERO = int(Qt.Key.Key_0)


class KeyHands:
    """The keys of one widget. It is told of each press and release, and of the loss of the focus."""

    def __init__(self, control: PtzControl) -> None:
        self._control = control
        self._down: set[str] = set()

    def press(self, event: QKeyEvent) -> bool:
        """Whether a key is ours, and then what it does; repeats of a key that is held are nothing new."""
        key, fast = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & _CHORD:
            return False
        if key == Qt.Key.Key_Shift:
            self._tell(True)
            return True
        if key in _HELD:
            if not event.isAutoRepeat():
                self._down.add(_HELD[key])
                self._tell(fast)
            return True
        if not (Qt.Key.Key_0 <= key <= Qt.Key.Key_9 or key in (Qt.Key.Key_Period, Qt.Key.Key_Home)):
            return False
        if not event.isAutoRepeat():
            if key == Qt.Key.Key_Period:
                self._control.stop()
            elif key == Qt.Key.Key_Home:
                self._control.go_home()
            else:
                self._control.go_preset((int(key) - _ZERO - 1) % 10)
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Whether a key was ours."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Shift:
            self._tell(False)
            return bool(self._down)
        if key not in _HELD:
            return False
        if not event.isAutoRepeat():
            self._down.discard(_HELD[key])
            self._tell(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        return True

    def drop(self) -> None:
        """The focus went elsewhere: releases will not be heard of."""
        if self._down:
            self._down.clear()
        self._control.lift("keys")

    def _tell(self, fast: bool) -> None:
        if not self._down:
            self._control.lift("keys")
            return
        vector, zoom = of_keys(self._down | ({"fast"} if fast else set()))
        self._control.press("keys", vector, zoom)
