"""Pictures of one camera: a still background that is kept, and on it what moves, the captions and the time code."""

from __future__ import annotations

from datetime import datetime

import cv2
import numpy as np
import numpy.typing as npt

from drivers.virtual import timecode
from drivers.virtual.plan import Plan, Site
from drivers.virtual.state import Pose
from drivers.virtual.view import View

Image = npt.NDArray[np.uint8]
VERSION = 0


class Painter:
    """Draws one camera's pictures in one size. One thread at a time."""

    def __init__(self, plan: Plan, site: Site, width: int, height: int, day: bool = False) -> None:
        self._plan, self._site, self._day = plan, site, day
        self._width, self._height = width, height

    def draw(self, time: float, pose: Pose, levels: dict[str, float], clock: datetime | None) -> Image:
        """The picture at wall time ``time`` (seconds since 1970), B G R. ``clock`` is the device's own time for the
        caption; None in a loop, whose pictures come again every 20 s."""
        image = np.full((self._height, self._width, 3), (40, 24, 16), np.uint8)
        view = View(self._site, pose, self._width, self._height)
        for vehicle in self._plan.vehicles:
            x, y, heading = vehicle.at(time)
            a, b = np.cos(heading) * 2, np.sin(heading) * 2
            box = view.project(
                np.array(((x - a, y - b, 0.0), (x + a, y + b, 0), (x + a, y + b, 1.4), (x - a, y - b, 1.4)))
            )
            if box is not None and np.abs(box).max() < 5000:
                cv2.fillConvexPoly(image, (box * 16).astype(np.int32), vehicle.paint, cv2.LINE_AA, 4)
        timecode.draw(image, int(time * 1000), self._site.number)
        return image
