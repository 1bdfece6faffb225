"""What the door lets in: anything a device says becomes bounded, clean and typed, or is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from console.model.journal import Mark, NotAdmitted, admit, merge_key, urgent
from drivers.events import (
    MOST_PICTURE,
    CameraEvent,
    Candidate,
    DoorEvent,
    PlateRead,
    SensorArrival,
    Shot,
    ShotClass,
    VehicleLook,
    VehiclePosition,
    WeatherEvent,
)
from drivers.types import GeoPlace

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
READ = PlateRead(source="gate", id="1", at=NOW, plate="ABC123")


def taken(**change: object) -> PlateRead:
    event = admit(replace(READ, **change), NOW).event  # type: ignore[arg-type]
    assert isinstance(event, PlateRead)
    return event


def test_what_is_well_is_left_alone() -> None:
    item = admit(READ, NOW)
    assert item.event is READ
    assert item.marks == frozenset()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": ""}, "no proper name"),
        ({"source": "ga\x00te"}, "no proper name"),
        ({"source": "x" * 300}, "no proper name"),
        ({"id": ""}, "id is not"),
        ({"id": "x" * 201}, "id is not"),
        ({"id": 7}, "id is not"),
        ({"at": NOW.replace(tzinfo=None)}, "time"),
        ({"at": NOW.replace(year=9999)}, "time"),
        ({"at": "now"}, "time"),
        ({"plate": "\u202e\u0000"}, "no letter"),
        ({"plate": "--- ***"}, "no letter"),
        ({"plate": "\U0001f697"}, "no letter"),
        ({"plate": None}, "no letter"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(change: dict[str, object], words: str) -> None:
    with pytest.raises(NotAdmitted, match=words) as caught:
        admit(replace(READ, **change), NOW)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("plate", "kept"),
    [
        ("  abc 123 ", "abc 123"),
        ("AB\u202eC1\x00", "ABC1"),
        ("<b>A1</b>", "<b>A1</b>"),
        ("A" * 10_000, "A" * 31 + "…"),
        ("A1\n\tB2", "A1 B2"),
    ],
)
def test_a_plate_is_one_clean_line(plate: str, kept: str) -> None:
    assert taken(plate=plate).plate == kept


def test_numbers_that_are_none_are_left_out_and_marked() -> None:
    item = admit(replace(READ, confidence=float("nan"), heading=361.0, speed=-1.0, accuracy=float("inf")), NOW)
    assert item.event == READ
    assert item.marks == {Mark.CLEANED}


@pytest.mark.parametrize(
    "place", [GeoPlace(91, 0), GeoPlace(0, 181), GeoPlace(float("nan"), 0), GeoPlace("1", 2), "here"]
)
def test_a_place_off_this_world_is_none(place: object) -> None:
    assert taken(place=place).place is None


def test_a_place_keeps_what_is_well_of_it() -> None:
    assert taken(place=GeoPlace(1.0, 2.0, float("nan"), 90.0)).place == GeoPlace(1.0, 2.0)


def test_times_are_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    item = admit(replace(READ, at=there), NOW)
    assert item.event.at.tzinfo is UTC
    assert item.marks == frozenset()


@pytest.mark.parametrize(
    ("late", "marks"),
    [(-3500, set()), (-3700, {Mark.PAST}), (50, set()), (70, {Mark.FUTURE}), (366 * 86400, {Mark.FUTURE})],
)
def test_trouble_with_clocks_is_marked_and_kept(late: float, marks: set[Mark]) -> None:
    assert admit(replace(READ, at=NOW + timedelta(seconds=late)), NOW).marks == marks


def test_pictures_are_jpeg_of_a_bounded_size() -> None:
    assert taken(plate_picture=b"GIF89a").plate_picture == b""
    assert taken(scene_picture=b"\xff\xd8" + b"x" * MOST_PICTURE).scene_picture == b""
    assert taken(scene_picture=b"\xff\xd8x").scene_picture == b"\xff\xd8x"


def test_candidates_are_bounded_and_clean() -> None:
    candidates = (Candidate("A\x00B", 2.0), Candidate("\u202e"), *(Candidate(f"P{n}", 0.5) for n in range(50)))
    kept = taken(candidates=candidates).candidates
    assert kept[0] == Candidate("AB")
    assert len(kept) == 15


def test_words_and_boxes_are_mended() -> None:
    event = taken(look=VehicleLook(colour="re\x00d"), region="x" * 1000, box=(0.1, 0.2, 3.0, 0.4))
    assert event.look.colour == "red"
    assert len(event.region) == 200
    assert event.box is None


def test_ids_that_no_database_takes_get_another_that_is_always_the_same() -> None:
    strange = [admit(replace(READ, id=name), NOW).event.id for name in ("a\x00", "a\x01", "\ud800", "a\x00", "é")]
    assert len(set(strange)) == 4
    assert strange[0] == strange[3]
    assert all(name.isascii() and name.isprintable() for name in strange)


def test_what_may_be_an_alarm_goes_first_and_is_never_merged() -> None:
    common = {"source": "s", "id": "1", "at": NOW}
    first = [
        Shot(**common, heard=ShotClass.SINGLE),
        SensorArrival(**common, sensor="m"),
        DoorEvent(**common, door="d", what="forced", alarm=True),
        CameraEvent(**common, camera="c", what="NO SIGNAL", alarm=True),
    ]
    assert all(urgent(event) for event in first)
    assert all(merge_key(event) is None for event in [*first, WeatherEvent(**common, what="storm", alarm=True)])
    assert urgent(DoorEvent(**common, door="d", what="closed")), "or it would be overtaken by what came later"
    assert not urgent(READ)


def test_only_what_the_newest_stands_for_is_merged() -> None:
    common = {"source": "s", "id": "1", "at": NOW}
    position = VehiclePosition(**common, vehicle="unit 7")
    assert merge_key(position) == merge_key(replace(position, id="2", speed=3.0))
    assert merge_key(position) != merge_key(replace(position, vehicle="unit 8"))
    assert merge_key(READ) is None, "a car that the source does not name"
    car = replace(READ, car="c1")
    assert merge_key(car) == merge_key(replace(car, id="2", confidence=0.9))
    assert merge_key(car) != merge_key(replace(car, plate="ABC124")), "another plate may be on a hotlist"
