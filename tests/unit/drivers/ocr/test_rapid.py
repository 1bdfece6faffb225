"""The networks of the extra part: where it is installed they read, without any network connection; where it is not, the
operator is told what to install."""

from __future__ import annotations

import random
import socket
from importlib.machinery import ModuleSpec
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.ocr import rapid
from drivers.ocr.rapid import RapidPlateOcr
from drivers.plate_reading import Pixels, PlatesNotRead
from drivers.virtual.number_plates import make_plate, picture


def street(plate: Pixels, left: int = 200, top: int = 120) -> Pixels:
    """A dark picture with a plate in it."""
    made = np.full((300, 500, 3), 50, np.uint8)
    made[top : top + plate.shape[0], left : left + plate.shape[1]] = plate
    return made


def test_without_the_extra_part_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapid.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PlatesNotRead, match='pip install "watchfloor\\[plates\\]"'):
        RapidPlateOcr()


def test_without_its_networks_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("rapidocr", None, is_package=True)
    assert spec.submodule_search_locations is not None
    spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(rapid.importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(PlatesNotRead, match="a network \\(det\\) is missing"):
        RapidPlateOcr()


@pytest.fixture(scope="module")
def ocr() -> RapidPlateOcr:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    return RapidPlateOcr()


def test_it_reads_plates_and_opens_no_connection(ocr: RapidPlateOcr, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    rng = random.Random(3)
    for _ in range(4):
        plate = make_plate(rng)
        (found,) = RapidPlateOcr()(street(picture(plate, 140)))
        assert found.text == plate.text
        assert found.confidence > 0.9
        assert abs(found.box.left + found.box.width / 2 - 270) < 12


def test_it_finds_nothing_where_there_is_no_plate(ocr: RapidPlateOcr) -> None:
    assert not ocr(np.full((300, 500, 4), 90, np.uint8))
    assert not ocr(np.zeros((4, 4, 3), np.uint8))
    sign = np.full((80, 240, 3), 230, np.uint8)
    cv2.putText(sign, "STOP", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (20, 20, 20), 6, cv2.LINE_AA)
    assert not ocr(street(sign))


def test_a_plate_that_the_picture_cuts_is_left_out(ocr: RapidPlateOcr) -> None:
    whole = street(picture(make_plate(random.Random(3)), 140))
    assert not ocr(np.ascontiguousarray(whole[:, 240:]))


def test_noise_costs_no_more_than_its_bound(ocr: RapidPlateOcr) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 4), np.uint8)
    assert len(ocr(noise)) <= rapid.MOST_LINES
