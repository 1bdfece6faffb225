"""The city as a plan: streets, buildings, lamps, camera sites, vehicles and people, all from one seed.

Everything lies on a local plane in metres, x to the right and y up in the plan; ``geo`` turns it by the city's rotation
and puts it on the WGS 84 globe. Blocks stand in a grid of uneven streets. Vehicles drive around blocks, one lap in one
period of 20 s, so that the whole city repeats exactly and yet cars pass from camera to camera.
"""

from __future__ import annotations

import itertools
import math
import random
import uuid
from dataclasses import dataclass
from typing import Any

from drivers.types import Codec, Credentials, GeoPlace
from drivers.virtual.state import CameraSpec, VirtualProfile

PERIOD_S = 20.0
"""Everything that moves repeats after this many seconds (the modulus of the time code)."""
MAX_CAMERAS = 256
_TURNS_EACH = 4
"""Each fourth camera has a moving head."""
_ORIGIN = (54.4000, 2.9000)  # the open North Sea: nobody takes this city for a real one
_METRES_PER_DEGREE = 111_320.0
ROAD_HALF = 5.5
"""Half the width of a road between its kerbs, metres."""
PAVEMENT = 3.5
"""Width of a pavement, metres."""
_LANE = 2.6

_NAMES = (
    "Main St", "Harbour St", "Mill Ln", "Station Rd", "Market St", "Orchard Rd", "Quay St", "Foundry Rd", "Chapel St",
    "Linden Ave", "Bridge St", "School Ln", "Granary Rd", "Tannery St", "Castle St", "Garden St", "Ropewalk", "Mint St",
    "Cooper St", "Ferry Rd",
)  # fmt: skip
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PAINTS = (
    (200, 200, 204), (60, 60, 66), (150, 62, 40), (36, 40, 150), (52, 96, 60), (120, 120, 124), (30, 110, 170),
    (90, 50, 46), (220, 214, 206), (40, 36, 36),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Street:
    """A straight street between two points of the plan."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Building:
    """A box: ``x0 < x1``, ``y0 < y1`` in metres of the plan; ``tone`` chooses its facade."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    tone: int


@dataclass(frozen=True, slots=True)
class Lamp:
    """A street lamp. ``arm`` is the unit direction in which its arm reaches over the road."""

    id: str
    x: float
    y: float
    arm: tuple[float, float]
    height: float = 7.5


@dataclass(frozen=True, slots=True)
class Site:
    """Where a camera hangs: metres of the plan, ``yaw`` in radians counter-clockwise from the plan's x axis, ``pitch``
    downwards in radians, ``fov`` the horizontal angle of view at home in radians."""

    number: int
    name: str
    x: float
    y: float
    height: float
    yaw: float
    pitch: float
    fov: float
    ptz: bool


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Drives around the rectangle ``x0..y1`` (its lane's centre line), one lap a period. Lengths in metres; ``phase``
    from 0 to 1 is where it is at time 0; ``paint`` is B, G, R."""

    plate: str
    x0: float
    y0: float
    x1: float
    y1: float
    clockwise: bool
    phase: float
    length: float
    width: float
    height: float
    paint: tuple[int, int, int]
    kind: str

    def at(self, time: float) -> tuple[float, float, float]:
        """Position and heading (radians) at wall time ``time``: a rectangle with rounded corners at even speed."""
        radius = 6.0
        wide, deep = self.x1 - self.x0 - 2 * radius, self.y1 - self.y0 - 2 * radius
        bend = math.pi / 2 * radius
        lap = 2 * (wide + deep) + 4 * bend
        way = ((time / PERIOD_S + self.phase) % 1.0) * lap
        if self.clockwise:
            way = lap - way
        x, y, heading = self.x0 + radius, self.y0, 0.0
        for side in range(4):
            straight = wide if side % 2 == 0 else deep
            cos, sin = round(math.cos(heading)), round(math.sin(heading))
            if way <= straight:
                x, y = x + cos * way, y + sin * way
                break
            x, y, way = x + cos * straight, y + sin * straight, way - straight
            if way <= bend:
                turn = way / radius
                ox, oy = x - sin * radius, y + cos * radius
                x = ox + radius * math.sin(heading + turn)
                y = oy - radius * math.cos(heading + turn)
                heading += turn
                break
            x, y = x + (cos - sin) * radius, y + (sin + cos) * radius
            heading, way = heading + math.pi / 2, way - bend
        if self.clockwise:
            heading += math.pi
        return x, y, heading


@dataclass(frozen=True, slots=True)
class Person:
    """Walks to and fro on a pavement, from one end and back in one period."""

    x: float
    y: float
    along: tuple[float, float]
    reach: float
    phase: float
    coat: tuple[int, int, int]

    def at(self, time: float) -> tuple[float, float, float]:
        """Position and the walking cycle (radians) at wall time ``time``."""
        part = (time / PERIOD_S + self.phase) % 1.0
        way = self.reach * (part * 2 if part < 0.5 else 2 - part * 2)
        return self.x + self.along[0] * way, self.y + self.along[1] * way, part * 2 * math.pi * 18


@dataclass(frozen=True)
class Plan:
    """The whole city. Immutable, shared by every thread."""

    seed: int
    rotation: float
    xs: tuple[float, ...]
    """Centre lines of the streets that run along y, metres."""
    ys: tuple[float, ...]
    """Centre lines of the streets that run along x, metres."""
    streets: tuple[Street, ...]
    buildings: tuple[Building, ...]
    lamps: tuple[Lamp, ...]
    sites: tuple[Site, ...]
    vehicles: tuple[Vehicle, ...]
    people: tuple[Person, ...]

    def geo(self, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude in degrees (WGS 84) of a point of the plan."""
        east = x * math.cos(self.rotation) - y * math.sin(self.rotation)
        north = x * math.sin(self.rotation) + y * math.cos(self.rotation)
        latitude = _ORIGIN[0] + north / _METRES_PER_DEGREE
        return latitude, _ORIGIN[1] + east / (_METRES_PER_DEGREE * math.cos(math.radians(_ORIGIN[0])))

    def lamp_levels(self) -> dict[str, float]:
        """The levels in percent that the lamps have when nobody has touched them."""
        return {lamp.id: 60.0 for lamp in self.lamps}

    def geojson(self) -> dict[str, Any]:
        """A FeatureCollection (RFC 7946): roads, buildings, lamps and cameras, told apart by ``properties.kind``."""

        def feature(kind: str, shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
            geometry = {"type": shape, "coordinates": coordinates}
            return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind, **properties}}

        def point(x: float, y: float) -> list[float]:
            latitude, longitude = self.geo(x, y)
            return [round(longitude, 7), round(latitude, 7)]

        features = [
            feature("road", "LineString", [point(*s.start), point(*s.end)], name=s.name, width=2 * ROAD_HALF)
            for s in self.streets
        ]
        for b in self.buildings:
            corners = ((b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1), (b.x0, b.y0))
            features.append(feature("building", "Polygon", [[point(*c) for c in corners]], height=round(b.height, 1)))
        features += [feature("lamp", "Point", point(lamp.x, lamp.y), id=lamp.id) for lamp in self.lamps]
        features += [
            feature("camera", "Point", point(s.x, s.y), number=s.number, name=s.name, heading=self.heading(s))
            for s in self.sites
        ]
        return {"type": "FeatureCollection", "features": features}

    def heading(self, site: Site) -> float:
        """Where a site looks at home, degrees clockwise from north."""
        return round((90.0 - math.degrees(site.yaw + self.rotation)) % 360.0, 1)


def _plate(rng: random.Random) -> str:
    letters = "".join(rng.choice(_LETTERS) for _ in range(4))
    return f"{letters[:2]} {rng.randint(100, 999)} {letters[2:]}"


def _lines(rng: random.Random, count: int, low: float, high: float) -> tuple[float, ...]:
    places = [0.0]
    for _ in range(count - 1):
        places.append(places[-1] + rng.uniform(low, high))
    return tuple(round(place - places[-1] / 2, 2) for place in places)


def _ordinal(number: int) -> str:
    tail = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"


def make_plan(seed: int, cameras: int) -> Plan:
    """Draw the city for 1 to 256 cameras. The same arguments give the same city. Raises ValueError out of range."""
    if not 1 <= cameras <= MAX_CAMERAS:
        raise ValueError(f"{cameras} cameras: a city has 1 to {MAX_CAMERAS}")
    rng = random.Random(f"city {seed} {cameras}")
    count = max(4, math.ceil(math.sqrt(cameras)) + 1)
    xs, ys = _lines(rng, count, 78, 104), _lines(rng, count, 66, 88)
    names = rng.sample(_NAMES, len(_NAMES))
    across = [names[i % len(names)] + ("" if i < len(names) else f" {i // len(names) + 1}") for i in range(count)]
    along = [_ordinal(i + 1) for i in range(count)]
    edge_x, edge_y = xs[-1] + 45, ys[-1] + 40
    streets = [Street(f"{along[i]} Ave", (x, -edge_y), (x, edge_y)) for i, x in enumerate(xs)]
    streets += [Street(across[i], (-edge_x, y), (edge_x, y)) for i, y in enumerate(ys)]
    return Plan(
        seed,
        math.radians(rng.uniform(-25, 25)),
        xs,
        ys,
        tuple(streets),
        tuple(_buildings(rng, xs, ys)),
        tuple(_lamps(xs, ys)),
        tuple(_sites(rng, xs, ys, across, along, cameras)),
        tuple(_vehicles(rng, xs, ys)),
        tuple(_people(rng, xs, ys)),
    )


def _buildings(rng: random.Random, xs: tuple[float, ...], ys: tuple[float, ...]) -> list[Building]:
    """Rows of houses around every block and a ring of blocks outside, so that each street ends in something."""
    inset = ROAD_HALF + PAVEMENT
    gx, gy = (xs[0] - 95, *xs, xs[-1] + 95), (ys[0] - 85, *ys, ys[-1] + 85)
    made = []
    for x0, x1 in itertools.pairwise(gx):
        for y0, y1 in itertools.pairwise(gy):
            left, right, low, high = x0 + inset, x1 - inset, y0 + inset, y1 - inset
            cuts = sorted(rng.uniform(0.28, 0.72) if rng.random() < 0.5 else at for at in (0.34, 0.67))
            spans = [left, *(left + (right - left) * cut for cut in cuts), right]
            middle = low + (high - low) * rng.uniform(0.4, 0.6)
            for a, b in itertools.pairwise(spans):
                for c, d in ((low, middle - 4), (middle + 4, high)):
                    if b - a > 6 and rng.random() > 0.06:
                        gap = rng.choice((0.0, 0.0, 1.2))
                        made.append(Building(a, c, b - gap, d, rng.uniform(8, 26), rng.randrange(1 << 16)))
    return made


def _lamps(xs: tuple[float, ...], ys: tuple[float, ...]) -> list[Lamp]:
    lamps: list[Lamp] = []
    reach = ROAD_HALF + 0.8

    def place(x: float, y: float, arm: tuple[float, float]) -> None:
        lamps.append(Lamp(f"L{len(lamps) + 1:04d}", round(x, 2), round(y, 2), arm))

    for y in ys:
        for a, b in itertools.pairwise(xs):
            for part, side in ((0.16, 1), (0.5, -1), (0.84, 1)):
                place(a + (b - a) * part, y + side * reach, (0.0, -float(side)))
    for x in xs:
        for a, b in itertools.pairwise(ys):
            for part, side in ((0.19, -1), (0.5, 1), (0.81, -1)):
                place(x + side * reach, a + (b - a) * part, (-float(side), 0.0))
    return lamps


def _sites(
    rng: random.Random, xs: tuple[float, ...], ys: tuple[float, ...], across: list[str], along: list[str], cameras: int
) -> list[Site]:
    """Cameras at crossings, first one each in a shuffled order, then further ones looking another way."""
    crossings = [(i, j) for j in range(len(ys)) for i in range(len(xs))]
    rng.shuffle(crossings)
    sites = []
    for number in range(1, cameras + 1):
        i, j = crossings[(number - 1) % len(crossings)]
        ways = [way for way, inside in enumerate((i + 1 < len(xs), j + 1 < len(ys), i > 0, j > 0)) if inside]
        way = ways[(rng.randrange(4) + (number - 1) // len(crossings)) % len(ways)]
        yaw = way * math.pi / 2
        cos, sin = round(math.cos(yaw)), round(math.sin(yaw))
        aside = rng.choice((-1, 1)) * rng.uniform(2.6, 5.0)
        back = rng.uniform(7.0, 9.0)
        x, y = xs[i] - cos * back - sin * aside, ys[j] - sin * back + cos * aside
        turn = -math.copysign(math.radians(rng.uniform(2, 7)), aside)
        name = f"{across[j]} / {along[i]}"
        if number > len(crossings):
            name += " " + ("east", "north", "west", "south")[way]
        height, fov = rng.uniform(5.6, 7.2), math.radians(rng.uniform(58, 68))
        pitch = math.radians(rng.uniform(11.5, 14))
        sites.append(Site(number, name, x, y, height, yaw + turn, pitch, fov, number % _TURNS_EACH == 0))
    return sites


def _vehicles(rng: random.Random, xs: tuple[float, ...], ys: tuple[float, ...]) -> list[Vehicle]:
    """Traffic keeps right: clockwise hugs the block, counter-clockwise drives around it in the far lanes."""
    made = []
    kinds = (("car", 4.4, 1.8, 1.45), ("car", 4.7, 1.85, 1.5), ("van", 5.4, 2.0, 2.3), ("suv", 4.7, 1.95, 1.75))
    for x0, x1 in itertools.pairwise(xs):
        for y0, y1 in itertools.pairwise(ys):
            for clockwise, most in ((True, 4), (False, 3)):
                lane = _LANE if clockwise else -_LANE
                first = rng.random()
                for place in range(rng.randint(2, most)):
                    kind, length, width, height = rng.choice(kinds)
                    phase = (first + place / most + rng.uniform(-0.05, 0.05)) % 1.0
                    box = (x0 + lane, y0 + lane, x1 - lane, y1 - lane)
                    paint = rng.choice(_PAINTS)
                    made.append(Vehicle(_plate(rng), *box, clockwise, phase, length, width, height, paint, kind))
    return made


def _people(rng: random.Random, xs: tuple[float, ...], ys: tuple[float, ...]) -> list[Person]:
    made = []
    off = ROAD_HALF + 1.6
    for x in xs:
        for y in ys:
            for _ in range(rng.randint(4, 7)):
                coat = (rng.randint(30, 150), rng.randint(30, 120), rng.randint(30, 150))
                reach = rng.uniform(11, 14)
                side = rng.choice((-1, 1)) * (off + rng.uniform(-0.7, 0.9))
                start = rng.choice((-1, 1)) * rng.uniform(off, 34)
                along_x = rng.random() < 0.5
                px, py = (x + start, y + side) if along_x else (x + side, y + start)
                way = math.copysign(1.0, start)
                made.append(Person(px, py, (way, 0.0) if along_x else (0.0, way), reach, rng.random(), coat))
    return made


def most_readers(cameras: int) -> int:
    """How many plate readers a city of so many cameras can have: cameras with moving heads have none."""
    return cameras - cameras // _TURNS_EACH


def camera_specs(plan: Plan, variety: bool = False) -> list[CameraSpec]:
    """The devices at the plan's sites. All offer a 1280x720 main stream and an H.264 substream of 640x360, both 15 fps;
    with ``variety`` every 8th camera's main stream is H.265 and every 16th has an MJPEG substream of 5 fps."""
    rng = random.Random(f"devices {plan.seed}")
    password = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))
    specs = []
    for site in plan.sites:
        latitude, longitude = plan.geo(site.x, site.y)
        identity = uuid.UUID(int=rng.getrandbits(128), version=4)
        serial = f"WF{rng.randrange(16**8):08X}"
        offset = rng.choice((0.0, 0.0, rng.uniform(-2, 2), rng.uniform(-90, 90)))
        main = VirtualProfile("main", Codec.H264, 1280, 720, 15, 30, 2500)
        sub = VirtualProfile("sub", Codec.H264, 640, 360, 15, 30, 500)
        if variety and site.number % 8 == 0:
            main = VirtualProfile("main", Codec.H265, 1280, 720, 15, 30, 1500)
        if variety and site.number % 16 == 5:
            sub = VirtualProfile("sub", Codec.MJPEG, 640, 360, 5, 1, 1500)
        place = GeoPlace(round(latitude, 7), round(longitude, 7), round(site.height, 2), plan.heading(site))
        specs.append(
            CameraSpec(
                site.number,
                site.name,
                str(identity),
                serial,
                place,
                site.ptz,
                Credentials("operator", password),
                round(offset, 3),
                main,
                sub,
            )
        )
    return specs
