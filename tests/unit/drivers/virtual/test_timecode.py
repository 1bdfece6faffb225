"""The strip from which the age of a displayed picture is read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from drivers.types import Codec
from drivers.virtual import timecode
from drivers.virtual.encode import Encoder
from drivers.virtual.state import VirtualProfile


def picture(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (360, 640, 3), np.uint8)


@pytest.mark.parametrize("width", [192, 200, 237, 240, 320, 475, 640, 1280, 1920])
@pytest.mark.parametrize("how", [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST])
def test_is_read_at_any_scale(width: int, how: int) -> None:
    for seed, (ms, camera) in enumerate([(0, 1), (19_990, 256), (1_763_000_012_345, 77), (9_999, 128)]):
        image = picture(seed)
        timecode.draw(image, ms, camera)
        height = round(width * 9 / 16)
        small = cv2.resize(image, (width, height), interpolation=how)
        want = (ms % 20_000 // 10 * 10, camera)
        assert timecode.read(small) == want
        x, y, w, h = timecode.region(width, height)
        assert timecode.read_strip(small[y : y + h, x : x + w]) == want
        assert timecode.read_strip(small[y : y + h, x : x + w], (width, height)) == want


def test_is_read_with_four_channels_and_in_a_stretched_picture() -> None:
    image = picture()
    timecode.draw(image, 12_340, 9)
    stretched = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), (300, 220), interpolation=cv2.INTER_AREA)
    assert timecode.read(stretched) == (12_340, 9)


def test_survives_a_poor_encoder() -> None:
    profile = VirtualProfile("sub", Codec.H264, 640, 360, 15, 30, 120)
    image = cv2.GaussianBlur(picture(), (0, 0), 4)
    timecode.draw(image, 4_560, 33)
    data, key = Encoder(profile).encode(image)
    assert key
    import av

    decoder = av.CodecContext.create("h264", "r")
    frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    small = cv2.resize(frames[0].to_ndarray(format="bgr24"), (192, 108), interpolation=cv2.INTER_AREA)
    assert timecode.read(small) == (4_560, 33)


def test_no_strip_is_no_code() -> None:
    assert timecode.read(np.zeros((360, 640, 3), np.uint8)) is None
    assert timecode.read(np.full((360, 640, 3), 255, np.uint8)) is None
    assert timecode.read(np.zeros((9, 16, 3), np.uint8)) is None
    assert not any(timecode.read(picture(seed)) for seed in range(300))


def test_a_damaged_cell_is_noticed() -> None:
    image = picture()
    timecode.draw(image, 5_000, 5)
    x, y, _, _ = timecode.region(640, 360)
    for column in range(4, 12):
        broken = image.copy()
        cell = broken[y + 12 : y + 24, x + 12 + column * 12 : x + 24 + column * 12]
        cell[:] = 255 - cell
        assert timecode.read(broken) is None


def test_refuses_a_camera_number_out_of_range() -> None:
    with pytest.raises(ValueError, match="257"):
        timecode.draw(picture(), 0, 257)


def test_age_wraps_and_may_be_a_little_early() -> None:
    assert timecode.age_ms(19_950, 40_030) == 80
    assert timecode.age_ms(100, 20_050) == -50
    assert timecode.age_ms(0, 5_000) == 5_000
