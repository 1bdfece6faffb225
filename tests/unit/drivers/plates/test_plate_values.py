"""Values out of foreign messages: times that cannot be, numbers that are none, plates as long as a page."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import MOST_PICTURE, VehicleLook
from drivers.feeding import BadMessage, Coalescer, Incoming, Tally, TooMuch, Unreadable
from drivers.plates.multipart import MOST_PARTS, parts
from drivers.plates.pictures import picture64, size_of
from drivers.plates.values import box, candidates, look, number, own_id, place, plate, read_json, rows, stamped, when
from drivers.safe_xml import MalformedXml, read_xml, text

NOW = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)


def incoming(body: bytes = b"", kind: str = "") -> Incoming:
    return Incoming("Gate", body, NOW, kind)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-03T07:59:58Z", datetime(2026, 11, 3, 7, 59, 58, tzinfo=UTC)),
        ("2026-11-03 07:59:58.250+01:00", datetime(2026, 11, 3, 6, 59, 58, 250_000, tzinfo=UTC)),
        ("2026-11-03T07:59:58", datetime(2026, 11, 3, 6, 59, 58, tzinfo=UTC)),  # by the zone of the source
        ("2026-07-03T07:59:58", datetime(2026, 7, 3, 5, 59, 58, tzinfo=UTC)),  # and its summer time
        ("2026-11-03T00:61:16Z", datetime(2026, 11, 3, 1, 1, 16, tzinfo=UTC)),
        ("2026-11-03T23:59:60Z", datetime(2026, 11, 4, tzinfo=UTC)),
        ("3000-01-01T00:00:00Z", datetime(3000, 1, 1, tzinfo=UTC)),  # kept: the door marks it
        (1_793_692_800, datetime(2026, 11, 3, 8, tzinfo=UTC)),
        (1_793_692_800.5, datetime(2026, 11, 3, 8, 0, 0, 500_000, tzinfo=UTC)),
        (1_793_692_800_000, datetime(2026, 11, 3, 8, tzinfo=UTC)),
        ("1793692800000", datetime(2026, 11, 3, 8, tzinfo=UTC)),
        (1_793_692_800_000_000, datetime(2026, 11, 3, 8, tzinfo=UTC)),
        (1_793_692_800_000_000_000, datetime(2026, 11, 3, 8, tzinfo=UTC)),
        ("2026-02-30T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-11-03T00:00:00+99:99", None),
        ("yesterday", None),
        (-5, None),
        (1e300, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_times(said: object, meant: datetime | None) -> None:
    found = when(said, ZoneInfo("Europe/Vienna"))
    assert found == meant
    assert found is None or found.tzinfo is UTC


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.none()))
def test_no_time_breaks_it(said: object) -> None:
    found = when(said, UTC)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), "-1", "NaN", "1e999", -0.5, 10**400, True, [], "x" * 10_000]
)
def test_no_number(bad: object) -> None:
    assert number(bad, 0, 1) is None


def test_numbers_in_quotes() -> None:
    assert number("0.868800", 0, 1) == 0.8688


def test_a_plate_is_cleaned_and_no_page() -> None:
    assert plate(incoming(), " ab\u202e12\x00 \U0001f697 ") == "ab12 \U0001f697"
    assert plate(incoming(), "<b onerror=x>") == "<b onerror=x>"  # screens show it as text
    assert plate(incoming(), 12345) == "12345"
    assert plate(incoming(), None) == plate(incoming(), {"a": 1}) == plate(incoming(), "\u200f\u200b") == ""
    with pytest.raises(BadMessage, match=r"^Gate: .*a plate of more than 32 characters"):
        plate(incoming(), "A" * 10_240)


def test_candidates_are_few_and_none_is_the_best_one() -> None:
    message = incoming()
    found = candidates(message, [("AB1", 99), ("AB2", 50), ("AB2", 40), ("X" * 100, 1), ("", 1), (None, 1)], "AB1", 100)
    assert [(each.plate, each.confidence) for each in found] == [("AB2", 0.5)]
    assert message.left_out == 1
    assert len(candidates(message, [(f"P{n}", 1) for n in range(50)], "", 100)) == 16


def test_places_that_are_none() -> None:
    assert place(48.2, "16.37") is not None
    assert place(0, 0) is place(-1, -1) is place(91, 0) is place("x", 3) is place(None, None) is None


def test_boxes_lie_in_their_picture() -> None:
    assert box(10, 20, 30, 40, (100, 200)) == (0.1, 0.1, 0.3, 0.2)
    assert box(90, 0, 30, 10, (100, 100)) is box(-1, 0, 3, 10, (100, 100)) is box(0, 0, 1, 1, (0, 0)) is None


def test_ids_of_any_length() -> None:
    assert own_id("a", "b") == "a:b"
    assert len(own_id("a" * 300)) < 200
    assert own_id("a" * 300) != own_id("a" * 301)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": NaN}', b'{"a": -Infinity}', b"1" * 5000, b"<xml/>"]
)
def test_not_json(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"Gate: .*not JSON"):
        read_json(incoming(body))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_json_in_the_encodings_that_it_may_have(encoding: str) -> None:
    assert read_json(incoming('{"plate": "ÄB 12"}'.encode(encoding))) == {"plate": "ÄB 12"}


def test_cars_that_look_the_same_share_a_record() -> None:
    assert look("van", "ford", "", "white", "") is look("van", "ford", "", "white", "")
    assert look("van", "ford", "", "white", "") == VehicleLook("van", "ford", colour="white")


def test_too_many_reads() -> None:
    with pytest.raises(TooMuch, match="101 reads"):
        rows(incoming(), [{}] * 101)


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x01\x20\x02\x80\x01\x01\x11\x00\xff\xd9"


def test_pictures() -> None:
    message = incoming()
    whole = base64.b64encode(JPEG).decode()
    assert picture64(message, whole) == picture64(message, f"data:image/jpeg;base64,{whole}") == JPEG
    assert picture64(message, whole[:40] + "\r\n" + whole[40:]) == JPEG
    assert picture64(message, None) == picture64(message, "") == b""
    assert message.left_out == 0
    for bad in ("?!", "aGVsbG8=", base64.b64encode(JPEG + bytes(MOST_PICTURE)).decode(), "A" * 2_000_000, "äöü"):
        assert picture64(message, bad) == b""
    assert message.left_out == 5
    assert size_of(JPEG) == (640, 288)
    assert size_of(JPEG[:12]) is size_of(b"") is size_of(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 500) is None


def test_parts() -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="json"\r\n\r\n{}\r\n'
    body = head + b"--x\r\nContent-Type: image/jpeg\r\n\r\n1\r\n2\r\n--x--\r\n"
    one, two = parts(incoming(body, 'multipart/form-data; boundary="x"'))
    assert (one.name, one.data, two.kind, two.data) == ("json", b"{}", "image/jpeg", b"1\r\n2")
    loose = b"junk\n--x\nContent-Type: text/xml\n\n<a/>\n--x\nContent-Disposition: form-data; filename=P.JPG\n\ncut off"
    one, two = parts(incoming(loose, "multipart/mixed;boundary=x"))
    assert (one.data, two.filename, two.data) == (b"<a/>", "p.jpg", b"cut off")


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"--x\r\n\r\n", "multipart/form-data", "without a boundary"),
        (b"nothing", "multipart/form-data; boundary=x", "without its boundary"),
        (b"--x\r\nno head", "multipart/form-data; boundary=x", "without its head"),
        (b"--x\r\n\r\n\r\n" * (MOST_PARTS + 1), "multipart/form-data; boundary=x", "more than 20 parts"),
    ],
)
def test_no_parts(body: bytes, kind: str, why: str) -> None:
    with pytest.raises(BadMessage, match=why):
        parts(incoming(body, kind))


@given(st.binary(max_size=300))
def test_no_body_breaks_it(body: bytes) -> None:
    try:
        parts(incoming(b"--x\r\n" + body, "multipart/form-data; boundary=x"))
    except BadMessage:
        pass


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>" * 50 + b"</a>" * 50, "nested more than 40"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "more than 20000 elements"),
        (b"<a>" + bytes(5_000_000) + b"</a>", "more than 4096 KiB"),
        (b"<a>&undefined;</a>", "not well-formed"),
        (b"<a><b></a>", "not well-formed"),
        (b"", "not well-formed"),
        (b'<?xml version="1.0" encoding="martian"?><a/>', "not well-formed"),
    ],
)
def test_xml_that_is_not_read(document: bytes, why: str) -> None:
    with pytest.raises(MalformedXml, match=why):
        read_xml(document)


def test_names_without_spaces() -> None:
    root = read_xml(b'\n<x:a xmlns:y="urn:y"><y:b y:k="1"> text </y:b></x:a>')
    assert root.tag == "a"
    assert text(root, "b") == "text"
    assert root[0].attrib == {"k": "1"}


def test_trouble_is_told_when_it_changes() -> None:
    told: list[str] = []
    clock = [0.0]
    tally = Tally(told.append, lambda: clock[0])
    for sentence in ("", "bad", "bad", "worse", "", ""):
        tally.trouble(sentence)
    assert told == ["bad", "worse", ""]
    tally.took(NOW, 2)
    tally.took(NOW - timedelta(hours=1))
    tally.refused()
    counts = tally.counts
    assert (counts.received, counts.refused, counts.left_out, counts.last) == (2, 1, 2, NOW)
    del told[:]
    for _ in range(5000):  # good and bad ones in turn
        tally.bad("bad")
        tally.took(NOW)
    assert told == ["bad"]
    clock[0] += 10
    tally.took(NOW)
    assert told == ["bad", ""]
    assert tally.counts.refused == 5001


def test_a_stream_repeats_itself() -> None:
    from drivers.events import PlateRead

    def read(plate: str, sure: float, seconds: float, car: str = "7") -> PlateRead:
        at = NOW + timedelta(seconds=seconds)
        return PlateRead(source="s", id=str(seconds), at=at, plate=plate, confidence=sure, car=car)

    coalescer = Coalescer()
    heard = [read("A1", 0.5, 0), read("A1", 0.52, 1), read("A1", 0.6, 2), read("A2", 0.1, 3), read("A2", 0.1, 100)]
    assert [each.id for each in coalescer.fresh(heard)] == ["0", "2", "3", "100"]
    alone = [read("B", 0.5, 0, car=""), read("B", 0.5, 1, car="")]
    assert coalescer.fresh(alone) == alone
    assert coalescer.fresh([read("C", 0.5, n, car=str(n)) for n in range(3000)])
    assert len(coalescer._seen) == 1000


@pytest.mark.parametrize("nothing", ["---", "***", "???", "  ", "\u202e-", "<>"])
def test_a_plate_without_a_letter_or_digit_was_not_read(nothing: str) -> None:
    """The journal cannot keep it, and a feed would hand it in for ever."""
    assert plate(Incoming("Gate", b"", NOW), nothing) == ""


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9995-01-01T00:00:00Z"])
def test_a_clock_that_was_never_set_is_no_time(at: str) -> None:
    assert stamped(Incoming("Gate", b"", NOW), at) == (NOW, NOW.isoformat())
