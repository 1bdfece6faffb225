"""A reader's own pictures: the scene as its camera's main stream shows it, and the plate cut out of that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import cv2
import numpy as np

from drivers.virtual.figures import plate_corners
from drivers.virtual.paint import Painter
from drivers.virtual.plan import Site
from drivers.virtual.plates.reading import Look
from drivers.virtual.state import Lamps, Pose, VirtualProfile
from drivers.virtual.traffic import Pass
from drivers.virtual.view import View

_QUALITY = 78
_MARGIN = 0.15


class Eye:
    """One reader's camera. ``take`` blocks for some milliseconds, some more the first few times and after lamps
    changed; one thread at a time."""

    def __init__(
        self, site: Site, profile: VirtualProfile, lamps: Lamps, painter: Callable[[], Painter] | None = None
    ) -> None:
        """Without ``painter`` it takes no pictures and only says where the plate is."""
        self._view = View(site, Pose(), profile.width, profile.height)
        self._profile, self._lamps, self._make = profile, lamps, painter
        self._painter: Painter | None = None
        self._lock = threading.Lock()

    def where(self, each: Pass) -> Look:
        """The same without pictures; quick."""
        points = plate_corners(each.car, each.x, each.y, each.heading, each.towards)
        pixels = self._view.pixels(self._view.camera(points))
        size = self._profile.width, self._profile.height
        limits = np.clip(np.round(pixels), 0, np.array(size) - 1).astype(int)
        return Look(*size, tuple((int(x), int(y)) for x, y in limits))

    def take(self, each: Pass, clock: float) -> Look:
        """Look at a pass; ``clock`` is the camera's own time for the caption."""
        look = self.where(each)
        if self._make is None:
            return look
        with self._lock:
            if self._painter is None:
                self._painter = self._make()
            moment = datetime.fromtimestamp(clock, UTC)
            image = self._painter.draw(each.at, Pose(), self._lamps.snapshot()[1], moment)
        left, top, wide, high = look.box
        pad = round(_MARGIN * wide)
        crop = image[max(0, top - pad) : top + high + pad, max(0, left - pad) : left + wide + pad]
        return Look(look.width, look.height, look.corners, _jpeg(image), _jpeg(crop))


def _jpeg(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes() if done else b""
