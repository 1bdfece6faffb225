"""Which cameras have a plate reader, of which make, and how such a camera is hung: closer to the lane than others."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace

from drivers.virtual.plan import Plan, Site
from drivers.virtual.routes import STEPS
from drivers.virtual.traffic import READ_AHEAD_M, Gate, gate_of

_FOV = math.radians(24.0)
_HEIGHT = 6.0


class Maker(enum.StrEnum):
    """Whose protocol a reader speaks."""

    REKOR = "rekor"
    PLATE_RECOGNIZER = "plate_recognizer"
    HIKVISION = "hikvision"
    AXIS = "axis"
    FRIGATE = "frigate"
    ONVIF = "onvif"
    ONVIF_MQTT = "onvif_mqtt"
    ONVIF_METADATA = "onvif_metadata"


class Way(enum.StrEnum):
    """How reads travel."""

    PUSH = "push"
    """The reader sends them over HTTP to an address that it was told."""
    MQTT = "mqtt"
    PULL = "pull"
    """They are fetched from the camera's ONVIF events."""
    STREAM = "stream"
    """They lie in the metadata track of the camera's streams."""


WAYS = {
    Maker.FRIGATE: Way.MQTT,
    Maker.ONVIF_MQTT: Way.MQTT,
    Maker.ONVIF: Way.PULL,
    Maker.ONVIF_METADATA: Way.STREAM,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader. ``device`` is what it calls itself in what it sends, ``camera`` its camera's number."""

    name: str
    device: str
    maker: Maker
    camera: int
    gate: Gate
    latitude: float
    longitude: float

    @property
    def way(self) -> Way:
        """How its reads travel."""
        return WAYS.get(self.maker, Way.PUSH)


def with_readers(plan: Plan, count: int) -> tuple[Plan, tuple[Reader, ...]]:
    """The plan with its first ``count`` fixed cameras hung for reading, and their readers, whose makers take turns.
    Raises ValueError for more than there are."""
    fixed = [site for site in plan.sites if not site.ptz]
    if not 0 <= count <= len(fixed):
        raise ValueError(f"{count} plate readers: this city has 0 to {len(fixed)}")
    makers = tuple(Maker)
    hung = {site.number: _hung(plan, site) for site in fixed[:count]}
    readers = []
    for place, site in enumerate(hung.values()):
        maker = makers[place % len(makers)]
        latitude, longitude = (round(part, 7) for part in plan.geo(site.x, site.y))
        device = f"reader-{site.number:03d}"
        readers.append(Reader(site.name, device, maker, site.number, gate_of(plan, site), latitude, longitude))
    return replace(plan, sites=tuple(hung.get(site.number, site) for site in plan.sites)), tuple(readers)


def _hung(plan: Plan, site: Site) -> Site:
    """A camera that looks at the reading place of both lanes through a longer lens."""
    gate = gate_of(plan, site)
    dx, dy = STEPS[gate.way]
    x = plan.xs[gate.node[0]] + dx * READ_AHEAD_M
    y = plan.ys[gate.node[1]] + dy * READ_AHEAD_M
    far = math.hypot(x - site.x, y - site.y)
    yaw, pitch = math.atan2(y - site.y, x - site.x), math.atan2(_HEIGHT - 0.6, far)
    return replace(site, height=_HEIGHT, yaw=yaw, pitch=pitch - math.radians(1.2), fov=_FOV)
