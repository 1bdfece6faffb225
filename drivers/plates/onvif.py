"""ONVIF Profile M: plates in events, in metadata streams, and in events as JSON over MQTT.

Makers use topics of their own, so what counts is a ``LicensePlateInfo`` (Analytics Service Specification, annex on
recognition; ``metadatastream.xsd`` for the frames; Core, "onvif-ej" for JSON). Speeds are metres a second.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.events import NO_LOOK, PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming, TooMuch, Unreadable
from drivers.plates.pictures import picture64
from drivers.plates.values import MOST_READS, distinct, inner, number, place, plate, read_object, share, stamped, word
from drivers.safe_xml import MalformedXml, child, read_xml, text
from drivers.types import GeoPlace

TOPICS = "onvif-ej/#"
_INFO = "LicensePlateInfo"
_TEXTS = ("#text", "$", "text", "value", "_value", "Value", "")
_FASTEST = 150.0


@dataclass(frozen=True, slots=True)
class _Found:
    """What one event or object says, whatever it came in."""

    number: Any
    sure: Any = None
    country: str = ""
    entity: str = ""
    time: str = ""
    camera: str = ""
    rule: str = ""
    object: str = ""
    topic: str = ""
    direction: str = ""
    speed: Any = None
    look: VehicleLook = NO_LOOK
    place: GeoPlace | None = None
    box: tuple[float, float, float, float] | None = None
    picture: Any = None


def read_onvif_xml(incoming: Incoming) -> list[PlateRead]:
    """The reads of a SOAP message with notifications (pulled or pushed) or of a metadata stream's document. Raises
    BadMessage."""
    try:
        root = read_xml(incoming.body)
    except MalformedXml as error:
        raise Unreadable(incoming.source, str(error)) from None
    return _reads(incoming, [*_events(root), *_objects(root)])


def read_onvif_json(incoming: Incoming) -> list[PlateRead]:
    """The read of an event in JSON (onvif-ej); none of an empty message, which deletes. Raises BadMessage."""
    if not incoming.body.strip():
        return []
    message = read_object(incoming)
    data, source = message.get("Data"), message.get("Source")
    info = inner(data, _INFO)
    if info is None:
        return []
    if not isinstance(info, dict):
        raise BadMessage(incoming.source, f"a {_INFO} that is no object")
    value, sure = _json_word(info.get("PlateNumber"))
    vehicle = inner(data, "VehicleInfo")
    likely = sure if sure is not None else inner(data, "Likelihood")
    found = _Found(
        number=value,
        sure=likely,
        country=word(_json_word(info.get("CountryCode"))[0]),
        entity=word(_json_word(info.get("IssuingEntity"))[0]),
        time=word(message.get("UtcTime")),
        camera=word(inner(source, "VideoSource") or inner(source, "VideoSourceConfigurationToken")),
        rule=word(inner(source, "Rule")),
        object=word(inner(data, "ObjectId")),
        topic=word(incoming.topic.rpartition("onvif-ej/")[2], 200),
        direction=word(inner(data, "Direction")),
        speed=inner(data, "Speed"),
        look=VehicleLook(*(word(_json_word(inner(vehicle, key))[0]) for key in ("Type", "Brand", "Model", "Color"))),
        box=_box(_attributes(inner(data, "BoundingBox"))),
        picture=_json_word(inner(data, "Image"))[0],
    )
    return _reads(incoming, [found])


def _reads(incoming: Incoming, found: list[_Found]) -> list[PlateRead]:
    if len(found) > MOST_READS:
        raise TooMuch(incoming.source, f"{len(found)} reads in one message, {MOST_READS} are the most")
    return distinct([each for each in (_read(incoming, one) for one in found) if each is not None])


def _read(incoming: Incoming, found: _Found) -> PlateRead | None:
    written = plate(incoming, found.number)
    if not written:
        return None
    at, stamp = stamped(incoming, found.time)
    # Events and metadata name topics, sources and rules differently or not at all; object and time are the same.
    about = (found.object,) if found.object else (found.topic, found.camera, found.rule, "")
    return PlateRead(
        source=incoming.source,
        id=made_id("onvif", *about, stamp, written),
        at=at,
        place=found.place,
        plate=written,
        confidence=share(found.sure),
        region="-".join(each for each in (found.country, found.entity) if each),
        camera=found.camera,
        direction=found.direction,
        speed=number(found.speed, 0, _FASTEST),
        look=found.look,
        car=f"{found.camera}:{found.object}" if found.object else "",
        box=found.box,
        plate_picture=picture64(incoming, found.picture),
    )


def _events(root: ET.Element) -> Iterator[_Found]:
    """What notifications say; those that take something back say nothing."""
    for notification in root.iter("NotificationMessage"):
        message = child(notification, "Message", "Message")
        if message is None or message.get("PropertyOperation") == "Deleted":
            continue
        source, data = child(message, "Source"), child(message, "Data")
        element = _element(data, _INFO)
        if element is None:
            continue
        info = child(element, _INFO)
        info = element if info is None else info
        said, about = _simple(data), _simple(source)
        vehicle = _element(data, "VehicleInfo")
        inside = child(vehicle, "VehicleInfo")
        image = _element(data, "Image")
        area = _element(data, "BoundingBox")
        yield _Found(
            number=text(info, "PlateNumber"),
            sure=_likelihood(info) or said.get("Likelihood"),
            country=word(text(info, "CountryCode")),
            entity=word(text(info, "IssuingEntity")),
            time=message.get("UtcTime", ""),
            camera=word(about.get("VideoSource") or about.get("VideoSourceConfigurationToken")),
            rule=word(about.get("Rule")),
            object=word(said.get("ObjectId")),
            topic=_plain(text(notification, "Topic")),
            direction=word(said.get("Direction")),
            speed=said.get("Speed"),
            look=_look(vehicle if inside is None else inside),
            box=None if area is None else _box(_first_with(area, "left")),
            picture=said.get("Image") or (None if image is None else "".join(image.itertext()).strip()),
        )


def _objects(root: ET.Element) -> Iterator[_Found]:
    """What the frames of a metadata stream say of objects."""
    for frame in root.iter("Frame"):
        time, camera = frame.get("UtcTime", ""), word(frame.get("Source") or frame.get("Token"))
        for seen in frame.iter("Object"):
            info = child(seen, "Appearance", _INFO)
            if info is None:
                continue
            where = child(seen, "Appearance", "GeoLocation")
            yield _Found(
                number=text(info, "PlateNumber"),
                sure=_likelihood(info),
                country=word(text(info, "CountryCode")),
                entity=word(text(info, "IssuingEntity")),
                time=time,
                camera=camera,
                object=word(seen.get("ObjectId")),
                topic="metadata",
                speed=text(seen, "Behaviour", "Speed"),
                look=_look(child(seen, "Appearance", "VehicleInfo")),
                place=None if where is None else place(where.get("lat"), where.get("lon")),
                picture=text(seen, "Appearance", "Image"),
            )


def _likelihood(info: ET.Element) -> str:
    said = child(info, "PlateNumber")
    return "" if said is None else said.get("Likelihood", "")


def _simple(element: ET.Element | None) -> dict[str, str]:
    items = () if element is None else element.iter("SimpleItem")
    return {each.get("Name", ""): each.get("Value", "") for each in items}


def _element(data: ET.Element | None, name: str) -> ET.Element | None:
    """The item of this name; makers also put its content there without the item."""
    if data is None:
        return None
    for each in data.iter("ElementItem"):
        if each.get("Name") == name:
            return each
    return child(data, name)


def _first_with(element: ET.Element, key: str) -> Mapping[str, str]:
    return next((each.attrib for each in element.iter() if key in each.attrib), {})


def _look(vehicle: ET.Element | None) -> VehicleLook:
    return VehicleLook(*(word(text(vehicle, key)) for key in ("Type", "Brand", "Model", "Color")))


def _plain(topic: str) -> str:
    """A topic without the prefixes of its parts, which each message may declare anew."""
    return "/".join(part.rpartition(":")[2] for part in topic[:200].split("/"))


def _box(sides: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """A rectangle in ONVIF's coordinates, from -1 to 1, up and to the right, as shares of the picture."""
    left, right = number(sides.get("left"), -1, 1), number(sides.get("right"), -1, 1)
    top, bottom = number(sides.get("top"), -1, 1), number(sides.get("bottom"), -1, 1)
    if left is None or right is None or top is None or bottom is None or right < left or top < bottom:
        return None
    return ((left + 1) / 2, (1 - top) / 2, (right - left) / 2, (top - bottom) / 2)


def _json_word(value: Any) -> tuple[Any, Any]:
    """A text with its likelihood: ``"AB 1"``, or an object whose attributes begin with ``@``."""
    if not isinstance(value, dict):
        return value, None
    return next((value[key] for key in _TEXTS if key in value), None), value.get("@Likelihood", value.get("Likelihood"))


def _attributes(value: Any) -> dict[str, Any]:
    return {key.removeprefix("@"): each for key, each in value.items()} if isinstance(value, dict) else {}
