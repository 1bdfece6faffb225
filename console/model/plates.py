"""Texts of number plates: one spelling for comparing, what readers mix up, and how far two plates are apart.

A plate is compared by its letters and digits alone: "ab-12 cd" and "AB12CD" are one (``normal``). Readers take some
characters for others; ``fold`` writes each such family as one character, so that two plates that a reader may mix up
have one folded spelling. ``apart`` weighs one slip more: a wrong character, a dropped or an invented one.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LONGEST_PLATE = 32
"""Characters of a plate after ``normal``; more are cut."""
MOST_RAW = 256
"""Characters of a text that are looked at at all."""

FAMILIES = ("0OQDUG", "1IL", "8B", "5S", "2Z")
"""What readers confuse; the first of each stands for all of them."""

_ABROAD = str.maketrans("АВЕКМНОРСТУХЅІЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXSIJABEZHIKMNOPTYX")
"""Letters of other scripts that look like Latin ones; plates of Russia or Greece use no others."""
_FOLD = str.maketrans({char: family[0] for family in FAMILIES for char in family})

FOLDED_COST = 0.2
"""Two characters of one family."""
ALIKE_COST = 0.5
"""Two characters that look somewhat alike."""
SLIP_COST = 1.0
"""Any other wrong character, one that was dropped, one that was invented."""
FARTHEST = 1.0
"""What counts as near at all."""

_ALIKE = frozenset(
    frozenset(pair.split())
    for pair in (
        "3 8", "6 8", "9 8", "0 8", "0 6", "0 9", "6 5", "3 5", "1 7", "1 T", "1 J", "7 T", "7 Y", "7 2", "4 A", "6 C",
        "0 C", "C E", "E F", "F P", "P R", "R 8", "H M", "H N", "M N", "M W", "N W", "H W", "V Y", "V W", "K X", "X Y",
        "0 V", "A R", "E 8", "H 8", "3 E", "J 0", "T Y", "K H", "3 2", "4 9",
    )
)  # fmt: skip
"""Pairs of folded characters."""


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Upper case, letters and digits alone, digits of all scripts as ours; "" where there are none. Never longer than
    LONGEST_PLATE."""
    if len(text) <= LONGEST_PLATE and text.isascii() and text.isalnum():
        return text.upper()
    wide = unicodedata.normalize("NFKC", text[:MOST_RAW]).upper()
    kept = []
    for char in wide:
        if char.isalpha():
            kept.append(char)
        elif (digit := unicodedata.digit(char, None)) is not None:
            kept.append(str(digit))
    return "".join(kept)[:LONGEST_PLATE]


def fold(plate: str) -> str:
    """The spelling that all plates share which a reader may take for this one. ``plate`` as ``normal`` gives it. It has
    as many characters, so places can be compared."""
    if not plate.isascii():
        plate = "".join(_bare(char) for char in plate.translate(_ABROAD))
    return plate.translate(_FOLD)


def apart(read: str, listed: str) -> float | None:
    """How far two plates (as ``normal`` gives them) are apart; None where it is more than FARTHEST. One slip at most is
    forgiven, and characters of one family besides it."""
    if read == listed:
        return 0.0
    a, b = fold(read), fold(listed)
    if len(a) == len(b):
        wrong = [at for at in range(len(a)) if a[at] != b[at]]
        if len(wrong) > 1:
            return None
        mixed = sum(x != y for x, y in zip(read, listed, strict=True)) - len(wrong)
        cost = mixed * FOLDED_COST
        for at in wrong:
            cost += ALIKE_COST if frozenset((a[at], b[at])) in _ALIKE else SLIP_COST
        return _near(cost)
    if abs(len(a) - len(b)) != 1:
        return None
    (long, long_plain), (short, short_plain) = sorted(((a, read), (b, listed)), key=lambda pair: -len(pair[0]))
    first = next((at for at, char in enumerate(short) if long[at] != char), len(short))
    if long[first + 1 :] != short[first:]:
        return None
    best = None
    for at in range(first, -1, -1):  # where several alike stand beside each other, any of them may be the one dropped
        if at < first and long[at] != long[at + 1]:
            break
        rest = long_plain[:at] + long_plain[at + 1 :]
        mixed = sum(x != y for x, y in zip(rest, short_plain, strict=True))
        best = mixed if best is None else min(best, mixed)
    return _near(SLIP_COST + (best or 0) * FOLDED_COST)


def without_one(folded: str) -> list[str]:
    """All that is left of a text when one character is dropped, in turn; some may be the same."""
    return [folded[:at] + folded[at + 1 :] for at in range(len(folded))]


def _near(cost: float) -> float | None:
    rounded = round(cost, 3)
    return rounded if rounded <= FARTHEST else None


@lru_cache(maxsize=1024)
def _bare(char: str) -> str:
    """A letter without its marks, one for one: Ö as O."""
    first = unicodedata.normalize("NFD", char)[0]
    return first if first.isalnum() else char
