"""The list: ranked, the next worst, floods and their groups, what is put aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alarm_made import alarm, at

from console.model.alarm_life import acknowledged, shelved, taken_out
from console.model.alarm_list import (
    Span,
    counts,
    floods,
    in_flood,
    lines,
    matches,
    next_worst,
    put_aside,
    ranked,
    visible,
    waiting,
)
from console.model.alarms import AlarmState, How, Priority

LOW, MEDIUM, HIGH, CRITICAL = Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL


def test_the_worst_that_waits_comes_first_then_the_newest() -> None:
    old, new = alarm("old", 0, priority=HIGH), alarm("new", 9, priority=HIGH)
    low, taken = alarm("low", 20, priority=LOW), acknowledged(alarm("taken", 5, priority=CRITICAL), "Anna", at(6)).alarm
    assert [each.key for each in ranked([low, taken, old, new])] == ["new", "old", "low", "taken"]
    assert waiting([low, taken, old, new]) == 3


def test_the_next_worst_goes_through_all_and_begins_anew() -> None:
    all_ = [alarm("a", 0, priority=LOW), alarm("b", 0, priority=HIGH), alarm("c", 5, priority=HIGH)]
    looked: set[tuple[str, int]] = set()
    walked = []
    for _ in range(4):
        found = next_worst(all_, looked)
        assert found is not None
        walked.append(found.key)
        looked.add((found.id, found.calls))
    assert walked == ["c", "b", "a", "c"]
    worse = alarm("d", 6, priority=CRITICAL)
    assert next_worst([*all_, worse], looked) == worse
    again = replace(all_[0], calls=2)
    assert next_worst([again, *all_[1:]], looked) == again, "raised again, it has to be looked at again"
    taken = acknowledged(worse, "Anna", at(7)).alarm
    assert next_worst([taken]) == taken
    assert next_worst([]) is None
    assert next_worst([shelved(worse, "Anna", "x", at(60), at(7)).alarm]) is None


def moments(*seconds: float) -> list[datetime]:
    return [at(each) for each in seconds]


def test_ten_in_ten_minutes_are_a_flood_and_nine_are_not() -> None:
    assert not in_flood(moments(*range(9)), at(9))
    assert in_flood(moments(*range(10)), at(9))
    assert not in_flood(moments(0, 70, 140, 210, 280, 350, 420, 490, 560, 601), at(601)), (
        "ten, but not within ten minutes"
    )
    assert in_flood(moments(*(60 * each for each in range(10))), at(540))


def test_it_is_over_when_fewer_than_five_came_in_ten_minutes() -> None:
    times = moments(*range(10))
    assert floods(times, at(604)) == [Span(at(9), None)]
    assert floods(times, at(605)) == [Span(at(9), at(605))], "five seconds after noon came the fifth last"
    later = [*times, *moments(*(2000 + each for each in range(10)))]
    assert floods(later, at(2100)) == [Span(at(9), at(605)), Span(at(2009), None)]
    steady = [*times, *moments(*(100 * each for each in range(1, 30)))]
    assert floods(steady, at(2900)) == [Span(at(9), None)]


def test_a_flood_is_folded_but_what_is_critical_never() -> None:
    cameras = [alarm(f"camera {i}", i, kind="camera") for i in range(20)]
    shots = [alarm(f"shot {i}", i, kind="shot", priority=CRITICAL) for i in range(5)]
    doors = [alarm(f"door {i}", i) for i in range(2)]
    taken = acknowledged(alarm("taken", 3, kind="camera"), "Anna", at(4)).alarm
    everything = ranked([*cameras, *shots, *doors, taken])
    assert len(lines(everything, flood=False)) == len(everything)
    folded = lines(everything, flood=True)
    assert [len(line.alarms) for line in folded] == [1] * 5 + [20] + [1, 1] + [1]
    group = next(line for line in folded if line.grouped)
    assert {each.cause.kind for each in group.alarms} == {"camera"}
    spread = lines(everything, True, {group.name})
    assert len(spread) == len(folded) + 20
    assert sum(line.inside for line in spread) == 20
    together = [each for line in folded for each in line.alarms]
    assert sorted(each.key for each in together) == sorted(each.key for each in everything), "none is left out"


def test_what_is_put_aside_has_lists_of_its_own() -> None:
    new = [alarm(f"{i}") for i in range(4)]
    late = shelved(new[0], "Anna", "x", at(600), at(1)).alarm
    soon = shelved(new[1], "Anna", "x", at(60), at(1)).alarm
    out = taken_out(new[2], "Anna", "x", at(1)).alarm
    everything = [late, soon, out, new[3]]
    assert visible(everything) == [new[3]]
    assert put_aside(everything, How.SHELVED) == [soon, late]
    assert put_aside(everything, How.SUPPRESSED, How.OUT_OF_SERVICE) == [out]
    assert counts(everything)[AlarmState.SHELVED] == 2


def test_the_filter_finds_words_and_camera_numbers() -> None:
    one = alarm("x", title="Door north: forced", cameras=(17,))
    assert matches(one, "")
    assert matches(one, "NORTH door")
    assert matches(one, "17")
    assert matches(one, "medium")
    assert not matches(one, "1")
    assert not matches(one, "south")
