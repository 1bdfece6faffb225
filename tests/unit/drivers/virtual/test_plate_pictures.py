"""Plates and how they look: their forms, and that a machine could read them in a reader's picture."""

from __future__ import annotations

import random
import re

import cv2
import numpy as np
import pytest

from drivers.virtual.loops import StreamBank
from drivers.virtual.number_plates import CAP_SHARE, REGIONS, Plate, compact, make_plate, picture, region_of
from drivers.virtual.plan import camera_specs, make_plan, most_readers
from drivers.virtual.plates.eye import Eye
from drivers.virtual.plates.readers import Maker, Way, with_readers
from drivers.virtual.state import CameraState, Lamps, Pose
from drivers.virtual.traffic import Traffic

START = 1_790_000_040.0
PLAN, READERS = with_readers(make_plan(7, 4), 2)
SPECS = camera_specs(PLAN)
SITES = [PLAN.sites[reader.camera - 1] for reader in READERS]


def test_plates_follow_the_forms_of_their_regions() -> None:
    rng = random.Random(1)
    plates = [make_plate(rng) for _ in range(300)]
    assert {plate.region for plate in plates} == set(REGIONS)
    for plate in plates:
        form = re.escape(plate.region.form).replace("A", "[A-Z]").replace("9", "[0-9]")
        assert re.fullmatch(form, plate.shown)
        assert plate.text == compact(plate.shown)
        assert region_of(plate.text) == plate.region
    assert {region.code for region in REGIONS} >= {"gb", "us-ca"}
    assert region_of("X") == REGIONS[0]


def test_a_plate_is_dark_letters_on_its_ground() -> None:
    image = picture(Plate("AB12 CDE", REGIONS[0]), 260)
    assert image.shape == (62, 260, 3)
    inside = image[12:-12, 40:-10].max(axis=2)
    assert inside.min() < 60
    assert (inside > 200).mean() > 0.4
    assert (picture(Plate("", REGIONS[0]), 80) > 100).any()


def test_readers_hang_at_fixed_cameras_and_their_makers_take_turns() -> None:
    plan, readers = with_readers(make_plan(7, 16), 9)
    assert [reader.camera for reader in readers] == [1, 2, 3, 5, 6, 7, 9, 10, 11]
    assert [reader.maker for reader in readers][:8] == list(Maker)
    assert readers[8].maker is Maker.REKOR
    assert {reader.way for reader in readers} == set(Way)
    other = make_plan(7, 16)
    assert [site for site in plan.sites if site.number in (4, 8)] == [other.sites[3], other.sites[7]]
    assert (plan.vehicles, plan.lamps) == (other.vehicles, other.lamps)
    assert most_readers(16) == 12
    with pytest.raises(ValueError, match="0 to 12"):
        with_readers(other, 13)
    assert with_readers(other, 0) == (other, ())


@pytest.mark.parametrize("cameras", [4, 16])
def test_characters_are_tall_enough_in_the_main_stream(cameras: int) -> None:
    plan, readers = with_readers(make_plan(3, cameras), most_readers(cameras))
    sites = [plan.sites[reader.camera - 1] for reader in readers]
    specs, lamps = camera_specs(plan), Lamps(plan.lamp_levels())
    traffic = Traffic(plan, sites)
    eyes = {site.number: Eye(site, specs[site.number - 1].main, lamps) for site in sites}
    passes = traffic.passes(START, START + 300)
    assert len(passes) > 10
    for each in passes:
        look = eyes[each.gate].where(each)
        (_, top), (_, _), (_, _), (_, bottom) = look.corners
        assert (bottom - top) * CAP_SHARE >= 16
        left, upper, wide, high = look.box
        assert left > 5
        assert left + wide < look.width - 5
        assert upper > 5
        # The time code hides the corner at the bottom right.
        assert upper + high < look.height * 0.8 or left + wide < look.width * 0.7


@pytest.fixture(scope="module")
def bank() -> StreamBank:
    traffic = Traffic(PLAN, SITES)
    return StreamBank(PLAN, Lamps(PLAN.lamp_levels()), None, SPECS, traffic=traffic)


def test_a_picture_of_a_pass_shows_the_plate(bank: StreamBank) -> None:
    lamps, spec = bank.lamps, SPECS[READERS[0].camera - 1]
    eye = Eye(SITES[0], spec.main, lamps, lambda: bank.still_painter(spec, spec.main))
    traffic = Traffic(PLAN, SITES)
    each = next(each for each in traffic.passes(START, START + 600) if each.gate == spec.number)
    look = eye.take(each, each.at + 1)
    assert look.corners == eye.where(each).corners
    for data in (look.scene, look.plate):
        assert 500 < len(data) < 512 * 1024
    scene = cv2.imdecode(np.frombuffer(look.scene, np.uint8), cv2.IMREAD_COLOR)
    assert scene is not None
    assert scene.shape == (look.height, look.width, 3)
    left, top, wide, high = look.box
    grey = scene[top + 4 : top + high - 4, left + wide // 6 : left + wide - 6].max(axis=2)
    assert int(grey.max()) - int(grey.min()) > 80  # dark letters on a bright ground
    bank.close()


def test_a_readers_loop_is_the_truth_only_while_no_car_is_there(bank: StreamBank) -> None:
    traffic = Traffic(PLAN, SITES)
    state, number = CameraState(SPECS[READERS[0].camera - 1]), READERS[0].camera
    busy = next(at for at in range(600) if traffic.busy(number, START + at))
    quiet = next(at for at in range(600) if not traffic.busy(number, START + at))
    assert bank.calm(state, START + quiet)
    assert not bank.calm(state, START + busy)
    other = CameraState(next(spec for spec in SPECS if spec.number not in bank_readers()))
    assert bank.calm(other, START + busy)
    state.look(pan=0.5)
    assert state.pose != Pose()
    assert not bank.calm(state, START + quiet)


def bank_readers() -> set[int]:
    return {reader.camera for reader in READERS}


def test_only_readers_pictures_differ_from_those_of_a_city_without_readers(bank: StreamBank) -> None:
    plain = make_plan(7, 4)
    without = StreamBank(plain, Lamps(plain.lamp_levels()), None, camera_specs(plain))
    without.close()
    changed = {site.number for site, other in zip(PLAN.sites, plain.sites, strict=True) if site != other}
    assert changed == bank_readers()
    assert [bank.reads(spec) for spec in SPECS] == [spec.number in changed for spec in SPECS]
    assert not any(without.reads(spec) for spec in SPECS)
