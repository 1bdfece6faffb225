"""Requests to a TALQ gateway as JSON (``OverrideCommand``, ``LoggerConfig`` and others of the data model 2.7.1)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from drivers.luminaires import LampOrder
from drivers.words import clean

Reference = tuple[str, str]
"""Resource ("devices", "groups") and address."""


def override(addresses: Sequence[Reference], order: LampOrder) -> bytes:
    """An override command. It always has an ``expiration``, after which the gateway goes back to its own programme,
    and never a ``start``: without one it starts at once, with one it would start late where the gateway's clock is
    behind ours."""
    command = {
        "state": {"name": "LevelState", "value": round(order.level)},
        "rampToLevelTime": order.ramp,
        "reason": "override",
        "cmsRefId": name_of(order.reference),
        "expiration": stamp(order.until),
    }
    return encode({"addresses": _references(addresses), "targetCommand": command})


def name_of(reference: str) -> str:
    """What an order is called at the gateway, its ``cmsRefId``."""
    return clean(reference, 120)


def release(addresses: Sequence[Reference]) -> bytes:
    """An override command without a target: the lamps follow their own programme again."""
    return encode({"addresses": _references(addresses)})


def callback_address(function: str, url: str, client: str) -> bytes:
    """A partial ``GatewayFunction``: where the gateway finds us."""
    uri = {"type": "AttributeUri", "value": url}
    address = {"type": "AttributeString", "value": client}
    return encode({"id": function, "type": "GatewayFunction", "cmsUri": uri, "cmsAddress": address})


def event_logger(client: str) -> bytes:
    """A ``LoggerConfig`` by which the gateway tells every event of every device, each second at most. Its address is
    the same each time, so that there is never a second one."""
    config = {
        "address": str(uuid.uuid5(uuid.UUID(client), "watchfloor events")),
        "ownerCMS": client,
        "sourceAddresses": {"blackList": []},
        "recordingMode": {"type": "EventRecordingMode", "sourceEvents": {"blackList": []}},
        "reportingMode": {"type": "ImmediateReportingMode", "delay": 1},
    }
    return encode(config)


def stamp(time: datetime) -> str:
    """RFC 3339 in UTC."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(data: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _references(addresses: Sequence[Reference]) -> list[dict[str, str]]:
    return [{"resource": resource, "address": address} for resource, address in addresses]
