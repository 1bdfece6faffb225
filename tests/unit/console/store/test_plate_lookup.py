"""Searches of the plate tables say what a walk through all reads says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from console.model.plate_pattern import parse_pattern
from console.model.plate_queries import Area, Called, Circle, ConvoyQuery, Incident, IncidentsQuery, PlateQuery
from console.model.plates import apart, normal
from console.store import plate_find, plate_index, plate_lookup
from console.store.bounded_read import Limit, ReadStopped, bounded
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.plate_company_lookup import CompanyLookup
from console.store.plate_index import PlateIndex
from console.store.plate_lookup import PlateLookup
from console.store.plate_tables import BLOCKS, READS, SITES, TEXTS
from drivers.events import DoorEvent, Event, PlateRead
from drivers.types import GeoPlace

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = (NOW - timedelta(days=1), NOW + timedelta(days=1))


@dataclass(frozen=True)
class Line:
    seq: int
    event: Event


def read(
    plate: str, second: float = 0, east: float | None = 0, camera: str = "c1", north: float = 0, source: str = "s"
) -> PlateRead:
    place = None if east is None else GeoPlace(52.5 + north / 111_250, 13.4 + east / 67_900)
    at = NOW + timedelta(seconds=second)
    return PlateRead(source=source, id=f"{plate}{second}{camera}", at=at, place=place, plate=plate, camera=camera)


def put(engine: Engine, *reads: Event, index: PlateIndex | None = None, first: int = 1) -> None:
    lines = [Line(seq, event) for seq, event in enumerate(reads, first)]
    with engine.begin() as connection:
        (index or PlateIndex()).write(connection, lines)


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in (READS, SITES, BLOCKS, TEXTS):
            connection.execute(table.delete())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path_factory.mktemp("plates") / "w.sqlite3"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database: Engine) -> Engine:
    empty(database)
    return database


def search(engine: Engine, plate: str = "", **more: object) -> list[int]:
    begin, end = DAY
    query = PlateQuery(begin, end, parse_pattern(plate) if plate else None, **more)  # type: ignore[arg-type]
    return [row.seq for row in PlateLookup(engine).search(query, Limit()).rows]


# Against a walk through everything

PLATES = st.sampled_from(["AB1", "A81", "ABI", "AB12", "BA1", "B", "", "1AB", "OAB1", "ÄB1", "AB1X", "XAB1"])
READS_OF = st.lists(
    st.tuples(PLATES, st.integers(-4000, 4000), st.sampled_from([None, 0, 90, 400, 3000]), st.sampled_from("12")),
    max_size=40,
)
ASKED = st.one_of(
    st.just(""), st.sampled_from(["AB1", "A*", "*1", "*B*", "?B?", "AB?", "*A?1*", "1*", "*AB1*", "AB*1", "?*2", "*?X"])
)
AREAS = st.sampled_from(
    [
        None,
        Circle(GeoPlace(52.5, 13.4), 100),
        Circle(GeoPlace(52.5, 13.4), 1000),
        Area((GeoPlace(52.49, 13.399), GeoPlace(52.51, 13.399), GeoPlace(52.51, 13.402), GeoPlace(52.49, 13.402))),
    ]
)


@pytest.mark.parametrize("most", [plate_find.MOST_SITES, 0])
def test_cameras_are_meant_with_their_sources(engine: Engine, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_find.sites_in, "__defaults__", (most,))  # as if there were too many sites to have at hand
    put(
        engine, read("A", 1, camera="1"), read("A", 2, camera="2"), read("A", 3, camera="1", source="t"),
        read("A", 4, camera="", source="t"),
    )  # fmt: skip

    def found(*called: Called) -> list[int]:
        return search(engine, called=called)

    assert found(Called(("s",), ("1",))) == [1]
    assert found(Called(("s",), ("1",), not_sources=True)) == [3]
    assert found(Called(("s",), ("1",), not_cameras=True)) == [2]
    assert found(Called(("t",), (), not_cameras=True)) == [4, 3]
    assert found(Called((), ("1",), not_sources=True)) == [3, 1]
    assert found(Called(("s",), ("2",)), Called(("t",), ("", "9"))) == [4, 2]
    assert found(Called(("s",), ())) == []
    assert search(engine, cameras=("1",)) == [3, 1]


@settings(max_examples=150)
@given(
    READS_OF,
    ASKED,
    AREAS,
    st.sampled_from([(), ("c1",), ("c1", "c2")]),
    st.integers(0, 3),
    st.integers(1, 30),
    st.booleans(),
)
def test_a_search_finds_what_a_walk_finds(
    database: Engine,
    items: list[tuple[str, int, int | None, str]],
    asked: str,
    area: Circle | Area | None,
    cameras: tuple[str, ...],
    plan: int,
    most: int,
    near: bool,
) -> None:
    empty(database)
    reads = [read(plate, second, east, f"c{camera}") for plate, second, east, camera in items]
    put(database, *reads)
    begin, end = NOW - timedelta(seconds=3000), NOW + timedelta(seconds=3500)
    pattern = parse_pattern(asked) if asked else None
    near = near and pattern is not None and pattern.exact
    query = PlateQuery(begin, end, pattern, near, area, cameras, most)
    expected = []
    for seq, each in enumerate(reads, 1):
        plain = normal(each.plate)
        if pattern is not None:
            fits = apart(plain, pattern.text) is not None if near else pattern.matches(plain)
            if not fits:
                continue
        if not begin <= each.at < end or (cameras and each.camera not in cameras):
            continue
        if area is not None and (each.place is None or not area.covers(each.place)):
            continue
        expected.append((each.at, seq))
    expected.sort(reverse=True)
    with pytest.MonkeyPatch.context() as patch:
        if plan != 4:  # as if there were many reads
            patch.setattr(plate_lookup, "_FEW_READS", 0)
        if plan == 1:  # as if there were too many plates: by sites, or by time
            patch.setattr(plate_find, "MOST_PLATES", 0)
        if plan == 2:  # as if there were too many sites as well
            patch.setattr(plate_find, "MOST_PLATES", 0)
            patch.setattr(plate_lookup, "_FEW_SITES", 0)
        if plan == 3:
            patch.setattr(plate_lookup, "_MANY_PLATES", 0)
        found = PlateLookup(database).search(query, Limit())
    assert [row.seq for row in found.rows] == [seq for _, seq in expected][:most]
    assert found.more == (len(expected) > most)


def test_more_sites_than_can_be_held_are_searched_all_the_same(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    put(engine, *(read("AB1", number, number * 400, f"c{number % 3}") for number in range(30)))
    everything = search(engine, cameras=("c1",))
    assert len(everything) == 10
    defaults = plate_find.sites_in.__defaults__
    monkeypatch.setattr(plate_find.sites_in, "__defaults__", (3,))
    assert search(engine, cameras=("c1",)) == everything
    assert search(engine, "A*", cameras=("c1",)) == everything
    assert search(engine, area=Circle(GeoPlace(52.5, 13.4), 1000)) == [3, 2, 1]
    assert defaults is not None


def test_many_plates_are_asked_for_in_portions(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_lookup, "_FEW_READS", 0)
    put(engine, *(read(f"A{number:04}", -number) for number in range(1300)))
    assert search(engine, "A*", most=400) == list(range(1, 401))
    assert search(engine, "*9", most=10) == [number + 1 for number in range(9, 100, 10)]
    assert search(engine, "*12*", most=500) == [n + 1 for n in range(1300) if "12" in f"{n:04}"]


def test_a_row_brings_all_that_is_shown(engine: Engine) -> None:
    place = GeoPlace(-33.5, 179.999)
    event = PlateRead(
        source="north", id="1", at=NOW, plate="ab-1", camera="gate", heading=359.7, region="us-ca" * 20, place=place
    )
    put(engine, event, read("AB1", east=None))
    second, first = PlateLookup(engine).search(PlateQuery(*DAY, parse_pattern("AB1")), Limit()).rows
    assert (first.seq, first.plate, first.at, first.source, first.camera) == (1, "AB1", NOW, "north", "gate")
    assert (first.place, first.heading, len(first.region)) == (place, 0, 32)
    assert (second.place, second.heading, second.region, second.nearness) == (None, None, "", 0)
    assert search(engine, area=Circle(GeoPlace(-33.5, -179.999), 2000)) == [1]


def test_plates_are_found_in_all_blocks(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plate_index, plate_find):
        monkeypatch.setattr(module, "BLOCK", 4)
    monkeypatch.setattr(plate_lookup, "_FEW_READS", 0)
    monkeypatch.setattr(plate_find, "_AT_ONCE", 3)
    put(engine, *(read(f"A{number:03}B", -number) for number in range(50)))
    with engine.begin() as connection:
        PlateIndex().forget(connection, [11, 12, 13, 14, 15, 16, 50])
    put(engine, read("A777B", -100), first=60)
    assert search(engine, "*7B") == [8, 18, 28, 38, 48, 60]
    assert search(engine, "*0*B") == [n + 1 for n in range(49) if not 10 <= n <= 15]


def test_near_tells_how_near(engine: Engine) -> None:
    put(engine, read("B0X1"), read("BOX1"), read("BQX"), read("ZZZZ"))
    rows = PlateLookup(engine).search(PlateQuery(*DAY, parse_pattern("BOX1"), near=True), Limit()).rows
    assert {row.plate: row.nearness for row in rows} == {"BOX1": 0, "B0X1": 0.2}
    rows = PlateLookup(engine).search(PlateQuery(*DAY, parse_pattern("BOX"), near=True), Limit()).rows
    assert {row.plate: row.nearness for row in rows} == {"BOX1": 1, "BQX": 0.2}


@pytest.mark.parametrize("plate", ["A" * 10_000, "%", "_'\";--", "\N{AUTOMOBILE}\u202e", "\n\n", "ß" * 40, "\x00A"])
def test_hostile_plates_are_kept_in_their_place(engine: Engine, plate: str) -> None:
    put(engine, read(plate), read("AB1", 1))
    assert search(engine) == [2, 1]
    assert search(engine, "*B*") == [2]
    plain = normal(plate)
    if plain:
        assert 1 in search(engine, plain)


# Writing and forgetting


def _counts(engine: Engine) -> tuple[int, int, str]:
    with engine.connect() as connection:
        reads, texts = (connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in (READS, TEXTS))
        blocks = connection.scalars(sa.select(BLOCKS.c.texts).order_by(BLOCKS.c.block)).all()
    return reads or 0, texts or 0, "|".join(blocks)


def test_other_events_are_none_of_its_business(engine: Engine) -> None:
    put(engine, DoorEvent(source="s", id="1", at=NOW, door="d", what="opened"))
    assert _counts(engine) == (0, 0, "")


def test_a_plate_is_kept_once(engine: Engine) -> None:
    index = PlateIndex()
    put(engine, read("AB1"), read("ab 1", 1), index=index)
    put(engine, read("AB1", 2), read("X"), index=index, first=3)
    assert _counts(engine) == (4, 2, "\nAB1\nX")
    assert search(engine, "AB1") == [3, 2, 1]


def test_what_is_forgotten_is_erased(engine: Engine) -> None:
    put(engine, read("SECRET"), read("KEPT", 1), read("KEPT", 2))
    with engine.begin() as connection:
        PlateIndex().forget(connection, [1, 2, 99])
    assert _counts(engine) == (1, 1, "\nKEPT\n")
    assert search(engine, "S*") == search(engine, "*CRE*") == []
    assert search(engine, "K*") == search(engine, "*EP*") == [3]
    put(engine, read("NEW"), read("SECRET", 5), first=4)
    assert search(engine, "*ECRE*") == [5]
    assert search(engine, "*E*") == [5, 3, 4]


def test_what_is_rolled_back_is_not_remembered(engine: Engine) -> None:
    index = PlateIndex()
    with engine.connect() as connection, connection.begin() as transaction:
        index.write(connection, [Line(1, read("LOST", camera="gone")), Line(2, read("LOST2", camera="gone2"))])
        transaction.rollback()
    put(engine, read("AB1", camera="other"), index=index)
    put(engine, read("AB1", 1, camera="gone"), index=index, first=2)
    rows = PlateLookup(engine).search(PlateQuery(*DAY), Limit()).rows
    assert [(row.seq, row.camera) for row in rows] == [(2, "gone"), (1, "other")]


# Company


def test_convoys_are_found_with_their_evidence(engine: Engine) -> None:
    stops = [(number * 700, number * 900) for number in range(4)]
    reads = [read("ASKED", second, east, f"c{east}") for second, east in stops]
    reads += [read("FOLLOW", second + 10, east + 50, f"d{east}") for second, east in stops]
    reads += [read("BUS", second - 5, east, f"c{east}") for second, east in stops]
    reads += [read("BUS", 20_000 + number, 0) for number in range(40)]
    reads += [read("ONCE", 0, 0), read("FAR", 0, 5000), read("LATE", 400, 0)]
    put(engine, *reads)
    steps: list[tuple[int, int]] = []
    query = ConvoyQuery(parse_pattern("asked"), *DAY)
    found = CompanyLookup(engine).convoy(query, Limit(), lambda done, of: steps.append((done, of)))
    assert [(each.plate, each.places, each.reads) for each in found.rows] == [("FOLLOW", 4, 4), ("BUS", 4, 44)]
    assert [each.seconds for each in found.rows[0].evidence] == [10] * 4
    assert steps == [(number, 4) for number in range(4)]
    assert found.note == ""
    assert CompanyLookup(engine).convoy(ConvoyQuery(parse_pattern("NOBODY"), *DAY), Limit()).rows == ()


def test_who_was_near_several_incidents(engine: Engine) -> None:
    places = [GeoPlace(52.5, 13.4), GeoPlace(52.6, 13.5), GeoPlace(52.4, 13.3)]
    incidents = tuple(Incident(place, NOW + timedelta(hours=n), 300) for n, place in enumerate(places))
    reads: list[PlateRead] = []

    def at(plate: str, number: int, seconds: float, north: float = 0) -> None:
        place = GeoPlace(places[number].latitude + north / 111_250, places[number].longitude)
        when = incidents[number].at + timedelta(seconds=seconds)
        reads.append(PlateRead(source="s", id=str(len(reads)), at=when, place=place, plate=plate, camera=f"c{number}"))

    for number in range(3):
        at("DRIVER", number, -600)
    for number in (0, 1):
        at("RARE", number, 60)
        at("BUS", number, 60)
    for number in range(30):
        at("BUS", 0, 5000 + number)
    at("ONCE", 0, 0)
    at("LATE", 0, 0)
    at("LATE", 1, 1300)
    at("OUT", 0, 0)
    at("OUT", 1, 0, 320)
    put(engine, *reads)
    found = CompanyLookup(engine).incidents(IncidentsQuery(incidents), Limit())
    assert [(each.plate, each.incidents, each.reads) for each in found.rows] == [
        ("DRIVER", 3, 3),
        ("RARE", 2, 2),
        ("BUS", 2, 32),
    ]
    assert [(number, len(rows)) for number, rows in found.rows[0].evidence] == [(0, 1), (1, 1), (2, 1)]


# Its end


def test_a_search_that_nobody_wants_any_more_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_lookup, "_FEW_READS", 0)
    put(engine, *(read(f"A{number}", number) for number in range(400)))
    asked = itertools.count()
    limit = Limit(cancelled=lambda: next(asked) > 1)
    with pytest.raises(ReadStopped, match=r"The search was cancelled\."):
        PlateLookup(engine).search(PlateQuery(*DAY, parse_pattern("*9*")), limit)


def test_a_statement_itself_is_ended(engine: Engine) -> None:
    clock = itertools.count()
    limit = Limit(5.0, clock=lambda: float(next(clock)))
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with (
        pytest.raises(ReadStopped, match="longer than 5 s") as caught,
        bounded(engine, limit, "plates") as connection,
    ):
        connection.exec_driver_sql(endless)
    assert not caught.value.cancelled
    assert search(engine) == []  # the connection that was interrupted serves on


def test_nothing_is_written_by_a_search(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="plates"), bounded(engine, Limit(), "plates") as connection:
        connection.execute(READS.delete())
    put(engine, read("AB1"))
    assert search(engine) == [1]


def test_a_writer_does_not_wait_for_a_reader(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "w.sqlite3"))
    put(engine, read("AB1"))
    with engine.connect() as reader:
        assert reader.scalar(sa.select(sa.func.count()).select_from(READS)) == 1
        put(engine, read("AB1", 1), first=2)
        assert reader.scalar(sa.select(sa.func.count()).select_from(READS)) == 1
    assert search(engine) == [2, 1]
    engine.dispose()
