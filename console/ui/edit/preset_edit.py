"""Edits of the presets of a wall, their schedule and their tour, and all of it in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from console.model.items import CameraItem
from console.model.schedule import next_due
from console.model.wall import PRESET_KEYS, Preset, PresetTour, Switch, Wall
from console.store.json_fields import flaw_of_name
from console.store.walls_schema import FULL_SCREEN_KEY, MAX_PRESETS

KEYS = tuple(key for key in PRESET_KEYS if key != FULL_SCREEN_KEY)
"""Function keys that can show a preset: F1 is the help and F11 the full screen."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class PresetError(ValueError):
    """What was asked for can not be; the sentence says why and what to do."""


def free_key(wall: Wall) -> int | None:
    """The first function key that shows nothing yet."""
    return next((key for key in KEYS if wall.on_key(key) is None), None)


def free_name(wall: Wall) -> str:
    """A name that no preset has."""
    return next(name for n in range(1, len(wall.presets) + 2) if wall.preset(name := f"Preset {n}") is None)


def remembered(wall: Wall, now: Wall) -> tuple[Wall, str]:
    """One more preset, with what the wall shows ``now``, on a free name and key; and its name. PresetError if full."""
    if len(wall.presets) >= MAX_PRESETS:
        raise PresetError(f"There are {MAX_PRESETS} presets already. Delete one that nobody uses.")
    if not now.monitors:
        raise PresetError("The wall has no monitors, so there is nothing to remember.")
    name = free_name(wall)
    return wall.with_preset(now.remembered(name, free_key(wall))), name


def replaced(wall: Wall, name: str, now: Wall) -> Wall:
    """The preset with what the wall shows ``now``; name, key and place stay."""
    return _changed(wall, name, lambda old: now.remembered(name, old.key))


def renamed(wall: Wall, name: str, fresh: str) -> Wall:
    """Another name, in schedule and tour too. PresetError if it is no name or taken."""
    fresh = fresh.strip()
    flaw = flaw_of_name(fresh)
    if flaw is not None:
        raise PresetError(f"{flaw[0][:1].upper()}{flaw[0][1:]}. {flaw[1]}")
    if fresh != name and wall.preset(fresh) is not None:
        raise PresetError(f"There is a preset “{fresh}” already. Choose another name.")
    wall = _changed(wall, name, lambda old: replace(old, name=fresh))
    schedule = (replace(each, preset=fresh) if each.preset == name else each for each in wall.schedule)
    stops = ((fresh if stop == name else stop, seconds) for stop, seconds in wall.tour.stops)
    return replace(wall, schedule=tuple(schedule), tour=PresetTour(tuple(stops)))


def with_key(wall: Wall, name: str, key: int | None) -> Wall:
    """The preset on that function key, which is taken from any other; None: on none."""
    fresh = (
        replace(each, key=key) if each.name == name
        else replace(each, key=None) if key is not None and each.key == key
        else each
        for each in wall.presets
    )  # fmt: skip
    return replace(wall, presets=tuple(fresh))


def with_switches(wall: Wall, switches: Iterable[Switch]) -> Wall:
    """Another schedule, in the order of its times."""
    return replace(wall, schedule=tuple(sorted(switches, key=lambda each: (each.at, min(each.weekdays, default=7)))))


def with_stops(wall: Wall, stops: Iterable[tuple[str, float]]) -> Wall:
    """Another tour of presets."""
    return replace(wall, tour=PresetTour(tuple(stops)))


def _changed(wall: Wall, name: str, change: Callable[[Preset], Preset]) -> Wall:
    return replace(wall, presets=tuple(change(each) if each.name == name else each for each in wall.presets))


# In words


def key_words(key: int | None) -> str:
    """ "F3", or "" for none."""
    return "" if key is None else f"F{key}"


def preset_words(preset: Preset) -> str:
    """What a preset holds: "2 monitors: 1 Quad with 3 cameras, 2 Night watch"."""
    parts = []
    for number, arrangement in preset.monitors:
        cameras = sum(isinstance(item, CameraItem) for item in arrangement.items)
        more = f" with {_count(cameras, 'camera')}" if cameras else ""
        parts.append(f"{number} {arrangement.layout.name}{more}")
    return f"{_count(len(parts), 'monitor')}: {', '.join(parts)}"


def day_words(weekdays: frozenset[int]) -> str:
    """ "Every day", "Monday to Friday", "Saturday and Sunday", "Monday, Wednesday", "On no day"."""
    days = sorted(weekdays)
    if len(days) == 7:
        return "Every day"
    if not days:
        return "On no day"
    if len(days) == 2:
        return f"{DAYS[days[0]]} and {DAYS[days[1]]}"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]} to {DAYS[days[-1]]}"
    return ", ".join(DAYS[day] for day in days)


def next_words(wall: Wall, now: datetime) -> str:
    """When the wall is switched next, and to what."""
    if not wall.schedule:
        return "Nothing is switched by the clock."
    found = next_due(wall.schedule, now)
    if found is None:
        return "Nothing is switched by the clock: no day is chosen."
    when, switch = found
    days = (when.date() - now.date()).days
    day = "today" if days == 0 else "tomorrow" if days == 1 else f"on {DAYS[when.weekday()]}"
    return f"Next: “{switch.preset}” {day} at {when:%H:%M}, in {_span(now, when)}."


def _span(now: datetime, when: datetime) -> str:
    minutes = max(1, round((when.timestamp() - now.timestamp()) / 60))
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return _count(days, "day") + (f" and {_count(hours, 'hour')}" if hours else "")
    if hours:
        return _count(hours, "hour") + (f" and {_count(minutes % 60, 'minute')}" if minutes % 60 else "")
    return _count(minutes, "minute")


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
