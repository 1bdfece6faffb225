"""The layouts of the site for the screens: read and written in a thread of their own, told back through callbacks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from console.model.layout import Layout, LayoutError
from console.store.json_fields import JsonFileError
from console.store.layout_library import LayoutLibrary, LayoutLibraryError

log = logging.getLogger(__name__)

Tell = Callable[[tuple[Layout, ...], str], None]
"""Gets all layouts after a change, and a sentence for the operator ("" if all went well). Called in the worker."""


class LayoutBook:
    """Any thread calls it; it never waits but in ``close``. ``tell`` is called after each request, in the worker."""

    def __init__(self, library: LayoutLibrary, tell: Tell) -> None:
        self._library, self._tell = library, tell
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="layouts")

    def load(self) -> None:
        """Read all layouts; files that cannot be used are named and the others are there."""
        self._pool.submit(self._do, None)

    def save(self, layout: Layout) -> None:
        """Keep a layout as one of the site's own."""
        self._pool.submit(self._do, lambda: self._library.save(layout))

    def duplicate(self, name: str, fresh: str = "") -> None:
        """A copy under another name ("": one that is made up)."""
        self._pool.submit(self._do, lambda: self._library.duplicate(name, fresh))

    def rename(self, name: str, fresh: str) -> None:
        """Another name for one of the site's own."""
        self._pool.submit(self._do, lambda: self._library.rename(name, fresh))

    def delete(self, name: str) -> None:
        """Delete one of the site's own; what ships with the program stays."""
        self._pool.submit(self._do, lambda: self._library.delete(name))

    def close(self) -> None:
        """Do what was asked for, then end the thread."""
        self._pool.shutdown(wait=True)

    def _do(self, work: Callable[[], object] | None) -> None:
        said: list[str] = []
        try:
            if work is not None:
                work()
        except (LayoutLibraryError, LayoutError, JsonFileError, OSError) as error:
            said.append(str(error))
        layouts, problems = self._library.load()
        said += [str(problem) for problem in problems]
        for sentence in said:
            log.warning("layouts: %s", sentence)
        self._tell(layouts, said[0] if said else "")
