"""Small pictures are decoded without the loop filter; selected or larger ones with it, from a key frame on."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from video_rig import request

from drivers.types import Dewarp, Fit, Picture, View
from drivers.video.source import open_stream

WIDTH, HEIGHT, GOP, FRAMES = 128, 96, 6, 24
SMALL = (64, 48)


def film(path: Path, codec: str, bframes: int = 0, sizes: tuple[int, ...] = (WIDTH,)) -> Path:
    """Coarse quality, so that the filter has something to do. The parameter sets stand before each key frame."""
    noise = np.random.default_rng(5)
    scene = noise.integers(0, 255, (HEIGHT * 2, WIDTH * 2), np.uint8).astype(np.float32)
    scene = np.stack([scene.repeat(4, 0).repeat(4, 1)[: HEIGHT * 2, : WIDTH * 2]] * 3, 2).astype(np.uint8)
    data = b""
    for size in sizes:
        context: Any = av.CodecContext.create(codec, "w")
        context.width, context.height, context.pix_fmt = size, HEIGHT, "yuv420p"
        context.time_base, context.framerate, context.thread_count = Fraction(1, 50), Fraction(50), 1
        keys = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes={bframes}:log-level=none:repeat-headers=1"
        context.options = {"x265-params" if codec == "libx265" else "x264-params": f"{keys}:qp=38"}
        for number in range(FRAMES):
            image = np.ascontiguousarray(scene[number : number + HEIGHT, number : number + size])
            data += b"".join(bytes(p) for p in context.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        data += b"".join(bytes(p) for p in context.encode(None))
    path.write_bytes(data)
    return path


@pytest.fixture(params=[("libx264", 0), ("libx264", 2), ("libx265", 0)], ids=["h264", "h264-b", "h265"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    codec, bframes = request.param
    return film(tmp_path / f"film.{codec[-3:].replace('265', 'h265').replace('264', 'h264')}", codec, bframes)


def decoded(
    path: Path, full_from: int | None, target: tuple[int, int] = SMALL, view: View | None = None
) -> list[bytes]:
    """The pictures of ``path``; from packet ``full_from`` on somebody looks closely."""
    stream = open_stream(request(path))
    stream.set_target(*target, full=False)
    stream.set_view(view or View())
    found = []
    try:
        number = 0
        while stream.read():
            if number == full_from:
                stream.set_target(*target, full=True)
            picture = stream.decode(convert=True)
            if picture is not None:
                found.append(bytes(picture.data))
            number += 1
    finally:
        stream.close()
    return found


def same(one: list[bytes], other: list[bytes]) -> list[bool]:
    assert len(one) == len(other)
    return [a == b for a, b in zip(one, other, strict=True)]


def test_small_pictures_come_without_the_filter_but_much_alike(made: Path) -> None:
    full, light = decoded(made, 0), decoded(made, None)
    assert not all(same(full, light))
    for one, other in zip(full, light, strict=True):
        off = np.frombuffer(one, np.uint8).astype(int) - np.frombuffer(other, np.uint8)
        assert np.sqrt((off**2).mean()) < 12


def test_the_filter_is_back_with_the_next_key_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "film.h264", "libx264")
    full, back = decoded(path, 0), decoded(path, GOP + 2)
    alike = same(full, back)
    assert not all(alike[:GOP])
    assert not all(alike[GOP : 2 * GOP])
    assert all(alike[2 * GOP :])


@pytest.mark.parametrize(
    ("target", "view"),
    [
        ((0, 0), View()),
        ((WIDTH, HEIGHT), View()),
        ((120, 90), View()),
        ((64, 96), View(fit=Fit.STRETCH)),
        ((96, 128), View(rotate=90)),
        (SMALL, View(dewarp=Dewarp())),
    ],
)
def test_what_is_shown_in_its_size_keeps_the_filter(tmp_path: Path, target: tuple[int, int], view: View) -> None:
    path = film(tmp_path / "film.h264", "libx264")
    assert all(same(decoded(path, 0, target, view), decoded(path, None, target, view)))


def test_nothing_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = film(tmp_path / "film.h264", "libx264")
    stream = open_stream(request(path))
    stream.set_target(*SMALL)
    found = []
    while stream.read():
        picture = stream.decode(convert=True)
        found += [] if picture is None else [bytes(picture.data)]
    stream.close()
    assert found == decoded(path, 0)


def test_a_size_that_changes_meanwhile_is_followed(tmp_path: Path) -> None:
    path = film(tmp_path / "film.h264", "libx264", sizes=(WIDTH, 96))
    stream = open_stream(request(path))
    stream.set_target(48, 48, full=False)
    found: list[Picture] = []
    number = 0
    while stream.read():
        number += 1
        if number == FRAMES + GOP + 2:
            stream.set_target(48, 48, full=True)
        picture = stream.decode(convert=True)
        found += [] if picture is None else [picture]
    stream.close()
    assert [p.source_width for p in found] == [WIDTH] * FRAMES + [96] * (len(found) - FRAMES)
    assert len(found) >= 2 * FRAMES - 1


def test_what_was_held_is_caught_up_in_full_once_it_is_selected(tmp_path: Path) -> None:
    path = film(tmp_path / "film.h264", "libx264")
    expected = decoded(path, 0)
    stream = open_stream(request(path))
    stream.set_target(*SMALL, full=False)
    for _ in range(GOP + 3):
        assert stream.read()
        assert stream.hold()
    stream.set_target(*SMALL, full=True)
    stream.catch_up(stream.held)
    assert stream.read()
    picture = stream.decode(convert=True)
    stream.close()
    assert picture is not None
    assert bytes(picture.data) in expected
