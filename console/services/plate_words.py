"""Questions about plates as one line for the audit, and answers as a table for a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from console.model.named_cameras import CameraWords, own_words
from console.model.plate_queries import (
    Area,
    Circle,
    Companion,
    ConvoyQuery,
    Found,
    Incident,
    IncidentsQuery,
    PlateQuery,
    Ranked,
    SeenPlate,
    Suspect,
    Track,
)

Question = PlateQuery | ConvoyQuery | IncidentsQuery
Answer = Found | Ranked[Companion] | Ranked[Suspect] | Track
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a table calculator may take for a formula at the beginning of a cell."""
_READ = (
    "time (UTC)", "plate", "camera", "source", "camera as the source calls it", "latitude", "longitude", "heading",
    "region", "journal",
)  # fmt: skip


def asked_words(question: Question) -> str:
    """What is asked, in one line."""
    if isinstance(question, IncidentsQuery):
        places = "; ".join(_incident(each) for each in question.incidents)
        return f"plates near {question.least} or more of {len(question.incidents)} incidents: {places}"
    span = f"{_time(question.begin)} to {_time(question.end)}"
    if isinstance(question, ConvoyQuery):
        close = f"within {question.seconds:g} s and {question.metres:g} m at {question.places} places"
        return f"cars with {question.plate.text}, {close}, {span}"
    plate = "all plates" if question.plate is None else question.plate.text
    words = [plate + (" and near ones" if question.near else ""), span]
    if isinstance(question.area, Circle):
        words.append(f"within {question.area.metres:g} m of {_place(question.area)}")
    if isinstance(question.area, Area):
        corners = "; ".join(f"{each.latitude:.5f} {each.longitude:.5f}" for each in question.area.corners)
        words.append(f"inside {corners}")
    if question.cameras:
        words.append(f"cameras {', '.join(question.cameras)}")
    return ", ".join(words)


def found_words(answer: Answer) -> str:
    """How much was found, for the audit."""
    if isinstance(answer, Track):
        return f"{len(answer.points)} reads"
    if isinstance(answer, Found):
        return f"{'more than ' if answer.more else ''}{len(answer.rows)} reads"
    return f"{len(answer.rows)} plates"


def table(answer: Answer, names: CameraWords = own_words) -> list[Sequence[object]]:
    """An answer as rows, the first with the headings; ``names`` says what people call a camera."""

    def cells(read: SeenPlate) -> tuple[object, ...]:
        return _cells(read, names(read.source, read.camera))

    if isinstance(answer, Found):
        return [(*_READ, "near by"), *((*cells(row), f"{row.nearness:g}") for row in answer.rows)]
    if isinstance(answer, Track):
        head = (*_READ, "drives to (degrees)", "metres from the one before", "seconds from the one before")
        return [
            head,
            *((*cells(p.read), _number(p.heading), _number(p.metres), _number(p.seconds)) for p in answer.points),
        ]
    rows: list[Sequence[object]] = []
    for each in answer.rows:
        if isinstance(each, Companion):
            start = (each.plate, each.places, each.reads, f"{each.share:.3f}")
            rows += [(*start, f"{met.seconds:g}", *cells(met.asked), *cells(met.other)) for met in each.evidence]
        else:
            for number, reads in each.evidence:
                rows += [(each.plate, each.incidents, each.reads, number + 1, *cells(read)) for read in reads]
    if any(isinstance(each, Companion) for each in answer.rows):
        pairs = ("with", "places", "reads", "share", "seconds later", *(f"asked: {name}" for name in _READ), *_READ)
        return [pairs, *rows]
    return [("near several", "incidents", "reads", "incident", *_READ), *rows]


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """A table for a file: UTF-8 with its mark, and nothing in it that a table calculator would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: object) -> str:
    """Numbers stay numbers, also negative ones; a text that looks like a formula gets a ' before it."""
    if isinstance(cell, int | float):
        return str(cell)
    text = str(cell).replace("\0", "")
    return f"'{text}" if text.lstrip().startswith(_RUNS) or text.startswith(_RUNS) else text


def _cells(read: SeenPlate, camera: str) -> tuple[object, ...]:
    place = read.place
    where: tuple[object, ...] = ("", "") if place is None else (round(place.latitude, 6), round(place.longitude, 6))
    heading = _number(read.heading)
    said = (_time(read.at, "milliseconds"), read.plate, camera, read.source, read.camera)
    return *said, *where, heading, read.region, read.seq


def _number(value: float | None) -> object:
    return "" if value is None else round(value, 1)


def _incident(each: Incident) -> str:
    minutes = each.window.total_seconds() / 60
    return f"{_place(each.circle)} at {_time(each.at)}, {each.metres:g} m, {minutes:g} min"


def _place(circle: Circle) -> str:
    return f"{circle.centre.latitude:.5f} {circle.centre.longitude:.5f}"


def _time(at: datetime, unit: str = "seconds") -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec=unit)
