"""Hikvision's ISAPI alarm host: ``EventNotificationAlert`` as XML, alone or with JPEG parts. Its namespace and the
spelling of part names change with the firmware, so neither is looked at closely."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from drivers.events import PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming, Unreadable
from drivers.plates.multipart import is_multipart, parts
from drivers.plates.pictures import picture
from drivers.plates.values import candidates, number, own_id, place, plate, share, stamped, word
from drivers.safe_xml import MalformedXml, child, read_xml, text

_SCALE = 100.0
_NONE_READ = frozenset({"unknown", "noplate", "no plate", "无车牌"})
_KMH = 1 / 3.6


def read_hikvision(incoming: Incoming) -> list[PlateRead]:
    """The read of an alert; none of a heartbeat or an alert of another kind. Raises BadMessage."""
    document, plate_picture, scene = _taken_apart(incoming)
    try:
        root = read_xml(document)
    except MalformedXml as error:
        raise Unreadable(incoming.source, str(error)) from None
    if root.tag != "EventNotificationAlert":
        raise BadMessage(incoming.source, "XML, but no EventNotificationAlert")
    seen = child(root, "ANPR")
    if seen is None:
        if text(root, "eventType").upper() == "ANPR" and text(root, "eventState").lower() != "inactive":
            raise BadMessage(incoming.source, "an alert of type ANPR without its ANPR")
        return []
    read = _read(incoming, root, seen, plate_picture, scene)
    return [] if read is None else [read]


def _taken_apart(incoming: Incoming) -> tuple[bytes, bytes, bytes]:
    if not is_multipart(incoming):
        return incoming.body, b"", b""
    document = plate_picture = scene = b""
    for part in parts(incoming):
        label = f"{part.name} {part.filename}"
        if part.kind.endswith("/xml") or ".xml" in label or part.data.lstrip()[:1] == b"<":
            document = document or part.data
        elif "plate" in label:
            plate_picture = plate_picture or picture(incoming, part.data)
        elif part.kind.startswith("image/") or part.data[:2] == b"\xff\xd8":
            scene = scene or picture(incoming, part.data)
    if not document:
        raise Unreadable(incoming.source, "multipart without XML")
    return document, plate_picture, scene


def _read(
    incoming: Incoming, root: ET.Element, seen: ET.Element, plate_picture: bytes, scene: bytes
) -> PlateRead | None:
    found = plate(incoming, text(seen, "licensePlate"))
    if not found or found.lower() in _NONE_READ:
        return None
    at, stamp = stamped(incoming, text(root, "dateTime"))
    uuid = word(text(root, "UUID") or text(seen, "UUID"))
    camera = word(text(root, "channelID") or text(root, "dynChannelID") or text(root, "channelName"))
    device = text(root, "macAddress") or text(root, "ipAddress")
    info = child(seen, "vehicleInfo")
    region = text(seen, "region") or text(seen, "area") or text(seen, "country")
    speed = number(text(info, "speed"), 1, 500)
    where = child(root, "GPSInfo")
    return PlateRead(
        source=incoming.source,
        id=own_id(uuid, found) if uuid else made_id("hikvision", device, camera, stamp, found),
        at=at,
        place=place(text(where, "latitude"), text(where, "longitude")),
        plate=found,
        confidence=share(text(seen, "confidenceLevel"), _SCALE),
        region=word(region),
        candidates=candidates(incoming, [(text(seen, "originalLicensePlate"), None)], found, _SCALE),
        camera=camera,
        direction=word(text(seen, "direction")),
        speed=None if speed is None else speed * _KMH,
        look=VehicleLook(
            word(text(seen, "vehicleType")),
            word(text(info, "vehicleLogoRecog") or text(info, "vehicleLogo")),
            word(text(info, "vehicleModel")),
            word(text(info, "color")),
        ),
        plate_picture=plate_picture,
        scene_picture=scene,
    )
