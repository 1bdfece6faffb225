"""Presets by the clock: across changes of the clocks, after sleep, and tours of presets that give way to operators."""

from __future__ import annotations

import sys
import time as clock
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.schedule import PresetTourPlayer, SystemZone, due, next_due, preset_tour
from console.model.wall import PresetTour, Switch

BERLIN = ZoneInfo("Europe/Berlin")
DAY, NIGHT = Switch("day", time(6, 0)), Switch("night", time(22, 0))
PLAN = (DAY, NIGHT)


def at(*parts: int, fold: int = 0, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[arg-type, misc]


def test_a_switch_is_due_once() -> None:
    assert due(PLAN, at(2026, 5, 4, 5, 59), at(2026, 5, 4, 6, 0)) == DAY
    assert due(PLAN, at(2026, 5, 4, 6, 0), at(2026, 5, 4, 6, 1)) is None
    assert due(PLAN, at(2026, 5, 4, 6, 0), at(2026, 5, 4, 5, 0)) is None  # the clock was set back
    assert due((), at(2026, 5, 4, 5), at(2026, 5, 4, 7)) is None


def test_after_two_days_asleep_only_the_one_that_should_be_on() -> None:
    assert due(PLAN, at(2026, 5, 4, 12), at(2026, 5, 6, 12)) == DAY
    assert due(PLAN, at(2026, 5, 4, 12), at(2026, 5, 6, 23)) == NIGHT
    assert due(PLAN, at(2026, 1, 1), at(2026, 5, 6, 3)) == NIGHT


def test_weekdays() -> None:
    weekend = Switch("weekend", time(8), frozenset({5, 6}))
    monday = at(2026, 5, 4, 9)
    assert due((weekend,), monday - timedelta(days=1, hours=4), monday) == weekend
    assert due((weekend,), monday - timedelta(hours=20), monday) is None
    assert next_due((weekend,), monday) == (at(2026, 5, 9, 8), weekend)
    assert next_due((weekend,), at(2026, 5, 10, 8)) == (at(2026, 5, 16, 8), weekend)
    never = Switch("never", time(8), frozenset())
    assert next_due((never,), monday) is None
    assert due((never,), at(2020, 1, 1), monday) is None


def test_of_two_at_the_same_time_the_later_in_the_schedule() -> None:
    other = Switch("other", time(6, 0))
    assert due((DAY, other), at(2026, 5, 4, 5), at(2026, 5, 4, 7)) == other
    assert next_due((other, DAY), at(2026, 5, 4, 5)) == (at(2026, 5, 4, 6), DAY)


def test_a_time_that_the_clocks_skip_falls_when_they_do() -> None:
    gap = Switch("gap", time(2, 30))
    after = Switch("after", time(3, 15))
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00
    second = timedelta(seconds=1)
    now = (spring + second).astimezone(BERLIN)
    assert due((gap, after), (spring - second).astimezone(BERLIN), spring.astimezone(BERLIN)) == gap
    assert due((gap, after), now, now + timedelta(minutes=59)) == after
    assert due((after, gap), at(2026, 3, 29, 1, 59), at(2026, 3, 29, 4)) == after
    coming = next_due((gap,), at(2026, 3, 29, 1, 59))
    assert coming is not None
    assert coming[0].astimezone(UTC) == spring
    assert (coming[0].hour, coming[0].minute) == (3, 0)
    earlier = Switch("earlier", time(2, 10))
    assert due((gap, earlier), at(2026, 3, 29, 1, 59), at(2026, 3, 29, 4)) == gap


def test_a_time_that_the_clocks_show_twice_falls_once_the_first_time() -> None:
    twice = Switch("twice", time(2, 30))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert due((twice,), (first - timedelta(seconds=1)).astimezone(BERLIN), first.astimezone(BERLIN)) == twice
    assert due((twice,), at(2026, 10, 25, 2, 31), at(2026, 10, 25, 2, 31, fold=1)) is None
    coming = next_due((twice,), at(2026, 10, 25, 2, 30))
    assert coming is not None
    assert coming[0] == at(2026, 10, 26, 2, 30)


def test_a_day_that_never_was() -> None:
    apia = ZoneInfo("Pacific/Apia")  # left out 30 December 2011
    noon = Switch("noon", time(12))
    assert due((noon,), at(2011, 12, 29, 23, zone=apia), at(2011, 12, 31, 1, zone=apia)) == noon


@given(
    st.lists(
        st.builds(
            Switch,
            st.sampled_from("abc"),
            st.builds(time, st.integers(0, 23), st.integers(0, 59)),
            st.frozensets(st.integers(0, 6)),
        ),
        max_size=4,
    ),
    st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    st.integers(0, 3 * 24 * 60),
)
def test_what_comes_next_is_what_is_due_then(plan: list[Switch], start: datetime, minutes: int) -> None:
    schedule = tuple(plan)
    now = (start + timedelta(minutes=minutes)).astimezone(BERLIN)
    coming = next_due(schedule, now)
    if coming is None:
        assert not any(switch.weekdays for switch in schedule)
        return
    moment, switch = coming
    just_before = (moment.astimezone(UTC) - timedelta(seconds=1)).astimezone(BERLIN)
    assert due(schedule, now, just_before) is None
    assert due(schedule, now, moment) == due(schedule, just_before, moment) == switch


@pytest.fixture
def berlin_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if sys.platform == "win32":
        pytest.skip("the zone of a process can not be set there")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        clock.tzset()
        yield
    clock.tzset()


@pytest.mark.usefixtures("berlin_system")
def test_the_systems_zone_is_as_good_as_a_named_one() -> None:
    zone = SystemZone()
    for start in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        for quarter in range(32):
            moment = start + timedelta(minutes=15 * quarter)
            ours, theirs = moment.astimezone(zone), moment.astimezone(BERLIN)
            assert ours.replace(tzinfo=None) == theirs.replace(tzinfo=None)
            assert (ours.fold, ours.utcoffset(), ours.tzname()) == (theirs.fold, theirs.utcoffset(), theirs.tzname())
            assert ours.astimezone(UTC) == moment
            for schedule in (PLAN, (Switch("changes", time(2, 30)),)):
                our_next, their_next = next_due(schedule, ours), next_due(schedule, theirs)
                assert our_next is not None
                assert their_next is not None
                assert our_next[0].astimezone(UTC) == their_next[0].astimezone(UTC)
    assert [zone.dst(None), zone.utcoffset(None), zone.tzname(None)] == [None] * 3


TOUR = PresetTour((("a", 10.0), ("gone", 10.0), ("b", 20.0)))


def test_a_tour_of_presets_goes_round_without_those_that_do_not_exist() -> None:
    player = preset_tour(TOUR, {"a", "b"}, 100.0)
    assert (player.preset, player.next_at) == ("a", 110.0)
    player = player.advanced(110.3)
    assert (player.preset, player.next_at) == ("b", 130.0)
    assert player.advanced(129.9) is player
    assert player.advanced(130.0).preset == "a"


def test_after_sleep_a_tour_of_presets_makes_one_step() -> None:
    player = preset_tour(TOUR, {"a", "b"}, 0.0).advanced(100_000.0)
    assert (player.preset, player.next_at) == ("b", 100_020.0)


def test_an_operator_stops_the_tour_of_presets_for_a_while() -> None:
    player = preset_tour(TOUR, {"a", "b"}, 0.0).interrupted(5.0, 60.0)
    assert (player.preset, player.next_at) == (None, 65.0)
    assert player.advanced(64.0) is player
    later = player.interrupted(30.0, 60.0)
    assert later.next_at == 90.0
    assert later.interrupted(31.0, 5.0).next_at == 90.0
    on = later.advanced(90.5)
    assert (on.preset, on.next_at) == ("b", 110.5)
    assert on.resumed(91.0) is on


def test_stopped_until_somebody_lets_it_go_on() -> None:
    player = preset_tour(TOUR, {"a", "b"}, 0.0).interrupted(5.0, float("inf"))
    assert player.next_at is None
    assert player.advanced(1e9).preset is None
    assert player.resumed(7.0).preset == "b"


def test_one_preset_alone_comes_back_after_an_operator() -> None:
    player = preset_tour(PresetTour((("home", 10.0),)), {"home"}, 0.0)
    assert (player.preset, player.next_at) == ("home", None)
    assert player.advanced(1e6) is player
    again = player.interrupted(5.0, 300.0)
    assert again.preset is None
    assert again.advanced(305.0).preset == "home"


def test_no_presets() -> None:
    player = preset_tour(TOUR, (), 0.0)
    assert (player.preset, player.next_at) == (None, None)
    assert player.advanced(9.0) is player.interrupted(1.0, 2.0) is player.resumed(1.0) is player
    assert player == PresetTourPlayer()
