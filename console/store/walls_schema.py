"""What stands in the wall's file, both ways. Layouts stand in it as they do in layout files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import time
from typing import Any

from console.model.items import LONGEST_DWELL, SHORTEST_DWELL, Item
from console.model.layout import MAX_TILES, Layout
from console.model.monitor import MonitorState
from console.model.wall import (
    MAX_MONITORS,
    PRESET_KEYS,
    Arrangement,
    Monitor,
    Preset,
    PresetTour,
    ScreenId,
    Switch,
    Wall,
)
from console.store.item_schema import plain_of, read_item
from console.store.json_fields import Fields, told
from console.store.json_lines import Flaws, Node
from console.store.json_text import number
from console.store.layout_schema import MAX_REMEMBERED, plain_layout, read_layout

MAX_PRESETS, MAX_SWITCHES, MAX_STOPS = 200, 1000, 500
FULL_SCREEN_KEY = 11
HIGHEST_MONITOR = 999
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FURTHEST = 1_000_000
"""Logical pixels from the first monitor; further away is a mistake."""
_LONGEST_ID = 200
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


def plain_wall(wall: Wall) -> dict[str, Any]:
    """A wall as its file holds it."""
    return {
        "name": wall.name,
        "monitors": [_plain_monitor(each) for each in wall.monitors],
        "presets": [_plain_preset(each) for each in wall.presets],
        "schedule": [_plain_switch(each) for each in wall.schedule],
        "tour": [{"preset": name, "dwell": number(dwell)} for name, dwell in wall.tour.stops],
    }


def _plain_monitor(monitor: Monitor) -> dict[str, Any]:
    plain: dict[str, Any] = {"number": monitor.number, "name": monitor.name}
    screen, state = monitor.screen, monitor.state
    if screen is not None:
        texts = {key: getattr(screen, key) for key in ("name", "serial", "maker", "model")}
        sizes = {key: getattr(screen, key) for key in ("x", "y", "width", "height")}
        plain["screen"] = {**texts, **sizes}
    if monitor.instead is not None:
        plain["instead"] = monitor.instead
    plain["selected"] = max(0, min(state.selected, len(state.layout.cells) - 1))
    return {**plain, **_plain_arrangement(state.layout, state.items)}


def _plain_arrangement(layout: Layout, items: Sequence[Item | None]) -> dict[str, Any]:
    held = [None if item is None else plain_of(item) for item in items]
    return {"layout": plain_layout(layout), "items": held}


def _plain_preset(preset: Preset) -> dict[str, Any]:
    key = {} if preset.key is None else {"key": preset.key}
    shown = [{"number": which, **_plain_arrangement(each.layout, each.items)} for which, each in preset.monitors]
    return {"name": preset.name, **key, "monitors": shown}


def _plain_switch(switch: Switch) -> dict[str, Any]:
    at = switch.at.isoformat("seconds" if switch.at.second else "minutes")
    plain: dict[str, Any] = {"preset": switch.preset, "at": at}
    if switch.weekdays != frozenset(range(7)):
        plain["weekdays"] = [WEEKDAYS[day] for day in sorted(switch.weekdays)]
    return plain


def read_wall(node: Node, flaws: Flaws, beside: Sequence[str] = ()) -> Wall | None:
    """The wall that an object of a file stands for; ``beside`` names keys that the caller reads. None where it is none
    (then ``flaws`` says why)."""
    fields = Fields(node, flaws, "a wall", ("name", "monitors"), ("presets", "schedule", "tour", *beside))
    name = fields.name("name")
    monitors = _all(fields.several("monitors", "monitors", MAX_MONITORS, least=1), flaws, _read_monitor)
    presets = _all(fields.several("presets", "presets", MAX_PRESETS), flaws, _read_preset)
    _check_once(((each, monitor.number) for each, monitor in monitors), "number", "monitor", flaws)
    _check_once(((each, preset.name) for each, preset in presets), "name", "preset", flaws)
    _check_once(((each, preset.key) for each, preset in presets), "key", "preset", flaws)
    _check_instead(monitors, flaws)
    names = _names(fields.get("presets"))
    switches = _all(fields.several("schedule", "switches", MAX_SWITCHES), flaws, lambda n, f: _read_switch(n, f, names))
    stops = _all(fields.several("tour", "stops", MAX_STOPS), flaws, lambda n, f: _read_stop(n, f, names))
    held = fields.get("monitors")
    if held is not None and not fields.flawed and all(monitor.number != 1 for _, monitor in monitors):
        flaws.add(held, "there is no monitor 1, which is the desk's", "Give one of them the number 1.")
    if fields.flawed:
        return None
    return Wall(
        name,
        tuple(sorted((monitor for _, monitor in monitors), key=lambda monitor: monitor.number)),
        tuple(preset for _, preset in presets),
        tuple(switch for _, switch in switches),
        PresetTour(tuple(stop for _, stop in stops)),
    )


def _all[T](nodes: Sequence[Node], flaws: Flaws, read: Callable[[Node, Flaws], T | None]) -> list[tuple[Node, T]]:
    rows = [(each, read(each, flaws)) for each in nodes]
    return [(each, value) for each, value in rows if value is not None]


def _read_monitor(node: Node, flaws: Flaws) -> Monitor | None:
    optional = ("screen", "instead", "selected", "items")
    fields = Fields(node, flaws, "a monitor", ("number", "name", "layout"), optional)
    which, name = fields.whole("number", 1, HIGHEST_MONITOR), fields.name("name")
    instead = fields.whole("instead", 1, HIGHEST_MONITOR) or None
    arranged = _read_arrangement(fields)
    most = MAX_TILES if arranged is None else len(arranged.layout.cells)
    selected = fields.whole("selected", 0, most - 1)
    held = fields.get("screen")
    screen = None if held is None else _read_screen(held, flaws)
    if fields.flawed or arranged is None:
        return None
    return Monitor(which, name, MonitorState(arranged.layout, arranged.items, selected), screen, instead)


def _read_arrangement(fields: Fields) -> Arrangement | None:
    """The members ``layout`` and ``items`` of a monitor, now or in a preset."""
    node = fields.get("layout")
    layout = None if node is None else read_layout(node, fields.flaws)
    nodes = fields.several("items", "items", MAX_REMEMBERED)
    items = tuple(None if each.value is None else read_item(each, fields.flaws) for each in nodes)
    return None if layout is None else Arrangement(layout, items)


def _read_screen(node: Node, flaws: Flaws) -> ScreenId | None:
    optional = ("serial", "maker", "model", "x", "y", "width", "height")
    fields = Fields(node, flaws, "a screen", ("name",), optional)
    name, serial, maker, model = (fields.text(key, _LONGEST_ID) for key in ("name", "serial", "maker", "model"))
    x, y = (fields.whole(key, -_FURTHEST, _FURTHEST) for key in ("x", "y"))
    width, height = (fields.whole(key, 0, _FURTHEST) for key in ("width", "height"))
    return None if fields.flawed else ScreenId(name, serial, maker, model, x, y, width, height)


def _read_preset(node: Node, flaws: Flaws) -> Preset | None:
    fields = Fields(node, flaws, "a preset", ("name", "monitors"), ("key",))
    name = fields.name("name")
    key = fields.whole("key", PRESET_KEYS.start, PRESET_KEYS.stop - 1) or None
    held = fields.get("key")
    if key == FULL_SCREEN_KEY and held is not None:
        flaws.add(held, f"F{key} is the key for full screen", "Use F2 to F10, or F12.")
    monitors = _all(fields.several("monitors", "monitors", MAX_MONITORS), flaws, _read_part)
    _check_once(((each, which) for each, (which, _) in monitors), "number", "monitor", flaws)
    return None if fields.flawed else Preset(name, tuple(part for _, part in monitors), key)


def _read_part(node: Node, flaws: Flaws) -> tuple[int, Arrangement] | None:
    fields = Fields(node, flaws, "a monitor of a preset", ("number", "layout"), ("items",))
    which, arranged = fields.whole("number", 1, HIGHEST_MONITOR), _read_arrangement(fields)
    return None if fields.flawed or arranged is None else (which, arranged)


def _read_switch(node: Node, flaws: Flaws, presets: Sequence[str]) -> Switch | None:
    fields = Fields(node, flaws, "a switch of the schedule", ("preset", "at"), ("weekdays",))
    name = _preset_name(fields, presets)
    told_time = fields.text("at", 8)
    match, at = _TIME.fullmatch(told_time), fields.get("at")
    if match is None and at is not None and at.value == told_time:
        flaws.add(at, f"{told(at)} is no time of day", 'Write hours and minutes, as in "06:30".')
    days = [_weekday(each, flaws) for each in fields.several("weekdays", "weekdays", len(WEEKDAYS))]
    if fields.flawed or match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    weekdays = frozenset(range(7)) if fields.get("weekdays") is None else frozenset(days)
    return Switch(name, time(hour, minute, second), weekdays)


def _weekday(node: Node, flaws: Flaws) -> int:
    if node.value in WEEKDAYS:
        return WEEKDAYS.index(str(node.value))
    flaws.add(node, f"{told(node)} is no weekday", f"Use {', '.join(WEEKDAYS)}.")
    return 0


def _read_stop(node: Node, flaws: Flaws, presets: Sequence[str]) -> tuple[str, float] | None:
    fields = Fields(node, flaws, "a stop of the tour", ("preset", "dwell"))
    stop = _preset_name(fields, presets), fields.real("dwell", SHORTEST_DWELL, LONGEST_DWELL)
    return None if fields.flawed else stop


def _preset_name(fields: Fields, presets: Sequence[str]) -> str:
    name, node = fields.name("preset"), fields.get("preset")
    if node is not None and node.value == name and name not in presets:
        fields.flaws.add(node, f"there is no preset {told(node)}", lambda: _advice_for_preset(name, presets))
    return name


def _advice_for_preset(name: str, presets: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, presets, n=1, cutoff=0.5)
    return f'Did you mean "{close[0]}"?' if close else "Name one of this file, or remove this."


def _names(presets: Node | None) -> list[str]:
    """The names of all presets of the file, of broken ones too: whoever names them is not wrong."""
    rows = presets.value if presets is not None and isinstance(presets.value, list) else []
    names = [row.value["name"].value for row in rows if isinstance(row.value, dict) and "name" in row.value]
    return [name for name in names if isinstance(name, str)]


def _check_once(rows: Iterable[tuple[Node, int | str | None]], key: str, what: str, flaws: Flaws) -> None:
    first: dict[int | str, Node] = {}
    for node, value in rows:
        if value is not None and first.setdefault(value, node) is not node:
            other = first[value]
            member = node.value.get(key, node) if isinstance(node.value, dict) else node
            problem = f"{other.path} of line {flaws.line(other.at)} has this {key} already"
            flaws.add(member, problem, f"Give this {what} another {key}.")


def _check_instead(monitors: Sequence[tuple[Node, Monitor]], flaws: Flaws) -> None:
    numbers = {monitor.number for _, monitor in monitors}
    for node, monitor in monitors:
        held = node.value.get("instead") if isinstance(node.value, dict) else None
        if held is None or (monitor.instead in numbers and monitor.instead != monitor.number):
            continue
        itself = monitor.instead == monitor.number
        problem = "a monitor cannot stand in for itself" if itself else f"there is no monitor {monitor.instead}"
        flaws.add(held, problem, "Name another monitor of this file, or leave it out.")
