"""Looks at one camera's pictures: where something moves, what plates are there, and pictures of them for the record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from drivers.plate_reading import Area, Box, Pixels, PlateOcr, Seen, pixels_of
from drivers.types import Picture, Polygon

CELLS = 160
"""Motion is looked for in a picture made so many cells wide."""
CHANGE = 12.0
"""Grey levels (of 255) by which a cell has changed."""
LEAST_CELLS = 10
MOST_AREAS = 3
"""Moving areas that are looked at in one picture, the largest first."""
MARGIN = 4
"""Cells by which each is widened: what was found to move are edges, and a car is more than those."""
SCENE_WIDTH = 1280
PLATE_MARGIN = 0.15
"""Of the plate's width, around it."""
JPEG_QUALITY = 85

_Grey = npt.NDArray[np.float32]


class Eye:
    """See ``drivers.plate_reading.PlateEye``. One thread."""

    def __init__(self, ocr: PlateOcr, regions: tuple[Polygon, ...] = ()) -> None:
        self._ocr, self._regions = ocr, regions
        self._before: _Grey | None = None
        self._mask: npt.NDArray[np.uint8] | None = None

    def moving(self, picture: Picture) -> tuple[Area, ...]:
        """The areas in pixels of the picture. The first picture, and the first of another size, shows no motion."""
        grey = _coarse(pixels_of(picture))
        before, self._before = self._before, grey
        if before is None or before.shape != grey.shape:
            self._mask = self._masked(grey.shape)
            return ()
        changed = (np.abs(grey - before) > CHANGE).astype(np.uint8)
        if self._mask is not None:
            changed &= self._mask
        if int(changed.sum()) < LEAST_CELLS:
            return ()
        joined = cv2.dilate(changed, np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        sizes = sorted(np.asarray(stats)[1:].tolist(), key=lambda row: -row[cv2.CC_STAT_AREA])
        across, down = picture.width / grey.shape[1], picture.height / grey.shape[0]
        areas = []
        for left, top, width, height, _ in sizes[:MOST_AREAS]:
            x, y = int(left * across), int(top * down)
            right, bottom = (
                min(picture.width, int((left + width) * across)),
                min(picture.height, int((top + height) * down)),
            )
            areas.append(Area(x, y, right - x, bottom - y))
        return tuple(areas)

    def read(self, picture: Picture, areas: Sequence[Area]) -> list[Seen]:
        """The plates in these areas whose middle lies in a region."""
        pixels = pixels_of(picture)
        found: list[Seen] = []
        scene: Pixels | None = None
        for area in areas:
            part = pixels[area.top : area.top + area.height, area.left : area.left + area.width]
            for plate in self._ocr(part):
                place = plate.box._replace(left=plate.box.left + area.left, top=plate.box.top + area.top)
                box = Box(
                    place.left / picture.width,
                    place.top / picture.height,
                    place.width / picture.width,
                    place.height / picture.height,
                )
                if not self._within(box) or any(_overlap(box, each.box) for each in found):
                    continue
                scene = _smaller(pixels) if scene is None else scene
                found.append(Seen(plate.text, plate.confidence, box, plate.candidates, _cut(pixels, place), scene))
        return found

    def jpegs(self, seen: Seen) -> tuple[bytes, bytes]:
        """The plate and the scene."""
        return _jpeg(seen.plate), _jpeg(seen.scene)

    def _masked(self, shape: tuple[int, ...]) -> npt.NDArray[np.uint8] | None:
        if not self._regions:
            return None
        mask = np.zeros(shape[:2], np.uint8)
        size = np.array((shape[1], shape[0]), np.float64)
        for region in self._regions:
            cv2.fillPoly(mask, [np.round(np.array(region) * size).astype(np.int32)], 1)
        return mask

    def _within(self, box: Box) -> bool:
        if not self._regions:
            return True
        middle = (box.left + box.width / 2, box.top + box.height / 2)
        return any(cv2.pointPolygonTest(np.array(region, np.float32), middle, False) >= 0 for region in self._regions)


def _coarse(pixels: Pixels) -> _Grey:
    """The picture in grey cells. Large ones are thinned out first: a mean of some of a cell's pixels is as good."""
    step = max(1, pixels.shape[1] // (CELLS * 4))
    thin = np.ascontiguousarray(pixels[::step, ::step, :3])
    rows = max(1, round(CELLS * pixels.shape[0] / pixels.shape[1]))
    small = cv2.resize(thin, (CELLS, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _overlap(one: Box, other: Box) -> bool:
    """Whether two areas showed the same plate."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 0 and down > 0 and across * down > 0.3 * min(one.width * one.height, other.width * other.height)


def _smaller(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    if width <= SCENE_WIDTH:
        return np.array(pixels[:, :, :3])
    size = (SCENE_WIDTH, max(1, round(height * SCENE_WIDTH / width)))
    return np.asarray(cv2.resize(pixels[:, :, :3], size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut(pixels: Pixels, place: Area) -> Pixels:
    pad = round(PLATE_MARGIN * place.width)
    rows = slice(max(0, place.top - pad), place.top + place.height + pad)
    return np.array(pixels[rows, max(0, place.left - pad) : place.left + place.width + pad, :3])


def _jpeg(pixels: Pixels) -> bytes:
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes() if done else b""


class EyeMaker:
    """See ``drivers.plate_reading.EyeMaking``: eyes that share one reader of plates, which is loaded for the first of
    them. Any thread."""

    def __init__(self, load: Callable[[], PlateOcr]) -> None:
        """``load`` takes a second and memory; it may raise PlatesNotRead."""
        self._load, self._lock = load, threading.Lock()
        self._ocr: PlateOcr | None = None

    def __call__(self, regions: tuple[Polygon, ...]) -> Eye:
        """An eye for one camera. Raises PlatesNotRead."""
        with self._lock:
            if self._ocr is None:
                self._ocr = self._load()
            return Eye(self._ocr, regions)
