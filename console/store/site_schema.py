"""What may stand in a site file: each key with its type, and how a table becomes a record and a record a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.model.site import DEFAULT_NAME, MAX_NUMBER, Camera, Site, Stream
from console.store.acting_schema import patrols_from, permissions_from
from console.store.alarm_schema import alarm_rules_from
from console.store.keeping_schema import keeping_from
from console.store.lamp_schema import lamp_systems_from
from console.store.plate_camera_schema import plate_reading_from
from console.store.plate_schema import plate_sources_from, receiver_from
from console.store.toml_fields import Misfit, Reader, choice, known, record, tables, take, text, url, urls, whole
from console.store.toml_lines import Path
from console.store.view_schema import DEWARP, VIEW, flag, number, view_table
from drivers.types import Codec, DeviceKind, Dewarp, GeoPlace, Transport, View

SCHEMA_VERSION = 3

SECTIONS = (
    "schema_version",
    "name",
    "privacy",
    "camera",
    "permissions",
    "patrol",
    "lamp_system",
    "plate_source",
    "receiver",
    "retention",
    "alarm_rule",
    "plate_reading",
    "plate_reader",
)

PLACE: Mapping[str, Reader] = {
    "latitude": number(-90, 90),
    "longitude": number(-180, 180),
    "height": number(-1000, 10000),
    "heading": number(0, 360),
}
STREAM: Mapping[str, Reader] = {
    "token": text,
    "name": text,
    "uri": url,
    "codec": choice(Codec),
    "width": whole(0, 65535),
    "height": whole(0, 65535),
    "fps": number(0, 1000),
    "bitrate_kbps": whole(0, 10_000_000),
    "gop": whole(0, 1_000_000),
}
CAMERA: Mapping[str, Reader] = {
    "number": whole(1, MAX_NUMBER),
    "name": text,
    "id": text,
    "kind": choice(DeviceKind),
    "address": text,
    "xaddrs": urls,
    "credentials": text,
    "transport": choice(Transport),
    "ptz": flag,
    "manufacturer": text,
    "model": text,
    "firmware": text,
    "serial": text,
    "hardware": text,
}
PRIVACY: Mapping[str, Reader] = {"lift_masks": flag}


def site_from(data: Mapping[str, Any]) -> Site:
    """The site that a parsed file of the current version tells. Raises Misfit; two cameras with one number too."""
    known(data, SECTIONS, (), "the site")
    name = take(data, "name", text, ())
    privacy = data.get("privacy", {})
    known(privacy, PRIVACY, ("privacy",), "privacy")
    lift = take(privacy, "lift_masks", flag, ("privacy",))
    cameras = [_camera(table, ("camera", index)) for index, table in enumerate(tables(data, "camera", ()))]
    for what in ("number", "id"):
        first: dict[object, Camera] = {}
        for index, camera in enumerate(cameras):
            other = first.setdefault(getattr(camera, what), camera)
            if other is not camera:
                problem = f"{what} {getattr(camera, what)} is already that of camera {other.name!r}"
                raise Misfit(("camera", index, what), problem, f"Give this camera another {what}.")
    role, policy, seconds = permissions_from(data.get("permissions", {}))
    numbers = frozenset(camera.number for camera in cameras)
    ids = frozenset(camera.id for camera in cameras)
    return Site(
        name if name is not None else DEFAULT_NAME,
        tuple(cameras),
        bool(lift),
        policy,
        role,
        patrols_from(tables(data, "patrol", ()), ids),
        lamp_systems_from(tables(data, "lamp_system", ()), ids),
        seconds,
        keeping=keeping_from(data.get("retention", {})),
        plate_sources=plate_sources_from(tables(data, "plate_source", ()), numbers),
        receiver=receiver_from(data["receiver"]) if "receiver" in data else None,
        alarm_rules=alarm_rules_from(tables(data, "alarm_rule", ())),
        plate_reading=plate_reading_from(data.get("plate_reading", {}), tables(data, "plate_reader", ()), cameras),
    )


def _camera(table: Any, path: Path) -> Camera:
    known(table, (*CAMERA, "place", "stream", "view"), path, "a camera")
    values = record(table, CAMERA, path, required=("number", "name", "id"))
    streams = tuple(_stream(item, (*path, "stream", index)) for index, item in enumerate(tables(table, "stream", path)))
    place = None
    if "place" in table:
        where = (*path, "place")
        known(table["place"], PLACE, where, "a place")
        place = GeoPlace(**record(table["place"], PLACE, where, required=("latitude", "longitude")))
    view = _view(table["view"], (*path, "view")) if "view" in table else View()
    return Camera(**values, streams=streams, place=place, view=view)


def _stream(table: Any, path: Path) -> Stream:
    known(table, STREAM, path, "a stream")
    return Stream(**record(table, STREAM, path, required=("token", "uri")))


def _view(table: Any, path: Path) -> View:
    known(table, (*VIEW, "dewarp"), path, "a view")
    values = record(table, VIEW, path, required=())
    dewarp = None
    if "dewarp" in table:
        where = (*path, "dewarp")
        known(table["dewarp"], DEWARP, where, "a dewarp")
        dewarp = Dewarp(**record(table["dewarp"], DEWARP, where, required=()))
    return View(**values, dewarp=dewarp)


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
