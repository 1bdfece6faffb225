"""Lists that are replaced from a folder, each day or whenever a newer file lies there. A file that is still growing is
left alone; one that looks wrong keeps the old list, and says so."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from console.model.hotlists import MANY_FOR_NEAR, Hotlist, HotlistRefusal, usual_reach
from console.services.hotlist_book import FOLDER, Brought, HotlistBook, folder_of
from console.store.database import DatabaseError
from console.store.hotlist_csv import HotlistFileError, look
from console.store.hotlist_tables import text
from drivers.words import clean

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
QUIET_SECONDS = 20.0
"""A file that did not change for so long is whole."""
MOST_BAD = 0.1
"""Share of bad rows from which a file is not believed."""
MOST_REMOVED = 0.5
"""Share of a list that one file may take off it without a person."""
FEW = 20
"""Lists so short may change as they like."""
MOST_FILES = 10_000
NARROWER = f" With more than {MANY_FOR_NEAR:,} entries it matches look-alike characters now, not one character off."
_ENDINGS = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class FolderNews:
    """What became of the newest file for a list: ``good`` is whether it is in place."""

    list: int
    name: str
    words: str
    good: bool


@dataclass(slots=True)
class _Seen:
    mark: str
    since: float


class HotlistFolders:
    """A thread of its own looks; ``told`` is called in it with each result. ``zone`` is that of dates without one."""

    def __init__(
        self,
        book: HotlistBook,
        told: Callable[[FolderNews], None],
        zone: tzinfo | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book, self._told, self._zone, self._clock = book, told, zone, clock
        self._seen: dict[int, _Seen] = {}
        self._failed: dict[int, str] = {}
        """Files that were refused, by their mark: said once."""
        self._news: dict[int, FolderNews] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hotlist folders", daemon=True)

    def news(self) -> dict[int, FolderNews]:
        """The last of each list; any thread."""
        return dict(self._news)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a file that is being read is left."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> None:
        """Look into all folders once. Raises DatabaseError."""
        lists = self._book.watched()
        for listed in lists:
            folder = folder_of(listed)
            if folder is not None and not self._ending.is_set():
                self._look_at(listed, folder)
        for gone in self._news.keys() - {each.id for each in lists}:
            del self._news[gone]

    # Inside

    def _look_at(self, listed: Hotlist, folder: Path) -> None:
        try:
            newest = _newest(folder)
        except OSError as error:
            self._fail(listed, f"folder {error.errno}", f"the folder cannot be read: {error.strerror or error}")
            return
        if newest is None:
            return
        path, mark = newest
        if mark == listed.taken or self._failed.get(listed.id) == mark:
            return
        now = self._clock()
        seen = self._seen.get(listed.id)
        if seen is None or seen.mark != mark:
            self._seen[listed.id] = _Seen(mark, now)
        elif now - seen.since >= QUIET_SECONDS:
            self._take(listed, path, mark)

    def _take(self, listed: Hotlist, path: Path, mark: str) -> None:
        brought: Brought | None = None
        try:
            seen = look(path)
            going = lambda rows, share: not self._ending.is_set()  # noqa: E731 -- short
            brought = self._book.bring(FOLDER, listed.id, seen, seen.plan, self._zone, going)
            if brought is None:
                return
            wrong = _wrong(listed, brought)
            if wrong:
                self._book.discard(brought)
                self._fail(listed, mark, f"{clean(path.name)}: {wrong}")
                return
            reach = usual_reach(listed, brought.staged.rows)
            narrower = reach is not listed.reach
            self._book.apply(FOLDER, brought, mark, reach if narrower else None)
        except (HotlistFileError, HotlistRefusal) as problem:
            if brought is not None:
                self._book.discard(brought)
            if not any(each.id == listed.id and each.taken == mark for each in self._book.watched()):
                self._fail(listed, mark, str(problem))  # else another console took it meanwhile
            return
        except DatabaseError:
            if brought is not None:  # it is read anew each time: what is left behind would fill the disk
                with contextlib.suppress(DatabaseError):
                    self._book.discard(brought)
            raise
        self._failed.pop(listed.id, None)
        diff = brought.diff
        bad = f", {brought.bad} rows left out" if brought.bad else ""
        words = f"{clean(path.name)}: {diff.added} added, {diff.removed} removed, {diff.changed} changed{bad}."
        words += NARROWER if narrower else ""
        self._say(FolderNews(listed.id, listed.name, words, True))

    def _fail(self, listed: Hotlist, mark: str, problem: str) -> None:
        if self._failed.get(listed.id) == mark:
            return
        self._failed[listed.id] = mark
        words = f"{problem.rstrip('.')}. The list of before stays in use."
        self._say(FolderNews(listed.id, listed.name, words, False))

    def _say(self, news: FolderNews) -> None:
        self._news[news.list] = news
        self._told(news)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.look()
            except DatabaseError as error:
                log.warning("the folders of hotlists were not looked at: %s", error)


def _newest(folder: Path) -> tuple[Path, str] | None:
    """The newest file that may be a list, and what marks it as this one."""
    best: tuple[int, str, Path, str] | None = None
    for number, path in enumerate(folder.iterdir()):
        if number >= MOST_FILES:
            break
        if path.name.startswith((".", "~")) or path.suffix.lower() not in _ENDINGS or not path.is_file():
            continue
        facts = path.stat()
        mark = text(f"{path.name}|{facts.st_size}|{facts.st_mtime_ns}")  # as it is read back from the database
        found = (facts.st_mtime_ns, path.name, path, mark)
        if best is None or found[:2] > best[:2]:
            best = found
    return None if best is None else (best[2], best[3])


def _wrong(listed: Hotlist, brought: Brought) -> str:
    """Why a file should not replace a list without a person; "" where it may."""
    kept = brought.rows - brought.bad
    if kept <= 0:
        return "it has no entry that can be read"
    if brought.bad > MOST_BAD * brought.rows:
        return f"{brought.bad} of {brought.rows} rows cannot be read, the first in line {brought.told[0].line}"
    before = brought.diff.removed + brought.diff.changed + brought.diff.same
    if before > FEW and brought.diff.removed > MOST_REMOVED * before:
        return f"it would remove {brought.diff.removed} of {before} entries; import it by hand if that is meant"
    return ""
