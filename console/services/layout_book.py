"""The layouts of the site for the screens: read and written in a thread of their own, told back through callbacks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from console.model.layout import Layout, LayoutError
from console.store.json_fields import JsonFileError
from console.store.layout_file import load_layout, save_layout
from console.store.layout_library import LayoutLibrary, LayoutLibraryError, Shelved

log = logging.getLogger(__name__)

Tell = Callable[[tuple[Shelved, ...], str], None]
"""Gets all layouts after a change, and a sentence for the operator ("" if all went well). Called in the worker."""


class LayoutBook:
    """Any thread calls it; it never waits but in ``close``. ``tell`` is called after each request, in the worker."""

    def __init__(self, library: LayoutLibrary, draft: Path, tell: Tell) -> None:
        """``draft``: the file in which edit mode's unpublished draft survives a crash."""
        self._library, self._draft, self._tell = library, draft, tell
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="layouts")

    def load(self) -> None:
        """Read all layouts; files that cannot be used are named and the others are there."""
        self._pool.submit(self._do, lambda: None)

    def save(self, layout: Layout, saved: Callable[[], None]) -> None:
        """Keep a layout as one of the site's own; ``saved`` is called in the worker when it is on disk."""

        def work() -> None:
            self._library.save(layout)
            saved()

        self._pool.submit(self._do, work)

    def duplicate(self, name: str, fresh: str = "") -> None:
        """A copy under another name ("": one that is made up)."""
        self._pool.submit(self._do, lambda: self._library.duplicate(name, fresh))

    def rename(self, name: str, fresh: str) -> None:
        """Another name for one of the site's own."""
        self._pool.submit(self._do, lambda: self._library.rename(name, fresh))

    def delete(self, name: str) -> None:
        """Delete one of the site's own; what ships with the program stays."""
        self._pool.submit(self._do, lambda: self._library.delete(name))

    def keep_draft(self, layout: Layout | None) -> None:
        """Write edit mode's draft down; None: there is none any more."""
        self._pool.submit(self._keep, layout)

    def read_draft(self, pictures: Path, then: Callable[[Layout | None, list[str]], None]) -> None:
        """What was kept, None where nothing is, and the names of the files in the folder ``pictures``; ``then`` is
        called in the worker."""

        def work() -> None:
            draft = None
            try:
                draft = load_layout(self._draft) if self._draft.exists() else None
            except (JsonFileError, OSError) as error:
                log.warning("the draft of edit mode cannot be used: %s", error)
            try:
                names = sorted(each.name for each in pictures.iterdir()) if pictures.is_dir() else []
            except OSError as error:
                log.warning("the folder of pictures cannot be read: %s", error)
                names = []
            then(draft, names)

        self._pool.submit(work)

    def close(self) -> None:
        """Do what was asked for, then end the thread."""
        self._pool.shutdown(wait=True)

    def _keep(self, layout: Layout | None) -> None:
        try:
            if layout is None:
                self._draft.unlink(missing_ok=True)
            else:
                save_layout(self._draft, layout)
        except (JsonFileError, OSError) as error:
            log.warning("the draft of edit mode cannot be kept: %s", error)

    def _do(self, work: Callable[[], object]) -> None:
        said: list[str] = []
        try:
            work()
        except (LayoutLibraryError, LayoutError, JsonFileError, OSError) as error:
            said.append(str(error))
        shelves, problems = self._library.shelves()
        said += [str(problem) for problem in problems]
        for sentence in said:
            log.warning("layouts: %s", sentence)
        self._tell(shelves, said[0] if said else "")
