"""Plates as they are searched for: wildcards, and the spellings that a reader may have made of a plate. Pure.

A plate is compared by its letters and figures alone, in capitals: blanks, hyphens, dots and invisible marks are no part
of it. ``*`` stands for any number of characters, also none, ``?`` for exactly one."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from console.model.plates import LONGEST_PLATE, fold, normal

LONGEST_PATTERN = 2 * LONGEST_PLATE
MOST_STARS = 8
_LATIN = frozenset(fold(each) for each in string.ascii_uppercase + string.digits)


class PatternError(ValueError):
    """A search for a plate cannot be understood; the sentence says what to write instead."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}. {advice}")


@dataclass(frozen=True)
class Pattern:
    """What was asked for, understood. ``text`` is plain, with ``*`` and ``?`` left in. Made by ``parse_pattern``."""

    text: str

    @property
    def exact(self) -> bool:
        """Whether it names one plate."""
        return "*" not in self.text and "?" not in self.text

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """The stretches of characters between wildcards, in order; the first and the last may be ""."""
        return tuple(re.split(r"[*?]+", self.text))

    @property
    def prefix(self) -> str:
        """What it begins with."""
        return self.runs[0]

    @property
    def suffix(self) -> str:
        """What it ends with."""
        return self.runs[-1]

    @cached_property
    def longest(self) -> str:
        """The longest stretch without a wildcard."""
        return max(self.runs, key=len)

    @cached_property
    def like(self) -> str:
        """As SQL's LIKE has it. Plain plates hold none of its signs."""
        return self.text.replace("*", "%").replace("?", "_")

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        """Between two stars the first place that fits is as good as any, so nothing is ever tried twice."""
        first, *rest = (re.escape(part).replace(r"\?", ".") for part in self.text.split("*"))
        middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
        return re.compile(first + middle + (f".*{rest[-1]}" if rest else ""), re.DOTALL)

    def matches(self, plain: str) -> bool:
        """Whether a plain plate is meant."""
        return self.text == plain if self.exact else self._expression.fullmatch(plain) is not None


def parse_pattern(text: str) -> Pattern:
    """Understand what somebody typed. Raises PatternError."""
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"A plate of {len(text)} characters is too long", f"Write at most {LONGEST_PATTERN}.")
    kept = []
    for each in unicodedata.normalize("NFKC", text).upper():
        if each in "*?":
            kept.append(each)
        elif found := normal(each):
            kept.append(found)
        elif unicodedata.category(each)[0] not in "ZCMP" or each in "%_":
            advice = "Write letters and figures, * for any characters, ? for one."
            raise PatternError(f"{each!r} is no part of a plate", advice)
    plain = _tidy("".join(kept))
    if not plain:
        raise PatternError("No plate is given", "Write letters and figures, or leave the field empty for all plates.")
    if not any(each not in "*?" for each in plain):
        raise PatternError(
            "Only wildcards are given", "Add a letter or figure, or leave the field empty for all plates."
        )
    if len(plain.replace("*", "")) > LONGEST_PLATE:
        raise PatternError("No plate is that long", f"Plates have at most {LONGEST_PLATE} letters and figures.")
    if plain.count("*") > MOST_STARS:
        raise PatternError("There are too many wildcards", f"Use * at most {MOST_STARS} times.")
    return Pattern(plain)


def neighbours(plate: str) -> frozenset[str]:
    """All folded spellings within one change of a plate: every plate that ``plates.apart`` calls near has one of
    them."""
    key = fold(plate)
    return frozenset(_changed(key, _alphabet(key))) | {key}


def _changed(key: str, alphabet: str) -> Iterator[str]:
    for place in range(len(key) + 1):
        before, after = key[:place], key[place:]
        for letter in alphabet:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]


def _alphabet(key: str) -> str:
    """The letters that another spelling may have: Latin ones and figures, and those near foreign ones."""
    letters = set(_LATIN)
    for each in key:
        if not each.isascii():
            first = (ord(each) & ~0x3F) - 0x40
            block = map(chr, range(max(0x80, first), first + 0xC0))
            letters.update(fold(other) for other in block if normal(other) == other)
    return "".join(sorted(letters))


def _tidy(text: str) -> str:
    """Stars that follow each other are one; question marks beside stars come first."""
    return re.sub(r"[*?]*\*[*?]*", lambda found: "?" * found[0].count("?") + "*", text)
