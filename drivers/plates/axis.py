"""AXIS License Plate Verifier, push events in JSON, alone or in a form with pictures.

It tells of one car several times, as its text improves: ``new``, ``update``, ``lost``. Each is a read of its own;
``car`` ties them together.
"""

from __future__ import annotations

from typing import Any

from drivers.events import PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming, Unreadable
from drivers.plates.multipart import is_multipart, parts
from drivers.plates.pictures import picture, picture64
from drivers.plates.values import box, inner, place, plate, read_object, share, stamped, word

_STATES = frozenset({"new", "update", "updated", "lost"})


def read_axis(incoming: Incoming) -> list[PlateRead]:
    """The read of a push event; none of what has no plate. Raises BadMessage."""
    body, plate_picture, scene = _taken_apart(incoming)
    message = read_object(incoming, body)
    if "plateASCII" not in message and "plateUTF8" not in message and "plateText" not in message:
        if "carID" in message or not message or "heartbeat" in str(message.get("type", "")).lower():
            return []
        raise BadMessage(incoming.source, "no plateASCII, plateUTF8 or carID as License Plate Verifier sends them")
    text = plate(incoming, message.get("plateUTF8") or message.get("plateASCII") or message.get("plateText"))
    if not text:
        return []
    state = word(message.get("carState")).lower()
    if state and state not in _STATES:
        raise BadMessage(incoming.source, f"carState {state!r} is none that is known")
    at, stamp = stamped(incoming, message.get("capture_timestamp"), message.get("datetime"))
    camera = word(message.get("sensorProviderID") or inner(message, "camera_info", "SerialNumber"))
    number = word(message.get("carID"))
    move = word(message.get("carMoveDirection"))
    corners = message.get("plateCoordinates")
    left, top, width, height = corners if isinstance(corners, list) and len(corners) == 4 else (None,) * 4
    read = PlateRead(
        source=incoming.source,
        id=made_id("axis", camera, number, state, text, stamp, move),
        at=at,
        place=place(inner(message, "geotag", "lat"), inner(message, "geotag", "lon")),
        plate=text,
        confidence=share(message.get("plateConfidence")),
        region=word(message.get("plateCountry") or message.get("plateRegion")),
        camera=camera,
        direction="" if move in ("unk", "unknown") else move,
        look=_look(message.get("vehicle_info")),
        car=f"{camera}:{number}" if number else "",
        box=box(left, top, width, height, _size(message.get("frameSize"))),
        plate_picture=plate_picture or picture64(incoming, message.get("plateImage")),
        scene_picture=scene or picture64(incoming, message.get("frameImage") or message.get("vehicleImage")),
    )
    return [read]


def _taken_apart(incoming: Incoming) -> tuple[bytes, bytes, bytes]:
    if not is_multipart(incoming):
        return incoming.body, b"", b""
    document = plate_picture = scene = b""
    for part in parts(incoming):
        label = f"{part.name} {part.filename}"
        if part.kind == "application/json" or part.data.lstrip()[:1] == b"{":
            document = document or part.data
        elif "plate" in label:
            plate_picture = plate_picture or picture(incoming, part.data)
        elif part.data:
            scene = scene or picture(incoming, part.data)
    if not document:
        raise Unreadable(incoming.source, "a form without JSON")
    return document, plate_picture, scene


def _size(value: Any) -> tuple[Any, Any]:
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1]
    return inner(value, "width"), inner(value, "height")


def _look(info: Any) -> VehicleLook:
    return VehicleLook(
        word(inner(info, "type")),
        word(inner(info, "make") or inner(info, "view")),
        word(inner(info, "model")),
        word(inner(info, "color")),
    )
