"""The fisheye model against a scene whose straight view is known."""

from __future__ import annotations

import math

import av
import numpy as np
import numpy.typing as npt
import pytest

from drivers.types import Dewarp, View
from drivers.video.dewarp import look_up, wanted_scale
from drivers.video.shaping import Shaper

SIDE = 600
Plane = npt.NDArray[np.float64]


def scene(x: Plane, y: Plane, z: Plane) -> npt.NDArray[np.uint8]:
    """What is seen in each direction: a soft pattern, so that half a pixel more or less does not matter."""
    length = np.sqrt(x * x + y * y + z * z)
    waves = np.sin(5 * x / length) + np.cos(4 * y / length + 1.0) + np.sin(3 * z / length)
    return np.asarray(127.5 + 42 * waves, np.uint8)


def fisheye(lens: float, mirror: bool = False) -> av.VideoFrame:
    """The scene through an equidistant lens: ``r = f * theta``."""
    at = (np.arange(SIDE) + 0.5 - SIDE / 2) / (SIDE / 2)
    u, v = np.meshgrid(at, at)
    r = np.hypot(u, v)
    theta = r * math.radians(lens) / 2
    grey = scene(np.sin(theta) * u / r, np.sin(theta) * v / r, np.cos(theta))
    grey[r > 1] = 0
    if mirror:
        grey = grey[:, ::-1]
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(np.dstack([grey] * 3)), format="bgr24")


def straight(dewarp: Dewarp, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The scene through a lens without distortion, turned by the rotation matrices for tilt and pan."""
    f = width / 2 / math.tan(math.radians(dewarp.view / 2))
    u, v = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    t, p = math.radians(dewarp.tilt), math.radians(dewarp.pan)
    up = np.array([[1, 0, 0], [0, math.cos(t), -math.sin(t)], [0, math.sin(t), math.cos(t)]])
    right = np.array([[math.cos(p), 0, math.sin(p)], [0, 1, 0], [-math.sin(p), 0, math.cos(p)]])
    rays = right @ up @ np.stack([u.ravel(), v.ravel(), np.full(u.size, f)])
    return scene(*rays).reshape(height, width)


@pytest.mark.parametrize(
    "dewarp",
    [
        Dewarp(),
        Dewarp(pan=40, tilt=15, view=60),
        Dewarp(lens=220, pan=-60, tilt=-35, view=70),
        Dewarp(lens=140, view=30, tilt=20),
    ],
)
@pytest.mark.parametrize("mirror", [False, True])
def test_the_straight_view_is_the_scene(dewarp: Dewarp, mirror: bool) -> None:
    # A camera that shows the scene mirrored, mirrored back, is the scene.
    shaped = Shaper(View(dewarp=dewarp, mirror=mirror)).picture(fisheye(dewarp.lens, mirror), (400, 400))
    got = np.ndarray((400, 400), np.uint8, buffer=shaped.data, strides=(shaped.stride, 4)).astype(int)
    wanted = straight(dewarp, 400, 400).astype(int)
    assert np.abs(got - wanted)[4:-4, 4:-4].max() <= 6


def test_the_middle_is_where_it_looks() -> None:
    x, y = look_up(Dewarp(lens=180, pan=45), (1000, 1000), (101, 101))
    assert x[50, 50] == pytest.approx(499.5 + 250, abs=0.01)  # 45 of 90 degrees, half of the radius
    assert y[50, 50] == pytest.approx(499.5, abs=0.01)
    x, y = look_up(Dewarp(lens=180, tilt=45), (1000, 1000), (101, 101))
    assert y[50, 50] == pytest.approx(499.5 - 250, abs=0.01)  # up is less


def test_beyond_the_lens_there_is_nothing() -> None:
    shaped = Shaper(View(dewarp=Dewarp(lens=120, pan=90, view=40))).picture(fisheye(120), (200, 200))
    assert np.ndarray((200, 200, 4), np.uint8, buffer=shaped.data)[:, :, :3].max() == 0


def test_no_more_of_the_source_than_is_seen() -> None:
    assert wanted_scale(Dewarp(view=90), (3000, 3000), (300, 300)) == pytest.approx(0.2043, abs=0.001)
    assert wanted_scale(Dewarp(view=20), (600, 600), (1900, 1900)) == 1.0


@pytest.mark.parametrize("view", [Dewarp(lens=60, view=150, tilt=90), Dewarp(lens=280, pan=180, view=150, radius=1.0)])
def test_the_limits_are_no_trouble(view: Dewarp) -> None:
    x, y = look_up(view, (64, 48), (65, 33))
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
