"""Searches as people may make them: right, reason, record, cancel, export."""

from __future__ import annotations

import csv
import io
import queue
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.acting import audit_of
from console.model.permissions import Actor, Policy, Role
from console.model.plate_pattern import parse_pattern
from console.model.plate_queries import (
    Area,
    Circle,
    Companion,
    ConvoyQuery,
    Found,
    Incident,
    IncidentsQuery,
    PlateQuery,
    Ranked,
    SeenPlate,
    Suspect,
    Together,
    Track,
    TrackPoint,
)
from console.services.audit_trail import AuditTrail
from console.services.plate_search import Outcome, PlatePictures, PlateSearch, SearchRefused
from console.services.plate_words import as_csv, asked_words, table
from console.store.audit import Audit
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.plate_index import PlateIndex
from console.store.plate_store import PlateStore
from drivers.events import Event, PlateRead
from drivers.types import GeoPlace

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ANNA = Actor("anna", Role.OPERATOR, "desk-1")
SPAN = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
ALL = PlateQuery(*SPAN)


@dataclass(frozen=True)
class Line:
    seq: int
    event: Event


@dataclass(frozen=True)
class Jpeg:
    plate: bytes
    scene: bytes = b""


class Desk:
    """A search on a small database, with an audit on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble: list[str] = []
        self.no_audit = self.no_database = False
        self.trail = AuditTrail(self._audit, self.trouble.append)
        self.answers: queue.Queue[Outcome] = queue.Queue()
        self.search = PlateSearch(self._open, self.trail, Policy, self._pictures)

    def _audit(self) -> Audit:
        if self.no_audit:
            raise DatabaseError("audit", "it is full")
        return audit_of(self.folder)

    def _open(self) -> PlateStore:
        if self.no_database:
            raise DatabaseError("journal", "it is full")
        return PlateStore(open_database(sqlite_url(self.folder / "journal.db")))

    def _pictures(self, seq: int) -> PlatePictures | None:
        return Jpeg(b"jpeg %d" % seq)

    def put(self, *reads: PlateRead) -> None:
        engine = open_database(sqlite_url(self.folder / "journal.db"))
        with engine.begin() as connection:
            PlateIndex().write(connection, [Line(seq, read) for seq, read in enumerate(reads, 1)])
        engine.dispose()

    def answer(self) -> Outcome:
        return self.answers.get(timeout=10)

    def record(self) -> list[tuple[str, str, str]]:
        return [(entry.action, entry.outcome, entry.detail) for entry in reversed(self.trail.newest())]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.search.close()
    desk.trail.close()


def read(plate: str, second: float = 0, camera: str = "c1") -> PlateRead:
    at = NOW + timedelta(seconds=second)
    return PlateRead(source="s", id=f"{plate}{second}", at=at, plate=plate, camera=camera, place=GeoPlace(52.5, 13.4))


def test_a_search_is_on_record_with_its_reason_and_its_end(desk: Desk) -> None:
    desk.put(read("AB1"), read("CD2", 1))
    run = desk.search.search(ANNA, " case  12 ", PlateQuery(*SPAN, parse_pattern("a*")), desk.answers.put)
    outcome = desk.answer()
    assert isinstance(outcome.answer, Found)
    assert [row.plate for row in outcome.answer.rows] == ["AB1"]
    assert (outcome.sentence, outcome.cancelled, run.reason) == ("", False, "case 12")
    asked, ended = desk.record()
    assert asked == ("search plates", "asked", '{"reason": "case 12"}')
    assert ended[1] == "1 reads"


@pytest.mark.parametrize(
    ("actor", "reason", "sentence"),
    [
        (Actor("eve", Role.VIEWER), "case 12", "A viewer may not search plates. Ask a supervisor."),
        (ANNA, "", "Say why you search: a case number, who asked for it. It is put on record."),
        (ANNA, " -- .", "Say why you search: a case number, who asked for it. It is put on record."),
        (ANNA, "x" * 501, "The reason has 501 characters. Say it in at most 500."),
    ],
)
def test_without_a_right_and_a_reason_nothing_is_searched(desk: Desk, actor: Actor, reason: str, sentence: str) -> None:
    with pytest.raises(SearchRefused) as caught:
        desk.search.search(actor, reason, ALL, desk.answers.put)
    assert str(caught.value) == sentence
    with pytest.raises(SearchRefused):
        desk.search.export(actor, reason, ALL, Found(), desk.folder / "x.csv", lambda problem: None)


def test_without_a_record_nothing_is_searched(desk: Desk) -> None:
    desk.put(read("AB1"))
    desk.no_audit = True
    desk.search.search(ANNA, "case 12", ALL, desk.answers.put)
    outcome = desk.answer()
    assert outcome.answer is None
    assert "cannot be put on record" in outcome.sentence
    problems: queue.Queue[str] = queue.Queue()
    desk.search.export(ANNA, "case 12", ALL, Found(), desk.folder / "x.csv", problems.put)
    assert "Nothing was exported" in problems.get(timeout=10)
    assert not (desk.folder / "x.csv").exists()


def test_a_database_that_cannot_be_opened_is_tried_again(desk: Desk) -> None:
    desk.put(read("AB1"))
    desk.no_database = True
    desk.search.search(ANNA, "case 12", ALL, desk.answers.put)
    assert "it is full" in desk.answer().sentence
    desk.no_database = False
    desk.search.search(ANNA, "case 12", ALL, desk.answers.put)
    assert desk.answer().answer is not None
    assert [outcome for _, outcome, _ in desk.record()] == ["asked", "failed", "asked", "1 reads"]


def test_a_search_that_was_taken_back_answers_so(desk: Desk) -> None:
    desk.put(read("AB1"))
    desk.no_audit = True
    with desk.search._opening:  # the worker waits here, as for a slow disk
        desk.no_audit = False
        run = desk.search.search(ANNA, "case 12", ALL, desk.answers.put)
        run.cancel()
    outcome = desk.answer()
    assert (outcome.answer, outcome.cancelled, outcome.sentence) == (None, True, "The search was cancelled.")


def test_convoy_incidents_and_track(desk: Desk) -> None:
    place = GeoPlace(52.5, 13.4)
    desk.put(read("AB1"), read("AB1", 700), read("CD2", 10), read("CD2", 710))
    desk.search.convoy(ANNA, "case 12", ConvoyQuery(parse_pattern("AB1"), *SPAN, places=2), desk.answers.put)
    assert desk.answer().answer == Ranked()  # twice at one place is no convoy
    incidents = IncidentsQuery(tuple(Incident(place, NOW + timedelta(seconds=s), 100) for s in (0, 700)))
    desk.search.incidents(ANNA, "case 12", incidents, desk.answers.put)
    suspects = desk.answer().answer
    assert isinstance(suspects, Ranked)
    assert [row.plate for row in suspects.rows] == ["AB1", "CD2"]
    desk.search.track(ANNA, "case 12", parse_pattern("CD2"), *SPAN, desk.answers.put)
    track = desk.answer().answer
    assert isinstance(track, Track)
    assert [point.seconds for point in track.points] == [None, 700]


def test_pictures_are_shown_of_what_was_found_alone(desk: Desk) -> None:
    desk.put(read("AB1"), read("CD2"))
    desk.search.search(ANNA, "case 12", PlateQuery(*SPAN, parse_pattern("AB1")), desk.answers.put)
    answer = desk.answer().answer
    assert answer is not None
    pictures: queue.Queue[PlatePictures | None] = queue.Queue()
    desk.search.picture(answer, 1, pictures.put)
    assert pictures.get(timeout=10) == Jpeg(b"jpeg 1")
    with pytest.raises(SearchRefused):
        desk.search.picture(answer, 2, pictures.put)


def test_an_export_is_on_record_and_runs_nothing(desk: Desk) -> None:
    row = SeenPlate(7, "AB1", NOW, "=cmd|' /C calc'!A0", "\t+1", GeoPlace(-33.5, 13.4), 90, "@x", 0.2)
    problems: queue.Queue[str] = queue.Queue()
    target = desk.folder / "found.csv"
    desk.search.export(ANNA, "case 12", ALL, Found((row,)), target, problems.put)
    assert problems.get(timeout=10) == ""
    cells = list(csv.reader(io.StringIO(target.read_bytes().decode("utf-8-sig"))))
    harmless = ["'\t+1", "'=cmd|' /C calc'!A0", "'\t+1"]
    assert cells[1][:7] == ["2026-03-04 12:00:00.000", "AB1", *harmless, "-33.5", "13.4"]
    assert cells[1][8] == "'@x"
    assert [(action, outcome) for action, outcome, _ in desk.record()] == [
        ("export plates", "asked"),
        ("export plates", "done"),
    ]
    desk.search.export(ANNA, "case 12", ALL, Found(), target / "x.csv", problems.put)
    assert "could not be written" in problems.get(timeout=10)


def test_nothing_begins_at_the_end(desk: Desk) -> None:
    desk.search.close()
    with pytest.raises(SearchRefused, match="ending"):
        desk.search.search(ANNA, "case 12", ALL, desk.answers.put)


def test_questions_in_words() -> None:
    corner = GeoPlace(52.5, 13.4)
    near = PlateQuery(*SPAN, parse_pattern("AB1"), True, Circle(corner, 300), ("gate",))
    span = "2026-03-04 11:00:00 to 2026-03-04 13:00:00"
    assert asked_words(near) == f"AB1 and near ones, {span}, within 300 m of 52.50000 13.40000, cameras gate"
    area = Area((corner, GeoPlace(52.6, 13.4), GeoPlace(52.6, 13.5)))
    assert "all plates" in asked_words(PlateQuery(*SPAN, area=area))
    assert asked_words(PlateQuery(*SPAN, area=area)).endswith(
        "inside 52.50000 13.40000; 52.60000 13.40000; 52.60000 13.50000"
    )
    assert asked_words(ConvoyQuery(parse_pattern("AB1"), *SPAN)).startswith("cars with AB1, within 60 s and 150 m at 3")
    incidents = IncidentsQuery((Incident(corner, NOW), Incident(corner, NOW)))
    assert (
        "plates near 2 or more of 2 incidents: 52.50000 13.40000 at 2026-03-04 12:00:00, 500 m, 20 min"
        in asked_words(incidents)
    )


def test_a_table_says_what_people_call_a_camera_and_what_the_source_does() -> None:
    row = SeenPlate(7, "AB1", NOW, "gate", "lane-2")
    met = Companion("CD2", 3, 3, 1.0, (Together(row, row, 2),))
    for answer in (
        Found((row,)), Track("AB1", (TrackPoint(row),)), Ranked((met,)),
        Ranked((Suspect("AB1", 2, 2, ((0, (row,)),)),)),
    ):  # fmt: skip
        head, line = table(answer, lambda source, camera: f"5 {source} {camera}")
        said = dict(zip(head, line, strict=True))
        assert (said["camera"], said["source"]) == ("5 gate lane-2", "gate")
        assert said["camera as the source calls it"] == "lane-2"


def test_an_empty_answer_is_a_table_with_headings() -> None:
    for answer in (Found(), Track("A"), Ranked()):
        assert len(table(answer)) == 1
        assert as_csv(table(answer)).startswith(b"\xef\xbb\xbf")
