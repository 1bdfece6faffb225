"""Convoys, plates near several incidents, tracks; and questions that cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from console.model.plate_company import bearing, companions, meetings, suspects, track_of
from console.model.plate_pattern import parse_pattern
from console.model.plate_queries import (
    Area,
    Circle,
    ConvoyQuery,
    Incident,
    IncidentsQuery,
    PlateQuery,
    QueryError,
    SeenPlate,
)
from drivers.types import GeoPlace

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = GeoPlace(52.5, 13.4)
_next = iter(range(1, 100_000))


def seen(plate: str, second: float, east: float | None = 0.0, camera: str = "c", north: float = 0.0) -> SeenPlate:
    place = None if east is None else GeoPlace(52.5 + north / 111_250, 13.4 + east / 67_900)
    return SeenPlate(next(_next), plate, NOW + timedelta(seconds=second), "s", camera, place)


def test_those_within_seconds_and_metres_meet() -> None:
    asked = seen("A1", 0)
    near, late, far, itself = seen("B1", 20, 100), seen("B2", 61), seen("B3", 0, 200), seen("A1", 5)
    (met,) = meetings(asked, [near, late, far, itself], 60, 150)
    assert met.other is near
    assert met.seconds == 20


def test_without_a_place_only_the_same_camera_counts() -> None:
    asked = seen("A1", 0, None)
    assert [
        met.other.plate for met in meetings(asked, [seen("B1", 1, None), seen("B2", 1, None, "other")], 60, 150)
    ] == ["B1"]


def test_one_that_follows_comes_before_a_bus() -> None:
    met = []
    for stop in range(4):
        asked = seen("A1", stop * 600, stop * 1000)
        met += meetings(
            asked, [seen("FOLLOW", stop * 600 + 9, stop * 1000), seen("BUS", stop * 600 - 5, stop * 1000)], 60, 150
        )
    met += meetings(seen("A1", 9000), [seen("ONCE", 9001)], 60, 150)
    asked_for: list[Sequence[str]] = []

    def anyway(plates: Sequence[str]) -> dict[str, int]:
        asked_for.append(plates)
        return {"BUS": 800, "FOLLOW": 5}

    first, second = companions(met, 150, 3, anyway)
    assert (first.plate, first.places, first.reads, first.share) == ("FOLLOW", 4, 5, 0.8)
    assert second.plate == "BUS"
    assert [each.seconds for each in first.evidence] == [9, 9, 9, 9]
    assert asked_for == [["BUS", "FOLLOW"]]


def test_the_same_place_counts_once_in_a_convoy() -> None:
    met = [
        each
        for stop in range(5)
        for each in meetings(seen("A1", stop * 600, stop * 10), [seen("B", stop * 600)], 60, 150)
    ]
    assert len(met) == 5
    assert companions(met, 150, 2, lambda plates: {}) == []


def test_one_read_between_close_readers_is_one_place() -> None:
    asked = [
        seen("A1", 10 * stop, east, north=north) for stop, (east, north) in enumerate([(-140, 0), (140, 0), (0, 145)])
    ]
    once = seen("ONCE", 12)
    with_it = [
        seen("WITH", 10 * stop + 2, east, north=north)
        for stop, (east, north) in enumerate([(-140, 0), (140, 0), (0, 145)])
    ]
    met = [each for one in asked for each in meetings(one, [once, *with_it], 60, 150)]
    assert sum(each.other is once for each in met) == 3
    (found,) = companions(met, 150, 3, lambda plates: {})
    assert (found.plate, found.places) == ("WITH", 3)
    (first, *more) = companions(met, 150, 1, lambda plates: {})
    assert (first.plate, [each.plate for each in more]) == ("WITH", ["ONCE"])
    assert [(each.other is once, each.seconds) for each in more[0].evidence] == [(True, 2)], "each read once"


def test_near_most_incidents_first_then_the_rarest() -> None:
    near = [
        {"RARE": [seen("RARE", 0)], "BUS": [seen("BUS", 0)], "ONCE": [seen("ONCE", 0)]},
        {"BUS": [seen("BUS", 60)], "ALL": [seen("ALL", 1)], "RARE": [seen("RARE", 60)]},
        {"ALL": [seen("ALL", 99)], "": [seen("", 99)]},
        {"ALL": [seen("ALL", 999)], "": [seen("", 999)]},
    ]
    found = suspects(near, 2, {"BUS": 900, "RARE": 2, "ALL": 50})
    assert [(each.plate, each.incidents, each.reads) for each in found] == [
        ("ALL", 3, 50),
        ("RARE", 2, 2),
        ("BUS", 2, 900),
    ]
    assert [number for number, _ in found[0].evidence] == [1, 2, 3]


def test_a_track_tells_way_time_and_heading() -> None:
    track = track_of("A1", [seen("A1", 100, 1000), seen("A1", 0, 0), seen("A1", 150, None)])
    first, second, third = track.points
    assert first.metres is None
    assert first.heading == pytest.approx(90, abs=0.5)
    assert second.metres == pytest.approx(1000, rel=0.01)
    assert second.seconds == 100
    assert (third.metres, third.heading) == (None, None)
    assert len(track.places) == 2


@pytest.mark.parametrize(("east", "north", "degrees"), [(0, 100, 0), (100, 0, 90), (0, -100, 180), (-100, 0, 270)])
def test_bearings_are_clockwise_from_north(east: float, north: float, degrees: float) -> None:
    found = bearing(seen("A", 0), seen("A", 1, east, north=north))
    assert found == pytest.approx(degrees, abs=0.5)


def test_a_stop_has_no_bearing() -> None:
    assert bearing(seen("A", 0), seen("A", 1, 1)) is None


def _span() -> tuple[datetime, datetime]:
    return NOW, NOW + timedelta(hours=1)


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: PlateQuery(NOW, NOW), "ends before it begins"),
    (lambda: PlateQuery(NOW.replace(tzinfo=None), NOW.replace(tzinfo=None)), "time zone"),
    (lambda: PlateQuery(*_span(), near=True), "whole plate only"),
    (lambda: PlateQuery(*_span(), parse_pattern("A*"), near=True), "whole plate only"),
    (lambda: PlateQuery(*_span(), most=0), "cannot be shown"),
    (lambda: Circle(HERE, 0), "cannot be searched"),
    (lambda: Circle(HERE, float("nan")), "cannot be searched"),
    (lambda: Circle(GeoPlace(91, 0), 5), "no place on Earth"),
    (lambda: Circle(GeoPlace(float("nan"), 0), 5), "no place on Earth"),
    (lambda: Area((HERE, HERE)), "from 3 to 200 corners"),
    (lambda: Area((HERE, GeoPlace(54, 13), GeoPlace(52, 13))), "wider than 100 km"),
    (lambda: ConvoyQuery(parse_pattern("A*"), *_span()), "one car"),
    (lambda: ConvoyQuery(parse_pattern("A"), *_span(), seconds=0), "Seen together"),
    (lambda: ConvoyQuery(parse_pattern("A"), *_span(), places=1), "2 to 50 places"),
    (lambda: Incident(HERE, NOW, window=timedelta(days=2)), "24 hours"),
    (lambda: IncidentsQuery((Incident(HERE, NOW),)), "2 to 12 incidents"),
    (lambda: IncidentsQuery((Incident(HERE, NOW), Incident(HERE, NOW)), 3), "2 incidents at least"),
]


@pytest.mark.parametrize(("make", "says"), WRONG)
def test_questions_that_cannot_be_asked_say_why(make: Callable[[], object], says: str) -> None:
    with pytest.raises(QueryError, match=says):
        make()
