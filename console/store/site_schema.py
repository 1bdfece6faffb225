"""What may stand in a site file: each key with its type, and how a table becomes a record and a record a table."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from console.model.site import DEFAULT_NAME, MAX_NUMBER, Camera, Site, Stream
from console.store.toml_lines import Path
from console.store.view_schema import DEWARP, VIEW, flag, number, view_table
from drivers.types import Codec, DeviceKind, Dewarp, GeoPlace, Transport, View
from drivers.urls import strip_credentials

SCHEMA_VERSION = 2

type Reader = Callable[[Any], Any]


class Misfit(Exception):
    """Something in the file does not fit; ``path`` says where."""

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        self.path = path
        self.problem = problem
        self.advice = advice
        super().__init__(problem)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError('text in quotes, as in "Harbour gate"')
    return value


def _url(value: Any) -> str:
    text = _text(value)
    if strip_credentials(text)[1] is not None:
        raise ValueError("holds a user name or password, which this file must not")
    return text


def _urls(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError('a list of URLs, as in ["http://192.0.2.10/onvif/device_service"]')
    return tuple(_url(item) for item in value)


def _whole(low: int, high: int) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise TypeError(f"a whole number from {low} to {high}")
        return value

    return read


def _choice(kind: type[Codec | DeviceKind | Transport]) -> Reader:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise TypeError("one of " + ", ".join(f'"{member.value}"' for member in kind)) from None

    return read


PLACE: Mapping[str, Reader] = {
    "latitude": number(-90, 90),
    "longitude": number(-180, 180),
    "height": number(-1000, 10000),
    "heading": number(0, 360),
}
STREAM: Mapping[str, Reader] = {
    "token": _text,
    "name": _text,
    "uri": _url,
    "codec": _choice(Codec),
    "width": _whole(0, 65535),
    "height": _whole(0, 65535),
    "fps": number(0, 1000),
    "bitrate_kbps": _whole(0, 10_000_000),
    "gop": _whole(0, 1_000_000),
}
CAMERA: Mapping[str, Reader] = {
    "number": _whole(1, MAX_NUMBER),
    "name": _text,
    "id": _text,
    "kind": _choice(DeviceKind),
    "address": _text,
    "xaddrs": _urls,
    "credentials": _text,
    "transport": _choice(Transport),
    "ptz": flag,
    "manufacturer": _text,
    "model": _text,
    "firmware": _text,
    "serial": _text,
    "hardware": _text,
}
PRIVACY: Mapping[str, Reader] = {"lift_masks": flag}


def site_from(data: Mapping[str, Any]) -> Site:
    """The site that a parsed file of the current version tells. Raises Misfit; two cameras with one number too."""
    _known(data, ("schema_version", "name", "privacy", "camera"), (), "the site")
    name = _value(data, "name", _text, ())
    privacy = data.get("privacy", {})
    _known(privacy, PRIVACY, ("privacy",), "privacy")
    lift = _value(privacy, "lift_masks", flag, ("privacy",))
    tables = _tables(data, "camera", ())
    cameras = [_camera(table, ("camera", index)) for index, table in enumerate(tables)]
    for what in ("number", "id"):
        first: dict[object, Camera] = {}
        for index, camera in enumerate(cameras):
            other = first.setdefault(getattr(camera, what), camera)
            if other is not camera:
                problem = f"{what} {getattr(camera, what)} is already that of camera {other.name!r}"
                raise Misfit(("camera", index, what), problem, f"Give this camera another {what}.")
    return Site(name if name is not None else DEFAULT_NAME, tuple(cameras), bool(lift))


def _camera(table: Any, path: Path) -> Camera:
    _known(table, (*CAMERA, "place", "stream", "view"), path, "a camera")
    values = _record(table, CAMERA, path, required=("number", "name", "id"))
    streams = tuple(
        _stream(item, (*path, "stream", index)) for index, item in enumerate(_tables(table, "stream", path))
    )
    place = None
    if "place" in table:
        where = (*path, "place")
        _known(table["place"], PLACE, where, "a place")
        place = GeoPlace(**_record(table["place"], PLACE, where, required=("latitude", "longitude")))
    view = _view(table["view"], (*path, "view")) if "view" in table else View()
    return Camera(**values, streams=streams, place=place, view=view)


def _stream(table: Any, path: Path) -> Stream:
    _known(table, STREAM, path, "a stream")
    return Stream(**_record(table, STREAM, path, required=("token", "uri")))


def _view(table: Any, path: Path) -> View:
    _known(table, (*VIEW, "dewarp"), path, "a view")
    values = _record(table, VIEW, path, required=())
    dewarp = None
    if "dewarp" in table:
        where = (*path, "dewarp")
        _known(table["dewarp"], DEWARP, where, "a dewarp")
        dewarp = Dewarp(**_record(table["dewarp"], DEWARP, where, required=()))
    return View(**values, dewarp=dewarp)


def _record(table: Mapping[str, Any], readers: Mapping[str, Reader], path: Path, required: tuple[str, ...]) -> Any:
    for key in required:
        if key not in table:
            raise Misfit(path, f"key '{key}' is missing", f"Add a line with {key} = ... here.")
    return {key: _value(table, key, reader, path) for key, reader in readers.items() if key in table}


def _value(table: Mapping[str, Any], key: str, reader: Reader, path: Path) -> Any:
    if key not in table:
        return None
    try:
        return reader(table[key])
    except TypeError as wanted:
        raise Misfit((*path, key), f"'{key}' must be {wanted}", "Correct this line.") from None
    except ValueError as problem:
        advice = "Take it out, and give the credentials in the console; they are kept apart from this file."
        raise Misfit((*path, key), f"'{key}' {problem}", advice) from None


def _tables(table: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Misfit((*path, key), f"'{key}' must be a table in double brackets", f"Write [[{key}]] with two brackets.")
    return found


def _known(table: Any, keys: Any, path: Path, what: str) -> None:
    if not isinstance(table, dict):
        raise Misfit(path, f"{what} must be a table", "Write its keys one to a line, or in { ... }.")
    for key in table:
        if key not in keys:
            close = difflib.get_close_matches(key, list(keys), n=1, cutoff=0.5)
            advice = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(keys)}."
            raise Misfit((*path, key), f"unknown key '{key}' of {what}", advice)


def table_of(camera: Camera) -> dict[str, Any]:
    """What is written of a camera: everything that is not as it would be anyway."""
    table = _filled(camera, CAMERA, Camera(0, "", ""), always=("number", "name", "id"))
    if camera.place is not None:
        table["place"] = _filled(camera.place, PLACE, None, always=("latitude", "longitude"))
    if camera.streams:
        table["stream"] = [_filled(item, STREAM, Stream("", ""), always=("token", "uri")) for item in camera.streams]
    view = view_table(camera.view)
    if view:
        table["view"] = view
    return table


def _filled(record: Any, readers: Mapping[str, Reader], usual: Any, always: tuple[str, ...]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key in readers:
        value = getattr(record, key)
        if key in always or value != getattr(usual, key, None):
            plain = value.value if isinstance(value, Codec | DeviceKind | Transport) else value
            table[key] = list(plain) if isinstance(plain, tuple) else plain
    return table
