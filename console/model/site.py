"""A site: its cameras with their numbers, streams and places. Pure records; ``console.store`` reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from console.model.alarm_rules import AlarmRule
from console.model.keeping import DEFAULT_KEEPING, Keeping
from console.model.leases import HOLD_SECONDS
from console.model.patrol import Patrol
from console.model.permissions import Policy, Role
from console.model.plate_cameras import NO_PLATE_READING, PlateReading
from console.model.plate_sources import PlateSource, ReceiverEntry
from drivers.types import Codec, DeviceKind, GeoPlace, Transport, View

MAX_NUMBER = 99_999
"""Numbers are typed on a keypad; five digits are the most anybody wants to type."""

DEFAULT_NAME = "Site"

DEFAULT_POLICY = Policy()

AS_SENT = View()
"""The pictures as the camera sends them."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a camera: ``width``/``height`` in pixels, ``fps`` in frames a second, ``gop`` in frames; 0 where
    the camera did not say. ``uri`` never contains credentials."""

    token: str
    uri: str
    name: str = ""
    codec: Codec = Codec.OTHER
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate_kbps: int = 0
    gop: int = 0

    @property
    def pixels(self) -> int:
        """The area of a picture, for choosing by tile size; 0 where unknown."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera of the site.

    ``number`` is what the operator types to call it up, ``id`` what stays when its address changes (the ONVIF endpoint
    reference, or made from the address or URL), ``credentials`` the *name* of a credential set in the vault (empty for
    none). ``xaddrs`` are ranked: the most likely to work first. ``streams`` largest first. ``view`` is how its pictures
    are shown, with the masks that the wall paints over.
    """

    number: int
    name: str
    id: str
    kind: DeviceKind = DeviceKind.ONVIF
    address: str = ""
    xaddrs: tuple[str, ...] = ()
    streams: tuple[Stream, ...] = ()
    credentials: str = ""
    transport: Transport = Transport.TCP
    place: GeoPlace | None = None
    ptz: bool = False
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    hardware: str = ""
    view: View = AS_SENT


_SECRETS = ("credentials", "token", "callback_token", "community", "privacy")


@dataclass(frozen=True, slots=True)
class LampSystemEntry:
    """A lamp system of the site: what it is called, which protocol it speaks (``talq``, ``mqtt``, ``snmp`` or
    ``relays``), and that protocol's own settings, checked when they were read."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the credential sets that it needs."""
        return frozenset(str(self.settings[key]) for key in _SECRETS if self.settings.get(key))


class DuplicateCameraError(ValueError):
    """Two cameras of a site share a number or an id."""

    def __init__(self, what: str, value: object, first: str) -> None:
        super().__init__(f"{what} {value} is already that of {first!r}")


@dataclass(frozen=True, slots=True)
class Site:
    """The name of the site and its cameras, ordered by number. ``lift_masks`` says whether snapshots and exports may
    leave privacy masks out; the wall never does. ``policy`` says who may do what, ``role`` what whoever sits here is
    while nobody logs in. Raises ``DuplicateCameraError`` for a number or id that is there twice
    and ``ValueError`` for a number outside 1 to ``MAX_NUMBER``."""

    name: str = DEFAULT_NAME
    cameras: tuple[Camera, ...] = ()
    lift_masks: bool = False
    policy: Policy = DEFAULT_POLICY
    role: Role = Role.ADMINISTRATOR
    patrols: tuple[Patrol, ...] = ()
    lamp_systems: tuple[LampSystemEntry, ...] = ()
    lease_seconds: float = HOLD_SECONDS
    """How long whoever moved a camera has it in hand."""
    keeping: Keeping = DEFAULT_KEEPING
    """How long events are kept."""
    plate_sources: tuple[PlateSource, ...] = ()
    receiver: ReceiverEntry | None = None
    """Where sources that push are listened for; None: at this computer alone."""
    alarm_rules: tuple[AlarmRule, ...] = ()
    plate_reading: PlateReading = NO_PLATE_READING
    """Which cameras' plates this console reads by itself."""

    def __post_init__(self) -> None:
        numbers: dict[int, str] = {}
        ids: dict[str, str] = {}
        for camera in self.cameras:
            if not 1 <= camera.number <= MAX_NUMBER:
                raise ValueError(f"camera number {camera.number} is not between 1 and {MAX_NUMBER}")
            if camera.number in numbers:
                raise DuplicateCameraError("number", camera.number, numbers[camera.number])
            if camera.id in ids:
                raise DuplicateCameraError("id", camera.id, ids[camera.id])
            numbers[camera.number] = ids[camera.id] = camera.name
        object.__setattr__(self, "cameras", tuple(sorted(self.cameras, key=lambda camera: camera.number)))

    def by_number(self, number: int) -> Camera | None:
        """The camera with this number."""
        return next((camera for camera in self.cameras if camera.number == number), None)

    def by_id(self, camera_id: str) -> Camera | None:
        """The camera with this id."""
        return next((camera for camera in self.cameras if camera.id == camera_id), None)

    def plate_source(self, name: str) -> PlateSource | None:
        """The source of plates with this name."""
        return next((each for each in self.plate_sources if each.name == name), None)

    def patrol(self, camera_id: str) -> Patrol | None:
        """The patrol of a camera."""
        return next((patrol for patrol in self.patrols if patrol.camera == camera_id), None)

    def with_patrol(self, camera_id: str, patrol: Patrol | None) -> Site:
        """The site with this patrol for a camera, or with none."""
        others = tuple(each for each in self.patrols if each.camera != camera_id)
        return replace(self, patrols=others if patrol is None else (*others, patrol))

    def next_number(self, taken: Iterable[int] = ()) -> int:
        """The lowest number that neither a camera of the site nor ``taken`` holds."""
        used = {camera.number for camera in self.cameras}.union(taken)
        return next(number for number in range(1, MAX_NUMBER + 2) if number not in used)

    def with_camera(self, camera: Camera) -> Site:
        """The site with this camera added, or in the place of the one with the same id."""
        return self.with_cameras((camera,))

    def with_cameras(self, cameras: Iterable[Camera]) -> Site:
        """The site with these cameras added, each in the place of the one with the same id."""
        merged = {camera.id: camera for camera in self.cameras}
        merged.update((camera.id, camera) for camera in cameras)
        return replace(self, cameras=tuple(merged.values()))

    def adding(self, cameras: Iterable[Camera]) -> Site:
        """The site with these cameras added. One that is there already (same id) keeps its number and its view, whose
        masks must not go because somebody searched again; one whose number another camera holds gets the next free
        one."""
        site = self
        for camera in cameras:
            known = site.by_id(camera.id)
            holder = site.by_number(camera.number)
            if known is not None:
                camera = replace(camera, number=known.number, view=known.view)
            elif holder is not None or camera.number < 1:
                camera = replace(camera, number=site.next_number())
            site = site.with_camera(camera)
        return site

    def without(self, camera_id: str) -> Site:
        """The site without the camera of this id."""
        cameras = tuple(camera for camera in self.cameras if camera.id != camera_id)
        reading = self.plate_reading.without(camera_id)
        return replace(self, cameras=cameras, plate_reading=reading).with_patrol(camera_id, None)
