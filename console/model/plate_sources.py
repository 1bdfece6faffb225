"""Where plate reads come from, and what a site adds to a read that does not say where it was. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drivers.events import PlateRead
from drivers.types import GeoPlace

if TYPE_CHECKING:
    from console.model.site import Camera, Site


OWN_READER = "plate reader"
"""The source of what this console reads by itself; it calls a camera by its id."""


class PlateKind(enum.StrEnum):
    """What a source speaks."""

    REKOR = "rekor"
    PLATE_RECOGNIZER = "plate_recognizer"
    HIKVISION = "hikvision"
    AXIS = "axis"
    FRIGATE = "frigate"
    ONVIF_MQTT = "onvif_mqtt"
    ONVIF_EVENTS = "onvif_events"
    ONVIF_METADATA = "onvif_metadata"

    @property
    def pushes(self) -> bool:
        """Whether it posts to the receiver."""
        return self in (PlateKind.REKOR, PlateKind.PLATE_RECOGNIZER, PlateKind.HIKVISION, PlateKind.AXIS)

    @property
    def brokered(self) -> bool:
        """Whether it speaks by a broker."""
        return self in (PlateKind.FRIGATE, PlateKind.ONVIF_MQTT)


@dataclass(frozen=True, slots=True)
class ReceiverEntry:
    """Where the receiver listens: address and port, and the files of certificate and key ("": plain HTTP)."""

    address: str = "127.0.0.1"
    port: int = 8470
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class PlateSource:
    """A source of plate reads. ``token`` and ``credentials`` are *names* of sets in the vault; a token is the password
    of its set.

    ``cameras`` says which camera of the site the source means by its own name of one, ``camera`` which where it names
    none (for ONVIF: the camera itself). ``heading`` is where cars drive there, degrees clockwise from north, and
    ``headings`` the same by the source's name of a camera: a camera's own heading is where it looks. ``region`` is that
    of plates that the source does not tell it of, ``time_zone`` where its clock stands if that tells none.

    The others belong to some kinds only: ``path`` to those that push, ``rate`` messages a second of them (0: as many as
    usual); ``host`` and what follows to brokers, where ``prefix`` begins the topics; ``uri`` to metadata streams
    ("": that of the camera's first stream)."""

    name: str
    kind: PlateKind
    token: str = ""
    credentials: str = ""
    cameras: Mapping[str, int] = field(default_factory=dict)
    camera: int = 0
    headings: Mapping[str, float] = field(default_factory=dict)
    heading: float | None = None
    place: GeoPlace | None = None
    region: str = ""
    time_zone: str = ""
    path: str = ""
    rate: float = 0.0
    host: str = ""
    port: int = 0
    tls: bool = False
    ca_file: str = ""
    verify: bool = True
    client_id: str = ""
    prefix: str = ""
    uri: str = ""


def camera_of(read: PlateRead, site: Site) -> Camera | None:
    """The camera of the site that a read was made by; None where the site does not say."""
    return camera_numbered(read.source, read.camera, site)


def camera_numbered(source_name: str, camera: str, site: Site) -> Camera | None:
    """The site's camera that a source calls ``camera``; None where the site does not say."""
    source = site.plate_source(source_name)
    if source is None:
        return site.by_id(camera) if source_name == OWN_READER else None
    return site.by_number(source.cameras.get(camera, source.camera))


def located(read: PlateRead, site: Site) -> PlateRead:
    """The read with what it does not say itself: its camera's place, else its source's; where cars drive there; and the
    region of plates there."""
    source = site.plate_source(read.source)
    if source is None:
        return read
    camera = camera_of(read, site)
    place = read.place or (camera.place if camera is not None else None) or source.place
    heading = read.heading if read.heading is not None else source.headings.get(read.camera, source.heading)
    region = read.region or source.region
    if (place, heading, region) == (read.place, read.heading, read.region):
        return read
    return replace(read, place=place, heading=heading, region=region)
