"""Plate Recognizer Stream's webhook: a form with the field ``json`` and the picture ``upload``, or JSON alone.

Plates are lower case. Its times are UTC where they say no offset (``timestamp``); the direction is degrees in the
picture or a word.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from drivers.events import PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming, Unreadable
from drivers.plates.multipart import is_multipart, kind_of, parts
from drivers.plates.pictures import picture, size_of
from drivers.plates.values import (
    box,
    candidates,
    distinct,
    inner,
    number,
    plate,
    read_object,
    rows,
    share,
    stamped,
    word,
)


def read_plate_recognizer(incoming: Incoming) -> list[PlateRead]:
    """The reads of a webhook; none of one about something else. Raises BadMessage."""
    body, scene = _taken_apart(incoming)
    message = read_object(incoming, body)
    data = message.get("data")
    if not isinstance(data, dict):
        raise BadMessage(incoming.source, "no 'data' as Plate Recognizer sends it")
    event = inner(message, "hook", "event")
    if event not in (None, "recognition"):
        return []
    found = [_read(incoming, data, each, scene) for each in rows(incoming, data.get("results"))]
    return distinct([each for each in found if each is not None])


def _taken_apart(incoming: Incoming) -> tuple[bytes, bytes]:
    if is_multipart(incoming):
        text, scene = b"", b""
        for part in parts(incoming):
            if part.name == "json":
                text = part.data
            elif part.name == "upload" or part.kind == "image/jpeg":
                scene = picture(incoming, part.data)
        if not text:
            raise Unreadable(incoming.source, "a form without the field 'json'")
        return text, scene
    if kind_of(incoming.content_type) == "application/x-www-form-urlencoded":
        try:
            fields = parse_qs(incoming.body.decode("ascii", "replace"), max_num_fields=10)
        except ValueError:
            fields = {}
        if "json" not in fields:
            raise Unreadable(incoming.source, "a form without the field 'json'")
        return fields["json"][0].encode(), b""
    return incoming.body, b""


def _read(incoming: Incoming, data: dict[str, Any], result: dict[str, Any], scene: bytes) -> PlateRead | None:
    said = result.get("plate")
    listed = inner(said, "props", "plate")  # engines that read vehicles without plates too
    choices = rows(incoming, listed) if listed is not None else rows(incoming, result.get("candidates"))
    if listed is not None:
        said = choices[0].get("value") if choices else None
    text = plate(incoming, said)
    if not text:
        return None
    at, stamp = stamped(incoming, data.get("timestamp"), data.get("timestamp_local"))
    camera = word(data.get("camera_id"))
    area = result.get("box") if isinstance(result.get("box"), dict) else inner(result, "plate", "box")
    left, top, right, bottom = (number(inner(area, key), 0, 1e6) for key in ("xmin", "ymin", "xmax", "ymax"))
    where = None
    size = size_of(scene) if scene else None
    if size and left is not None and right is not None and top is not None and bottom is not None:
        where = box(left, top, right - left, bottom - top, size)
    regions = inner(result, "plate", "props", "region")
    region = regions[0] if isinstance(regions, list) and regions else result.get("region")
    vehicle = result.get("vehicle")
    return PlateRead(
        source=incoming.source,
        id=made_id("plate recognizer", camera, stamp, text, left, top),
        at=at,
        plate=text,
        confidence=share(result.get("score") if listed is None else choices[0].get("score")),
        region=word(inner(region, "code") or inner(region, "value")),
        candidates=candidates(
            incoming, [(each.get("plate") or each.get("value"), each.get("score")) for each in choices], text, 1.0
        ),
        camera=camera,
        direction=_direction(result.get("direction")),
        look=VehicleLook(
            word(inner(vehicle, "type")),
            _first(result, "model_make", "make"),
            _first(result, "model_make", "model"),
            _first(result, "color", "color"),
            _first(result, "year", "year_range"),
        ),
        box=where,
        scene_picture=scene,
    )


def _first(result: dict[str, Any], key: str, name: str) -> str:
    listed = result.get(key)
    if listed is None:
        listed = inner(result, "vehicle", "props", key)
    first = listed[0] if isinstance(listed, list) and listed else None
    return word(inner(first, name) or inner(first, "value"))


def _direction(value: Any) -> str:
    degrees = number(value, 0, 360)
    return word(value) if degrees is None else f"{degrees:.0f}° in the picture"
