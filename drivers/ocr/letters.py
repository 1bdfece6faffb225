"""From what the recogniser says of each column of a line to letters and digits, with other ways to read it.

The recogniser knows many thousand signs and gives, for each narrow column, how likely each of them is, and "none"
(connectionist temporal classification: Graves et al., 2006). Plates have letters and digits only, so all else counts as
none, and what is left is decided between 36 signs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivers.events import Candidate

Floats = npt.NDArray[np.float32]
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MOST_CANDIDATES = 5
LEAST_SHARE = 0.01
"""Another sign is told where it is at least so likely beside the one that was taken."""
_SAME_SHAPE = "ckopsuvwxz"
"""Small letters that look like their capitals."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was read; confidence is the geometric mean of its signs'."""

    text: str
    confidence: float
    candidates: tuple[Candidate, ...]


class Alphabet:
    """Which columns of the recogniser's answer are letters and digits. ``characters`` in its order; its first column is
    "none" and comes before them. Immutable."""

    def __init__(self, characters: Sequence[str]) -> None:
        """Raises ValueError where a letter or digit is missing."""
        place = {sign: index + 1 for index, sign in reversed(list(enumerate(characters)))}
        missing = [sign for sign in SIGNS if sign not in place]
        if missing:
            raise ValueError(f"the recogniser does not know {''.join(missing)}")
        self._capitals = np.array([place[sign] for sign in SIGNS])
        small = [(SIGNS.index(sign.upper()), place[sign]) for sign in _SAME_SHAPE if sign in place]
        self._into, self._small = np.array([to for to, _ in small], int), np.array([at for _, at in small], int)

    def read(self, answer: Floats) -> Line:
        """A line out of columns x signs of likelihoods from 0 to 1."""
        signs = answer[:, self._capitals].copy()
        signs[:, self._into] += answer[:, self._small]
        best = signs.argmax(axis=1)
        likely = signs[np.arange(len(signs)), best]
        written = likely > answer[:, 0]
        text, sure, others = "", [], []
        column = 0
        while column < len(best):
            if not written[column]:
                column += 1
                continue
            end = column + 1
            while end < len(best) and written[end] and best[end] == best[column]:
                end += 1
            peak = column + int(likely[column:end].argmax())
            sign = SIGNS[best[column]]
            sure.append(min(1.0, max(1e-6, float(likely[peak]))))
            for other in np.argsort(signs[peak])[-3:][::-1]:
                share = float(signs[peak, other]) / sure[-1]
                if other != best[column] and share >= LEAST_SHARE:
                    others.append((share, len(text), SIGNS[other]))
            text += sign
            column = end
        if not text:
            return Line("", 0.0, ())
        confidence = math.exp(sum(map(math.log, sure)) / len(sure))
        others.sort(reverse=True)
        candidates = tuple(
            Candidate(text[:at] + sign + text[at + 1 :], round(confidence * share, 4))
            for share, at, sign in others[:MOST_CANDIDATES]
        )
        return Line(text, round(confidence, 4), candidates)
