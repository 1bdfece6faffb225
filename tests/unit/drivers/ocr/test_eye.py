"""What moves in a camera's pictures, and where plates are looked for."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from drivers.ocr.eye import SCENE_WIDTH, Eye, EyeMaker
from drivers.plate_reading import Area, FoundPlate, Pixels, PlatesNotRead
from drivers.types import Picture

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class FakeOcr:
    """Finds one plate in the middle of whatever it is shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def __call__(self, pixels: Pixels) -> Sequence[FoundPlate]:
        self.shown.append(pixels.shape)
        height, width = pixels.shape[:2]
        return [FoundPlate("AB12CDE", 0.9, Area(width // 2 - 20, height // 2 - 5, 40, 10))]


def picture(car: int | None = None, width: int = 640, height: int = 360, stride: int = 0) -> Picture:
    """A grey street; a striped car whose left edge lies at ``car``."""
    stride = stride or width * 4
    rows = np.full((height, stride), 60, np.uint8)
    pixels = rows[:, : width * 4].reshape(height, width, 4)
    if car is not None:
        for left in range(car, car + 120, 40):
            cv2.rectangle(rows, (left * 4, 150), ((left + 20) * 4, 250), 220, -1)
    assert pixels.shape == (height, width, 4)
    return Picture(memoryview(rows.tobytes()), width, height, stride, 0.0, 0.0, width, height)


def test_the_first_picture_and_a_still_street_show_no_motion() -> None:
    eye = Eye(FakeOcr())
    assert eye.moving(picture(100)) == ()
    assert eye.moving(picture(100)) == ()


@pytest.mark.parametrize("stride", [0, 640 * 4 + 64])
def test_a_car_that_moves_is_found_whole(stride: int) -> None:
    eye = Eye(FakeOcr())
    eye.moving(picture(100, stride=stride))
    (area,) = eye.moving(picture(130, stride=stride))
    assert area.left <= 100
    assert area.left + area.width >= 240
    assert area.top <= 150
    assert area.top + area.height >= 250
    assert area.width * area.height < 640 * 360 / 3, "and not much more"


def test_motion_outside_the_regions_is_nothing() -> None:
    eye = Eye(FakeOcr(), (LEFT_HALF,))
    eye.moving(picture(400))
    assert eye.moving(picture(430)) == ()
    eye.moving(picture(100))
    assert eye.moving(picture(130))


def test_a_picture_of_another_size_begins_anew() -> None:
    eye = Eye(FakeOcr())
    eye.moving(picture(100))
    assert eye.moving(picture(130, 640, 480)) == ()


def test_plates_are_placed_in_the_whole_picture_and_cut_out() -> None:
    eye = Eye(FakeOcr())
    (seen,) = eye.read(picture(100), [Area(80, 120, 160, 160)])
    assert seen.text == "AB12CDE"
    assert seen.box == pytest.approx((140 / 640, 195 / 360, 40 / 640, 10 / 360))
    assert seen.plate.shape == (10 + 2 * 6, 40 + 2 * 6, 3)
    assert seen.scene.shape == (360, 640, 3)
    plate, scene = eye.jpegs(seen)
    assert plate[:3] == scene[:3] == b"\xff\xd8\xff"


def test_plates_outside_the_regions_and_seen_twice_are_left_out() -> None:
    eye = Eye(FakeOcr(), (LEFT_HALF,))
    assert not eye.read(picture(), [Area(400, 100, 200, 100)])
    assert len(eye.read(picture(), [Area(80, 120, 160, 160), Area(82, 120, 160, 160)])) == 1


def test_the_scene_of_a_large_picture_is_made_smaller() -> None:
    (seen,) = Eye(FakeOcr()).read(picture(None, 2560, 1440), [Area(0, 0, 400, 200)])
    assert seen.scene.shape == (720, SCENE_WIDTH, 3)


def test_eyes_share_one_reader_that_is_loaded_once() -> None:
    loads: list[FakeOcr] = []

    def load() -> FakeOcr:
        loads.append(FakeOcr())
        return loads[-1]

    make = EyeMaker(load)
    assert not loads
    make(())
    make((LEFT_HALF,))
    assert len(loads) == 1


def test_what_the_reader_lacks_is_said_by_the_maker() -> None:
    def load() -> FakeOcr:
        raise PlatesNotRead("Plate reader")

    with pytest.raises(PlatesNotRead, match="watchfloor\\[plates\\]"):
        EyeMaker(load)(())
