"""What a reader makes of a plate: mostly what it says, sometimes one sign for another, sometimes nothing.

Which signs are taken for which follows what readers really confuse. The same pass is always read the same way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from drivers.virtual.plates.readers import Reader
from drivers.virtual.traffic import Car, Pass

MISREAD, MISSED = 0.07, 0.02
"""Shares of passes that are read wrongly, and not at all."""
LOOKALIKES = {
    "0": "ODQ", "O": "0QD", "D": "0O", "Q": "O0", "U": "V", "G": "C6", "1": "I7", "I": "1L", "L": "I", "8": "B3",
    "B": "8", "5": "S", "S": "5", "2": "Z", "Z": "2", "V": "U", "C": "G", "6": "G", "7": "1", "3": "8",
}  # fmt: skip
Corners = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """A text and how sure the reader is of it, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Look:
    """A picture of a pass: the scene and the plate cut out of it as JPEG (or empty), the scene's size in pixels, and
    the plate's corners in it, top left first, clockwise."""

    width: int
    height: int
    corners: Corners
    scene: bytes = b""
    plate: bytes = b""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height around the plate."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


@dataclass(frozen=True, slots=True)
class Reading:
    """One read, as a reader has it before it says so in its maker's words. ``at`` is by the reader's own clock,
    ``heading`` in degrees from north. ``guesses`` have the best first; that is ``text``."""

    id: str
    reader: Reader
    car: Car
    guesses: tuple[Guess, ...]
    at: float
    heading: float
    speed: float
    towards: bool
    look: Look

    @property
    def text(self) -> str:
        """What was read."""
        return self.guesses[0].text

    @property
    def confidence(self) -> float:
        """How sure the reader is, 0 to 1."""
        return self.guesses[0].confidence

    def with_text(self, text: str) -> Reading:
        """The same with another text."""
        return replace(self, guesses=(Guess(text, self.confidence), *self.guesses[1:]))


def read(seed: int, each: Pass, wrong: bool | None = None) -> tuple[Guess, ...]:
    """What the reader makes of it, the best guess first; nothing where it misses the plate. ``wrong`` says whether it
    is to be a misread; None leaves that to chance, for which a car that was asked for is always right."""
    rng = random.Random(f"read {seed} {each.id} {each.car.plate}")
    chance, true = rng.random(), each.car.plate
    if wrong is None and not each.asked and chance < MISSED:
        return ()
    if wrong is None:
        wrong = not each.asked and chance < MISSED + MISREAD
    others = _alternatives(rng, true)
    if not wrong or not others:
        sure = round(rng.uniform(0.86, 0.985), 3)
        shares = sorted((rng.uniform(0.3, 0.8) for _ in others[:3]), reverse=True)
        pairs = zip(others, shares, strict=False)
        return (Guess(true, sure), *(Guess(text, round(sure * share, 3)) for text, share in pairs))
    sure = round(rng.uniform(0.55, 0.83), 3)
    guesses = [Guess(others[0], sure)]
    if rng.random() < 0.8:
        guesses.append(Guess(true, round(sure * 0.95, 3)))
    shares = sorted((rng.uniform(0.4, 0.8) for _ in others[1:3]), reverse=True)
    guesses += [Guess(text, round(sure * share, 3)) for text, share in zip(others[1:3], shares, strict=True)]
    return tuple(guesses)


def first_glance(reading: Reading) -> Reading:
    """What a reader that improves its text has at first: a sign less, or another for one, and not very sure."""
    rng = random.Random(f"glance {reading.id}")
    others = _alternatives(rng, reading.text) or [reading.text]
    return replace(reading, guesses=(Guess(others[0], round(reading.confidence * 0.7, 3)),))


def _alternatives(rng: random.Random, true: str) -> list[str]:
    """Other ways to read it, likeliest first: one sign taken for another, or one dropped at an end."""
    swapped = [
        true[:at] + other + true[at + 1 :] for at, sign in enumerate(true) for other in LOOKALIKES.get(sign, "")[:1]
    ]
    rng.shuffle(swapped)
    dropped = [text for text in (true[1:], true[:-1]) if len(text) > 3]
    rng.shuffle(dropped)
    found = swapped + dropped if rng.random() < 0.75 else dropped + swapped
    return [text for text in dict.fromkeys(found) if text != true]
