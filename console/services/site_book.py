"""The site in memory, saved in the background: who changes it calls ``change``, who shows it listens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from console.model.site import Site

Save = Callable[[Site], None]


class SiteBook:
    """``change`` may come from any thread and is applied in order; ``listener`` is called in the changing thread with
    the new site. Saving runs in one thread of its own: the newest site wins, and ``close`` waits for it."""

    def __init__(self, site: Site, save: Save, failed: Callable[[OSError], None]) -> None:
        """``failed`` is told, from the saving thread, when the disk refuses."""
        self._lock = threading.Lock()
        self._site = site
        self._save, self._failed = save, failed
        self._listeners: list[Callable[[Site], None]] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="site file")
        self._dirty = False
        self._last: Future[None] | None = None

    @property
    def site(self) -> Site:
        """The site now."""
        with self._lock:
            return self._site

    def listen(self, listener: Callable[[Site], None]) -> None:
        """Call ``listener`` after each change."""
        self._listeners.append(listener)

    def change(self, edit: Callable[[Site], Site]) -> Site:
        """Apply ``edit`` to the newest site; saved soon, told at once."""
        with self._lock:
            self._site = site = edit(self._site)
            if not self._dirty:
                self._dirty = True
                self._last = self._pool.submit(self._write)
        for listener in list(self._listeners):
            listener(site)
        return site

    def close(self) -> None:
        """Wait until the newest site is on disk."""
        self._pool.shutdown(wait=True)

    def _write(self) -> None:
        with self._lock:
            site, self._dirty = self._site, False
        try:
            self._save(site)
        except OSError as error:
            self._failed(error)
