"""The bench of what comes in: its made-up city, its questions, and a short run of the whole."""

from __future__ import annotations

import sqlite3
from itertools import islice
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from console.cli import bench_intake
from console.cli.bench_fill import Filled, filled
from console.cli.bench_intake import IntakeBench, measure_intake
from console.cli.bench_searches import Questions, answer
from console.model.plate_pattern import parse_pattern
from console.model.plate_queries import PlateQuery
from console.model.plates import fold
from console.store.bounded_read import Limit
from console.store.database import open_database, sqlite_url
from console.store.plate_store import PlateStore
from console.store.plate_tables import moment


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return filled(tmp_path_factory.mktemp("bench"), 3000, lambda line: None)


def test_what_is_filled_in_bulk_is_what_the_console_would_write(city: Filled) -> None:
    database = sqlite3.connect(city.path)
    rows = database.execute("SELECT id, text, folded FROM plate_text").fetchall()
    blocks = [row[0].split("\n") for row in database.execute("SELECT texts FROM plate_block ORDER BY block")]
    (reads, first, last) = database.execute("SELECT count(*), min(seq), max(seq) FROM plate_read").fetchone()
    database.close()
    lines = [text for block in blocks for text in block]
    assert all(lines[number] == text and folded == fold(text) for number, text, folded in rows)
    assert (reads, first, last) == (3000, -3000, -1)


def test_bulk_indexes_are_those_of_the_migration(city: Filled, tmp_path: Path) -> None:
    open_database(sqlite_url(tmp_path / "fresh.db")).dispose()
    listed = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'plate%' ORDER BY name"
    columns = "SELECT group_concat(name) FROM pragma_index_info(?)"
    found = []
    for path in (city.path, tmp_path / "fresh.db"):
        database = sqlite3.connect(path)
        found.append([(n, database.execute(columns, (n,)).fetchone()) for (n,) in database.execute(listed).fetchall()])
        database.close()
    assert found[0] == found[1]


def test_a_filled_database_is_written_once(city: Filled) -> None:
    told: list[str] = []
    assert filled(city.path.parent, 3000, told.append) == city
    assert told == []


def test_every_kind_of_question_is_answered(city: Filled) -> None:
    questions = Questions(city)
    store = PlateStore(open_database(sqlite_url(city.path)))
    try:
        asked = list(islice(questions.endless(), len(questions.kinds())))
        assert all(answer(store, question) >= 0 for _, question in asked)
        assert [name for name, _ in asked] == list(questions.kinds())
        everything = PlateQuery(moment(city.begin), moment(city.end), parse_pattern("*1*"))
        assert store.reads.search(everything, Limit()).rows
    finally:
        store.close()


def test_the_whole_is_measured(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WATCHFLOOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bench_intake, "BURST_SECONDS", 0.5)
    monkeypatch.setattr(bench_intake, "QUIET_ROUNDS", 1)
    monkeypatch.setattr(bench_intake, "ENTRIES", 1000)
    figures = measure_intake(IntakeBench(rate=100, seconds=1, burst=200, reads=1000), lambda line: None)
    assert {"sustained_per_s", "burst_per_s", "lost", "match_us", "search_ms", "tick_ms", "reads"} <= figures.keys()
    assert figures["lost"] == figures["refused"] == 0
    assert figures["acknowledged"] == figures["journal"] > 50
    assert {"p50", "p95"} <= figures["search_ms"].keys()
    assert {"p50", "p99"} <= figures["tick_ms"].keys()
    assert list((tmp_path / "data").iterdir()) == [], "nothing is left behind"
