"""Views: turned, mirrored, stretched and masked pictures, and that nothing of what a mask hides gets out."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from drivers.types import Dewarp, Fit, Polygon, View
from drivers.video.masking import COVER, HATCH, MaskPainter
from drivers.video.shaping import ScaledPixels, Shaper, shape_still

Pixels = npt.NDArray[np.uint8]
GREY = 120
HIDDEN: Polygon = ((0.3, 0.25), (0.7, 0.3), (0.65, 0.8), (0.35, 0.7))


def frame(pixels: Any, pixel_format: str = "yuv420p") -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24").reformat(format=pixel_format)


def grey(width: int = 640, height: int = 360) -> Pixels:
    return np.full((height, width, 3), GREY, np.uint8)


def seen(shaped: ScaledPixels) -> Pixels:
    """The colours as (height, width, 3)."""
    rows = np.ndarray((shaped.height, shaped.width, 4), np.uint8, buffer=shaped.data, strides=(shaped.stride, 4, 1))
    return rows[:, :, :3].copy()


def quarters(width: int = 640, height: int = 360) -> Pixels:
    """Dark, lighter, still lighter, light: which quarter is where cannot be mistaken."""
    picture = grey(width, height)
    for place, level in enumerate((30, 90, 150, 210)):
        down, across = divmod(place, 2)
        picture[down * height // 2 : (down + 1) * height // 2, across * width // 2 : (across + 1) * width // 2] = level
    return picture


def levels(picture: Pixels) -> list[int]:
    """The brightness of the four quarters' middles, rounded to what ``quarters`` has."""
    height, width = picture.shape[:2]
    places = [(height // 4 * down, width // 4 * across) for down in (1, 3) for across in (1, 3)]
    return [30 + 60 * round((int(picture[place][1]) - 30) / 60) for place in places]


TURNED = {
    (0, False): [30, 90, 150, 210],
    (90, False): [150, 30, 210, 90],
    (180, False): [210, 150, 90, 30],
    (270, False): [90, 210, 30, 150],
    (0, True): [90, 30, 210, 150],
    (90, True): [210, 90, 150, 30],
    (180, True): [150, 210, 30, 90],
    (270, True): [30, 150, 90, 210],
}


@pytest.mark.parametrize(("rotate", "mirror"), TURNED)
def test_turned_clockwise_after_mirroring(rotate: int, mirror: bool) -> None:
    shaped = Shaper(View(rotate=rotate, mirror=mirror)).picture(frame(quarters()), (400, 400))
    assert levels(seen(shaped)) == TURNED[rotate, mirror]
    assert (shaped.width > shaped.height) is (rotate in (0, 180))
    assert max(shaped.width, shaped.height) == 400


@pytest.mark.parametrize("rotate", [0, 90])
@pytest.mark.parametrize("box", [(200, 300), (442, 250), (1280, 720), (0, 0)])
def test_it_fits_the_box_or_fills_it_when_stretched(box: tuple[int, int], rotate: int) -> None:
    fit = Shaper(View(rotate=rotate)).picture(frame(grey()), box)
    own = (360, 640) if rotate else (640, 360)
    if box == (0, 0):
        assert (fit.width, fit.height) == own
    else:
        assert fit.width <= box[0]
        assert fit.height <= box[1]
        assert fit.width / fit.height == pytest.approx(own[0] / own[1], rel=0.06)
    stretched = Shaper(View(fit=Fit.STRETCH, rotate=rotate)).picture(frame(grey()), box)
    assert (stretched.width, stretched.height) == (own if box == (0, 0) else box)
    assert np.abs(seen(stretched).astype(int) - GREY).max() <= 4


def test_pixels_that_are_not_square() -> None:
    shaped = Shaper().picture(frame(grey(720, 576)), (1920, 1080), pixel_aspect=64 / 45)
    assert shaped.width / shaped.height == pytest.approx(16 / 9, rel=0.01)


def test_a_plain_view_is_no_work_for_it() -> None:
    assert Shaper().idle
    assert Shaper(View(fit=Fit.FILL)).idle
    assert not Shaper(View(fit=Fit.STRETCH)).idle
    assert not Shaper(View(masks=(HIDDEN,))).idle


def test_another_view_from_the_next_picture_on() -> None:
    shaper, still = Shaper(), frame(quarters())
    first = shaper.picture(still, (400, 400))
    before = seen(first)
    shaper.set_view(View(rotate=180, masks=(HIDDEN,)))
    second = shaper.picture(still, (400, 400))
    assert levels(seen(second)) != levels(before)
    assert (seen(first) == before).all()  # what was handed out is never written to again


# --- masks ----------------------------------------------------------------------------------------------------------


def secret(width: int, height: int, seed: int = 5) -> Pixels:
    """Vivid noise where the mask lies, grey around it."""
    picture = grey(width, height)
    inside = np.zeros((height, width), np.uint8)
    points = np.array([(x * width - 0.5, y * height - 0.5) for x, y in HIDDEN])
    cv2.fillPoly(inside, [np.rint(points).astype(np.int32)], 255)
    noise = np.random.default_rng(seed).choice(np.array([0, 255], np.uint8), (height, width, 3))
    noise[:, :, 2] = 255
    picture[inside > 0] = noise[inside > 0]
    return picture


def leaked(picture: Pixels) -> int:
    """How many pixels are neither the surroundings nor the mask."""
    values = picture.astype(int)
    plain = np.abs(values - GREY).max(axis=2) <= 6
    low, high = COVER[0] - 2, HATCH[0] + 2
    covered = ((values >= low) & (values <= high)).all(axis=2)
    return int((~plain & ~covered).sum())


@pytest.mark.parametrize("source", [(640, 360), (1920, 1080), (352, 288)])
@pytest.mark.parametrize("box", [(160, 90), (442, 249), (640, 360), (1000, 1000), (2200, 1500), (0, 0)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "bgra"])
def test_nothing_hidden_is_left_in_any_pixel(source: tuple[int, int], box: tuple[int, int], pixel_format: str) -> None:
    shaped = Shaper(View(masks=(HIDDEN,))).picture(frame(secret(*source), pixel_format), box)
    picture = seen(shaped)
    assert leaked(picture) == 0
    middle = picture[shaped.height // 2, shaped.width // 2]
    assert COVER[0] <= middle[0] <= HATCH[0] + 1
    share = (picture.max(axis=2) <= HATCH[0] + 2).mean()
    assert 0.17 < share < 0.35  # and little more than what was to be hidden


@pytest.mark.parametrize("pixel_format", ["yuvj420p", "yuv422p", "nv12", "yuv444p", "gray"])
def test_nor_in_other_formats(pixel_format: str) -> None:
    shaped = Shaper(View(masks=(HIDDEN,))).picture(frame(secret(640, 360), pixel_format), (444, 250))
    assert leaked(seen(shaped)) == 0


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("dewarp", [None, Dewarp(pan=20, tilt=-10)])
def test_masks_lie_on_the_picture_as_it_was_sent(rotate: int, mirror: bool, dewarp: Dewarp | None) -> None:
    view = View(rotate=rotate, mirror=mirror, dewarp=dewarp, masks=(HIDDEN,))
    picture = seen(Shaper(view).picture(frame(secret(640, 360)), (500, 400)))
    values = picture.astype(int)
    # Between the mask and its surroundings the lookup mixes the two, and outside of the lens there is black.
    vivid = (values.max(axis=2) - values.min(axis=2)) > 12
    assert int(vivid.sum()) == 0
    assert values.max() <= GREY + 6


def test_the_middle_of_a_star_is_hidden_too() -> None:
    angles = np.deg2rad(90 + 144 * np.arange(5))
    star = tuple((float(0.5 + 0.4 * np.cos(a)), float(0.5 - 0.4 * np.sin(a))) for a in angles)
    picture = seen(Shaper(View(masks=(star,))).picture(frame(grey()), (400, 400)))
    assert picture[picture.shape[0] // 2, 200].max() <= HATCH[0]


def test_masks_at_the_very_edge() -> None:
    corner: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    picture = seen(Shaper(View(masks=(corner, HIDDEN))).picture(frame(secret(640, 360)), (444, 250)))
    assert picture.max() <= HATCH[0] + 1
    thin: Polygon = ((0.0, 0.0), (0.001, 0.0), (0.0, 0.001))
    MaskPainter((thin,), 2, 2, 3).paint(np.zeros((2, 2, 4), np.uint8))


def test_a_frame_of_the_decoder_is_not_written_to() -> None:
    original = frame(secret(640, 360), "bgra")
    before = original.to_ndarray().copy()
    Shaper(View(masks=(HIDDEN,))).picture(original, (640, 360))
    assert (original.to_ndarray() == before).all()


def test_a_still_is_shaped_alike() -> None:
    still = np.dstack([secret(640, 360), np.full((360, 640), 255, np.uint8)])
    view = View(rotate=90, masks=(HIDDEN,))
    shaped = shape_still(still, 640, 360, still.strides[0], view, (400, 400))
    assert (shaped.width, shaped.height) == (224, 400)
    assert leaked(seen(shaped)) == 0
