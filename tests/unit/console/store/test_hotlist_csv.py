"""Hotlists as people and programs write them: encodings, separators, headings, dates, and what no program should."""

from __future__ import annotations

import csv
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.model.hotlists import LONGEST_TEXT, HotEntry
from console.model.plates import normal
from console.store import hotlist_csv
from console.store.hotlist_csv import (
    MOST_TOLD,
    Column,
    DateOrder,
    HotlistFileError,
    Look,
    Tally,
    guess_columns,
    look,
    read_date,
    read_entries,
)

PLAIN = "plate,reason,caseNumber,state,expiry,note\nABC123,Stolen,C-1,CA,2027-01-31,grey van\n"


def written(folder: Path, data: str | bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def all_of(seen: Look) -> tuple[list[HotEntry], Tally]:
    tally = Tally()
    return list(read_entries(seen, seen.plan, tally)), tally


def read(folder: Path, data: str | bytes) -> tuple[list[HotEntry], Tally]:
    return all_of(look(written(folder, data)))


def test_a_list_as_usual(tmp_path: Path) -> None:
    entries, tally = read(tmp_path, PLAIN)
    assert entries == [
        HotEntry(
            plate="ABC123", state="CA", reason="Stolen", case="C-1", note="grey van",
            expires=datetime(2027, 2, 1, tzinfo=UTC),
        )
    ]  # fmt: skip
    assert (tally.rows, tally.good, tally.bad, tally.told) == (1, 1, 0, [])


@pytest.mark.parametrize(
    ("encoding", "words", "guessed"),
    [
        ("utf-8", "UTF-8", False),
        ("utf-8-sig", "UTF-8", False),
        ("utf-16", "UTF-16", False),
        ("utf-16-le", "UTF-16", True),
        ("utf-16-be", "UTF-16", True),
        ("utf-32", "UTF-32", False),
        ("cp1252", "Windows-1252", True),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, words: str, guessed: bool) -> None:
    seen = look(written(tmp_path, "Kennzeichen;Grund\r\nWÜ-X 12;gestohlen\r\n".encode(encoding)))
    assert (seen.plan.encoding.words, bool(seen.plan.encoding.guessed)) == (words, guessed)
    assert [(each.plate, each.reason) for each in all_of(seen)[0]] == [("WÜ-X 12", "gestohlen")]


def test_the_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    data = PLAIN.encode() + b"AAA111,x\n" * 200_000 + b"W\xdc123,x\n"
    seen = look(written(tmp_path, data))
    assert seen.plan.encoding.guessed.startswith("Line 200003 is not UTF-8; the file is read as Windows-1252")
    assert all_of(seen)[0][-1].plate == "WÜ123"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it has no rows"),
        (b"\n\n , ,\n", "it has no rows"),
        (b"PK\x03\x04" + bytes(200), "not text"),
        (b"plate\n" + b"A" * 5000 + b"\0", "not text"),
        (b"plate\nA\x81B\xff12", "line 2 is neither UTF-8 nor Windows-1252"),
        (b"\xff\xfep\x00l\x00a", "stops being UTF-16"),
    ],
)
def test_what_is_no_list_is_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(HotlistFileError, match=words) as caught:
        all_of(look(written(tmp_path, data)))
    assert str(caught.value).startswith("list.csv: ")


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(HotlistFileError, match="cannot be read"):
            look(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, PLAIN)
    monkeypatch.setattr(hotlist_csv, "MAX_BYTES", 10)
    with pytest.raises(HotlistFileError, match="Split the list"):
        look(path)


def test_too_many_rows_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotlist_csv, "MAX_ROWS", 3)
    with pytest.raises(HotlistFileError, match="more than 3 rows"):
        read(tmp_path, "plate\n" + "AB12\n" * 4)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators(tmp_path: Path, delimiter: str, end: str) -> None:
    data = end.join(delimiter.join(row) for row in (["State", "Plate"], ["CA", "AB12"], ["NV", "CD34"])) + end
    entries, _ = read(tmp_path, data)
    assert [(each.plate, each.state) for each in entries] == [("AB12", "CA"), ("CD34", "NV")]


def test_headings_are_understood_however_they_are_spelled() -> None:
    headings = ["License_Plate", "CASE NUMBER", "Alert Type", "valid until", "Valid From", "State", "Notes"]
    assert guess_columns(headings) == {
        Column.PLATE: 0, Column.CASE: 1, Column.REASON: 2, Column.EXPIRES: 3, Column.STARTS: 4, Column.STATE: 5,
        Column.NOTE: 6,
    }  # fmt: skip
    assert guess_columns(["plate state", "plate"]) == {Column.STATE: 0, Column.PLATE: 1}
    assert guess_columns(["", "x"]) == {}


def test_without_headings_the_plates_are_found_by_their_looks(tmp_path: Path) -> None:
    seen = look(written(tmp_path, "stolen,6DZG261\nstolen,4ABC111\n"))
    assert not seen.plan.heading
    assert seen.headings == ("Column 1", "Column 2")
    assert [each.plate for each in all_of(seen)[0]] == ["6DZG261", "4ABC111"]
    assert look(seen.path, heading=True).plan.heading


def test_columns_can_be_set_by_hand(tmp_path: Path) -> None:
    seen = look(written(tmp_path, "what,why\nAB12,CD34\n"))
    with pytest.raises(HotlistFileError, match="which column holds the plates"):
        all_of(seen)
    plan = seen.plan.with_column(Column.PLATE, 0).with_column(Column.REASON, 1)
    entries = list(read_entries(seen, plan, Tally()))
    assert (entries[0].plate, entries[0].reason) == ("AB12", "CD34")
    moved = plan.with_column(Column.PLATE, 1)
    assert moved.columns == {Column.PLATE: 1}, "one column is one thing"
    assert plan.with_column(Column.REASON, None).columns == {Column.PLATE: 0}


BAD = [
    ("=1+1", "formula"),
    ("@SUM(A1)", "formula"),
    ("+44", "formula"),
    ("", "no plate"),
    ("---", "no letter and no digit"),
    ("A", "too short"),
    ("A" * 33, "too long"),
    ("A" * 10_000, "too long"),
    ("\u202e\u200b", "no plate"),
    ("🚗🚗", "no letter and no digit"),
]


@pytest.mark.parametrize(("plate", "problem"), BAD)
def test_bad_plates_are_told_with_their_line_and_the_others_taken(tmp_path: Path, plate: str, problem: str) -> None:
    entries, tally = read(tmp_path, f"plate,reason\nAB12,x\n{plate},x\nCD34,x\n")
    assert [each.plate for each in entries] == ["AB12", "CD34"]
    assert (tally.rows, tally.good, tally.bad) == (3, 2, 1)
    assert tally.told[0].line == 3
    assert problem in tally.told[0].problem
    assert len(tally.told[0].problem) < 120


def test_formulas_and_markup_are_text(tmp_path: Path) -> None:
    note = '=HYPERLINK("http://x","y")'
    data = f'plate,note,reason\n"=""AB12""","{note.replace(chr(34), chr(34) * 2)}",<img src=x onerror=alert(1)>\n'
    entries, tally = read(tmp_path, data)
    assert (entries[0].plate, entries[0].note) == ("AB12", note)
    assert entries[0].reason == "<img src=x onerror=alert(1)>"
    assert tally.bad == 0


def test_what_hides_or_turns_text_is_dropped(tmp_path: Path) -> None:
    entries, _ = read(tmp_path, "plate,note\nA\u202eB\u200b1\x072,a\u2066b\tc\n" + f"CD34,{'x' * 2000}\n")
    assert (entries[0].plate, entries[0].note) == ("AB12", "ab c")
    assert len(entries[1].note) == LONGEST_TEXT


def test_a_quote_that_is_not_closed_costs_one_row(tmp_path: Path) -> None:
    rows = "".join(f"AA{at:03d},x\n" for at in range(100))
    entries, tally = read(tmp_path, f'plate,note\nBB11,"open\n{rows}')
    assert len(entries) == 100
    assert [(each.line, each.problem) for each in tally.told] == [(2, "a quote is not closed")]
    entries, tally = read(tmp_path, 'plate,note\nBB11,x\nCC22,"open\nDD33,x')
    assert [each.plate for each in entries] == ["BB11", "DD33"]
    assert [each.line for each in tally.told] == [3]


def test_a_note_of_several_lines_is_one_row(tmp_path: Path) -> None:
    entries, tally = read(tmp_path, 'plate,note\nAB12,"one\ntwo, ""three"""\nCD34,"bad"quote"\nEF56,x\n')
    assert [(each.plate, each.note) for each in entries] == [("AB12", 'one two, "three"'), ("EF56", "x")]
    assert [each.line for each in tally.told] == [4]


def test_a_line_without_end_is_told_and_not_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "plate,note\nAB12,x\n" + "Y" * 3_000_000 + "\nCD34,x\n")
    tracemalloc.start()
    entries, tally = all_of(look(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.plate for each in entries] == ["AB12", "CD34"]
    assert [(each.line, each.problem) for each in tally.told] == [(3, "the line is too long")]
    assert peak < 4_000_000


def test_bad_rows_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    _, tally = read(tmp_path, "plate\n" + "AB12\n-\n" * (MOST_TOLD + 50))
    assert (tally.bad, len(tally.told)) == (MOST_TOLD + 50, MOST_TOLD)


def test_many_columns_are_no_row(tmp_path: Path) -> None:
    _, tally = read(tmp_path, "plate,x\n" + "A," * 5000 + "\nAB12,x\n")
    assert [each.problem for each in tally.told] == ["more than 200 columns"]


@pytest.mark.parametrize(
    ("text", "dates", "end", "at"),
    [
        ("", DateOrder.DAY_FIRST, True, None),
        ("2026-11-30", DateOrder.DAY_FIRST, True, datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-11-30", DateOrder.DAY_FIRST, False, datetime(2026, 11, 30, tzinfo=UTC)),
        ("20261130", DateOrder.DAY_FIRST, False, datetime(2026, 11, 30, tzinfo=UTC)),
        ("30.11.2026", DateOrder.MONTH_FIRST, False, datetime(2026, 11, 30, tzinfo=UTC)),
        ("3/4/2026", DateOrder.MONTH_FIRST, False, datetime(2026, 3, 4, tzinfo=UTC)),
        ("3/4/2026", DateOrder.DAY_FIRST, False, datetime(2026, 4, 3, tzinfo=UTC)),
        ("3/4/2026 17:05", DateOrder.DAY_FIRST, True, datetime(2026, 4, 3, 17, 5, tzinfo=UTC)),
        ("2026-11-30T12:00:00Z", DateOrder.DAY_FIRST, True, datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("2026-11-30 12:00:00+02:00", DateOrder.DAY_FIRST, True, datetime(2026, 11, 30, 10, tzinfo=UTC)),
    ],
)
def test_dates(text: str, dates: DateOrder, end: bool, at: datetime | None) -> None:
    assert read_date(text, dates, UTC, end) == at


def test_dates_without_a_zone_are_of_this_place() -> None:
    place = timezone(timedelta(hours=2))
    assert read_date("2026-11-30 01:00", DateOrder.DAY_FIRST, place, True) == datetime(2026, 11, 29, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["never", "31.02.2026", "13/13/2026", "0001-01-01", "9999-12-31", "1" * 500, "2026-1"])
def test_what_is_no_date(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_date(text, DateOrder.MONTH_FIRST, UTC, True)
    _, tally = read(tmp_path, f"plate,expiry\nAB12,{text}\n")
    assert tally.told[0].line == 2


def test_the_order_of_dates_is_seen_where_it_can_be(tmp_path: Path) -> None:
    for dates, order in (
        (["1/2/2026", "31/1/2026"], DateOrder.DAY_FIRST), (["1/2/2026", "1/31/2026"], DateOrder.MONTH_FIRST),
        (["1.2.2026"], DateOrder.DAY_FIRST), (["1/2/2026"], DateOrder.MONTH_FIRST),
    ):  # fmt: skip
        seen = look(written(tmp_path, "plate,expiry\n" + "".join(f"AB12,{each}\n" for each in dates)))
        assert seen.plan.dates is order, dates


def test_an_entry_that_ends_before_it_begins(tmp_path: Path) -> None:
    _, tally = read(tmp_path, "plate,valid from,expiry\nAB12,2026-12-01,2026-11-01\n")
    assert tally.told[0].problem == "it ends before it begins"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=400))
def test_whatever_bytes_there_are_it_ends_well(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, b"plate,reason\n" + data)
    try:
        entries, tally = all_of(look(path))
    except HotlistFileError:
        return
    assert tally.good == len(entries)
    assert all(len(normal(each.plate)) >= 2 for each in entries)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(st.from_regex(r"[A-Z0-9]{2,8}", fullmatch=True), st.text(max_size=40)), min_size=1))
def test_what_a_csv_writer_wrote_is_read(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "written.csv"
    with path.open("w", encoding="utf-8", newline="", errors="ignore") as file:
        writer = csv.writer(file)
        writer.writerow(["plate", "note"])
        writer.writerows((plate, note.replace("\0", "").replace("\r", "").replace("\n", " ")) for plate, note in rows)
    entries, tally = all_of(look(path))
    assert [each.plate for each in entries] == [plate for plate, _ in rows]
    assert tally.bad == 0
