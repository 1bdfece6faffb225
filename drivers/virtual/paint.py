"""Pictures of one camera: a still background that is kept, and on it what moves, the captions and the time code.

While a camera turns, the background is drawn coarsely for each picture and looks soft; when it rests, a fine one is
made in another thread, as if the lens had found its focus.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import cv2
import numpy as np

from drivers.virtual import figures, number_plates, scene, timecode
from drivers.virtual.plan import PERIOD_S, Plan, Site, Vehicle
from drivers.virtual.scene import Image
from drivers.virtual.sight import Sight
from drivers.virtual.state import Pose
from drivers.virtual.traffic import Car
from drivers.virtual.view import View

VERSION = 3
"""Counts up when pictures or how they are encoded change, so that stored loops are made again."""
InSight = Callable[[float], Sequence[tuple[Car, float, float, float]]]
"""Cars in sight at a time, with place and heading."""
_COARSE_PIXELS = 90_000
_REST_DRAWS = 3
"""After so many pictures of one pose the fine background is made."""


@dataclass(frozen=True, slots=True)
class _Backdrop:
    pose: Pose
    view: View
    survey: scene.Survey | None
    """None where it was not kept."""
    powers: tuple[float, ...]
    image: Image


class Painter:
    """Draws one camera's pictures in one size. Any thread; backgrounds are made one at a time. Without ``pool`` a fine
    background is made at once, and the caller waits for it. With ``in_sight`` those cars are shown and not those on
    laps. A ``lean`` one keeps some megabytes instead of fifty, takes longer when lamps change, and has
        rougher edges."""

    def __init__(
        self,
        plan: Plan,
        site: Site,
        width: int,
        height: int,
        day: bool = False,
        pool: Executor | None = None,
        *,
        in_sight: InSight | None = None,
        lean: bool = False,
    ) -> None:
        self._in_sight, self._lean = in_sight, lean
        self._plan, self._site = plan, site
        self._mood = scene.DAY if day else scene.NIGHT
        self._night = not day
        self._width, self._height = width, height
        self._sight = Sight(plan, site)
        self._pool = pool
        self._lock = threading.Lock()
        self._fine: _Backdrop | None = None
        self._making = False
        self._last: tuple[Pose, int] = (Pose(), 0)

    def draw(self, time: float, pose: Pose, levels: Mapping[str, float], clock: datetime | None) -> Image:
        """The picture (height x width x 3 uint8, B G R) at wall time ``time``, seconds since 1970. ``levels`` are the
        lamps' in percent. ``clock`` is the device's own time for the caption; None in a loop, whose pictures come
        again."""
        powers = self._sight.powers(levels)
        view = View(self._site, pose, self._width, self._height)
        image = self._background(view, pose, levels, tuple(powers))
        self._moving(image, view, time, powers)
        self._caption(image, time, clock)
        timecode.draw(image, int(time * 1000), self._site.number)
        return image

    def _background(self, view: View, pose: Pose, levels: Mapping[str, float], powers: tuple[float, ...]) -> Image:
        with self._lock:
            fine = self._fine
            rest = self._last[1] + 1 if self._last[0] == pose else 0
            self._last = (pose, rest)
            if fine is not None and fine.pose == pose and (fine.powers == powers or fine.survey is not None):
                if fine.powers != powers and fine.survey is not None:
                    image = scene.light(self._sight, view, fine.survey, levels, self._mood)
                    fine = self._fine = _Backdrop(pose, view, fine.survey, powers, image)
                return fine.image.copy()
            if self._pool is None:
                self._fine = self._survey(view, pose, levels, powers)
                return self._fine.image.copy()
            if rest >= _REST_DRAWS and not self._making:
                self._making = True
                self._pool.submit(self._focus, view, pose, dict(levels), powers)
        factor = min(1.0, math.sqrt(_COARSE_PIXELS / (self._width * self._height)))
        small = view.finer(factor)
        seen = scene.survey(self._plan, small, self._mood, 1)
        coarse = scene.light(self._sight, small, seen, levels, self._mood)
        size = (self._width, self._height)
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def _survey(self, view: View, pose: Pose, levels: Mapping[str, float], powers: tuple[float, ...]) -> _Backdrop:
        seen = scene.survey(self._plan, view, self._mood, 1 if self._lean else 2)
        image = scene.light(self._sight, view, seen, levels, self._mood)
        return _Backdrop(pose, view, None if self._lean else seen, powers, image)

    def _focus(self, view: View, pose: Pose, levels: Mapping[str, float], powers: tuple[float, ...]) -> None:
        made = self._survey(view, pose, levels, powers)
        with self._lock:
            self._fine, self._making = made, False

    def _moving(
        self, image: Image, view: View, time: float, powers: np.ndarray[tuple[int], np.dtype[np.float64]]
    ) -> None:
        traffic: list[tuple[Vehicle | Car, float, float, float]] = []
        traffic += self._sight.traffic(time) if self._in_sight is None else self._in_sight(time)
        walkers = [(person, *person.at(time)) for person in self._sight.people]
        places = np.array([(x, y) for _, x, y, _ in traffic] + [(x, y) for _, x, y, _ in walkers]).reshape(-1, 2)
        if not len(places):
            return
        glow = self._sight.lit(places, powers) * scene.LAMP_POWER * self._mood.lamps
        sun = self._mood.sun_way[2]
        base = [sky + sun * part for sky, part in zip(self._mood.sky, self._mood.sun, strict=True)]
        far = np.hypot(places[:, 0] - view.eye[0], places[:, 1] - view.eye[1])
        for index in np.argsort(-far):
            b, g, r = (part + float(glow[index]) * tint for part, tint in zip(base, scene.LAMP_COLOUR, strict=True))
            if index < len(traffic):
                vehicle, x, y, heading = traffic[index]
                plates = partial(number_plates.picture, vehicle.number) if isinstance(vehicle, Car) else None
                figures.draw_vehicle(image, view, vehicle, x, y, heading, (b, g, r), self._night, plates)
            else:
                person, x, y, step = walkers[index - len(traffic)]
                figures.draw_person(image, view, person, x, y, step, (b, g, r))

    def _caption(self, image: Image, time: float, clock: datetime | None) -> None:
        scale = self._width / 640
        name = f"{self._site.number:03d}  {self._site.name}"
        if clock is None:
            moment = f"loop {time % PERIOD_S:04.1f} / {PERIOD_S:.0f} s"
        else:
            moment = clock.strftime("%Y-%m-%d %H:%M:%S.") + f"{clock.microsecond // 100_000} UTC"
        for text, y in ((name, 20 * scale), (moment, self._height - 11 * scale)):
            self._text(image, text, round(10 * scale), round(y), scale)

    @staticmethod
    def _text(image: Image, text: str, x: int, y: int, scale: float) -> None:
        size, thick, off = 0.45 * scale, max(1, round(scale)), max(1, round(scale))
        for dx, colour in ((off, (10, 8, 6)), (0, (236, 238, 240))):
            cv2.putText(image, text, (x + dx, y + dx), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
