"""All layouts by name: those that ship with the product and the supervisor's own, which hide shipped ones of the same
name. One broken file never hides the others.

Any thread but Qt's may call this, several at once too: each call reads the folders anew and holds one lock. Another
program that changes the folders in the same moment can make a call fail with OSError, never lose a layout.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from console.model.layout import Layout
from console.store.file_names import free_stem
from console.store.json_fields import LONGEST_NAME, flaw_of_name
from console.store.layout_file import LayoutFileError, Problem, load_layout, save_layout

MAX_FILES = 500
"""Layouts of one folder; nobody finds one among more."""
_MAX_ENTRIES = 5000


class LayoutLibraryError(Exception):
    """What was asked for cannot be done; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A layout and its file. ``own``: it may be changed; ``hides``: a shipped one of this name lies under it."""

    layout: Layout
    path: Path
    own: bool
    hides: bool = False


class LayoutLibrary:
    """Layouts of two folders; either may be missing. See the module for threads."""

    def __init__(self, shipped_dir: Path, own_dir: Path) -> None:
        self._shipped_dir = shipped_dir
        self._own_dir = own_dir
        self._lock = threading.Lock()

    def load(self) -> tuple[tuple[Layout, ...], tuple[Problem, ...]]:
        """All layouts, shipped ones in the order of their files (an own one takes the place of the one it hides), then
        the other own ones by name; and what is wrong with the files that could not be used."""
        shelves, problems = self.shelves()
        return tuple(each.layout for each in shelves), problems

    def shelves(self) -> tuple[tuple[Shelved, ...], tuple[Problem, ...]]:
        """As ``load``, with the file of each layout and whose it is."""
        with self._lock:
            return self._read()

    def save(self, layout: Layout) -> Path:
        """Keep a layout as an own one, in the place of the own one of its name. Returns its file. Raises
        LayoutLibraryError, LayoutFileError, OSError."""
        with self._lock:
            _check_name(layout.name)
            return self._keep(layout, self._own(layout.name))

    def duplicate(self, name: str, fresh: str = "") -> Layout:
        """A copy of any layout as an own one, named ``fresh`` or, without, ``NAME copy``. Raises as ``save``."""
        with self._lock:
            shelves, _ = self._read()
            original = _found(shelves, name)
            taken = {_same(each.layout.name) for each in shelves}
            copy = replace(original.layout, name=fresh or _copy_name(name, taken))
            _check_free(copy.name, taken)
            self._keep(copy, None)
            return copy

    def rename(self, name: str, fresh: str) -> Layout:
        """Give an own layout another name (and its file too). Raises as ``save``."""
        with self._lock:
            shelves, _ = self._read()
            old = _own_one(shelves, name, "renamed")
            if fresh == old.layout.name:
                return old.layout
            _check_free(fresh, {_same(each.layout.name) for each in shelves if each is not old})
            renamed = replace(old.layout, name=fresh)
            self._keep(renamed, None)  # first the new file, then away with the old: a crash leaves two, never none
            old.path.unlink(missing_ok=True)
            return renamed

    def delete(self, name: str) -> None:
        """Take an own layout away; a shipped one that it hid is there again. Raises LayoutLibraryError, OSError."""
        with self._lock:
            _own_one(self._read()[0], name, "deleted").path.unlink(missing_ok=True)

    def _read(self) -> tuple[tuple[Shelved, ...], tuple[Problem, ...]]:
        shipped, problems = _folder(self._shipped_dir, own=False)
        own, more = _folder(self._own_dir, own=True)
        mine = {_same(each.layout.name): each for each in own}
        first: list[Shelved] = []
        for each in shipped:
            hiding = mine.pop(_same(each.layout.name), None)
            first.append(each if hiding is None else replace(hiding, hides=True))
        rest = sorted(mine.values(), key=lambda each: (each.layout.name.casefold(), each.layout.name))
        return (*first, *rest), (*problems, *more)

    def _own(self, name: str) -> Shelved | None:
        return next((each for each in self._read()[0] if each.own and _same(each.layout.name) == _same(name)), None)

    def _keep(self, layout: Layout, old: Shelved | None) -> Path:
        _check_name(layout.name)
        if old is not None:
            path = old.path
        else:
            there = [each.name for each in _files(self._own_dir)]
            if len(there) >= MAX_FILES:
                raise LayoutLibraryError(f"There are {len(there)} layouts already. Delete one that nobody uses.")
            taken = [Path(each).stem for each in there]
            path = self._own_dir / f"{free_stem(layout.name, taken)}.json"
        save_layout(path, layout)
        return path


def _files(folder: Path) -> list[Path]:
    """The layout files of a folder by name; none where there is no folder. Pipes and devices would never end."""
    try:
        with os.scandir(folder) as entries:
            rows = [Path(each.path) for each in islice(entries, _MAX_ENTRIES) if _is_layout(each)]
    except FileNotFoundError:
        return []
    return sorted(rows, key=lambda path: (path.name.casefold(), path.name))


def _is_layout(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(".json") and not entry.name.startswith(".") and entry.is_file()


def _folder(folder: Path, own: bool) -> tuple[list[Shelved], list[Problem]]:
    found: dict[str, Shelved] = {}
    problems: list[Problem] = []
    try:
        files = _files(folder)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return [], [Problem(folder, 1, "", f"The folder cannot be read: {why}. Check who may read it.")]
    if len(files) > MAX_FILES:
        sentence = f"More than {MAX_FILES} layouts; only the first are read. Delete those that nobody uses."
        problems.append(Problem(folder, 1, "", sentence))
    for path in files[:MAX_FILES]:
        try:
            layout = load_layout(path)
        except LayoutFileError as error:
            problems += error.problems
            continue
        other = found.setdefault(_same(layout.name), Shelved(layout, path, own))
        if other.path != path:
            sentence = f"{other.path.name} holds a layout of this name already. Give one of them another name."
            problems.append(Problem(path, 1, "name", sentence))
    return list(found.values()), problems


def _found(shelves: Sequence[Shelved], name: str) -> Shelved:
    found = next((each for each in shelves if _same(each.layout.name) == _same(name)), None)
    if found is None:
        raise LayoutLibraryError(f'There is no layout "{name}". Choose one of the list.')
    return found


def _own_one(shelves: Sequence[Shelved], name: str, what: str) -> Shelved:
    found = _found(shelves, name)
    if not found.own:
        raise LayoutLibraryError(
            f'The layout "{found.layout.name}" ships with Watchfloor and cannot be {what}. Duplicate it and change '
            "the copy."
        )
    return found


def _check_name(name: str) -> None:
    flaw = flaw_of_name(name)
    if flaw is not None:
        problem, advice = flaw
        raise LayoutLibraryError(f"{problem[:1].upper()}{problem[1:]}. {advice}")


def _check_free(name: str, taken: set[str]) -> None:
    _check_name(name)
    if _same(name) in taken:
        raise LayoutLibraryError(f'There is a layout "{name}" already. Choose another name.')


def _copy_name(name: str, taken: set[str]) -> str:
    count = 1
    while True:
        ending = " copy" if count == 1 else f" copy {count}"
        fresh = name[: LONGEST_NAME - len(ending)].rstrip() + ending
        if _same(fresh) not in taken:
            return fresh
        count += 1


def _same(name: str) -> str:
    """Names that look the same are the same, however their accents are composed."""
    return unicodedata.normalize("NFC", name)
