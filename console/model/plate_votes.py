"""Reads of one passing car in several pictures become one: which belong together, and what they say together.

A car is read several times while it passes, sometimes wrongly, mostly where the plate comes into sight or leaves it.
Each read counts by how sure it is. The length of the plate is voted on first, then each of its places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from drivers.events import MOST_CANDIDATES, Candidate
from drivers.plate_reading import Box

GONE_SECONDS = 1.2
"""A car that was not read for so long has passed."""
NEAR_SECONDS, NEAR_WIDTHS = 0.8, 2.5
"""Reads so soon after each other, and so many widths of the plate apart, are of the same car whatever they say."""
LONGEST_SECONDS = 4.0
"""A car that stays in the picture is told after so long, however unsure its reads are still."""
AGAIN_SECONDS = 10.0
"""A plate that comes again so soon is that of the same car, lost from sight meanwhile, and not told again."""
STANDING_SECONDS = 600.0
"""So long a plate that was told and stands still is not told again when somebody else passes by it."""
ALONE, LEAST = 0.85, 0.6
"""How sure a single read must be, and any verdict: reads that contradict each other (a clock in the picture) are no
plate."""
SETTLED_READS, SETTLED_SURE, SETTLED_SKIPS = 3, 0.95, 2
"""A car that was read the same so often and so surely is told at once, and read again only in each third picture."""
MOST_TRACKS, MOST_PICTURES = 12, 3
"""Cars before a camera at a time, and pictures that are kept of each until it is told."""
_EDITS = 2


@dataclass(frozen=True, slots=True)
class Sighting:
    """A plate read in one picture. ``at`` in seconds of any clock that does not jump, ``box`` in shares of the picture;
    ``picture`` is whatever the caller knows it by, 0 for a picture that is not kept."""

    at: float
    text: str
    confidence: float
    box: Box
    candidates: tuple[Candidate, ...] = ()
    picture: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read of one car: ``sightings`` pictures of it, ``best`` the one that says it most surely. ``direction``
    is "towards" the camera or "away" from it, "" where its size did not change enough to tell."""

    text: str
    confidence: float
    candidates: tuple[Candidate, ...]
    best: Sighting
    first: float
    last: float
    sightings: int
    direction: str


@dataclass(slots=True)
class _Track:
    reads: list[Sighting] = field(default_factory=list)
    told: str = ""
    count: int = 0
    alive: float = 0.0
    skips: int = 0

    @property
    def last(self) -> Sighting:
        return self.reads[-1]


MOST_READS = 40
"""Reads of one car that are kept; of more the oldest goes, but never the first."""


class PlateTracks:
    """The cars before one camera. One thread."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._lately: dict[str, float] = {}
        self.unsure = 0
        """Cars that were read, but not surely enough to be told."""

    def see(self, sightings: Sequence[Sighting]) -> None:
        """What one picture shows; times never go back."""
        free = list(self._tracks)
        for each in sorted(sightings, key=lambda sighting: -sighting.confidence):
            fitting = [(nearness, index) for index, track in enumerate(free) if (nearness := _fits(track, each))]
            if fitting:
                track = free.pop(max(fitting)[1])
            else:
                track = _Track()
                self._tracks.append(track)
            track.reads.append(each)
            track.count += 1
            track.alive, track.skips = each.at, 0
            _bound(track.reads)

    def settled(self, area: Box, at: float) -> bool:
        """Whether what moves in this part of a picture is a car that needs no further read now. It counts as seen."""
        for track in self._tracks:
            box = track.last.box
            across, down = box.left + box.width / 2 - area.left, box.top + box.height / 2 - area.top
            inside = 0 <= across <= area.width and 0 <= down <= area.height
            fresh = track.skips < SETTLED_SKIPS and at - track.alive <= NEAR_SECONDS
            if inside and fresh and _is_settled(track):
                track.alive, track.skips = at, track.skips + 1
                return True
        return False

    def passed(self, now: float) -> list[Verdict]:
        """Cars that passed or have been there for long, each told once. Call it often, with pictures or without."""
        verdicts, kept = [], []
        for track in self._tracks:
            silent = now - track.alive
            gone = silent > GONE_SECONDS
            if not track.told and (gone or _long(track) or _is_settled(track)):
                verdict = vote(track.reads, track.count)
                if verdict is None:
                    self.unsure += 1
                    continue
                if not self._again(verdict):
                    verdicts.append(verdict)
                track.told = verdict.text
            if gone and _stands(track):
                gone = silent > STANDING_SECONDS
            if not gone:
                kept.append(track)
        over = max(0, len(kept) - MOST_TRACKS)
        self.unsure += sum(1 for track in kept[:over] if not track.told)
        self._tracks = kept[over:]
        return verdicts

    def _again(self, verdict: Verdict) -> bool:
        """Whether this plate was told a moment ago; notes it."""
        lately = {text: at for text, at in self._lately.items() if verdict.last - at <= AGAIN_SECONDS}
        self._lately = {**lately, verdict.text: verdict.last}
        return verdict.text in lately

    @property
    def pictures(self) -> set[int]:
        """Pictures that a verdict may still name."""
        return {each.picture for track in self._tracks if not track.told for each in track.reads} - {0}


def vote(reads: Sequence[Sighting], count: int = 0) -> Verdict | None:
    """What reads of one car (at least one, in order of time) say together; None where that is too unsure."""
    weights = [_weight(read.confidence) for read in reads]
    lengths: defaultdict[int, float] = defaultdict(float)
    for read, weight in zip(reads, weights, strict=True):
        lengths[len(read.text)] += weight
    length = max(lengths, key=lambda each: (lengths[each], each))
    fitting = [(read, weight) for read, weight in zip(reads, weights, strict=True) if len(read.text) == length]
    total = sum(weight for _, weight in fitting)
    signs: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(length)]
    for read, weight in fitting:
        for place, sign in zip(signs, read.text, strict=True):
            place[sign] += weight
    text = "".join(_most(place) for place in signs)
    agreement = min(place[sign] / total for place, sign in zip(signs, text, strict=True))
    agreement *= total / sum(weights)
    sure = max(read.confidence for read, _ in fitting if read.text == text or agreement < 1.0)
    best = max(reads, key=lambda read: (read.picture != 0, read.text == text, read.confidence, read.box.width))
    confidence = round(sure * agreement, 4)
    if confidence < (ALONE if len(reads) == 1 else LEAST):
        return None
    candidates = _candidates(reads, weights, text, confidence)
    return Verdict(text, confidence, candidates, best, reads[0].at, reads[-1].at, count or len(reads), _way(reads))


def _bound(reads: list[Sighting]) -> None:
    """Keep no more than is needed of a car that stays."""
    if len(reads) > MOST_READS:
        del reads[1]
    pictured = [index for index, read in enumerate(reads) if read.picture]
    if len(pictured) > MOST_PICTURES:
        least = min(pictured, key=lambda index: (reads[index].confidence, reads[index].box.width))
        reads[least] = replace(reads[least], picture=0)


def _most(votes: Mapping[str, float]) -> str:
    return max(votes, key=lambda sign: (votes[sign], sign))


def _weight(confidence: float) -> float:
    """A read that is half as sure counts a sixteenth."""
    return max(1e-6, confidence**4)


def _candidates(reads: Sequence[Sighting], weights: Sequence[float], text: str, most: float) -> tuple[Candidate, ...]:
    """Whatever else was read, or taken for possible, by how much of the votes it had; none surer than the verdict."""
    shares: defaultdict[str, float] = defaultdict(float)
    total = sum(weights)
    for read, weight in zip(reads, weights, strict=True):
        shares[read.text] += weight / total * read.confidence
        for each in read.candidates:
            shares[each.plate] += weight / total * (each.confidence or 0.0)
    shares.pop(text, None)
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(plate, round(min(share, most), 4)) for plate, share in ranked[:MOST_CANDIDATES])


def _fits(track: _Track, read: Sighting) -> float:
    """How well a read goes with a car, 0 where it does not."""
    last = track.last
    apart = _apart(last.box, read.box)
    alike = distance(track.told or last.text, read.text, _EDITS) <= _EDITS or _part_of(last.text, read.text)
    if alike and (read.at - track.alive <= GONE_SECONDS or apart < 1.0):
        return 2.0 + 1.0 / (1.0 + apart)
    if read.at - last.at <= NEAR_SECONDS and apart <= NEAR_WIDTHS and 0.5 < read.box.width / last.box.width < 2.0:
        return 1.0 / (1.0 + apart)
    return 0.0


def _apart(one: Box, other: Box) -> float:
    """Between the middles, in widths of the plate."""
    across = one.left + one.width / 2 - other.left - other.width / 2
    down = one.top + one.height / 2 - other.top - other.height / 2
    return float((across**2 + down**2) ** 0.5) / max(one.width, other.width, 1e-6)


def _part_of(one: str, other: str) -> bool:
    """Whether one could be the other, cut at an end."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and (long.startswith(short) or long.endswith(short))


def _long(track: _Track) -> bool:
    return track.last.at - track.reads[0].at > LONGEST_SECONDS


def _is_settled(track: _Track) -> bool:
    """Whether further reads would hardly change what is known."""
    text = track.last.text
    agreeing = sum(1 for each in track.reads if each.text == text and each.confidence > SETTLED_SURE)
    return agreeing >= max(SETTLED_READS, 0.75 * len(track.reads))


def _stands(track: _Track) -> bool:
    """Told, and hardly moved since long before."""
    return bool(track.told) and _long(track) and _apart(track.reads[0].box, track.last.box) < 0.5


def _way(reads: Sequence[Sighting]) -> str:
    growth = reads[-1].box.width / max(1e-6, reads[0].box.width)
    return "towards" if growth > 1.1 else "away" if growth < 0.9 else ""


def distance(one: str, other: str, most: int) -> int:
    """How many signs must be changed, put in or taken out to make one the other; ``most`` + 1 where it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, start=1):
        before, row[0] = row[0], place
        for at, its in enumerate(other, start=1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (sign != its))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
