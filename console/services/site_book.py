"""The site in memory, saved in the background: who changes it calls ``change``, who shows it listens."""

from __future__ import annotations

import threading
from collections.abc import Callable

from console.model.site import Site
from console.services.saver import Saver

Save = Callable[[Site], None]


class SiteBook:
    """``change`` may come from any thread and is applied in order; a listener is called in the changing thread."""

    def __init__(self, site: Site, save: Save, failed: Callable[[Exception], None]) -> None:
        """``failed`` is told, from the saving thread, when the site cannot be written."""
        self._lock = threading.Lock()
        self._site = site
        self._listeners: list[Callable[[Site], None]] = []
        self._saver = Saver("site file", save, failed)

    @property
    def site(self) -> Site:
        """The site now."""
        with self._lock:
            return self._site

    def listen(self, listener: Callable[[Site], None]) -> None:
        """Call ``listener`` after each change."""
        self._listeners.append(listener)

    def change(self, edit: Callable[[Site], Site]) -> Site:
        """Apply ``edit`` to the newest site; told at once, on disk soon. What ``edit`` raises changes nothing."""
        with self._lock:
            self._site = site = edit(self._site)
            self._saver.keep(site)
        for listener in list(self._listeners):
            listener(site)
        return site

    def close(self) -> None:
        """Wait until the newest site is on disk."""
        self._saver.close()
