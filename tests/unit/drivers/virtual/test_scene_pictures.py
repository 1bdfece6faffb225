"""What the cameras' pictures show, judged by pixels."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest

from drivers.virtual import timecode
from drivers.virtual.paint import Painter
from drivers.virtual.plan import Plan, make_plan
from drivers.virtual.sight import lamps_near
from drivers.virtual.state import Pose

WIDTH, HEIGHT = 320, 180


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(7, 4)


@pytest.fixture(scope="module")
def painter(plan: Plan) -> Painter:
    return Painter(plan, plan.sites[0], WIDTH, HEIGHT)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def scene(image: np.ndarray) -> np.ndarray:
    """The picture without the time code."""
    x, y, _, _ = timecode.region(WIDTH, HEIGHT)
    out = image.astype(int)
    out[y:, x:] = 0
    return out


def test_the_same_moment_is_the_same_picture(plan: Plan, painter: Painter) -> None:
    again = Painter(make_plan(7, 4), plan.sites[0], WIDTH, HEIGHT)
    first, second = (p.draw(1234.5, Pose(), plan.lamp_levels(), None) for p in (painter, again))
    assert np.array_equal(first, second)
    assert timecode.read(first) == (14_500, 1)


def test_everything_repeats_after_twenty_seconds(plan: Plan, painter: Painter) -> None:
    first, later = (painter.draw(time, Pose(), plan.lamp_levels(), None) for time in (1007.0, 1027.0))
    assert np.array_equal(first, later)


def test_something_moves(plan: Plan) -> None:
    for site in plan.sites:
        painter = Painter(plan, site, WIDTH, HEIGHT)
        shots = [scene(painter.draw(1000.0 + k, Pose(), plan.lamp_levels(), None)) for k in range(0, 20, 2)]
        assert any((np.abs(shot - shots[0]).max(axis=2) > 40).sum() > 60 for shot in shots[1:])


@pytest.mark.parametrize("day", [False, True])
def test_lamps_brighten_the_picture(plan: Plan, day: bool) -> None:
    painter = Painter(plan, plan.sites[0], WIDTH, HEIGHT, day)
    near = {lamp.id for lamp in lamps_near(plan, (plan.sites[0].x, plan.sites[0].y))}
    means = []
    for level in (0.0, 50.0, 100.0):
        levels = {lamp: level if lamp in near else 0.0 for lamp in plan.lamp_levels()}
        means.append(scene(painter.draw(1000.0, Pose(), levels, None)).mean())
    assert means[0] < means[1] < means[2]
    if not day:
        assert means[2] > means[0] * 1.4


def test_day_is_brighter_than_night(plan: Plan, painter: Painter) -> None:
    day = Painter(plan, plan.sites[0], WIDTH, HEIGHT, day=True)
    night = scene(painter.draw(1.0, Pose(), plan.lamp_levels(), None)).mean()
    assert scene(day.draw(1.0, Pose(), plan.lamp_levels(), None)).mean() > 2 * night


@pytest.mark.parametrize("pose", [Pose(pan=0.4), Pose(tilt=-0.5), Pose(zoom=0.6)])
def test_turning_and_zooming_show_something_else(plan: Plan, pose: Pose, pool: ThreadPoolExecutor) -> None:
    painter = Painter(plan, plan.sites[3], WIDTH, HEIGHT, pool=pool)
    home = scene(painter.draw(1000.0, Pose(), plan.lamp_levels(), None))
    moved = scene(painter.draw(1000.0, pose, plan.lamp_levels(), None))
    assert np.abs(moved - home).mean() > 4


def test_a_resting_camera_becomes_sharp(plan: Plan, pool: ThreadPoolExecutor) -> None:
    painter = Painter(plan, plan.sites[3], 640, 360, pool=pool)
    pose = Pose(pan=0.2)
    soft = painter.draw(1000.0, pose, plan.lamp_levels(), None)
    for _ in range(5):
        painter.draw(1000.0, pose, plan.lamp_levels(), None)
    pool.submit(lambda: None).result()  # the pool has one thread: what was asked for before is done now
    sharp = painter.draw(1000.0, pose, plan.lamp_levels(), None)
    fine = Painter(plan, plan.sites[3], 640, 360).draw(1000.0, pose, plan.lamp_levels(), None)
    assert np.array_equal(sharp, fine)
    assert not np.array_equal(soft, fine)


def test_only_live_pictures_show_a_date(plan: Plan, painter: Painter) -> None:
    loop = painter.draw(1000.0, Pose(), plan.lamp_levels(), None)
    live = painter.draw(1000.0, Pose(), plan.lamp_levels(), datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC))
    assert not np.array_equal(loop[HEIGHT - 16 :, : WIDTH // 2], live[HEIGHT - 16 :, : WIDTH // 2])
