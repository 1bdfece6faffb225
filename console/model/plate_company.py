"""Which cars belong together: a convoy with the asked car, plates near several incidents, the track of one. Pure: what
was read comes in, ranked answers with their evidence go out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from console.model.lamp_area import distance
from console.model.plate_queries import Companion, SeenPlate, Suspect, Together, Track, TrackPoint

OFTEN = 1000
"""A plate that was read so often is not counted further: it is seen everywhere."""
MOST_EVIDENCE = 50


def meetings(asked: SeenPlate, others: Iterable[SeenPlate], seconds: float, metres: float) -> list[Together]:
    """Which of the others were with the asked car at this read of it: within the seconds and the metres; where a place
    is unknown, at the same camera."""
    found = []
    for other in others:
        apart = (other.at - asked.at).total_seconds()
        if other.plate and other.plate != asked.plate and abs(apart) <= seconds and _beside(asked, other, metres):
            found.append(Together(asked, other, apart))
    return found


def companions(
    together: Iterable[Together], metres: float, least: int, seen_anyway: Callable[[Sequence[str]], Mapping[str, int]]
) -> list[Companion]:
    """The cars that were with the asked one at no fewer than ``least`` different places (places within ``metres`` are
    one). Both must have been at so many: where readers stand close together, one read of a car lies beside several of
    the asked one. ``seen_anyway`` tells how often each was read in the time that was asked for.

    Ranked by the places, weighted by the root of the share of its reads that were with the asked car: one that follows
    is always near it, a bus meets it and goes its own way."""
    by_plate: dict[str, list[Together]] = {}
    for meeting in together:
        by_plate.setdefault(meeting.other.plate, []).append(meeting)
    enough = {
        plate: (places, met)
        for plate, met in by_plate.items()
        if len(met) >= least and (places := _places_together(met, metres)) >= least
    }
    counts = seen_anyway(sorted(enough)) if enough else {}
    found = []
    for plate, (places, met) in enough.items():
        reads = max(counts.get(plate, 0), len({each.other.seq for each in met}))
        share = min(1.0, len({each.other.seq for each in met}) / reads)
        evidence = tuple(sorted(_closest(met), key=lambda each: (each.asked.at, abs(each.seconds)))[:MOST_EVIDENCE])
        found.append(Companion(plate, places, reads, share, evidence))
    return sorted(found, key=lambda each: (-each.places * math.sqrt(each.share), -each.places, each.reads, each.plate))


def suspects(near: Sequence[Mapping[str, Sequence[SeenPlate]]], least: int, reads: Mapping[str, int]) -> list[Suspect]:
    """Who was near at least so many incidents: ``near`` has for each incident the reads by plate, ``reads`` how often
    each plate was read at all. Those near most incidents first; among them those that are seen seldom otherwise, so
    that buses and commuters come last."""
    where: dict[str, list[int]] = {}
    for number, plates in enumerate(near):
        for plate, rows in plates.items():
            if plate and rows:
                where.setdefault(plate, []).append(number)
    found = [
        Suspect(
            plate,
            len(numbers),
            max(reads.get(plate, 0), sum(len(near[number][plate]) for number in numbers)),
            tuple((number, tuple(near[number][plate][:MOST_EVIDENCE])) for number in numbers),
        )
        for plate, numbers in where.items()
        if len(numbers) >= least
    ]
    return sorted(found, key=lambda each: (-each.incidents, each.reads, each.plate))


def track_of(plate: str, rows: Iterable[SeenPlate]) -> Track:
    """The reads of one plate in order of time, with the way between them."""
    ordered = sorted(rows, key=lambda row: (row.at, row.seq))
    points = []
    for index, row in enumerate(ordered):
        before = ordered[index - 1] if index else None
        after = ordered[index + 1] if index + 1 < len(ordered) else None
        way = seconds = None
        if before is not None:
            seconds = (row.at - before.at).total_seconds()
            if before.place is not None and row.place is not None:
                way = distance(before.place, row.place)
        heading = row.heading
        if heading is None and after is not None and row.place is not None and after.place is not None:
            heading = bearing(row, after)
        points.append(TrackPoint(row, heading, way, seconds))
    return Track(plate, tuple(points))


def bearing(one: SeenPlate, other: SeenPlate) -> float | None:
    """Degrees clockwise from north from one place to the next; None where they are one place or unknown."""
    if one.place is None or other.place is None or distance(one.place, other.place) < 5.0:
        return None
    middle = math.radians((one.place.latitude + other.place.latitude) / 2)
    turn = (other.place.longitude - one.place.longitude + 180.0) % 360.0 - 180.0
    return math.degrees(math.atan2(turn * math.cos(middle), other.place.latitude - one.place.latitude)) % 360.0


def _beside(one: SeenPlate, other: SeenPlate, metres: float) -> bool:
    if one.place is None or other.place is None:
        return (one.source, one.camera) == (other.source, other.camera)
    return distance(one.place, other.place) <= metres


def _places_together(met: Sequence[Together], metres: float) -> int:
    return min(_places((each.asked for each in met), metres), _places((each.other for each in met), metres))


def _closest(met: Iterable[Together]) -> Iterable[Together]:
    """Each read of the other car once, with the read of the asked one that is nearest in time."""
    found: dict[int, Together] = {}
    for each in met:
        before = found.get(each.other.seq)
        if before is None or abs(each.seconds) < abs(before.seconds):
            found[each.other.seq] = each
    return found.values()


def _places(reads: Iterable[SeenPlate], metres: float) -> int:
    """How many different places: one that lies within the metres of a counted one is the same."""
    counted: list[SeenPlate] = []
    for read in sorted({each.seq: each for each in reads}.values(), key=lambda each: each.seq):
        if not any(_beside(other, read, metres) for other in counted):
            counted.append(read)
    return len(counted)
