"""Finding things by typing a few letters: cameras, layouts, actions. Pure; an index is made once, each key asks it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_QUERY = 200
"""Letters of a query that are looked at."""

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that people type otherwise and that Unicode does not take apart."""
_WORDS = re.compile(r"[^\W_]+")

EXACT, NUMBER, START, WORD, INITIALS, KEYWORD, INSIDE, SCATTERED = range(8)
"""How a word of the query was found, best first: it is the title, or the number; the title, or one of its words, begins
with it; it is the first letters of the title's words; a keyword, or the number, begins with it; it is inside the title;
its letters are in the title in that order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found. ``id`` names it among all entries and is what ``recent`` names; ``kind`` ("Camera",
    "Layout", "Action") can be typed too; ``hint`` is the key that does the same and is only shown."""

    id: str
    kind: str
    title: str
    number: int | None = None
    keywords: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A find; ``positions``: the letters of the title (indices, rising) that the query named, for highlighting."""

    entry: Entry
    positions: tuple[int, ...] = ()


def fold(text: str) -> str:
    """The text as it is compared: without accents and without upper case."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str:
    """A letter as it is compared, "" for an accent of its own. Twice, for folding case can bring new accents."""
    return _bare(_bare(letter).casefold()).translate(_PLAIN)


def _bare(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


@dataclass(frozen=True, slots=True)
class _Folded:
    """An entry as it is compared. ``words`` and ``keywords`` have a space before each word; ``letters`` has a bit for
    each letter in any of it, so that most entries are left out by one operation."""

    title: str
    words: str
    initials: str
    keywords: str
    number: str
    letters: int


class SearchIndex:
    """Entries to be searched, in the order in which equally good ones are shown. It never changes: make another one
    when entries do."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._folded = [_prepared(entry) for entry in self._entries]
        self._order = sorted(range(len(self._entries)), key=lambda i: len(self._folded[i].title))
        self._letters = [self._folded[i].letters for i in self._order]
        self._titles: dict[str, list[int]] = defaultdict(list)
        for i, folded in enumerate(self._folded):
            self._titles[_squeezed(folded.title)].append(i)

    def find(self, query: str, recent: Sequence[str] = (), limit: int = 50) -> list[Match]:
        """At most ``limit`` finds, best first: every word of the query must be found. Among those found equally well
        the ``recent`` ones (ids, the last used first) come first, then short titles. Without a query the recent ones
        and then the rest, in order."""
        asked = _squeezed(fold(query[:LONGEST_QUERY]))
        rank_of = {name: place for place, name in reversed(list(enumerate(recent)))}
        if not asked:
            everything = self._preferred(range(len(self._entries)), rank_of)
            return [Match(self._entries[i]) for i in everything[:limit]]
        words = [_Word(text) for text in asked.split()]
        found: dict[int, list[int]] = defaultdict(list)
        exact = self._titles.get(asked, ())
        found[-1].extend(exact)
        skip = set(exact)
        for i in self._possible(asked):
            rank = _rank(self._folded[i], words)
            if rank is not None and i not in skip:
                found[rank].append(i)
        best: list[int] = []
        for rank in sorted(found):
            best.extend(self._preferred(found[rank], rank_of))
            if len(best) >= limit:
                break
        return [Match(self._entries[i], self._positions(i, asked, words)) for i in best[:limit]]

    def _possible(self, asked: str) -> Iterator[int]:
        """Entries that have all letters of the query, short titles first."""
        wanted = _letters("".join(asked.split()))
        return (i for i, has in zip(self._order, self._letters, strict=True) if has & wanted == wanted)

    def _preferred(self, found: Iterable[int], rank_of: dict[str, int]) -> list[int]:
        """The recent ones first, else in the order given."""
        if not rank_of:
            return list(found)
        used: list[int] = []
        others: list[int] = []
        for i in found:
            (used if self._entries[i].id in rank_of else others).append(i)
        used.sort(key=lambda i: rank_of[self._entries[i].id])
        return used + others

    def _positions(self, i: int, asked: str, words: Sequence[_Word]) -> tuple[int, ...]:
        """Which letters of the title to mark."""
        title = self._entries[i].title
        folded, origin = _traced(title)
        if _squeezed(folded) == asked:
            return tuple(at for at, letter in enumerate(title) if not letter.isspace())
        marked: set[int] = set()
        for word in words:
            how = word.how(self._folded[i])
            if how is not None:
                marked.update(origin[at] for at in _marks(folded, word.text, how))
        return tuple(sorted(marked))


def _prepared(entry: Entry) -> _Folded:
    title = fold(entry.title)
    words = _WORDS.findall(title)
    keywords = [word for text in (entry.kind, *entry.keywords) for word in _WORDS.findall(fold(text))]
    number = "" if entry.number is None else str(entry.number)
    return _Folded(
        title,
        _spaced(words),
        "".join(word[0] for word in words),
        _spaced(keywords),
        number,
        _letters(title) | _letters("".join(keywords)) | _letters(number),
    )


def _spaced(words: Sequence[str]) -> str:
    return "".join(f" {word}" for word in words)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _letters(text: str) -> int:
    """A bit for each letter; some share one, which only costs a second look."""
    bits = 0
    for letter in set(text):
        bits |= 1 << ord(letter) % 61
    return bits


class _Word:
    """A word of the query; asked of thousands of entries at each key, so what can be prepared is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._begun = f" {text}"
        self._several = len(text) > 1
        # Up to the first of each letter in turn, never going back on it: one pass over the title.
        self._scattered = re.compile("".join(f"[^{each}]*+{each}" for each in map(re.escape, text))).match

    def how(self, entry: _Folded) -> int | None:
        """How it is found in an entry: EXACT ... SCATTERED, or None."""
        text, title, number = self.text, entry.title, entry.number
        if text == number:
            return EXACT if text == title else NUMBER
        inside = text in title
        if inside:
            if title.startswith(text):
                return EXACT if text == title else START
            if self._begun in entry.words:
                return WORD
        if self._several and entry.initials.startswith(text):
            return INITIALS
        if self._begun in entry.keywords or number.startswith(text):
            return KEYWORD
        if inside:
            return INSIDE
        return SCATTERED if self._several and self._scattered(title) else None


def _rank(entry: _Folded, words: Sequence[_Word]) -> int | None:
    """How well all words were found together (0: best); None if one was not."""
    total = 0
    for word in words:
        how = word.how(entry)
        if how is None:
            return None
        total += how
    return total


def _traced(title: str) -> tuple[str, list[int]]:
    """The folded title, and for each of its letters the index of the one in the title that it came from."""
    parts = [(letter.lower() if letter.isascii() else _folded(letter)) for letter in title]
    return "".join(parts), [at for at, part in enumerate(parts) for _ in part]


def _marks(title: str, word: str, how: int) -> Iterable[int]:
    """Where in the folded title a word lies that was found so."""
    if how == INITIALS:
        return [match.start() for match in _WORDS.finditer(title)][: len(word)]
    if how == KEYWORD:
        return ()
    if how == WORD:
        start = next((match.start() for match in _WORDS.finditer(title) if match.group().startswith(word)), -1)
    else:
        start = title.find(word)
    if start >= 0:
        return range(start, start + len(word))
    return _scattered(title, word) if how == SCATTERED else ()


def _scattered(title: str, word: str) -> list[int]:
    """The letters one after another, each at the first place that is left."""
    places: list[int] = []
    for letter in word:
        places.append(title.find(letter, places[-1] + 1 if places else 0))
    return places
