"""Frigate's plates over MQTT: ``frigate/tracked_object_update`` with the type ``lpr``."""

from __future__ import annotations

from drivers.events import PlateRead, made_id
from drivers.feeding import Incoming
from drivers.plates.values import own_id, plate, read_object, share, stamped, word

TOPIC = "tracked_object_update"


def read_frigate(incoming: Incoming) -> list[PlateRead]:
    """The read of an update; none of one of another type, or of an empty message. Raises BadMessage."""
    if not incoming.body:
        return []
    message = read_object(incoming)
    if message.get("type") != "lpr":
        return []
    text = plate(incoming, message.get("plate"))
    if not text:
        return []
    at, stamp = stamped(incoming, message.get("timestamp"))
    tracked, camera = word(message.get("id")), word(message.get("camera"))
    read = PlateRead(
        source=incoming.source,
        id=own_id(tracked, text, stamp) if tracked else made_id("frigate", camera, stamp, text),
        at=at,
        plate=text,
        confidence=share(message.get("score")),
        camera=camera,
        car=tracked,
    )
    return [read]
