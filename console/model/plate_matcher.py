"""Which entries of all hotlists a read matches: an immutable snapshot that answers in microseconds.

Two sorted indexes of 64-bit hashes with a bitmap before each, so that most questions end at the bitmap: the folded
plates, and the folded plates with each character dropped in turn. Two texts of which one lacks a character, or which
differ in one, meet there (the idea of symmetric deletion); what meets is then compared in full, so that a hash can
cost time but never make a match. Texts of entries stay in the database: an entry takes its plate and some 120 bytes.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from console.model.hotlists import Hotlist, Tier
from console.model.plates import FARTHEST, apart, fold, normal, without_one
from console.model.regions import Regions, regions
from drivers.events import PlateRead

SHORTEST_NEAR = 5
"""Plates of fewer characters are not looked for with one of them wrong: everything would be near."""
MOST_MATCHES = 20
"""Entries that one read may match; the surest are kept."""
MOST_COMPARED = 256
"""Entries that are compared for the last tier: it bounds what a hostile list can cost."""
_BITS_A_KEY = 16


@dataclass(frozen=True, slots=True)
class MatchRow:
    """What matching needs of an entry. ``plate`` as ``normal`` gives it."""

    id: int
    list: int
    plate: str
    state: str = ""
    starts: float | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that a read matches. ``reading`` is the text that did, ``weight`` how far it is from the entry."""

    entry: int
    list: int
    plate: str
    state: str
    tier: Tier
    regions: Regions
    weight: float
    reading: str


class _Seen:
    """Whether a text may be among some: a bit for each of their hashes."""

    __slots__ = ("_bitmap", "_mask")

    def __init__(self, hashes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        size = 1 << max(10, (len(hashes) * _BITS_A_KEY - 1).bit_length())
        self._mask = size - 1
        bits = (hashes & self._mask).astype(np.uint32)
        bitmap = np.zeros(size // 8, np.uint8)
        np.bitwise_or.at(bitmap, bits >> 3, np.left_shift(np.uint8(1), (bits & 7).astype(np.uint8)))
        self._bitmap = bitmap.tobytes()

    def may(self, text: str) -> bool:
        """False: surely not."""
        bit = hash(text) & self._mask
        return bool(self._bitmap[bit >> 3] >> (bit & 7) & 1)

    def which_may(self, texts: Sequence[str]) -> list[str]:
        """Those of some that may be."""
        bitmap, mask = self._bitmap, self._mask
        return [text for text in texts if bitmap[(bit := hash(text) & mask) >> 3] >> (bit & 7) & 1]

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self._bitmap)


class _Keys:
    """Texts to numbers of entries: sorted hashes, and what says quickly that there is none."""

    __slots__ = ("_hashes", "_places", "_seen")

    def __init__(self, hashes: array[int], places: array[int]) -> None:
        raw = _numbers(hashes)
        order = np.argsort(raw, kind="stable")
        self._hashes = array("q", raw[order].tobytes())
        self._places = array("i", np.frombuffer(places, np.int32)[order].tobytes() if places else b"")
        self._seen = _Seen(raw)

    def get(self, text: str) -> array[int] | tuple[()]:
        """The entries with this text, and by an odd chance others."""
        if not self._seen.may(text):
            return ()
        key, hashes = hash(text), self._hashes
        first = last = bisect_left(hashes, key)
        end = len(hashes)
        while last < end and hashes[last] == key:
            last += 1
        return self._places[first:last]

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self._hashes) * 8 + len(self._places) * 4 + self._seen.size


def _numbers(hashes: array[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.frombuffer(hashes, np.int64) if hashes else np.empty(0, np.int64)


class Matcher:
    """Made once from all entries, never changed; any thread. Times are UTC; ``lists`` are those whose entries count at
    all, by id."""

    def __init__(self, lists: Iterable[Hotlist] = (), rows: Iterable[MatchRow] = ()) -> None:
        self._lists: Mapping[int, Hotlist] = {each.id: each for each in lists}
        self._plates: list[str] = []
        self._ids, self._owners = array("q"), array("q")
        self._states: dict[int, str] = {}
        self._times: dict[int, tuple[float, float]] = {}
        whole, whole_at, dropped, dropped_at = array("q"), array("i"), array("q"), array("i")
        names: dict[str, str] = {}
        for row in rows:
            if row.list not in self._lists:
                continue
            place = len(self._plates)
            self._plates.append(row.plate)
            self._ids.append(row.id)
            self._owners.append(row.list)
            if row.state:
                self._states[place] = names.setdefault(row.state, row.state)
            if row.starts is not None or row.expires is not None:
                starts = float("-inf") if row.starts is None else row.starts
                self._times[place] = (starts, float("inf") if row.expires is None else row.expires)
            folded = fold(row.plate)
            whole.append(hash(folded))
            whole_at.append(place)
            if len(folded) >= SHORTEST_NEAR and self._lists[row.list].reach is Tier.NEAR:
                for rest in set(without_one(folded)):
                    dropped.append(hash(rest))
                    dropped_at.append(place)
        self._whole, self._dropped = _Keys(whole, whole_at), _Keys(dropped, dropped_at)
        self._any = _Seen(np.concatenate((_numbers(whole), _numbers(dropped))))

    def __len__(self) -> int:
        return len(self._plates)

    @property
    def lists(self) -> Mapping[int, Hotlist]:
        """The lists that it was made of, by id."""
        return self._lists

    @property
    def index_bytes(self) -> int:
        """What its indexes take."""
        return self._whole.size + self._dropped.size + self._any.size

    def match(self, read: PlateRead, now: datetime) -> tuple[Match, ...]:
        """The entries that count ``now`` and match by the surest tier that brings any whose region does not speak
        against it; and those by surer tiers whose region does, for a person to see. The surest first."""
        if not self._plates:
            return ()
        moment = now.timestamp()
        plate = normal(read.plate)
        folded = fold(plate)
        found: dict[int, Match] = {}
        alike = self._whole.get(folded)
        if alike:
            self._exact(alike, plate, read.region, now, moment, Tier.EXACT, found)
        if not _settled(found):
            for candidate in read.candidates:
                other = normal(candidate.plate)
                if other and other != plate:
                    same = self._whole.get(fold(other))
                    if same:
                        self._exact(same, other, read.region, now, moment, Tier.CANDIDATE, found)
        if alike and not _settled(found):
            self._folded(alike, plate, read.region, now, moment, found)
        if not _settled(found) and len(plate) >= SHORTEST_NEAR - 1:
            self._near(plate, folded, alike, read.region, now, moment, found)
        if not found:
            return ()
        return tuple(heapq.nsmallest(MOST_MATCHES, found.values(), key=_order))

    # Inside

    def _exact(
        self, places: Iterable[int], plate: str, region: str, now: datetime, moment: float, tier: Tier,
        found: dict[int, Match],
    ) -> None:  # fmt: skip
        for place in places:
            if self._plates[place] == plate and place not in found and self._counts(place, now, moment, tier):
                found[place] = self._made(place, tier, regions(region, self._states.get(place, "")), 0.0, plate)

    def _folded(
        self, places: Iterable[int], plate: str, region: str, now: datetime, moment: float, found: dict[int, Match]
    ) -> None:
        for place in places:
            if place in found or self._plates[place] == plate or not self._counts(place, now, moment, Tier.FOLDED):
                continue
            if regions(region, self._states.get(place, "")) is Regions.AGREE:
                weight = apart(plate, self._plates[place])
                found[place] = self._made(
                    place, Tier.FOLDED, Regions.AGREE, FARTHEST if weight is None else weight, plate
                )

    def _near(
        self, plate: str, folded: str, alike: Iterable[int], region: str, now: datetime, moment: float,
        found: dict[int, Match],
    ) -> None:  # fmt: skip
        places = set(alike)
        places.update(self._dropped.get(folded))
        for rest in self._any.which_may(without_one(folded)):  # of nearly all plates none
            places.update(self._whole.get(rest))
            places.update(self._dropped.get(rest))
            if len(places) > MOST_COMPARED:
                break
        if not places:
            return
        for place in sorted(places)[:MOST_COMPARED]:
            if place in found or not self._counts(place, now, moment, Tier.NEAR):
                continue
            said = regions(region, self._states.get(place, ""))
            if said is Regions.DIFFER:
                continue
            weight = apart(plate, self._plates[place])
            if weight:
                found[place] = self._made(place, Tier.NEAR, said, weight, plate)

    def _counts(self, place: int, now: datetime, moment: float, tier: Tier) -> bool:
        owner = self._lists[self._owners[place]]
        if tier.rank > owner.reach.rank or not owner.valid(now):
            return False
        starts, expires = self._times.get(place, _ALWAYS)
        return starts <= moment < expires

    def _made(self, place: int, tier: Tier, said: Regions, weight: float, reading: str) -> Match:
        return Match(
            self._ids[place], self._owners[place], self._plates[place], self._states.get(place, ""), tier, said, weight,
            reading,
        )  # fmt: skip


_ALWAYS = (float("-inf"), float("inf"))
_SAID = {Regions.AGREE: 0, Regions.UNKNOWN: 1, Regions.DIFFER: 2}


def _settled(found: Mapping[int, Match]) -> bool:
    """Whether less sure tiers would only be noise."""
    return any(match.regions is not Regions.DIFFER for match in found.values())


def _order(match: Match) -> tuple[int, int, float, int]:
    return _SAID[match.regions] // 2, match.tier.rank, match.weight, match.entry
