"""What stands in a file for what a tile holds: each kind of item with its fields, both ways."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from console.model.items import (
    LONGEST_DWELL,
    MAX_STEPS,
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
from console.model.layout import MAX_TILES
from console.model.site import MAX_NUMBER
from console.store.json_fields import Fields, several, told, whole
from console.store.json_lines import Flaws, Node
from console.store.json_text import number

LONGEST_URL, LONGEST_FILE, LONGEST_TEXT, LONGEST_ZONE = 2000, 500, 2000, 60
USUAL_DWELL = 10.0

# The schema of layout files has the same pattern. A host is labels of letters, digits, - and _ of any script between
# single dots, or an IPv6 address. No user names and passwords: they would stand on screens.
_LABEL = r"[^\s\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+"
_URL = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?"
    r"([/?#][^\s\x00-\x20\x7f\\\"<>]*)?"
)


def read_item(node: Node, flaws: Flaws) -> Item | None:
    """The item that a value of a file stands for; None where it is none (then ``flaws`` says why)."""
    return _read_tour(node, flaws) if _kind(node) == "tour" else _read_plain(node, flaws)


def plain_of(item: Item) -> dict[str, Any]:
    """An item as the file holds it."""
    match item:
        case CameraItem(camera):
            return {"kind": "camera", "number": camera}
        case MapItem():
            return {"kind": "map"}
        case WebItem(url):
            return {"kind": "web", "url": url}
        case PictureItem(file):
            return {"kind": "picture", "file": file}
        case TextItem(text):
            return {"kind": "text", "text": text}
        case ClockItem(zone):
            return {"kind": "clock", "zone": zone} if zone else {"kind": "clock"}
        case AlarmsItem():
            return {"kind": "alarms"}
        case TourItem(steps):
            return {"kind": "tour", "steps": [_plain_step(step) for step in steps]}


def _plain_step(step: TourStep | CameraRange) -> dict[str, Any]:
    if isinstance(step, TourStep):
        return {"item": plain_of(step.item), "dwell": number(step.dwell)}
    share = {} if step.share == (1, 1) else {"share": list(step.share)}
    return {"cameras": [step.first, step.last], **share, "dwell": number(step.dwell)}


def _kind(node: Node) -> object:
    kind = node.value.get("kind") if isinstance(node.value, dict) else None
    return None if kind is None else kind.value


def _camera(fields: Fields) -> CameraItem:
    return CameraItem(fields.whole("number", 1, MAX_NUMBER))


def _web(fields: Fields) -> WebItem:
    url = fields.text("url", LONGEST_URL, usual="")
    node = fields.get("url")
    if node is not None and node.value == url and not _is_web_address(url):
        if "@" in url:  # may be followed by a password, which no message repeats
            problem = "this is no web address, or one with a user name"
            fields.flaws.add(node, problem, "Take the user name out; passwords never stand in layouts.")
        else:
            advice = "Write it whole, as in https://example.org/page; only http and https are opened."
            fields.flaws.add(node, f"{told(node)} is no web address", advice)
    return WebItem(url)


def _is_web_address(url: str) -> bool:
    match = _URL.fullmatch(url)
    if match is None or int((match[2] or ":0")[1:]) > 65535:
        return False
    if match[1].startswith("["):
        try:
            ipaddress.IPv6Address(match[1][1:-1])
        except ValueError:
            return False
    return True


def _picture(fields: Fields) -> PictureItem:
    file = fields.text("file", LONGEST_FILE)
    node = fields.get("file")
    if node is not None and node.value == file and (not file.strip() or "://" in file):
        fields.flaws.add(node, f"{told(node)} is no file", 'Name a picture file, as in "plans/ground floor.png".')
    return PictureItem(file)


def _clock(fields: Fields) -> ClockItem:
    zone = fields.text("zone", LONGEST_ZONE)
    node = fields.get("zone")
    if node is not None and node.value == zone and zone and not _is_zone(zone):
        fields.flaws.add(node, f"there is no time zone {told(node)}", lambda: _advice_for_zone(zone))
    return ClockItem(zone)


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown; a path that leads elsewhere; a folder such as "Europe"
        return False
    return True


def _advice_for_zone(zone: str) -> str:
    close = difflib.get_close_matches(zone, available_timezones(), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else 'Use a name such as "Europe/Berlin", or leave it out.'


type _Reader = Callable[[Fields], PlainItem]

_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], _Reader]] = {
    "camera": (("number",), (), _camera),
    "map": ((), (), lambda fields: MapItem()),
    "web": (("url",), (), _web),
    "picture": (("file",), (), _picture),
    "text": (("text",), (), lambda fields: TextItem(fields.text("text", LONGEST_TEXT, lines=True))),
    "clock": ((), ("zone",), _clock),
    "alarms": ((), (), lambda fields: AlarmsItem()),
}
"""Of each kind the fields it must and may have, and how it is read."""


def _read_plain(node: Node, flaws: Flaws) -> PlainItem | None:
    kind = _kind(node)
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        member = node.value.get("kind") if isinstance(node.value, dict) else None
        if member is None:
            Fields(node, flaws, "an item", ("kind",), tuple(node.value) if isinstance(node.value, dict) else ())
        elif kind == "tour":
            flaws.add(member, "a tour inside a tour", "Write its steps here instead.")
        else:
            flaws.add(member, f"{told(member)} is no kind of item", f"Use {', '.join(_KINDS)} or tour.")
        return None
    required, optional, read = known
    fields = Fields(node, flaws, f"an item of the kind {kind}", ("kind", *required), optional)
    item = read(fields)
    return None if fields.flawed else item


def _read_tour(node: Node, flaws: Flaws) -> TourItem | None:
    fields = Fields(node, flaws, "a tour", ("kind", "steps"))
    steps = [_read_step(each, flaws) for each in fields.several("steps", "steps", MAX_STEPS, least=1)]
    return None if fields.flawed else TourItem(tuple(step for step in steps if step is not None))


def _read_step(node: Node, flaws: Flaws) -> TourStep | CameraRange | None:
    if isinstance(node.value, dict) and "cameras" in node.value:
        return _read_range(node, flaws)
    fields = Fields(node, flaws, "a step of a tour", ("item",), ("dwell",))
    dwell = fields.real("dwell", SHORTEST_DWELL, LONGEST_DWELL, USUAL_DWELL)
    held = fields.get("item")
    item = None if held is None else _read_plain(held, flaws)
    return None if fields.flawed or item is None else TourStep(item, dwell)


def _read_range(node: Node, flaws: Flaws) -> CameraRange | None:
    fields = Fields(node, flaws, "a step for a range of cameras", ("cameras",), ("share", "dwell"))
    dwell = fields.real("dwell", SHORTEST_DWELL, LONGEST_DWELL, USUAL_DWELL)
    first, last = _pair(fields, "cameras", MAX_NUMBER)
    which, among = _pair(fields, "share", MAX_TILES)
    return None if fields.flawed else CameraRange(first, last, dwell, (which, among))


def _pair(fields: Fields, key: str, high: int) -> tuple[int, int]:
    """Two numbers, the second not smaller than the first."""
    node = fields.get(key)
    if node is None:
        return 1, 1
    before = fields.flaws.count
    parts = several(node, fields.flaws, "numbers", 2, least=2)
    low, top = [whole(each, fields.flaws, 1, high, usual=1) for each in parts] or [1, 1]
    if low > top and fields.flaws.count == before:
        what = "the first camera comes after the last" if key == "cameras" else "the share is beyond its whole"
        fields.flaws.add(node, what, f"Write [{top}, {low}].")
    return low, top
