"""Lines of writing out of a likelihood for each pixel."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.ocr.lines import Floats, cut_out, lines

SIZE = (400, 200)


def drawn(*rectangles: tuple[tuple[float, float], tuple[float, float], float], sure: float = 0.9) -> Floats:
    likely = np.zeros((SIZE[1], SIZE[0]), np.float32)
    for rectangle in rectangles:
        cv2.fillPoly(likely, [cv2.boxPoints(rectangle).astype(np.int32)], sure)
    return likely


def test_a_core_is_widened_to_the_whole_line() -> None:
    (found,) = lines(drawn(((200, 100), (100, 12), 0)), *SIZE)
    left, top, width, height = found.area
    assert 110 < width < 140
    assert 25 < height < 40
    assert abs(left + width / 2 - 200) < 3
    assert abs(top + height / 2 - 100) < 3


def test_boxes_are_in_pixels_of_the_picture_and_not_of_the_network() -> None:
    (found,) = lines(drawn(((200, 100), (100, 12), 0)), SIZE[0] * 2, SIZE[1] * 2)
    assert abs(found.area.left + found.area.width / 2 - 400) < 6


def test_what_is_cut_by_the_edge_or_no_plate_by_its_shape_is_left_out() -> None:
    assert not lines(drawn(((30, 100), (60, 12), 0)), *SIZE)
    assert not lines(drawn(((200, 100), (30, 30), 0)), *SIZE)
    assert not lines(drawn(((200, 100), (100, 12), 60)), *SIZE)
    assert not lines(drawn(((200, 100), (100, 12), 0), sure=0.4), *SIZE)
    assert not lines(drawn(), *SIZE)


def test_noise_is_bounded() -> None:
    noise = np.random.default_rng(1).random((SIZE[1], SIZE[0])).astype(np.float32)
    assert len(lines(noise, *SIZE)) < 200


def test_a_slanted_line_is_set_straight() -> None:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    cv2.fillPoly(picture, [cv2.boxPoints(((200, 100), (120, 30), 15)).astype(np.int32)], (255, 255, 255))
    (found,) = lines(drawn(((200, 100), (100, 12), 15)), *SIZE)
    cut = cut_out(picture, found, 48, 320)
    assert cut.shape[0] == 48
    assert 120 < cut.shape[1] < 320
    assert cut[10:38, 20:-20].min() > 200, "nothing but the plate"


def test_a_cut_is_never_wider_than_allowed() -> None:
    (found,) = lines(drawn(((200, 100), (200, 16), 0)), *SIZE)
    assert cut_out(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), found, 48, 100).shape == (48, 100, 3)
