"""Cars that drive through the city past its plate readers: who is where at which moment, from the seed alone.

What sets out in one minute of the world's clock is drawn from the seed and that minute, so the same city has the same
traffic whenever it is asked, and nothing has to run for it. Beside cars of chance there are

- *regulars*, which make the same trip at the same time each day, and vans that come by every quarter of an hour;
- a *convoy* of three that drives together, a few seconds apart, every twelve minutes;
- *incidents*, one each five minutes beside some reader, and one car that passes each of them just before.

Cars drive at an even speed. Only readers' pictures show them; other cameras show the laps of ``plan.Vehicle``.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drivers.virtual.number_plates import Plate, compact, make_plate, region_of
from drivers.virtual.plan import Plan, Site
from drivers.virtual.routes import STEPS, WANDER, Grid, Leg, Node, Path

SLOT_S = 60
READ_AHEAD_M = 12.0
"""How far beyond its crossing a reader sees a plate best."""
LEAD_S = 3.0
"""Seconds that pass from asking for a car until it is at the reader."""
_FLEET = 3000
_SUSPECT, _CONVOY, _REGULARS, _VANS = 0, (1, 2, 3), range(10, 40), range(40, 44)
_CONVOY_EACH, _CONVOY_AT = 12, 4
_INCIDENT_EACH, _INCIDENT_AT = 5, 2
_KEPT = 64
_SIGHT_M = (7.0, 60.0)
"""A reader looks down on the road: farther cars are above its picture."""
_SIGHT_ASIDE_M = 9.0
_STEP_M = 4.0

_COLOURS = {
    "white": (214, 216, 216), "black": (34, 32, 32), "grey": (110, 112, 114), "silver": (176, 176, 180),
    "blue": (140, 60, 34), "red": (36, 36, 160), "green": (58, 100, 46), "brown": (44, 66, 96),
    "yellow": (40, 180, 220), "orange": (30, 110, 220),
}  # fmt: skip
_COLOUR_SHARES = (24, 19, 18, 12, 11, 8, 3, 2, 2, 1)
_MODELS = (
    ("toyota", "corolla", "sedan"), ("toyota", "yaris", "hatchback"), ("volkswagen", "golf", "hatchback"),
    ("volkswagen", "transporter", "van"), ("ford", "focus", "hatchback"), ("ford", "transit", "van"),
    ("renault", "clio", "hatchback"), ("renault", "kangoo", "van"), ("volvo", "v60", "wagon"),
    ("volvo", "xc60", "suv"), ("kia", "sportage", "suv"), ("nissan", "qashqai", "suv"), ("skoda", "octavia", "wagon"),
    ("honda", "civic", "sedan"),
)  # fmt: skip
_SHAPES = {
    "sedan": ("car", 4.7, 1.85, 1.5), "hatchback": ("car", 4.2, 1.8, 1.45), "wagon": ("car", 4.75, 1.85, 1.5),
    "van": ("van", 5.4, 2.0, 2.3), "suv": ("suv", 4.7, 1.95, 1.75),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Car:
    """A car. Lengths in metres, ``paint`` is B, G, R; ``kind`` is the shape it is drawn with."""

    number: Plate
    colour: str
    make: str
    model: str
    body: str
    year: int
    paint: tuple[int, int, int]
    kind: str
    length: float
    width: float
    height: float

    @property
    def plate(self) -> str:
        """As readers send it."""
        return self.number.text


def make_car(rng: random.Random, plate: Plate | None = None) -> Car:
    """Some car, with this plate or one of its own."""
    number = make_plate(rng)
    colour = rng.choices(list(_COLOURS), _COLOUR_SHARES)[0]
    make, model, body = rng.choice(_MODELS)
    return Car(plate or number, colour, make, model, body, rng.randint(2004, 2024), _COLOURS[colour], *_SHAPES[body])


@dataclass(frozen=True, slots=True)
class Gate:
    """The stretch of street that a reader watches: from crossing ``node`` towards ``way``. ``eye`` is where its camera
    hangs, ``number`` that camera's."""

    number: int
    node: Node
    way: int
    eye: tuple[float, float]

    @property
    def far(self) -> Node:
        """The crossing at the other end."""
        return self.node[0] + STEPS[self.way][0], self.node[1] + STEPS[self.way][1]


def gate_of(plan: Plan, site: Site) -> Gate:
    """The stretch of street before a camera."""
    way = round(site.yaw / (math.pi / 2)) % 4
    cos, sin = STEPS[way]
    ahead = site.x + cos * 8.0, site.y + sin * 8.0
    column = min(range(len(plan.xs)), key=lambda at: abs(plan.xs[at] - ahead[0]))
    row = min(range(len(plan.ys)), key=lambda at: abs(plan.ys[at] - ahead[1]))
    return Gate(site.number, (column, row), way, (site.x, site.y))


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive: ``start`` in seconds since 1970, ``speed`` in metres a second. ``sights`` are the times at which
    readers' cameras have it in the picture, by the gate's number."""

    id: str
    car: Car
    path: Path
    start: float
    speed: float
    sights: dict[int, list[tuple[float, float]]] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """When it is over."""
        return self.start + self.path.length / self.speed

    def at(self, time: float) -> tuple[float, float, float]:
        """Place and heading as ``Path.at``."""
        return self.path.at((time - self.start) * self.speed)


@dataclass(frozen=True, slots=True)
class Pass:
    """A car passes a reader: ``gate`` is the camera's number, ``at`` when, ``x``, ``y`` and ``heading`` (radians) where
    and how. ``towards`` the camera shows the plate at the front, away from it the one at the rear. ``asked`` for ones
    did not come by themselves."""

    id: str
    gate: int
    car: Car
    at: float
    x: float
    y: float
    heading: float
    speed: float
    towards: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """Something happened beside a reader; the car with ``plate`` came by just before."""

    id: str
    at: float
    gate: int
    x: float
    y: float
    plate: str


@dataclass(frozen=True, slots=True)
class _Minute:
    """What sets out in one minute: all trips, and those that each gate sees at some time."""

    trips: tuple[Trip, ...]
    seen: dict[int, tuple[Trip, ...]]


class Traffic:
    """All traffic of one city. Any thread: painters ask what is in sight, the readers what passes, the control API adds
    trips; minutes that were drawn and trips that were asked for are kept behind one lock."""

    def __init__(self, plan: Plan, sites: Sequence[Site], rate: float = 1.5) -> None:
        """``sites`` have readers; about ``rate`` cars of chance a minute are sent past each."""
        self._seed, self._rate = plan.seed, rate
        self._grid = Grid(plan)
        self.gates = {site.number: gate_of(plan, site) for site in sites}
        self._ring = tuple(self.gates.values())
        self._lock = threading.Lock()
        self._slots: dict[int, _Minute] = {}
        self._asked: list[Trip] = []
        self._count = 0
        # The longest way: two wanderings to the city's edge, and between three readers twice through the city.
        across = max(self._grid.columns, self._grid.rows)
        stretches = 2 * (WANDER + across) + 2 * (2 * across + 2) + 3
        self._longest = SLOT_S * math.ceil(stretches * 104.0 / 12.0 / SLOT_S)

    def car(self, number: int) -> Car:
        """A car of the fleet."""
        return make_car(random.Random(f"car {self._seed} {number}"))

    def convoy(self) -> tuple[str, ...]:
        """The plates that drive together."""
        return tuple(self.car(number).plate for number in _CONVOY)

    def suspect(self) -> str:
        """The plate that comes by before each incident."""
        return self.car(_SUSPECT).plate

    def in_sight(self, gate: int, time: float) -> list[tuple[Car, float, float, float]]:
        """Cars in a reader's picture: with place and heading."""
        return [(trip.car, *trip.at(time)) for trip in self._seen_by(gate, time)]

    def busy(self, gate: int, time: float) -> bool:
        """Whether a reader's picture shows any car."""
        return any(True for _ in self._seen_by(gate, time))

    def passes(self, since: float, until: float) -> list[Pass]:
        """Who passes which reader in ``since <= at < until``, in order of time."""
        found = []
        for trip in (*self._between(since - self._longest, until), *self._asked_for()):
            if trip.start < until and trip.end >= since:
                found += [each for each in self._passes(trip) if since <= each.at < until]
        return sorted(found, key=lambda each: (each.at, each.id))

    def ask(self, gate: int, plate: str, now: float, towards: bool = True) -> Pass:
        """Send a car with this plate past a reader, there ``LEAD_S`` from now, straight along the street."""
        text = compact(plate)
        car = next((car for car in self._known() if car.plate == text), None)
        if car is None:
            car = make_car(random.Random(f"asked {text}"), Plate(plate.strip().upper(), region_of(plate)))
        place = self.gates[gate]
        nodes = [place.far, place.node] if towards else [place.node, place.far]
        with self._lock:
            self._count += 1
            trip_id = f"asked-{self._count}-{int(now * 1000)}"
            self._asked = [trip for trip in self._asked if trip.end > now - SLOT_S]
        path = self._grid.path(nodes)
        metres = self._metres(path.legs[0], place, car)
        speed = 12.0
        trip = self._noted(Trip(trip_id, car, path, now + LEAD_S - metres / speed, speed))
        with self._lock:
            self._asked.append(trip)
        return next(each for each in self._passes(trip) if each.gate == gate)

    def incidents(self, since: float, until: float) -> list[Incident]:
        """What happened in this time."""
        return [
            incident
            for slot in range(int(since // SLOT_S) - 2, int(until // SLOT_S) + 1)
            for incident in self._incidents(slot)
            if since <= incident.at < until
        ]

    # --- what sets out in one minute ---------------------------------------------------------------------------------

    def _known(self) -> Iterator[Car]:
        yield from (self.car(number) for number in (_SUSPECT, *_CONVOY, *_REGULARS, *_VANS))

    def _asked_for(self) -> tuple[Trip, ...]:
        with self._lock:
            return tuple(self._asked)

    def _seen_by(self, gate: int, time: float) -> Iterator[Trip]:
        """Trips that a reader's camera has in the picture."""
        for slot in range(int((time - self._longest) // SLOT_S), int(time // SLOT_S) + 1):
            for trip in self._minute(slot).seen.get(gate, ()):
                if any(first <= time <= last for first, last in trip.sights[gate]):
                    yield trip
        for trip in self._asked_for():
            if any(first <= time <= last for first, last in trip.sights.get(gate, ())):
                yield trip

    def _between(self, since: float, until: float) -> Iterator[Trip]:
        for slot in range(int(since // SLOT_S), int(until // SLOT_S) + 1):
            yield from self._minute(slot).trips

    def _minute(self, slot: int) -> _Minute:
        with self._lock:
            found = self._slots.get(slot)
        if found is None:
            trips = tuple(self._noted(trip) for trip in self._trips(slot))
            gates = {gate: tuple(trip for trip in trips if gate in trip.sights) for gate in self.gates}
            found = _Minute(trips, gates)
            with self._lock:
                self._slots[slot] = found
                while len(self._slots) > _KEPT:
                    del self._slots[next(iter(self._slots))]
        return found

    def _trips(self, slot: int) -> Iterator[Trip]:
        if not self._ring:
            return
        rng = random.Random(f"traffic {self._seed} {slot}")
        wanted = self._rate * len(self._ring)
        for number in range(int(wanted) + (rng.random() < wanted % 1)):
            # The square makes some cars of the fleet come by more often than others.
            car = self.car(_VANS.stop + int((_FLEET - _VANS.stop) * rng.random() ** 2))
            path, _ = self._way(rng, [rng.choice(self._ring)], car)
            yield Trip(f"{slot}-{number}", car, path, slot * SLOT_S + rng.uniform(0, SLOT_S), rng.uniform(9, 15))
        minute = slot % 1440
        for each in (*_REGULARS, *_VANS):
            own = random.Random(f"habits {self._seed} {each}")
            minutes = [own.randrange(360, 660), own.randrange(840, 1200)] if each in _REGULARS else []
            if minute in minutes or (each in _VANS and slot % 15 == own.randrange(15)):
                gates = own.sample(self._ring, min(2, len(self._ring)))
                path, _ = self._way(own, gates, self.car(each))
                yield Trip(f"{slot}-r{each}", self.car(each), path, slot * SLOT_S + rng.uniform(0, SLOT_S), 12.0)
        if slot % _CONVOY_EACH == _CONVOY_AT:
            gates = rng.sample(self._ring, min(3, len(self._ring)))
            path, _ = self._way(rng, gates, self.car(_CONVOY[0]))
            at = float(slot * SLOT_S)
            for place, each in enumerate(_CONVOY):
                at += rng.uniform(1.8, 3.2)
                yield Trip(f"{slot}-c{place}", self.car(each), path, at, 12.0)
        for incident in self._incidents(slot):
            path, metres = self._way(rng, [self.gates[incident.gate]], self.car(_SUSPECT), 2)
            at = incident.at - rng.uniform(8, 25)
            yield Trip(f"{slot}-s", self.car(_SUSPECT), path, at - metres / 12.0, 12.0)

    def _incidents(self, slot: int) -> list[Incident]:
        if slot % _INCIDENT_EACH != _INCIDENT_AT or not self._ring:
            return []
        gate = self._ring[slot // _INCIDENT_EACH % len(self._ring)]
        (x, y), (dx, dy) = self._grid.place(gate.node), STEPS[gate.way]
        x, y = x + dx * READ_AHEAD_M - dy * 8.0, y + dy * READ_AHEAD_M + dx * 8.0
        return [Incident(f"incident-{slot}", slot * SLOT_S + 70.0, gate.number, x, y, self.suspect())]

    def _way(self, rng: random.Random, gates: Sequence[Gate], car: Car, before: int = 99) -> tuple[Path, float]:
        """A way from edge to edge past these gates in this order, and the metres to the first of them. It begins
        ``before`` crossings ahead of that one at most."""
        nodes: list[Node] = []
        way = 0
        for gate in gates:
            flip = rng.random() < 0.5
            first, last = (gate.far, gate.node) if flip else (gate.node, gate.far)
            onward = (gate.way + 2) % 4 if flip else gate.way
            if not nodes:
                nodes = [*self._grid.wander(rng, first, (onward + 2) % 4)[:before][::-1], first]
            else:
                nodes += self._grid.between(nodes[-1], way, first, onward)[1:]
            nodes.append(last)
            way = onward
        path = self._grid.path(nodes + self._grid.wander(rng, nodes[-1], way))
        pair = {gates[0].node, gates[0].far}
        leg = next(leg for leg in path.legs if {leg.before, leg.after} == pair)
        return path, self._metres(leg, gates[0], car)

    # --- where trips and gates meet ----------------------------------------------------------------------------------

    def _metres(self, leg: Leg, gate: Gate, car: Car) -> float:
        """Where on its way a car shows its plate at the reading place; the leg is the gate's stretch."""
        towards = leg.before == gate.far
        x, y = self._grid.place(gate.node)
        dx, dy = STEPS[gate.way]
        plate_x, plate_y = x + dx * READ_AHEAD_M, y + dy * READ_AHEAD_M
        way_x, way_y = STEPS[leg.way]
        along = (plate_x - leg.x) * way_x + (plate_y - leg.y) * way_y
        return leg.start + along + (-car.length / 2 if towards else car.length / 2)

    def _passes(self, trip: Trip) -> Iterator[Pass]:
        for gate in self._ring:
            if gate.number not in trip.sights:
                continue
            pair = {gate.node, gate.far}
            for count, leg in enumerate(each for each in trip.path.legs if {each.before, each.after} == pair):
                metres = self._metres(leg, gate, trip.car)
                yield Pass(
                    f"{trip.id}-{gate.number}" + (f"-{count}" if count else ""),
                    gate.number,
                    trip.car,
                    trip.start + metres / trip.speed,
                    *trip.path.at(metres),
                    trip.speed,
                    leg.before == gate.far,
                    trip.id.startswith("asked"),
                )

    def _noted(self, trip: Trip) -> Trip:
        """Note when the readers' cameras have it in the picture."""
        steps = math.ceil(trip.path.length / _STEP_M)
        places = [trip.path.at(step * _STEP_M)[:2] for step in range(steps + 1)]
        for gate in self._ring:
            dx, dy = STEPS[gate.way]
            x, y = self._grid.place(gate.node)
            since: float | None = None
            windows = []
            for step, (car_x, car_y) in enumerate(places):
                ahead = (car_x - gate.eye[0]) * dx + (car_y - gate.eye[1]) * dy
                aside = (car_x - x) * dy - (car_y - y) * dx
                inside = _SIGHT_M[0] <= ahead <= _SIGHT_M[1] and abs(aside) <= _SIGHT_ASIDE_M
                time = trip.start + step * _STEP_M / trip.speed
                if inside and since is None:
                    since = time
                elif not inside and since is not None:
                    windows.append((since, time))
                    since = None
            if since is not None:
                windows.append((since, trip.end))
            if windows:
                trip.sights[gate.number] = windows
        return trip
