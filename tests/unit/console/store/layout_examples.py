"""Layouts, items and walls that may be: strategies of hypothesis, and the texts of a good and of many wrong files."""

from __future__ import annotations

import json
from datetime import time

from hypothesis import strategies as st

from console.model.items import (
    AlarmsItem,
    CameraItem,
    CameraRange,
    ClockItem,
    Item,
    MapItem,
    PictureItem,
    TextItem,
    TourItem,
    TourStep,
    WebItem,
)
from console.model.layout import Cell, Layout
from console.model.monitor import MonitorState
from console.model.wall import Arrangement, Monitor, Preset, PresetTour, ScreenId, Switch, Wall
from console.store.json_fields import flaw_of_name

GOOD = """\
{
  "$schema": "urn:watchfloor:schema:layout:2",
  "schema_version": 2,
  "name": "Wache Süd",
  "rows": 3,
  "columns": 4,
  "row_weights": [1, 2, 1],
  "column_weights": [3, 3, 3, 2],
  "tiles": [
    {"row": 0, "column": 0, "rows": 2, "columns": 2, "hotspot": true},
    {"row": 0, "column": 2, "item": {"kind": "camera", "number": 5}},
    {"row": 0, "column": 3, "item": {"kind": "map"}},
    {"row": 1, "column": 2, "item": {"kind": "web", "url": "https://example.org:8443/weather?city=1#now"}},
    {"row": 1, "column": 3, "item": {"kind": "picture", "file": "plans/ground floor.png"}},
    {"row": 2, "column": 0, "item": {"kind": "text", "text": "Gate 4\\nis closed"}},
    {"row": 2, "column": 1, "item": {"kind": "clock", "zone": "America/Bogota"}},
    {"row": 2, "column": 2, "item": {"kind": "alarms"}},
    {
      "row": 2,
      "column": 3,
      "item": {
        "kind": "tour",
        "steps": [
          {"item": {"kind": "camera", "number": 7}, "dwell": 12.5},
          {"item": {"kind": "map"}, "dwell": 10},
          {"cameras": [1, 99999], "share": [1, 4], "dwell": 8}
        ]
      }
    }
  ]
}
"""
"""Each key and each kind of item, in the canonical form."""


def edited(old: str, new: str) -> str:
    """The good file with one thing changed."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def tile(item: object) -> str:
    """A layout of one tile that holds this, whatever it is."""
    tiles = [{"row": 0, "column": 0, "item": item}]
    return json.dumps({"schema_version": 2, "name": "One", "rows": 1, "columns": 1, "tiles": tiles})


# --- what may be ----------------------------------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(["Quad", "1+5", "Ночь", "夜间", "Größe ß", "CON", "a/b\\c:d", "…"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80),
).filter(lambda name: flaw_of_name(name) is None)
numbers = st.integers(1, 99_999)
dwells = st.integers(1, 86_400).map(float) | st.floats(1, 86_400)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=40)
files = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda file: bool(file.strip()) and "://" not in file
)
urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["example.org", "192.0.2.7", "[2001:db8::7]", "wetter.example", "münchen.example"]),
    st.sampled_from(["", ":80", ":65535"]),
    st.sampled_from(["", "/", "/a/b?c=d&e=%20#f", "?q", "#top"]),
)
zones = st.sampled_from(["", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
plain_items = st.one_of(
    st.builds(CameraItem, numbers),
    st.just(MapItem()),
    st.builds(WebItem, urls),
    st.builds(PictureItem, files),
    st.builds(TextItem, texts),
    st.builds(ClockItem, zones),
    st.just(AlarmsItem()),
)
_ordered = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
_shares = st.tuples(st.integers(1, 256), st.integers(1, 256)).map(lambda pair: (min(pair), max(pair)))
_ranges = st.builds(lambda pair, dwell, share: CameraRange(pair[0], pair[1], dwell, share), _ordered, dwells, _shares)
_steps = st.builds(TourStep, plain_items, dwells) | _ranges
tours = st.builds(TourItem, st.lists(_steps, min_size=1, max_size=6).map(tuple))
items: st.SearchStrategy[Item] = plain_items | tours


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Any layout: a grid that is cut again and again, of which some pieces become tiles."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    pieces = [(0, 0, rows, columns)]
    for _ in range(draw(st.integers(0, 12))):
        row, column, high, wide = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
        if draw(st.booleans()) and high > 1:
            cut = draw(st.integers(1, high - 1))
            pieces += [(row, column, cut, wide), (row + cut, column, high - cut, wide)]
        elif wide > 1:
            cut = draw(st.integers(1, wide - 1))
            pieces += [(row, column, high, cut), (row, column + cut, high, wide - cut)]
        else:
            pieces.append((row, column, high, wide))
    kept = draw(st.permutations(pieces))[: draw(st.integers(1, len(pieces)))]
    cells = tuple(Cell(*place, draw(st.none() | items), draw(st.booleans())) for place in kept)
    weights = [st.just(()) | st.tuples(*[st.integers(1, 1000)] * count) for count in (rows, columns)]
    return Layout(draw(names), rows, columns, cells, draw(weights[0]), draw(weights[1]))


_held = st.lists(st.none() | items, max_size=6).map(tuple)


@st.composite
def states(draw: st.DrawFn) -> MonitorState:
    """What a monitor shows, as far as it is kept."""
    layout = draw(layouts())
    return MonitorState(layout, draw(_held), draw(st.integers(0, len(layout.cells) - 1)))


_idents = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
_places = st.integers(-100_000, 100_000)
_sizes = st.integers(0, 100_000)
screens = st.builds(ScreenId, _idents, _idents, _idents, _idents, _places, _places, _sizes, _sizes)
_arrangements = st.builds(Arrangement, layouts(), _held)
_keys = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
_times = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 0, 59]))


@st.composite
def walls(draw: st.DrawFn) -> Wall:
    """Any wall."""
    which = [1, *sorted(draw(st.sets(st.integers(2, 999), max_size=2)))]
    monitors = []
    for each in which:
        others = [other for other in which if other != each]
        instead = draw(st.none() | st.sampled_from(others)) if others else None
        monitors.append(Monitor(each, draw(names), draw(states()), draw(st.none() | screens), instead))
    presets = []
    for name, key in zip(draw(st.lists(names, max_size=2, unique=True)), draw(st.permutations(_keys)), strict=False):
        shown = draw(st.dictionaries(st.integers(1, 999), _arrangements, max_size=2))
        presets.append(Preset(name, tuple(shown.items()), draw(st.none() | st.just(key))))
    if not presets:
        return Wall(draw(names), tuple(monitors))
    named = st.sampled_from([preset.name for preset in presets])
    switches = st.builds(Switch, named, _times, st.frozensets(st.integers(0, 6)))
    tour = PresetTour(tuple(draw(st.lists(st.tuples(named, dwells), max_size=3))))
    return Wall(draw(names), tuple(monitors), tuple(presets), tuple(draw(st.lists(switches, max_size=3))), tour)
