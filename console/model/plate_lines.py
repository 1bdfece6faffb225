"""Finding what a pattern means in many plates at once: a text with one plate a line, looked through by one regular
expression, so that only lines that are meant are ever touched one by one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from console.model.plate_pattern import Pattern

_LONG_ENOUGH = 3
"""Characters of a stretch that few lines have, however they are looked at."""
_ANY, _ONE = "[^\n]*", "[^\n]"


class LineSearch:
    """A pattern with wildcards, understood for lines. Its expression begins with a stretch of plain characters, which
    makes it quick: with the first one, and then every line that it finds is meant (``sure``) but where the pattern
    begins with both wildcards; or with one so long that few lines have it, which are then looked at."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        whole = f"\n{pattern.text}\n"
        runs = [found.span() for found in re.finditer(r"[^*?]+", whole) if found[0] != "\n"]
        begin, end = max(runs, key=lambda run: run[1] - run[0])
        if end - begin < _LONG_ENOUGH:
            begin, end = runs[0]
        before, run, after = whole[:begin], whole[begin:end], whole[end:]
        fixed = "*" not in before
        self._behind = len(before) - 1 if fixed else -1
        """How far before a find its line begins, -1 where that is not known."""
        self.sure = fixed or before == "\n*"
        ahead = f"(?<={_plain(before + run)})" if fixed and before else ""
        self._expression = re.compile(re.escape(run) + ahead + _rest(after))

    def find(self, lines: str) -> Iterator[tuple[int, int]]:
        """Beginning and end of each line that is meant; ``lines`` begins and ends with a line feed."""
        for found in self._expression.finditer(lines):
            place = found.start()
            if lines[place] == "\n":
                start = place + 1
            elif self._behind >= 0:
                start = place - self._behind
            else:
                start = lines.rfind("\n", 0, place) + 1
            end = lines.index("\n", start)
            if start < end and (self.sure or self._pattern.matches(lines[start:end])):
                yield start, end


def _plain(text: str) -> str:
    """A stretch without stars, as an expression."""
    return "".join(_ONE if each == "?" else re.escape(each) for each in text)


def _rest(after: str) -> str:
    """What follows to the end of the line. Between two stars the first place that fits is as good as any, so nothing
    is ever tried twice; the line feed itself is left for the next line."""
    first, *rest = after.removesuffix("\n").split("*")
    made = _plain(first) + "".join(f"(?>{_ANY}?{_plain(part)})" for part in rest[:-1])
    made += f"{_ANY}{_plain(rest[-1])}" if rest else ""
    return made + "(?=\n)" if after else made
