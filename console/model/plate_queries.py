"""What can be asked of the plates that were read, and what comes back: frozen records, checked where they are made.
Pure; the questions of company (convoys, incidents, tracks) are in ``plate_company``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.model.lamp_area import Plane, bounds, distance, inside
from console.model.plate_pattern import Pattern
from drivers.types import GeoPlace

MOST_ROWS = 500
"""How many reads a search shows, the newest first."""
WIDEST = 50_000.0
"""Metres: the largest radius, and about the largest side of an area."""
MOST_CORNERS = 200
MOST_INCIDENTS = 12
MOST_CALLED, MOST_WORDS = 400, 10_000
"""What databases take in one question."""
LONGEST_WINDOW = timedelta(hours=24)


class QueryError(ValueError):
    """A question cannot be asked like that; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Circle:
    """All places at most ``metres`` from ``centre``. Raises QueryError."""

    centre: GeoPlace
    metres: float

    def __post_init__(self) -> None:
        _check_place(self.centre)
        if not 1.0 <= self.metres <= WIDEST:
            raise QueryError(f"A radius of {self.metres:g} m cannot be searched. Give one from 1 m to {WIDEST:g} m.")

    def covers(self, place: GeoPlace) -> bool:
        """Whether a place lies inside."""
        return distance(self.centre, place) <= self.metres

    def box(self) -> Box:
        """Degrees that hold all of it."""
        plane = Plane(self.centre.latitude, self.centre.longitude)
        low, high = plane.place((-self.metres, -self.metres)), plane.place((self.metres, self.metres))
        pad = 0.0002
        return Box(low.latitude - pad, low.longitude - pad, high.latitude + pad, high.longitude + pad)


@dataclass(frozen=True, slots=True)
class Area:
    """All places inside a polygon; the last corner is joined to the first. Raises QueryError."""

    corners: tuple[GeoPlace, ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.corners) <= MOST_CORNERS:
            raise QueryError(f"An area has from 3 to {MOST_CORNERS} corners, not {len(self.corners)}.")
        for corner in self.corners:
            _check_place(corner)
        if any(distance(self.corners[0], corner) > 2 * WIDEST for corner in self.corners):
            raise QueryError(f"The area is wider than {2 * WIDEST / 1000:g} km. Look at a smaller one.")

    def covers(self, place: GeoPlace) -> bool:
        """Whether a place lies inside."""
        plane = Plane(self.corners[0].latitude, self.corners[0].longitude)
        return inside(plane.point(place), [plane.point(corner) for corner in self.corners])

    def box(self) -> Box:
        """Degrees that hold all of it."""
        plane = Plane(self.corners[0].latitude, self.corners[0].longitude)
        west, south, east, north = bounds(plane.point(corner) for corner in self.corners)
        low, high = plane.place((west, south)), plane.place((east, north))
        pad = 0.0002
        return Box(low.latitude - pad, low.longitude - pad, high.latitude + pad, high.longitude + pad)


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees from south west to north east. ``west`` is larger than ``east`` across the date line."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class Called:
    """What sources call a camera: these ``sources`` these ``cameras``. ``not_sources`` means all sources but these,
    ``not_cameras`` all cameras of theirs but these."""

    sources: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    not_sources: bool = False
    not_cameras: bool = False


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """A question: all that is given must hold. ``near`` looks for an exact plate and what readers may have made of it.
    ``cameras`` are names, and ``called`` what sources call these; without it the names are the sources' own. ``begin``
    and ``end`` are aware, ``end`` is left out. Raises QueryError."""

    begin: datetime
    end: datetime
    plate: Pattern | None = None
    near: bool = False
    area: Circle | Area | None = None
    cameras: tuple[str, ...] = ()
    most: int = MOST_ROWS
    called: tuple[Called, ...] = ()

    def __post_init__(self) -> None:
        check_span(self.begin, self.end)
        if self.near and (self.plate is None or not self.plate.exact):
            raise QueryError("Near plates can be found for a whole plate only. Leave the wildcards out.")
        if not 1 <= self.most <= 10_000:
            raise QueryError(f"{self.most} rows cannot be shown. Ask for 1 to 10,000.")
        words = sum(len(each.cameras) + len(each.sources) for each in self.at_cameras)
        if len(self.at_cameras) > MOST_CALLED or words > MOST_WORDS:
            raise QueryError("So many cameras cannot be asked for at once. Name fewer of them, or an area.")

    @property
    def at_cameras(self) -> tuple[Called, ...]:
        """The cameras that are meant, none for all."""
        return self.called or ((Called(cameras=self.cameras, not_sources=True),) if self.cameras else ())


@dataclass(frozen=True, slots=True)
class SeenPlate:
    """One read as a search finds it. ``seq`` is its number in the journal, ``plate`` plain, ``heading`` in degrees,
    ``nearness`` 0 for what was asked for (see ``plates.apart``)."""

    seq: int
    plate: str
    at: datetime
    source: str
    camera: str
    place: GeoPlace | None = None
    heading: float | None = None
    region: str = ""
    nearness: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the newest first; ``more`` where there are more than these."""

    rows: tuple[SeenPlate, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class ConvoyQuery:
    """Who drives with ``plate``: seen within ``seconds`` and ``metres`` of it at no fewer than ``places``
    places. Raises QueryError."""

    plate: Pattern
    begin: datetime
    end: datetime
    seconds: float = 60.0
    metres: float = 150.0
    places: int = 3

    def __post_init__(self) -> None:
        check_span(self.begin, self.end)
        if not self.plate.exact:
            raise QueryError("A convoy is found for one car. Leave the wildcards out.")
        if not 1 <= self.seconds <= 3600 or not 1 <= self.metres <= 5000:
            raise QueryError("Seen together means within 1 s to 3600 s and 1 m to 5000 m.")
        if not 2 <= self.places <= 50:
            raise QueryError("Cars that are together at 2 to 50 places can be found.")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something happened at a place and time: reads count within ``metres`` and ``window`` before and after. Raises
    QueryError."""

    place: GeoPlace
    at: datetime
    metres: float = 500.0
    window: timedelta = timedelta(minutes=20)
    name: str = ""

    def __post_init__(self) -> None:
        Circle(self.place, self.metres)
        if not timedelta(seconds=1) <= self.window <= LONGEST_WINDOW:
            raise QueryError("The time around an incident is from a second to 24 hours.")
        check_span(self.at - self.window, self.at + self.window)

    @property
    def circle(self) -> Circle:
        """Where reads count."""
        return Circle(self.place, self.metres)


@dataclass(frozen=True, slots=True)
class IncidentsQuery:
    """Who was near more than one of several incidents? Raises QueryError."""

    incidents: tuple[Incident, ...]
    least: int = 2

    def __post_init__(self) -> None:
        if not 2 <= len(self.incidents) <= MOST_INCIDENTS:
            raise QueryError(f"Give from 2 to {MOST_INCIDENTS} incidents, each with place and time.")
        if not 2 <= self.least <= len(self.incidents):
            raise QueryError("A car must have been near 2 incidents at least, and all of them at most.")


@dataclass(frozen=True, slots=True)
class Together:
    """The asked car and another at one place: which reads, and how far apart in seconds (positive: the other came
    later)."""

    asked: SeenPlate
    other: SeenPlate
    seconds: float


@dataclass(frozen=True, slots=True)
class Companion:
    """A car that was seen together with the asked one. ``places`` tells different ones only, ``reads`` how often it is
    seen anyway (``often`` at least)."""

    plate: str
    places: int
    reads: int
    share: float
    """Of the places where it was seen at all, how many with the asked car: near 1 for one that follows."""
    evidence: tuple[Together, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspect:
    """A plate that was read near more than one incident: the reads by incident (its place in the question)."""

    plate: str
    incidents: int
    reads: int
    """How often it was read in all, counted up to ``plate_company.OFTEN``."""
    evidence: tuple[tuple[int, tuple[SeenPlate, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked[Row]:
    """Ranked rows, the best first; ``note`` says in a sentence what was cut, "" for nothing."""

    rows: tuple[Row, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One stop of a track: the read, metres, seconds and bearing from the one before (None for the first, and where a
    place is unknown). ``heading`` is the reader's, else the bearing to the next place."""

    read: SeenPlate
    heading: float | None = None
    metres: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Where a plate was read, in order of time."""

    plate: str
    points: tuple[TrackPoint, ...] = field(default=())

    @property
    def places(self) -> Sequence[GeoPlace]:
        """The known places in order."""
        return [point.read.place for point in self.points if point.read.place is not None]


def check_span(begin: datetime, end: datetime) -> None:
    """Raises QueryError for a time that runs backwards or has no zone."""
    if begin.tzinfo is None or end.tzinfo is None:
        raise QueryError("Times need a time zone.")
    if begin >= end:
        raise QueryError("The time ends before it begins. Change From or To.")


def _check_place(place: GeoPlace) -> None:
    if not (-90.0 <= place.latitude <= 90.0 and -180.0 <= place.longitude <= 180.0):
        raise QueryError(
            f"{place.latitude:g}, {place.longitude:g} is no place on Earth: latitude from -90 to 90, "
            "longitude from -180 to 180."
        )
