"""What of the moving city one camera can see at all: who passes its streets, and when a house stands in between.

A camera turns but never travels, so lines of sight are worked out once, whatever way it looks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import PERIOD_S, Lamp, Person, Plan, Site, Vehicle

Floats = npt.NDArray[np.float64]
RANGE_M = 95.0
_STEPS = 200
LAMP_RANGE_M = 130.0


def clear(plan: Plan, eye: tuple[float, float], points: Floats) -> npt.NDArray[np.bool_]:
    """For points (N x 2, metres): is the straight line from ``eye`` free of houses? Slab method, all at once."""
    radius = float(np.hypot(points[:, 0] - eye[0], points[:, 1] - eye[1]).max(initial=0.0))
    near = [
        (b.x0, b.y0, b.x1, b.y1)
        for b in plan.buildings
        if math.hypot(max(b.x0 - eye[0], 0, eye[0] - b.x1), max(b.y0 - eye[1], 0, eye[1] - b.y1)) < radius
    ]
    free = np.ones(len(points), bool)
    way = points - eye
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    for x0, y0, x1, y1 in near:
        tx = np.sort((np.array(((x0,), (x1,))) - eye[0]) / way[:, 0], axis=0)
        ty = np.sort((np.array(((y0,), (y1,))) - eye[1]) / way[:, 1], axis=0)
        enter, leave = np.maximum(tx[0], ty[0]), np.minimum(tx[1], ty[1])
        free &= ~((enter < leave) & (leave > 0) & (enter < 1))
    return free


def lamps_near(plan: Plan, eye: tuple[float, float]) -> list[Lamp]:
    """Lamps whose light can reach what a camera at ``eye`` sees: near, and not wholly behind houses."""
    near = [p for p in plan.lamps if math.hypot(p.x - eye[0], p.y - eye[1]) < LAMP_RANGE_M]
    if not near:
        return []
    around = np.array(((0, 0), (9, 0), (-9, 0), (0, 9), (0, -9)))
    points = (np.array([(p.x + 2 * p.arm[0], p.y + 2 * p.arm[1]) for p in near])[:, None] + around).reshape(-1, 2)
    free = clear(plan, eye, points).reshape(-1, len(around)).any(axis=1)
    return [lamp for lamp, ok in zip(near, free, strict=True) if ok]


class Sight:
    """The lamps, vehicles and people that matter to one site. Immutable; any thread."""

    def __init__(self, plan: Plan, site: Site) -> None:
        eye = (site.x, site.y)
        near = lamps_near(plan, eye)
        self.lamps: tuple[Lamp, ...] = tuple(near)
        """Lamps whose light can reach what the camera sees."""
        self.posts: tuple[Lamp, ...] = tuple(
            lamp
            for lamp, free in zip(
                near, clear(plan, eye, np.array([(p.x, p.y) for p in near]).reshape(-1, 2)), strict=True
            )
            if free
        )
        """Lamps that are themselves in sight."""
        self._heads = np.array([(p.x + 2 * p.arm[0], p.y + 2 * p.arm[1], p.height) for p in near]).reshape(-1, 3)
        self._movers: list[tuple[Vehicle, npt.NDArray[np.bool_]]] = []
        times = np.arange(_STEPS) * PERIOD_S / _STEPS
        for vehicle in plan.vehicles:
            if not _touches(vehicle, eye):
                continue
            places = np.array([vehicle.at(float(time))[:2] for time in times])
            close = np.hypot(places[:, 0] - eye[0], places[:, 1] - eye[1]) < RANGE_M
            seen = close & clear(plan, eye, places)
            if seen.any():
                self._movers.append((vehicle, seen))
        reach = [p for p in plan.people if math.hypot(p.x - eye[0], p.y - eye[1]) < 60]
        middles = np.array([(p.x + p.along[0] * p.reach / 2, p.y + p.along[1] * p.reach / 2) for p in reach])
        free = clear(plan, eye, middles.reshape(-1, 2))
        self.people: tuple[Person, ...] = tuple(person for person, ok in zip(reach, free, strict=True) if ok)

    def traffic(self, time: float) -> list[tuple[Vehicle, float, float, float]]:
        """Vehicles in sight at wall time ``time``, with position and heading."""
        step = round(time / PERIOD_S * _STEPS) % _STEPS
        return [(vehicle, *vehicle.at(time)) for vehicle, seen in self._movers if seen[step]]

    def powers(self, levels: Mapping[str, float]) -> Floats:
        """The near lamps' levels from 0 to 1, in the order of ``lamps``."""
        return np.array([levels.get(lamp.id, 0.0) / 100 for lamp in self.lamps])

    def lit(self, places: Floats, powers: Floats) -> Floats:
        """Lamplight on the ground at places (N x 2): the same sum as the scene's."""
        if not len(self._heads):
            return np.zeros(len(places))
        dx, dy = places[:, 0:1] - self._heads[:, 0], places[:, 1:2] - self._heads[:, 1]
        height = self._heads[:, 2]
        square = dx * dx + dy * dy + height * height
        lit: Floats = (powers * height * height / (square * square)).sum(axis=1)
        return lit


def _touches(vehicle: Vehicle, eye: tuple[float, float]) -> bool:
    """Whether a vehicle's lap comes within range."""
    dx = max(vehicle.x0 - eye[0], 0.0, eye[0] - vehicle.x1)
    dy = max(vehicle.y0 - eye[1], 0.0, eye[1] - vehicle.y1)
    return math.hypot(dx, dy) < RANGE_M
