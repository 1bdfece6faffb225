"""What may stand in a site file of sources of plates, ``[[plate_source]]``, and of the receiver of those that push,
``[receiver]``. Passwords are never in the file: ``token`` and ``credentials`` are names of sets in the vault."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.model.site import MAX_NUMBER
from console.store.toml_fields import Misfit, Reader, choice, known, record, take, text, url, whole
from console.store.toml_lines import Path
from console.store.view_schema import flag, number
from drivers.types import GeoPlace

MOST_SOURCES = 1000
_MOST_CAMERAS = 1000
_PLACE: Mapping[str, Reader] = {
    "latitude": number(-90, 90),
    "longitude": number(-180, 180),
    "height": number(-1000, 10_000),
    "heading": number(0, 360),
}
_PORT = whole(1, 65_535)


def _zone(value: Any) -> str:
    name = text(value)
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise TypeError('a time zone that is known, as in "Europe/Vienna"') from None
    return name


def _path(value: Any) -> str:
    path = text(value)
    if not path.startswith("/") or len(path) > 200 or not path.isascii() or any(each in path for each in "?# %\\"):
        raise TypeError('a path without blanks, as in "/hooks/north-gate"')
    return path.rstrip("/") or "/"


def _prefix(value: Any) -> str:
    prefix = text(value)
    if not prefix.isprintable() or "+" in prefix or "#" in prefix or len(prefix) > 200:
        raise TypeError('the beginning of topics, without + and #, as in "frigate"')
    return prefix.strip("/")


def _numbered(reader: Reader, what: str) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > _MOST_CAMERAS:
            raise TypeError(f"the source's names of its cameras, each with {what}")
        return {str(key): reader(each) for key, each in value.items()}

    return read


_COMMON: Mapping[str, Reader] = {
    "name": text,
    "kind": choice(PlateKind),
    "cameras": _numbered(whole(1, MAX_NUMBER), 'the number of one of the site, as in { "cam-1" = 12 }'),
    "camera": whole(1, MAX_NUMBER),
    "headings": _numbered(number(0, 360), 'where cars drive, as in { "cam-1" = 90 }'),
    "heading": number(0, 360),
    "region": text,
    "time_zone": _zone,
    "credentials": text,
}
_PUSH: Mapping[str, Reader] = {"token": text, "path": _path, "rate": number(0.01, 100_000)}
_BROKER: Mapping[str, Reader] = {
    "host": text,
    "port": _PORT,
    "tls": flag,
    "ca_file": text,
    "verify": flag,
    "client_id": text,
    "prefix": _prefix,
}
_RECEIVER: Mapping[str, Reader] = {"address": text, "port": _PORT, "certificate": text, "key": text}
_ALL = {**_COMMON, **_PUSH, **_BROKER, "uri": url}


def _keys(kind: PlateKind) -> Mapping[str, Reader]:
    if kind.pushes:
        return {**_COMMON, **_PUSH}
    if kind.brokered:
        return {**_COMMON, **_BROKER}
    return {**_COMMON, "uri": url} if kind is PlateKind.ONVIF_METADATA else _COMMON


def plate_sources_from(tables: Sequence[Any], cameras: frozenset[int]) -> tuple[PlateSource, ...]:
    """The sources of plates; ``cameras`` are the numbers of the site's. Raises Misfit."""
    if len(tables) > MOST_SOURCES:
        raise Misfit(("plate_source", MOST_SOURCES), f"more than {MOST_SOURCES} plate sources", "Take some out.")
    found: dict[str, PlateSource] = {}
    paths: set[str] = set()
    for index, table in enumerate(tables):
        where: Path = ("plate_source", index)
        source = _source(table, where, cameras)
        if not source.name.strip() or source.name in found:
            problem = f"the name {source.name[:80]!r} is empty, or taken already"
            raise Misfit((*where, "name"), problem, "Give this plate source a name of its own.")
        if source.path and source.path in paths:
            raise Misfit((*where, "path"), f"another source posts to {source.path} already", "Give it another path.")
        paths.add(source.path)
        found[source.name] = source
    return tuple(found.values())


def _source(table: Any, where: Path, cameras: frozenset[int]) -> PlateSource:
    if "kind" not in table:
        words = ", ".join(f'"{each.value}"' for each in PlateKind)
        raise Misfit(where, "key 'kind' is missing", f"Add a line kind = ... with one of {words}.")
    kind: PlateKind = take(table, "kind", choice(PlateKind), where)
    readers = _keys(kind)
    known(table, (*readers, "place"), where, f"a plate source of kind {kind.value}")
    values = record(table, readers, where, ("name",))
    if kind.pushes and not (values.get("token") or values.get("credentials")):
        advice = 'Add token = "..." or credentials = "...", the name of a set that is kept apart from this file.'
        raise Misfit(where, "a source that pushes must prove itself, and neither token nor credentials is here", advice)
    if kind.brokered and not values.get("host"):
        raise Misfit(where, "key 'host' is missing", "Add a line host = ... with the address of the broker.")
    direct = kind in (PlateKind.ONVIF_EVENTS, PlateKind.ONVIF_METADATA)
    if direct and "camera" not in values and "uri" not in values:
        raise Misfit(where, "key 'camera' is missing", "Add a line camera = ... with the number of the camera.")
    named: dict[Path, Any] = {("camera",): values.get("camera")} if "camera" in values else {}
    named |= {("cameras", key): each for key, each in values.get("cameras", {}).items()}
    for path, camera in named.items():
        if camera not in cameras:
            raise Misfit((*where, *path), f"no camera has the number {camera}", "Write the number of one of the site.")
    place = None
    if "place" in table:
        known(table["place"], _PLACE, (*where, "place"), "a place")
        place = GeoPlace(**record(table["place"], _PLACE, (*where, "place"), ("latitude", "longitude")))
    return PlateSource(**values, place=place)


def receiver_from(table: Any) -> ReceiverEntry:
    """The receiver. Raises Misfit."""
    known(table, _RECEIVER, ("receiver",), "the receiver")
    entry = ReceiverEntry(**record(table, _RECEIVER, ("receiver",), ()))
    if entry.key and not entry.certificate:
        raise Misfit(("receiver", "key"), "a key without a certificate", "Add a line certificate = ... here.")
    return entry


def plate_source_table(source: PlateSource) -> dict[str, Any]:
    """What is written of a source: everything that is not as it would be anyway."""
    usual = PlateSource("", source.kind)
    table: dict[str, Any] = {"name": source.name, "kind": source.kind.value}
    for key in _ALL:
        value = getattr(source, key)
        if key not in table and value != getattr(usual, key):
            table[key] = dict(value) if isinstance(value, Mapping) else value
    if source.place is not None:
        table["place"] = {key: getattr(source.place, key) for key in _PLACE if getattr(source.place, key) is not None}
    return table


def receiver_table(entry: ReceiverEntry | None) -> dict[str, Any]:
    """What is written of the receiver."""
    if entry is None:
        return {}
    return {key: getattr(entry, key) for key in ("address", "port")} | {
        key: getattr(entry, key) for key in ("certificate", "key") if getattr(entry, key)
    }
