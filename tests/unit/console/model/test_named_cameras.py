"""What people call a camera, and which cameras are meant by what they type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.named_cameras import CameraNames, as_sources_say, asked_cameras, camera_words
from console.model.plate_queries import MOST_CALLED, Called
from console.model.plate_sources import OWN_READER, PlateKind, PlateSource
from console.model.site import Camera, Site

SITE = Site(
    cameras=(Camera(5, "Main St / 2nd", "five"), Camera(7, "Harbour, north", "seven"), Camera(8, "Tür", "eight")),
    plate_sources=(
        PlateSource("gate", PlateKind.REKOR, cameras={"lane-1": 5, "7": 5, "lane-2": 7}),
        PlateSource("toll", PlateKind.AXIS, cameras={"back": 7}, camera=5),
    ),
)
READS = [
    (s, c) for s in ("gate", "toll", "else", OWN_READER) for c in ("", "lane-1", "lane-2", "7", "5", "back", "five")
]


@pytest.mark.parametrize(
    ("source", "camera", "words"),
    [
        ("gate", "lane-1", "5 Main St / 2nd"),
        ("gate", "lane-9", "lane-9"),
        ("toll", "anything", "5 Main St / 2nd"),
        ("toll", "back", "7 Harbour, north"),
        ("else", "five", "five"),
        (OWN_READER, "seven", "7 Harbour, north"),
        (OWN_READER, "gone", "gone"),
    ],
)
def test_a_camera_is_the_sites_or_the_sources_own_word(source: str, camera: str, words: str) -> None:
    assert camera_words(source, camera, SITE) == words


def fits(called: tuple[Called, ...], source: str, camera: str) -> bool:
    return any(
        (source in each.sources) != each.not_sources and (camera in each.cameras) != each.not_cameras for each in called
    )


@pytest.mark.parametrize(
    "typed", ["5", "main st / 2nd", " 5  MAIN ST / 2nd ", "7", "Harbour,north", "lane-1", "tur", "5,7"]
)
def test_what_is_typed_means_what_is_shown(typed: str) -> None:
    words, called = asked_cameras(typed, SITE)
    wanted = {
        "5": {"5 Main St / 2nd"}, "7": {"7 Harbour, north", "7"}, "lane-1": {"lane-1"}, "tur": {"8 Tür"},
        "Harbour,north": {"7 Harbour, north"}, "5,7": {"5 Main St / 2nd", "7 Harbour, north", "7", "5"},
    }.get(typed, {"5 Main St / 2nd"})  # fmt: skip
    if typed == "5":
        wanted = {*wanted, "5"}
    for source, camera in READS:
        shown = camera_words(source, camera, SITE)
        own = typed == "lane-1" and camera == "lane-1"  # a word of no camera of the site is every source's own
        assert fits(called, source, camera) == (shown in wanted or own), (source, camera, shown)
    assert all(not word.islower() or word == "lane-1" for word in words)


def test_names_with_commas_and_words_of_sources_stand_beside_each_other() -> None:
    words, _ = asked_cameras("lane-9, harbour, north, 5,, x", SITE)
    assert words == ("lane-9", "7 Harbour, north", "5 Main St / 2nd", "x")
    assert asked_cameras(" , ", SITE) == ((), ())
    assert as_sources_say("a, b,,a") == (("a", "b"), ())


def test_two_cameras_of_one_name_are_both_meant() -> None:
    site = Site(cameras=(Camera(1, "Gate", "a"), Camera(2, "Gate", "b")))
    words, called = asked_cameras("gate", site)
    assert words == ("1 Gate", "2 Gate")
    assert fits(called, OWN_READER, "a")
    assert fits(called, OWN_READER, "b")


def test_many_cameras_are_few_conditions() -> None:
    cameras = tuple(Camera(number, f"Street {number}", f"c{number}") for number in range(1, 300))
    sources = tuple(PlateSource(f"s{each.number}", PlateKind.REKOR, camera=each.number) for each in cameras)
    words, called = asked_cameras(",".join(map(str, range(1, 250))), Site(cameras=cameras, plate_sources=sources))
    assert len(words) == 249
    assert len(called) < MOST_CALLED
    assert fits(called, "s249", "anything")
    assert not fits(called, "s250", "250")


def test_names_are_those_of_the_site_as_it_is_now() -> None:
    sites = [SITE]
    names = CameraNames(lambda: sites[0])
    assert names("gate", "lane-1") == names("gate", "lane-1") == "5 Main St / 2nd"
    sites[0] = SITE.with_camera(replace(SITE.cameras[0], name="Main Street"))
    assert names("gate", "lane-1") == "5 Main Street"
    assert names.asked("main street")[0] == ("5 Main Street",)
