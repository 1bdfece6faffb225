"""Entries of a gateway's log reports (schema ``LogReport``): a line for the technician, and what they say of lamps."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.lamps.talq.reading import Told, normal_uuid, read_event, read_told
from drivers.words import clean


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says, and of which function of which device ("": the device as a whole)."""

    address: str
    function: str
    line: str
    told: Told | None = None


def read_entry(data: object) -> Entry | None:
    """One entry; None for what is none."""
    inner = data.get("data") if isinstance(data, dict) else None
    if not isinstance(inner, dict):
        return None
    source = inner.get("srcAddress")
    if not isinstance(source, str) or len(source) > 400:
        return None
    first, _, rest = source.strip("/").removeprefix("devices/").partition("/")
    address, function = normal_uuid(first), rest.partition("/")[0]
    if not address:
        return None
    where = clean(source.rpartition("devices/")[2], 100)
    if inner.get("type") == "AttributeLogData":
        name, value = inner.get("attributeName"), inner.get("attributeValue")
        if not isinstance(name, str) or not isinstance(value, dict):
            return None
        told = read_told({name: value})
        shown = value.get("value")
        words = clean(shown, 40) if isinstance(shown, str) else f"{shown}" if isinstance(shown, int | float) else "…"
        return Entry(address, function, f"{where}: {clean(name, 60)} {words}", told)
    kind = clean(inner.get("eventType"), 60)
    if not kind:
        return None
    over = inner.get("startEndFlag") is False
    told_of = read_event(inner.get("eventType"), inner.get("startEndFlag"))
    return Entry(address, function, f"{where}: {kind}{' is over' if over else ''}", told_of)
