"""Hotlists as CSV files, whoever wrote them: row by row in bounded memory, nothing in them believed or run. What is
wrong with a row is told with its line, and the others are taken."""

from __future__ import annotations

import csv
import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path

from console.model.hotlists import LONGEST_TEXT, SHORTEST_PLATE, HotEntry
from console.model.plates import LONGEST_PLATE, normal
from console.store.text_lines import Encoding, Lines, TextFileError, detect
from drivers.words import clean

MAX_BYTES = 1_000_000_000
MAX_ROWS = 2_000_000
MOST_TOLD = 1000
"""Bad rows that are listed; all are counted."""
MOST_COLUMNS = 200
MOST_JOINED = 20
"""Lines that one row may have in its quotes."""
SAMPLE = 200
"""Rows that are looked at to guess columns and dates."""
_DELIMITERS = ",;\t|"


class Column(enum.StrEnum):
    """What a column of a list can be."""

    PLATE = "plate"
    STATE = "state"
    REASON = "reason"
    CASE = "case number"
    STARTS = "valid from"
    EXPIRES = "expires"
    NOTE = "note"


_HEADINGS: Mapping[Column, tuple[str, ...]] = {
    Column.PLATE: (
        "plate", "licenseplate", "licenceplate", "platenumber", "licenseplatenumber", "lp", "lpn", "tag",
        "registration", "registrationnumber", "reg", "vrm", "vrn", "kennzeichen", "plateno", "number", "numberplate",
        "plaque", "immatriculation", "matricula", "targa",
    ),
    Column.STATE: (
        "state", "region", "issuer", "jurisdiction", "platestate", "licensestate", "country", "province", "st", "land",
    ),
    Column.REASON: ("reason", "offense", "offence", "type", "alert", "category", "why", "crime", "grund", "alerttype"),
    Column.CASE: (
        "casenumber", "case", "caseno", "caseid", "incident", "incidentnumber", "reference", "ref", "file", "fileno",
        "aktenzeichen", "casenr",
    ),
    Column.STARTS: ("validfrom", "from", "starts", "start", "startdate", "begin", "effective", "entered", "gueltigab"),
    Column.EXPIRES: (
        "expiry", "expires", "expiration", "expirationdate", "expirydate", "validuntil", "until", "end", "enddate",
        "ends", "to", "gueltigbis",
    ),
    Column.NOTE: ("note", "notes", "comment", "comments", "remark", "remarks", "description", "details", "bemerkung"),
}  # fmt: skip


class DateOrder(enum.StrEnum):
    """How dates are written where they are not written 2026-11-30."""

    DAY_FIRST = "day first: 30.11.2026"
    MONTH_FIRST = "month first: 11/30/2026"


class HotlistFileError(TextFileError):
    """A file that cannot be taken as a hotlist."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is to be read. ``columns`` are places from 0; ``heading``: the first row names the columns."""

    encoding: Encoding
    delimiter: str
    heading: bool
    columns: Mapping[Column, int]
    dates: DateOrder = DateOrder.MONTH_FIRST

    def with_column(self, column: Column, place: int | None) -> Plan:
        """Another place for a column, None for none."""
        columns = {each: at for each, at in self.columns.items() if each is not column and at != place}
        return replace(self, columns=columns if place is None else {**columns, column: place})


@dataclass(frozen=True, slots=True)
class Look:
    """The head of a file: the plan that it suggests, its headings, the first rows as they stand there."""

    path: Path
    bytes: int
    plan: Plan
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out."""

    line: int
    problem: str


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: read by one thread while another counts, each number for itself."""

    rows: int = 0
    good: int = 0
    bad: int = 0
    told: list[BadRow] = field(default_factory=list)
    bytes: int = 0

    def complain(self, line: int, problem: str) -> None:
        """One row less."""
        self.bad += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(BadRow(line, problem))


def look(path: Path, delimiter: str = "", heading: bool | None = None) -> Look:
    """The head of a file and how to read it; ``delimiter`` and ``heading`` where a person knows better. Reads the file
    once for its encoding. Raises HotlistFileError."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise HotlistFileError(path, f"larger than {MAX_BYTES // 1_000_000} MB", "Split the list.")
        encoding = detect(path, MAX_BYTES)
    except HotlistFileError:
        raise
    except TextFileError as error:
        raise HotlistFileError(path, *_parts(error, path)) from None
    except OSError as error:
        raise HotlistFileError(path, f"cannot be read: {error.strerror}", "Check who may read it.") from None
    first = _first_line(path, encoding)
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    sample: list[tuple[str, ...]] = []
    for _, cells in _records(path, encoding, delimiter, Tally()):
        sample.append(tuple(clean(cell, LONGEST_TEXT) for cell in cells))
        if len(sample) > SAMPLE:
            break
    if not sample:
        raise HotlistFileError(path, "it has no rows", "The first line names the columns: plate, reason, case number.")
    named = guess_columns(sample[0])
    if heading is None:
        heading = Column.PLATE in named or not _plate_like(sample[0])
    columns = named if heading else _by_looks(sample)
    rows = sample[1:] if heading else sample
    width = max(len(row) for row in sample)
    headings = tuple(
        sample[0][at] if heading and at < len(sample[0]) and sample[0][at] else f"Column {at + 1}"
        for at in range(width)
    )
    plan = Plan(encoding, delimiter, heading, columns, _guess_dates(rows, columns))
    return Look(path, size, plan, headings, tuple(rows[:SAMPLE]))


def guess_columns(headings: Sequence[str]) -> dict[Column, int]:
    """Which column is what, by its heading; the first of a kind counts, and the commoner spelling before the rarer."""
    words = [re.sub(r"[\W_]+", "", heading.casefold().replace("ü", "ue")) for heading in headings]
    found: dict[Column, int] = {}
    for column, spellings in _HEADINGS.items():
        place = next((words.index(each) for each in spellings if each in words), None)
        if place is not None and place not in found.values():
            found[column] = place
    return found


def read_entries(look: Look, plan: Plan, tally: Tally, zone: tzinfo | None = UTC) -> Iterator[HotEntry]:
    """The entries of a file; ``tally`` counts meanwhile and lists what was left out. Dates without a zone are of
    ``zone``, None: that of this computer. Raises HotlistFileError."""
    if Column.PLATE not in plan.columns:
        raise HotlistFileError(look.path, "no column is the plate", "Say which column holds the plates.")
    heading = plan.heading
    for line, cells in _records(look.path, plan.encoding, plan.delimiter, tally):
        if heading:
            heading = False
            continue
        tally.rows += 1
        if tally.rows > MAX_ROWS:
            raise HotlistFileError(look.path, f"more than {MAX_ROWS:,} rows", "Split the list.")
        try:
            entry = _entry(cells, plan, zone)
        except ValueError as problem:
            tally.complain(line, str(problem))
            continue
        tally.good += 1
        yield entry


@lru_cache(maxsize=4096)
def read_date(text: str, dates: DateOrder, zone: tzinfo | None, end: bool) -> datetime | None:
    """A date as people write it, as UTC; None for "". ``zone`` None is that of this computer. One without a time means
    the whole day: its end where ``end``. Raises ValueError."""
    words = text.strip()
    if not words:
        return None
    if len(words) > 40:
        raise ValueError(f"{words[:20]!r}… is no date")
    parts = re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", words, re.ASCII)
    try:
        if parts is not None:
            a, b, year = int(parts[1]), int(parts[3]), int(parts[4])
            day, month = (a, b) if dates is DateOrder.DAY_FIRST or parts[2] == "." else (b, a)
            whole = parts[5] is None
            at = datetime(year, month, day, int(parts[5] or 0), int(parts[6] or 0), int(parts[7] or 0), tzinfo=zone)
        else:
            if re.fullmatch(r"\d{8}", words, re.ASCII):
                words = f"{words[:4]}-{words[4:6]}-{words[6:]}"
            whole = re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words, re.ASCII) is not None
            at = datetime.fromisoformat(words)
            if at.tzinfo is None and zone is not None:
                at = at.replace(tzinfo=zone)
        if not 1970 < at.year < 9000:
            raise ValueError
        if whole and end:
            at += timedelta(days=1)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{clean(text, 40)!r} is no date that is understood") from None


# Inside


def _entry(cells: Sequence[str], plan: Plan, zone: tzinfo | None) -> HotEntry:
    def cell(column: Column) -> str:
        place = plan.columns.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    written = cell(Column.PLATE).strip()
    if (quoted := re.fullmatch(r'="([^"]*)"', written)) is not None:  # how spreadsheets are kept from counting with it
        written = quoted[1]
    if written[:1] in ("=", "+", "@"):
        raise ValueError(f"the plate is a formula: {clean(written, 40)!r}")
    plate = _line(written, 2 * LONGEST_PLATE)
    letters = len(normal(written))
    if not letters:
        raise ValueError("no plate" if not plate else f"{clean(plate, 40)!r} has no letter and no digit")
    if letters < SHORTEST_PLATE:
        raise ValueError(f"the plate {plate!r} is too short")
    if letters >= LONGEST_PLATE or len(written) > 2 * LONGEST_PLATE:
        raise ValueError(f"the plate {clean(plate, 40)!r} is too long")
    starts = read_date(cell(Column.STARTS), plan.dates, zone, end=False)
    expires = read_date(cell(Column.EXPIRES), plan.dates, zone, end=True)
    if starts is not None and expires is not None and expires <= starts:
        raise ValueError("it ends before it begins")
    return HotEntry(
        plate=plate, state=_line(cell(Column.STATE), 60), reason=_line(cell(Column.REASON)),
        case=_line(cell(Column.CASE)), note=_line(cell(Column.NOTE)), starts=starts, expires=expires,
    )  # fmt: skip


def _line(text: str, longest: int = LONGEST_TEXT) -> str:
    """``clean``, quicker for what is clean already, as nearly all of a million rows is."""
    if len(text) <= longest and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return clean(text, longest)


class _Unclosed(Exception):
    """A quote that is not closed within MOST_JOINED lines."""


class _Feed:
    """Lines for ``csv``, which asks for more while a quote is open; remembers those of the present row."""

    def __init__(self, lines: Lines, tally: Tally) -> None:
        self._lines, self._tally = lines, tally
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_JOINED:
            raise _Unclosed
        while True:
            number, line = next(self._lines)
            if line is not None:
                self._tally.bytes += len(line)
                self.taken.append((number, line))
                return line
            self._tally.complain(number, "the line is too long")


def _records(path: Path, encoding: Encoding, delimiter: str, tally: Tally) -> Iterator[tuple[int, list[str]]]:
    """All rows that hold anything, with the number of their first line."""
    try:
        with path.open(encoding=encoding.name, newline="") as file:
            lines = Lines(file)
            feed = _Feed(lines, tally)
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            while True:
                feed.taken = []
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (csv.Error, _Unclosed) as error:
                    line = feed.taken[0][0] if feed.taken else 0
                    # what a quote swallowed may be good rows: only its own line is lost
                    lines.give_back(feed.taken[1:])
                    reader = csv.reader(feed, delimiter=delimiter, strict=True)
                    many = isinstance(error, _Unclosed) or "end of data" in str(error)
                    tally.complain(line, "a quote is not closed" if many else f"not valid CSV: {error}")
                    continue
                if len(cells) > MOST_COLUMNS:
                    tally.complain(feed.taken[0][0], f"more than {MOST_COLUMNS} columns")
                elif any(cell.strip() for cell in cells):
                    yield feed.taken[0][0], cells
    except UnicodeError:
        raise HotlistFileError(path, f"it stops being {encoding.words} part of the way") from None
    except OSError as error:
        raise HotlistFileError(path, f"cannot be read: {error.strerror}", "Check who may read it.") from None


def _first_line(path: Path, encoding: Encoding) -> str:
    try:
        with path.open(encoding=encoding.name, newline="") as file:
            return next((line for _, line in Lines(file) if line is not None and line.strip()), "")
    except (UnicodeError, OSError):
        return ""  # reading it in full tells what is wrong


def _parts(error: TextFileError, path: Path) -> tuple[str, str]:
    problem, _, advice = str(error).removeprefix(f"{path.name}: ").partition(". ")
    return problem, advice


def _plate_like(row: Sequence[str]) -> bool:
    """Whether a first row is rather a row of data: a short word with a digit in it."""
    return any(any(char.isdigit() for char in cell) and 4 <= len(normal(cell)) <= 9 for cell in row)


def _by_looks(sample: Sequence[Sequence[str]]) -> dict[Column, int]:
    """Without headings: the column that most often looks like plates is theirs."""
    width = max(len(row) for row in sample)
    counts = [sum(_plate_like([row[at]]) for row in sample if at < len(row)) for at in range(width)]
    best = max(range(width), key=lambda at: (counts[at], -at))
    return {Column.PLATE: best} if counts[best] else {}


def _guess_dates(rows: Sequence[Sequence[str]], columns: Mapping[Column, int]) -> DateOrder:
    """A first number above twelve is a day, and so is the first before a dot."""
    for column in (Column.EXPIRES, Column.STARTS):
        place = columns.get(column)
        for row in rows:
            cell = row[place] if place is not None and place < len(row) else ""
            parts = re.match(r"\s*(\d{1,2})([./-])(\d{1,2})\2\d{4}", cell, re.ASCII)
            if parts is not None and (parts[2] == "." or int(parts[1]) > 12):
                return DateOrder.DAY_FIRST
            if parts is not None and int(parts[3]) > 12:
                return DateOrder.MONTH_FIRST
    return DateOrder.MONTH_FIRST
