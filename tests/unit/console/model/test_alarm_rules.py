"""Rules of the site: what they fit, when they hold, and that they hide nothing critical by accident."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from alarm_made import NOON, alarm, at

from console.model.alarm_life import acknowledged
from console.model.alarm_rules import AlarmRule, RuleAction, ruled
from console.model.alarms import AlarmState, Priority

HIDE = RuleAction.SUPPRESS
SATURDAY = datetime(2026, 11, 21, tzinfo=UTC)


def rule(**more: object) -> AlarmRule:
    return AlarmRule("r", HIDE, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"kind": "door"}, True),
        ({"kind": "lamp"}, False),
        ({"source": "DEP*"}, True),
        ({"source": "Dep"}, False),
        ({"device": "?"}, False),
        ({"priority": Priority.MEDIUM}, True),
        ({"priority": Priority.HIGH}, False),
        ({"kind": "door", "source": "elsewhere"}, False),
    ],
)
def test_what_a_rule_fits(fields: dict[str, object], fits: bool) -> None:
    assert rule(**fields).fits(alarm()) is fits


def test_nothing_critical_is_hidden_unless_it_is_named() -> None:
    shot = alarm(priority=Priority.CRITICAL)
    assert not rule().fits(shot)
    assert rule(priority=Priority.CRITICAL).fits(shot)
    assert AlarmRule("r", RuleAction.PRIORITY, becomes=Priority.HIGH).fits(shot)


@pytest.mark.parametrize(
    ("hours", "day", "clock", "on"),
    [
        ((0, 0), 5, "12:00", True),
        ((0, 0), 6, "12:00", False),
        ((6, 18), 5, "06:00", True),
        ((6, 18), 5, "18:00", False),
        ((22, 6), 5, "23:00", True),
        ((22, 6), 6, "05:59", True),
        ((22, 6), 5, "05:59", False),
        ((22, 6), 6, "23:00", False),
    ],
)
def test_when_it_holds(hours: tuple[int, int], day: int, clock: str, on: bool) -> None:
    """A rule for Saturdays."""
    saturdays = rule(weekdays=frozenset({5}), begin=time(hours[0]), end=time(hours[1]))
    local = datetime.combine(SATURDAY.date() + timedelta(days=day - 5), time.fromisoformat(clock), UTC)
    assert saturdays.on(local) is on


def test_the_first_rule_of_a_sort_holds_and_they_end() -> None:
    rules = [
        AlarmRule("up", RuleAction.PRIORITY, kind="door", becomes=Priority.HIGH),
        AlarmRule("down", RuleAction.PRIORITY, becomes=Priority.LOW),
        AlarmRule("night", HIDE, begin=time(22), end=time(6)),
    ]
    night, day = SATURDAY.replace(hour=23), SATURDAY.replace(hour=12)
    step = ruled(alarm(), rules, NOON, night)
    assert (step.alarm.priority, step.alarm.state, step.news) == (Priority.HIGH, AlarmState.SUPPRESSED, False)
    assert ruled(step.alarm, rules, NOON, night).lines == ()
    back = ruled(step.alarm, rules, at(9), day)
    assert (back.alarm.state, back.news) == (AlarmState.UNACKNOWLEDGED, True)
    plain = ruled(back.alarm, [], at(10), day).alarm
    assert plain.priority is Priority.MEDIUM


def test_a_rule_that_makes_it_less_bad_leaves_what_was_taken() -> None:
    taken = acknowledged(alarm(), "Anna", at(1)).alarm
    after = ruled(taken, [AlarmRule("down", RuleAction.PRIORITY, becomes=Priority.LOW)], at(2), SATURDAY).alarm
    assert (after.state, after.priority) == (AlarmState.ACKNOWLEDGED, Priority.LOW)
