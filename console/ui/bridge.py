"""From worker threads to the Qt thread: signals of an object that lives there, so that slots run there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Bridge(QObject):
    """Workers emit, the Qt thread receives (queued, because the receivers' methods belong to QObjects there)."""

    site_changed = Signal()
    found_changed = Signal()
    progress = Signal(object)
    """A ``console.services.onboarding.Progress``."""
    call = Signal(object)
    """A function to call on the Qt thread."""
    trouble = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._closed = False
        self.call.connect(self._run)

    def close(self) -> None:
        """What still comes is dropped: the windows that it was meant for may be gone."""
        self._closed = True

    def _run(self, function: object) -> None:
        if callable(function) and not self._closed:
            function()
