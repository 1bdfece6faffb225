"""What is on a tile in words, and the other way round: steps of a tour as supervisors type them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import time
from pathlib import Path

from console.model.items import (
    LONGEST_DWELL,
    SHORTEST_DWELL,
    AlarmsItem,
    CameraItem,
    CameraRange,
    ClockItem,
    Item,
    MapItem,
    PictureItem,
    PlainItem,
    TextItem,
    TourItem,
    TourStep,
    WebItem,
)
from console.model.layout import Layout, grid
from console.model.layout_edit import put
from console.store.layout_file import LayoutFileError, layout_bytes, parse_layout

MOST_PARTS = 16
"""Columns or rows of one split; the draft refuses parts that would be too small."""

type NameOf = Callable[[int], str | None]
"""The name of the camera of that number; None where there is none."""

_STEP = re.compile(r"(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?(?:\s+(\d{1,3})\s*/\s*(\d{1,3}))?")
_SECONDS = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*s?")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?:[:.]([0-9]{2}))?")
_GRID = re.compile(r"([0-9]{1,2})(?:\s*[xX*×,]\s*|\s+)([0-9]{1,2})")
_NAME = Path("layout")


class WordsError(ValueError):
    """What was typed can not be used; the sentence says what to type."""


def called(item: Item | None, name_of: NameOf) -> str:
    """An item in a few words: "5  Main St", "Clock, America/Bogota", "Tour of 3 steps"."""
    match item:
        case None:
            return "Free"
        case CameraItem(number):
            return f"{number}  {name_of(number) or 'no such camera'}"
        case MapItem():
            return "Map"
        case WebItem(url):
            return f"Web page  {url}"
        case PictureItem(file):
            return f"Picture  {file}"
        case TextItem(text):
            return f"Text  {' '.join(text.split())}"
        case ClockItem(zone):
            return f"Clock  {zone}" if zone else "Clock"
        case AlarmsItem():
            return "Alarm list"
        case TourItem(steps):
            return "Tour of 1 step" if len(steps) == 1 else f"Tour of {len(steps)} steps"


def short(item: Item) -> str:
    """What kind of item it is: "camera 5", "clock"."""
    match item:
        case CameraItem(number):
            return f"camera {number}"
        case MapItem():
            return "map"
        case WebItem():
            return "web page"
        case PictureItem():
            return "picture"
        case TextItem():
            return "text"
        case ClockItem():
            return "clock"
        case AlarmsItem():
            return "alarm list"
        case TourItem():
            return "tour"


def step_words(step: TourStep | CameraRange, name_of: NameOf) -> str:
    """A step of a tour: "5  Main St", "Cameras 1 to 40, every 4th from the 2nd"."""
    if isinstance(step, TourStep):
        return called(step.item, name_of)
    everything = (step.first, step.last) == (1, 99_999)
    words = "All cameras" if everything else f"Cameras {step.first} to {step.last}"
    which, among = step.share
    return words if among == 1 else f"{words}, part {which} of {among}"


def step_text(step: TourStep | CameraRange) -> str | None:
    """A step as it is typed ("5", "1-40", "1-40 2/4"); None for one that is no camera and can not be typed."""
    if isinstance(step, TourStep):
        return str(step.item.number) if isinstance(step.item, CameraItem) else None
    which, among = step.share
    return f"{step.first}-{step.last}" + (f" {which}/{among}" if among > 1 else "")


def steps_of(text: str, dwell: float) -> tuple[TourStep | CameraRange, ...]:
    """Steps as they are typed, with commas between them: "5, 7, 1-40, 1-40 2/4" (the second of four equal shares).
    WordsError otherwise."""
    return tuple(_steps(text, dwell))


def _steps(text: str, dwell: float) -> Iterator[TourStep | CameraRange]:
    for part in text.split(","):
        match = _STEP.fullmatch(part.strip()) if part.isascii() or "–" in part else None
        if match is None:
            raise WordsError("Type camera numbers, such as 5, 7 or 1-40, or 1-40 2/4 for the second of four shares.")
        first, last, which, among = match.groups()
        if last is None:
            if which is not None:
                raise WordsError("Only a range of cameras can be shared: type it as 1-40 2/4.")
            yield TourStep(CameraItem(int(first)), dwell)
            continue
        step = CameraRange(int(first), int(last), dwell, (int(which or 1), int(among or 1)))
        if step.first > step.last:
            raise WordsError(f"Camera {step.first} comes after {step.last}. Type the smaller number first.")
        yield step


def seconds_of(text: str) -> float:
    """Seconds that a stop lasts, as they are typed: "8", "8 s", "7.5", "7,5". WordsError otherwise."""
    words = f"Type seconds from {SHORTEST_DWELL:g} to {LONGEST_DWELL:g}."
    match = _SECONDS.fullmatch(text.strip())
    if match is None:
        raise WordsError(words)
    seconds = float(match[1].replace(",", "."))
    if not SHORTEST_DWELL <= seconds <= LONGEST_DWELL:
        raise WordsError(words)
    return seconds


def time_of(text: str) -> time:
    """A time of day as it is typed: "7:30", "07.30", "7". WordsError otherwise."""
    match = _TIME.fullmatch(text.strip())
    hour, minute, second = (int(part or 0) for part in match.groups()) if match else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise WordsError("Type hours and minutes, such as 7:30 or 22:00.")
    return time(hour, minute, second)


def grid_of(text: str) -> tuple[int, int]:
    """Columns and rows as they are typed: "3 x 2", "3*2", "3 2". WordsError otherwise."""
    match = _GRID.fullmatch(text.strip())
    columns, rows = (int(part) for part in match.groups()) if match else (0, 0)
    if not (1 <= columns <= MOST_PARTS and 1 <= rows <= MOST_PARTS and columns * rows > 1):
        raise WordsError(f"Type columns x rows, such as 3 x 2; up to {MOST_PARTS} of each.")
    return columns, rows


def flaw_of(item: Item) -> str | None:
    """Why a layout file could not hold this item, with what to do; None where all is well."""
    try:
        parse_layout(layout_bytes(put(grid("layout", 1, 1), 0, item)), _NAME)
    except LayoutFileError as error:
        return _sentence(error)
    return None


def flaw_of_layout(layout: Layout) -> str | None:
    """Why no file could hold this layout; None where all is well."""
    try:
        parse_layout(layout_bytes(layout), _NAME)
    except LayoutFileError as error:
        return _sentence(error)
    return None


def _sentence(error: LayoutFileError) -> str:
    sentence = error.problems[0].sentence
    return sentence[:1].upper() + sentence[1:]


def plain_items(items: Iterator[Item] | tuple[Item, ...]) -> tuple[PlainItem, ...]:
    """Those that a tour can hold."""
    return tuple(item for item in items if not isinstance(item, TourItem))


def said(error: ValueError, layout: str) -> str:
    """What a LayoutError says to somebody who knows which layout is meant."""
    words = str(error).removeprefix(f"Layout {layout!r}: ")
    return words[:1].upper() + words[1:]
