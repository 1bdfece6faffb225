"""Reads of passing cars: which belong together, and what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.plate_votes import (
    AGAIN_SECONDS,
    GONE_SECONDS,
    LONGEST_SECONDS,
    MOST_PICTURES,
    MOST_TRACKS,
    STANDING_SECONDS,
    PlateTracks,
    Sighting,
    Verdict,
    distance,
    vote,
)
from drivers.events import Candidate
from drivers.plate_reading import Box

WIDE = 0.1


def read(at: float, text: str, sure: float = 0.9, left: float = 0.4, wide: float = WIDE, **more: object) -> Sighting:
    return Sighting(at, text, sure, Box(left, 0.5, wide, wide / 4), **more)  # type: ignore[arg-type]


def drive(tracks: PlateTracks, *reads: Sighting, step: float = 0.2) -> list[Verdict]:
    """One read a picture, then nothing until the car has gone."""
    told = []
    for each in reads:
        tracks.see([each])
        told += tracks.passed(each.at)
    return told + tracks.passed(reads[-1].at + GONE_SECONDS + step)


def test_a_car_is_told_once_when_it_has_passed() -> None:
    tracks = PlateTracks()
    told = drive(tracks, read(1.0, "AB12CDE"), read(1.2, "AB12CDE", left=0.45))
    assert [(each.text, each.confidence, each.sightings) for each in told] == [("AB12CDE", 0.9, 2)]
    assert not tracks.passed(99.0)


def test_a_car_that_is_read_surely_is_told_at_once() -> None:
    tracks = PlateTracks()
    for at in (1.0, 1.2):
        tracks.see([read(at, "AB12CDE", 0.99)])
        assert not tracks.passed(at)
    tracks.see([read(1.4, "AB12CDE", 0.99)])
    assert [each.text for each in tracks.passed(1.4)] == ["AB12CDE"]
    tracks.see([read(1.6, "AB12CDE", 0.99)])
    assert not tracks.passed(1.6) + tracks.passed(9.0)


def test_places_are_voted_on_one_by_one() -> None:
    verdict = vote([read(1, "AB12CDF"), read(2, "A812CDE"), read(3, "AB12CDE", 0.7), read(4, "AB12CBE")])
    assert verdict is not None
    assert verdict.text == "AB12CDE"
    assert verdict.confidence < 0.9
    assert "A812CDE" in [each.plate for each in verdict.candidates]


def test_a_plate_cut_at_the_edge_does_not_win() -> None:
    reads = [read(1, "12CDE", 0.93), read(2, "AB12CDE", 0.99), read(3, "AB12CDE", 0.99)]
    verdict = vote(reads)
    assert verdict is not None
    assert verdict.text == "AB12CDE"


def test_a_single_read_must_be_surer_than_one_of_several() -> None:
    assert vote([read(1, "AB12CDE", 0.8)]) is None
    assert vote([read(1, "AB12CDE", 0.8), read(2, "AB12CDE", 0.8)]) is not None


def test_a_clock_in_the_picture_is_no_plate() -> None:
    tracks = PlateTracks()
    told = drive(tracks, *(read(1.0 + at / 5, f"{at:02}3UT", 0.9) for at in range(10)))
    assert not told
    assert tracks.unsure == 1


def test_other_ways_to_read_come_along_and_are_never_surer() -> None:
    other = (Candidate("AB12CDF", 0.9), Candidate("AB12COE", None))
    verdict = vote([read(1, "AB12CDE", 0.7, candidates=other), read(2, "AB12CDE", 0.7, candidates=other)])
    assert verdict is not None
    assert verdict.candidates[0].plate == "AB12CDF"
    assert all(each.confidence is not None and each.confidence <= verdict.confidence for each in verdict.candidates)


def test_two_cars_beside_each_other_are_two() -> None:
    tracks = PlateTracks()
    for at in (1.0, 1.2):
        tracks.see([read(at, "AB12CDE", left=0.1), read(at, "XY99ZZZ", left=0.8)])
    assert sorted(each.text for each in tracks.passed(5.0)) == ["AB12CDE", "XY99ZZZ"]


def test_a_car_behind_another_is_its_own() -> None:
    told = drive(PlateTracks(), read(1.0, "AB12CDE"), read(1.2, "AB12CDE"), read(3.0, "XY99ZZZ"), read(3.2, "XY99ZZZ"))
    assert [each.text for each in told] == ["AB12CDE", "XY99ZZZ"]


def test_a_misread_at_the_same_place_belongs_to_the_car() -> None:
    told = drive(PlateTracks(), read(1.0, "AB12CDE", 0.99), read(1.2, "1107729UTR", 0.89), read(1.4, "AB12CDE", 0.99))
    assert [(each.text, each.sightings) for each in told] == [("AB12CDE", 3)]


def test_a_car_that_was_lost_for_a_moment_is_not_told_again() -> None:
    tracks = PlateTracks()
    assert drive(tracks, read(1.0, "AB12CDE"))
    assert not drive(tracks, read(5.0, "AB12CDE"))
    assert drive(tracks, read(5.0 + AGAIN_SECONDS + 1.0, "AB12CDE"))


def test_a_car_that_stands_is_told_once_though_others_pass() -> None:
    tracks = PlateTracks()
    told = []
    for at in (0.0, 2.0, LONGEST_SECONDS + 0.5, 100.0, 300.0, STANDING_SECONDS):
        for part in (0.0, 0.2):
            tracks.see([read(at + part, "AB12CDE", 0.9)])
            told += tracks.passed(at + part)
    assert len(told) == 1


def test_the_size_tells_the_way_it_drives() -> None:
    assert [vote([read(1, "AB12CDE", wide=a), read(2, "AB12CDE", wide=b)]).direction  # type: ignore[union-attr]
            for a, b in ((0.1, 0.15), (0.15, 0.1), (0.1, 0.1))] == ["towards", "away", ""]  # fmt: skip


def test_a_settled_car_is_read_in_each_third_picture() -> None:
    tracks = PlateTracks()
    area = Box(0.3, 0.3, 0.4, 0.4)
    for at in (1.0, 1.2, 1.4):
        assert not tracks.settled(area, at)
        tracks.see([read(at, "AB12CDE", 0.99)])
    assert [tracks.settled(area, 1.6), tracks.settled(area, 1.8), tracks.settled(area, 2.0)] == [True, True, False]
    assert not tracks.settled(Box(0.0, 0.0, 0.2, 0.2), 2.0)


def test_what_is_kept_is_bounded() -> None:
    tracks = PlateTracks()
    for count in range(200):
        tracks.see([read(1.0, "AB12CDE", 0.5 + count / 1000, picture=count + 1)])
    assert len(tracks.pictures) == MOST_PICTURES
    assert max(tracks.pictures) == 200
    crowd = PlateTracks()
    crowd.see([read(1.0, f"{at:04}ABC", left=at) for at in range(40)])
    assert not crowd.passed(1.1)
    assert len(crowd.passed(9.0)) == MOST_TRACKS
    assert crowd.unsure == 40 - MOST_TRACKS


def test_the_verdict_names_a_picture_that_is_kept() -> None:
    reads = [read(1, "AB12CDE", 0.99), read(2, "AB12CDE", 0.9, picture=7), read(3, "AB12CDF", 0.95, picture=8)]
    verdict = vote(reads)
    assert verdict is not None
    assert (verdict.text, verdict.best.picture) == ("AB12CDE", 7)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("AB", "AB", 0), ("AB12", "AB1", 1), ("AB12", "BA12", 2), ("ABCDEF", "XYZUVW", 3), ("A", "ABCDE", 3)],
)
def test_distance(one: str, other: str, expected: int) -> None:
    assert distance(one, other, 2) == expected == distance(other, one, 2)


@given(st.lists(st.tuples(st.text("AB12", min_size=4, max_size=7), st.floats(0, 1), st.floats(0, 0.9)), max_size=30))
def test_whatever_is_read_times_only_grow_and_nothing_breaks(reads: list[tuple[str, float, float]]) -> None:
    tracks = PlateTracks()
    told = 0
    for at, (text, sure, left) in enumerate(reads):
        tracks.see([read(at * 0.3, text, sure, left)])
        told += len(tracks.passed(at * 0.3))
    told += len(tracks.passed(1e9))
    assert told <= len(reads)
