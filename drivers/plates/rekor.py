"""Rekor Scout, once OpenALPR: webhooks of version 1 and later (``alpr_group``, ``alpr_results``, ``alpr_alert``,
``heartbeat``). Times are milliseconds since 1970, confidences 0 to 100. ``travel_direction`` is degrees in the picture,
not on the map, so it is told as a word."""

from __future__ import annotations

from typing import Any

from drivers.events import NO_LOOK, PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming
from drivers.plates.pictures import picture64
from drivers.plates.values import (
    box,
    candidates,
    distinct,
    inner,
    look,
    number,
    own_id,
    place,
    plate,
    read_object,
    rows,
    share,
    stamped,
    word,
)

_SCALE = 100.0


def read_rekor(incoming: Incoming) -> list[PlateRead]:
    """The reads of a webhook; none of a heartbeat. Raises BadMessage."""
    message = read_object(incoming)
    kind = message.get("data_type")
    group = message.get("group") if kind == "alpr_alert" else message
    if kind in ("alpr_group", "alpr_alert") and isinstance(group, dict):
        return _group(incoming, group)
    if kind == "alpr_results":
        found = [_result(incoming, message, each, at) for at, each in enumerate(rows(incoming, message.get("results")))]
        return distinct([each for each in found if each is not None])
    if kind in ("heartbeat", "vehicle"):
        return []
    raise BadMessage(incoming.source, f"data_type {word(kind)!r} is not that of Rekor's plate messages")


def _group(incoming: Incoming, group: dict[str, Any]) -> list[PlateRead]:
    told = group.get("best_plate")
    best: dict[str, Any] = told if isinstance(told, dict) else {}
    text = plate(incoming, group.get("best_plate_number") or best.get("plate"))
    if not text:
        return []
    at, stamp = stamped(incoming, group.get("epoch_start"), group.get("epoch_end"))
    car = word(group.get("best_uuid"))
    camera = word(group.get("camera_id"))
    listed = rows(incoming, group.get("candidates")) or rows(incoming, best.get("candidates"))
    sure = group.get("best_confidence")
    read = PlateRead(
        source=incoming.source,
        id=own_id(car, text, stamp) if car else made_id("rekor", group.get("agent_uid"), camera, stamp, text),
        at=at,
        place=place(group.get("gps_latitude"), group.get("gps_longitude")),
        plate=text,
        confidence=share(sure if sure is not None else best.get("confidence"), _SCALE),
        region=word(group.get("best_region") or best.get("region")),
        candidates=candidates(incoming, _pairs(listed), text, _SCALE),
        camera=camera,
        direction=_direction(group.get("travel_direction")),
        look=_look(group.get("vehicle")),
        car=car,
        box=_box(best.get("coordinates"), group),
        plate_picture=picture64(incoming, best.get("plate_crop_jpeg")),
        scene_picture=picture64(incoming, group.get("vehicle_crop_jpeg")),
    )
    return [read]


def _result(incoming: Incoming, message: dict[str, Any], result: dict[str, Any], index: int) -> PlateRead | None:
    text = plate(incoming, result.get("plate"))
    if not text:
        return None
    at, stamp = stamped(incoming, message.get("epoch_time"))
    uuid, camera = word(message.get("uuid")), word(message.get("camera_id"))
    return PlateRead(
        source=incoming.source,
        id=own_id(uuid, str(index)) if uuid else made_id("rekor", message.get("agent_uid"), camera, stamp, index, text),
        at=at,
        place=place(message.get("gps_latitude"), message.get("gps_longitude")),
        plate=text,
        confidence=share(result.get("confidence"), _SCALE),
        region=word(result.get("region")),
        candidates=candidates(incoming, _pairs(rows(incoming, result.get("candidates"))), text, _SCALE),
        camera=camera,
        box=_box(result.get("coordinates"), message),
        plate_picture=picture64(incoming, result.get("plate_crop_jpeg")),
    )


def _pairs(listed: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    return [(each.get("plate"), each.get("confidence")) for each in listed]


def _direction(value: Any) -> str:
    degrees = number(value, 0, 360)
    return "" if degrees is None else f"{degrees:.0f}° in the picture"


def _box(corners: Any, message: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Around the four corners of a plate, in a picture whose size the message tells."""
    if not isinstance(corners, list) or len(corners) != 4:
        return None
    xs, ys = [], []
    for each in corners:
        x, y = number(inner(each, "x"), 0, 1e6), number(inner(each, "y"), 0, 1e6)
        if x is None or y is None:
            return None
        xs.append(x)
        ys.append(y)
    left, top = min(xs), min(ys)
    whole = (message.get("img_width"), message.get("img_height"))
    return box(left, top, max(xs) - left, max(ys) - top, whole)


def _look(vehicle: Any) -> VehicleLook:
    """The likeliest of each; "make_model" holds both ("ford_focus")."""
    if not isinstance(vehicle, dict):
        return NO_LOOK
    body, make, both, colour, year = (
        _first(vehicle.get(key)) for key in ("body_type", "make", "make_model", "color", "year")
    )
    model = both.removeprefix(make).strip() if make else both
    return look(body, make, model, colour, year)


def _first(listed: Any) -> str:
    return word(inner(listed[0], "name")).replace("_", " ") if isinstance(listed, list) and listed else ""
