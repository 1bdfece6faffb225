"""Which recordings go: arithmetic over what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.recording import (
    DAY,
    GIGABYTE,
    RecordingSettings,
    Segment,
    moment_name,
    safe_name,
    utc_seconds,
    utc_text,
)
from console.model.retention import to_delete

NOW = 1_800_000_000.0


def segment(name: str, end: float, size: int, held: bool = False) -> Segment:
    """A segment of a minute."""
    return Segment(name, 1, "Gate", "anna", end - 60, end, size, "0" * 64, held=held)


def settings(quota: int = 0, days: float = 0.0) -> RecordingSettings:
    """With limits."""
    return RecordingSettings(Path("recordings"), quota_bytes=quota, retention_days=days)


def test_what_is_too_old_goes() -> None:
    known = [segment("old", NOW - 31 * DAY, 5), segment("new", NOW - 29 * DAY, 5)]
    assert [(each.segment.file, each.reason) for each in to_delete(known, settings(days=30), NOW)] == [
        ("old", "older than 30 days")
    ]
    assert to_delete(known, settings(), NOW) == ()


def test_what_is_too_much_goes_oldest_first() -> None:
    known = [segment(f"{age}", NOW - age, 10) for age in (300, 100, 400, 200)]
    assert [each.segment.file for each in to_delete(known, settings(quota=25), NOW)] == ["400", "300"]
    assert [each.segment.file for each in to_delete(known, settings(quota=25), NOW, being_written=10)] == [
        "400",
        "300",
        "200",
    ]


segments = st.lists(
    st.builds(
        segment,
        st.uuids().map(str),
        st.floats(NOW - 100 * DAY, NOW),
        st.integers(0, 10**9),
        st.booleans(),
    ),
    max_size=40,
)


@given(segments, st.integers(0, 10**10), st.integers(0, 90), st.integers(0, 10**9))
def test_never_too_much_never_what_is_held_and_never_more_than_needed(
    known: list[Segment], quota: int, days: int, writing: int
) -> None:
    doomed = [each.segment for each in to_delete(known, settings(quota, days), NOW, writing)]
    files = {each.file for each in doomed}
    left = [each for each in known if each.file not in files]
    free = [each for each in left if not each.held]
    assert not any(each.held for each in doomed)
    assert all(each.end >= NOW - days * DAY for each in free) or not days
    used = writing + sum(each.bytes for each in left)
    assert not quota or used <= quota or not free
    newest = max(doomed, key=lambda each: (each.end, each.file), default=None)
    if newest is not None:
        assert all((each.end, each.file) > (newest.end, newest.file) for each in free)
        too_old = bool(days) and newest.end < NOW - days * DAY
        assert too_old or used + newest.bytes > quota > 0
    assert to_delete(left, settings(quota, days), NOW, writing) == ()


def test_what_stays_free() -> None:
    assert settings().kept_free(10 * GIGABYTE) == GIGABYTE // 5
    assert settings().kept_free(20_000 * GIGABYTE) == GIGABYTE
    assert RecordingSettings(Path(), free_bytes=7).kept_free(GIGABYTE) == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"segment_seconds": 1},
        {"segment_seconds": float("nan")},
        {"prebuffer_seconds": -1},
        {"quota_bytes": -1},
        {"free_bytes": -1},
        {"retention_days": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must lie|negative"):
        RecordingSettings(Path(), **wrong)  # type: ignore[arg-type]


@given(st.integers(-(10**15), 4 * 10**15))
def test_times_come_back_to_the_microsecond(micros: int) -> None:
    assert utc_seconds(utc_text(micros / 1e6)) == micros / 1e6


@given(st.text())
def test_names_are_safe_everywhere(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name) <= 61
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name == name.strip(" .") or name.endswith("_")
    assert name.upper() not in {"CON", "NUL", "COM1"}


def test_a_moment_in_a_file_name() -> None:
    assert moment_name(1_795_228_867.123457) == "2026-11-21 02-41-07.123"
    assert moment_name(1_795_228_867.9999) == "2026-11-21 02-41-07.999"
    assert safe_name("Main St / 5th: <west>") == "Main St 5th west"
    assert safe_name("nul.txt") == "nul.txt_"
    assert safe_name("...") == "unnamed"
