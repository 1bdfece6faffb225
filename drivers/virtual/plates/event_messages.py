"""What readers tell over MQTT and in ONVIF's events: Frigate's updates, and Profile M as XML and as JSON.

Sources: Frigate's MQTT topics; ONVIF Analytics Service Specification (``tns1:RuleEngine/Recognition/LicensePlate``) and
Core Specification, 11 ("onvif-ej"), where attributes of XML become names that begin with ``@``.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drivers.virtual.lamps.mqtt_wire import Publication
from drivers.virtual.onvif.context import SOURCE
from drivers.virtual.onvif.wire import Markup, tag
from drivers.virtual.plates.push_messages import own_uuid
from drivers.virtual.plates.reading import Reading

FRIGATE_PREFIX = "frigate"
TOPIC = "tns1:RuleEngine/Recognition/LicensePlate"
RULE = "LPR"
_TYPES = {"van": "Truck"}


@dataclass(frozen=True, slots=True)
class Notification:
    """An ONVIF event: plain items of its source and its data, and elements of its data. ``middle`` is where the car is
    in the picture, in ONVIF's coordinates; ``cut`` says that a document about it breaks off in the middle."""

    at: float
    source: Mapping[str, str]
    data: Mapping[str, str]
    elements: Mapping[str, Markup]
    middle: tuple[float, float] = (0.0, 0.0)
    cut: bool = False


def frigate(reading: Reading) -> Publication:
    """The update of a tracked object whose plate was read."""
    start = reading.at - 1.3
    update = {
        "type": "lpr",
        "id": f"{start:.6f}-{own_uuid(reading.id)[:6]}",
        "name": None,
        "plate": reading.text,
        "score": reading.confidence,
        "camera": reading.reader.device,
        "timestamp": round(reading.at, 6),
    }
    return Publication(f"{FRIGATE_PREFIX}/tracked_object_update", json.dumps(update).encode())


def frigate_online(online: bool) -> Publication:
    """Whether it runs; retained."""
    return Publication(f"{FRIGATE_PREFIX}/available", b"online" if online else b"offline", retain=True)


def onvif_json(reading: Reading) -> Publication:
    """The event in JSON for a broker."""
    car = reading.car
    sure = f"{reading.confidence:.3f}"
    info: dict[str, Any] = {
        "PlateNumber": {"@Likelihood": sure, "#text": reading.text},
        "CountryCode": {"@Likelihood": "0.83", "#text": car.number.region.country},
    }
    if car.number.region.state:
        info["IssuingEntity"] = {"@Likelihood": "0.83", "#text": car.number.region.state}
    data: dict[str, Any] = {
        **_simple(reading),
        "BoundingBox": {f"@{side}": f"{value:.4f}" for side, value in _sides(reading).items()},
        "LicensePlateInfo": info,
        "VehicleInfo": {
            "Type": {"@Likelihood": "0.84", "#text": _TYPES.get(car.body, "Car")},
            "Brand": car.make,
            "Model": car.model,
        },
    }
    event = {"UtcTime": _moment(reading.at), "Source": {"VideoSource": SOURCE, "Rule": RULE}, "Data": data}
    topic = f"{reading.reader.device}/onvif-ej/{TOPIC.removeprefix('tns1:')}/&{SOURCE}/&{RULE}"
    return Publication(topic, json.dumps(event).encode(), qos=1)


def onvif_event(reading: Reading) -> Notification:
    """The event for who pulls."""
    car, region = reading.car, reading.car.number.region
    info = tag(
        "tt:LicensePlateInfo",
        tag("tt:PlateNumber", reading.text, Likelihood=f"{reading.confidence:.3f}"),
        tag("tt:PlateType", "Normal", Likelihood="0.7"),
        tag("tt:CountryCode", region.country, Likelihood="0.83"),
        tag("tt:IssuingEntity", region.state, Likelihood="0.83") if region.state else None,
    )
    vehicle = tag(
        "tt:VehicleInfo",
        tag("tt:Type", _TYPES.get(car.body, "Car"), Likelihood="0.84"),
        tag("tt:Brand", car.make, Likelihood="0.81"),
        tag("tt:Model", car.model, Likelihood="0.52"),
    )
    sides = _sides(reading)
    box = tag("tt:BoundingBox", **{side: f"{value:.4f}" for side, value in sides.items()})
    middle = (sides["left"] + sides["right"]) / 2, (sides["top"] + sides["bottom"]) / 2
    elements = {"BoundingBox": box, "LicensePlateInfo": info, "VehicleInfo": vehicle}
    return Notification(reading.at, {"VideoSource": SOURCE, "Rule": RULE}, _simple(reading), elements, middle)


def _simple(reading: Reading) -> dict[str, str]:
    data = {
        "Likelihood": f"{reading.confidence:.3f}",
        "ObjectId": str(zlib.crc32(reading.id.encode()) % 1_000_000),
        "Speed": f"{reading.speed:.1f}",
        "Direction": "Approaching" if reading.towards else "Departing",
    }
    if reading.look.plate:
        data["Image"] = base64.b64encode(reading.look.plate).decode()
    return data


def _sides(reading: Reading) -> dict[str, float]:
    """In ONVIF's coordinates: -1 to 1, up and to the right."""
    left, top, wide, high = reading.look.box
    across, down = reading.look.width / 2, reading.look.height / 2
    return {
        "left": left / across - 1,
        "top": 1 - top / down,
        "right": (left + wide) / across - 1,
        "bottom": 1 - (top + high) / down,
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
