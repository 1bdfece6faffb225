"""The life of an alarm: every step from every state, and whatever a long series of them may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alarm_made import alarm, at, cause
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.alarm_life import (
    acknowledged,
    brought_back,
    closed,
    over,
    prioritised,
    raised,
    shelved,
    suppressed,
    taken_out,
    timed_out,
)
from console.model.alarms import (
    MOST_HITS,
    Alarm,
    AlarmRefusal,
    AlarmState,
    Cause,
    How,
    Over,
    Priority,
    Step,
    What,
)
from drivers.types import GeoPlace


def end(seconds: float = 1.0, seq: int = 0) -> Over:
    return Over(key="door:A:1", at=at(seconds), seq=seq)


def whats(step: Step) -> list[What]:
    return [line.what for line in step.lines]


def test_the_plain_life_in_both_orders() -> None:
    new = alarm()
    assert (new.state, new.waits, new.calls) == (AlarmState.UNACKNOWLEDGED, True, 1)
    taken = acknowledged(new, "Anna", at(5), "on my way").alarm
    assert (taken.state, taken.waits) == (AlarmState.ACKNOWLEDGED, False)
    assert taken.acked is not None
    assert (taken.acked.who, taken.acked.note) == ("Anna", "on my way")
    done = over(taken, end(9), at(9))
    assert (done.alarm.state, whats(done)) == (AlarmState.CLOSED, [What.RETURNED, What.CLOSED])
    gone = over(new, end(3), at(3))
    assert (gone.alarm.state, gone.alarm.waits, whats(gone)) == (AlarmState.RETURNED, True, [What.RETURNED])
    assert acknowledged(gone.alarm, "Anna", at(4)).alarm.state is AlarmState.CLOSED


def test_one_that_is_latched_stands_until_somebody_closes_it() -> None:
    new = alarm(latched=True)
    latched = acknowledged(over(new, end(), at(1)).alarm, "Anna", at(2)).alarm
    assert latched.state is AlarmState.LATCHED
    assert latched.may_close
    assert closed(latched, "Anna", at(3), "nobody there").alarm.state is AlarmState.CLOSED
    shelf = shelved(over(new, end(), at(1)).alarm, "Anna", "later", at(60), at(2)).alarm
    assert brought_back(shelf, "Anna", at(3)).alarm.state is AlarmState.RETURNED


def test_one_that_is_momentary_is_done_with_when_it_is_taken() -> None:
    assert acknowledged(alarm(momentary=True), "Anna", at(1)).alarm.state is AlarmState.CLOSED
    shot = acknowledged(alarm(momentary=True, latched=True), "Anna", at(1)).alarm
    assert (shot.state, shot.may_close) == (AlarmState.ACKNOWLEDGED, True)
    assert closed(shot, "Anna", at(2)).alarm.state is AlarmState.CLOSED


def test_raised_again() -> None:
    new = alarm()
    same = raised(new, cause(seconds=5), at(5))
    assert (same.alarm.count, same.alarm.calls, same.news, same.alarm.last) == (2, 1, False, at(5))
    taken = acknowledged(new, "Anna", at(1)).alarm
    still = raised(taken, cause(seconds=5), at(5))
    assert (still.alarm.state, still.news) == (AlarmState.ACKNOWLEDGED, False)
    worse = raised(taken, cause(seconds=5, priority=Priority.HIGH), at(5))
    assert (worse.alarm.state, worse.news, worse.alarm.calls) == (AlarmState.UNACKNOWLEDGED, True, 2)
    assert worse.alarm.priority is Priority.HIGH
    back = raised(over(new, end(), at(1)).alarm, cause(seconds=5), at(5))
    assert (back.alarm.state, back.news, back.alarm.returned) == (AlarmState.UNACKNOWLEDGED, True, None)
    again = raised(alarm(momentary=True), cause(seconds=5, momentary=True), at(5))
    assert (again.news, again.alarm.count) == (True, 2)


def test_what_was_heard_of_changes_nothing() -> None:
    new = raised(None, cause(seq=7), at(0), "id").alarm
    assert raised(new, cause(seq=7), at(5)) == Step(new)
    assert raised(new, cause(seq=6), at(5)) == Step(new)
    assert over(new, end(seq=6), at(5)) == Step(new)
    assert over(new, end(seq=8), at(5)).alarm.state is AlarmState.RETURNED


def test_what_is_known_stays_where_a_raise_does_not_tell_it() -> None:
    new = alarm(cameras=(4, 7), hit="h1")
    after = raised(new, cause(seconds=3), at(3)).alarm
    assert (after.cause.cameras, after.cause.hit, after.raised, after.last) == ((4, 7), "h1", at(0), at(3))


def test_shelving_hides_and_brings_back() -> None:
    new = alarm()
    shelf = shelved(new, "Anna", "works on the door", at(60), at(1)).alarm
    assert (shelf.state, shelf.shown, shelf.waits) == (AlarmState.SHELVED, False, False)
    quiet = raised(shelf, cause(seconds=9, momentary=True), at(9))
    assert (quiet.news, quiet.alarm.state, quiet.alarm.count) == (False, AlarmState.SHELVED, 2)
    assert timed_out(shelf, at(59.9)) == Step(shelf)
    back = timed_out(shelf, at(60))
    assert (back.alarm.state, back.news, back.alarm.calls) == (AlarmState.UNACKNOWLEDGED, True, 2)
    was_over = over(shelf, end(5), at(5)).alarm
    assert was_over.state is AlarmState.SHELVED
    assert timed_out(was_over, at(61)).alarm.state is AlarmState.CLOSED
    assert brought_back(shelf, "Bert", at(3)).alarm.state is AlarmState.UNACKNOWLEDGED
    longer = shelved(shelf, "Anna", "still", at(120), at(30)).alarm
    assert timed_out(longer, at(61)) == Step(longer)


def test_out_of_service_has_no_end_but_a_person() -> None:
    out = taken_out(alarm(), "Anna", "camera is being replaced", at(1)).alarm
    assert out.state is AlarmState.OUT_OF_SERVICE
    assert timed_out(out, at(10**8)) == Step(out)
    with pytest.raises(AlarmRefusal, match="out of service"):
        shelved(out, "Anna", "x", at(60), at(2))
    assert suppressed(out, "rule", at(2)) == Step(out)
    assert brought_back(out, "Bert", at(3)).alarm.state is AlarmState.UNACKNOWLEDGED


def test_a_rule_suppresses_and_lets_go() -> None:
    hidden = suppressed(acknowledged(alarm(), "Anna", at(1)).alarm, "Depot by day", at(2)).alarm
    assert hidden.state is AlarmState.SUPPRESSED
    assert suppressed(hidden, "Depot by day", at(3)) == Step(hidden)
    back = suppressed(hidden, "", at(4))
    assert (back.alarm.state, back.news) == (AlarmState.UNACKNOWLEDGED, True)
    assert over(hidden, end(5), at(5)).alarm.state is AlarmState.CLOSED
    with pytest.raises(AlarmRefusal, match="rule"):
        brought_back(hidden, "Anna", at(3))
    shelf = shelved(hidden, "Anna", "as well", at(60), at(3)).alarm
    assert shelf.aside is not None
    assert shelf.aside.how is How.SHELVED


def test_another_priority_is_news_only_upwards() -> None:
    assert prioritised(alarm(), Priority.HIGH, "r", at(1)).news
    assert not prioritised(alarm(), Priority.LOW, "r", at(1)).news
    assert prioritised(alarm(), Priority.MEDIUM, "r", at(1)).lines == ()


def test_what_cannot_be_done_is_refused_with_a_reason() -> None:
    new, gone = alarm(), replace(alarm(), closed=at(1))
    taken = acknowledged(new, "Anna", at(1)).alarm
    shelf = shelved(new, "Anna", "x", at(60), at(1)).alarm
    for words, refused in (
        ("Anna has acknowledged it already", lambda: acknowledged(taken, "Bert", at(2))),
        ("closed already", lambda: acknowledged(gone, "Bert", at(2))),
        ("is shelved. Bring it back first", lambda: acknowledged(shelf, "Bert", at(2))),
        ("Nobody has acknowledged it", lambda: closed(new, "Bert", at(2))),
        ("is not over", lambda: closed(taken, "Bert", at(2))),
        ("closed already", lambda: closed(gone, "Bert", at(2))),
        ("Bring it back", lambda: closed(shelf, "Bert", at(2))),
        ("A reason is missing", lambda: shelved(new, "Bert", "  ", at(60), at(2))),
        ("over already", lambda: shelved(new, "Bert", "x", at(2), at(2))),
        ("closed already", lambda: taken_out(gone, "Bert", "x", at(2))),
        ("neither shelved", lambda: brought_back(new, "Bert", at(2))),
    ):
        with pytest.raises(AlarmRefusal, match=words):
            refused()


def test_stale_is_what_stands_for_a_day() -> None:
    assert not alarm().stale(at(86_399))
    assert alarm().stale(at(86_400))
    assert not over(alarm(), end(), at(1)).alarm.stale(at(90_000))


def test_what_stands_for_a_day_can_be_closed_because_its_source_may_be_gone() -> None:
    taken = acknowledged(alarm(), "Anna", at(1)).alarm
    assert not taken.closable(at(86_399))
    assert taken.closable(at(86_400))
    assert closed(taken, "Anna", at(86_400), "camera was taken down").alarm.state is AlarmState.CLOSED
    assert not alarm().closable(at(90_000)), "not before somebody took it"


def seen(hit: int, seconds: float, where: str = "", **more: Any) -> Cause:
    """A wanted car at a camera."""
    fields: dict[str, Any] = {"momentary": True, "lasts": 900.0, "seq": hit, **more}
    return cause("hit:1#ABC", seconds, hit=str(hit), where=where or f"camera {hit}", **fields)


def car(*hits: int) -> Alarm:
    """One that was seen a minute apart."""
    step = raised(None, seen(hits[0], 0), at(0), "car")
    for minute, hit in enumerate(hits[1:], 1):
        step = raised(step.alarm, seen(hit, 60 * minute), at(60 * minute))
    return step.alarm


def test_what_moves_is_one_alarm_at_its_newest_place() -> None:
    new = car(1)
    moved = raised(new, seen(2, 60), at(60))
    assert (moved.alarm.cause.where, moved.alarm.count, moved.alarm.hits) == ("camera 2", 2, (1, 2))
    assert (moved.news, moved.alarm.waits, moved.alarm.sounds) == (False, True, True), "it sounds anyhow"
    assert moved.alarm.sight != new.sight, "there is something new to look at"
    late = raised(moved.alarm, seen(3, 30), at(61)).alarm
    assert (late.cause.where, late.count, late.hits) == ("camera 2", 3, (1, 2, 3)), "told late, it is where it is"
    nowhere = raised(late, seen(4, 90), at(90)).alarm
    assert nowhere.cause.place is None


def test_a_place_is_not_left_standing_where_the_car_is_not() -> None:
    there = raised(None, seen(1, 0, place=GeoPlace(48, 16), cameras=(4,)), at(0), "car").alarm
    gone = raised(there, seen(2, 60), at(60)).alarm
    assert (gone.cause.place, gone.cause.cameras) == (None, ())


def test_further_reads_of_a_hit_count_nothing_but_may_say_it_better() -> None:
    two = car(1, 2)
    again = raised(two, seen(2, 61), at(61))
    assert (again.lines, again.alarm.count, again.alarm.until) == ((), 2, two.until)
    longer = raised(two, seen(2, 130), at(130))
    assert (longer.lines, longer.alarm.until) == ((), at(1030)), "it stands before the camera still"
    better = raised(two, seen(2, 62, title="ABC123: Stolen"), at(62))
    assert (whats(better), better.alarm.cause.title, better.news) == ([What.BETTER], "ABC123: Stolen", False)
    assert raised(two, seen(1, 63, title="other"), at(63)) == Step(two), "it has moved on"


def test_whoever_follows_a_car_is_shown_it_without_a_sound() -> None:
    taken = acknowledged(car(1), "Anna", at(10)).alarm
    assert (taken.state, taken.active) == (AlarmState.ACKNOWLEDGED, True)
    same = raised(taken, seen(2, 20, "camera 1"), at(20))
    assert (same.alarm.waits, same.alarm.count) == (False, 2), "it is where it was"
    moved = raised(taken, seen(2, 60), at(60))
    assert (moved.alarm.waits, moved.alarm.sounds, moved.news) == (True, False, False)
    on = raised(moved.alarm, seen(3, 120), at(120)).alarm
    assert (on.waits, on.sounds, on.calls) == (True, False, 1)
    assert timed_out(on, at(309)) == Step(on)
    unheeded = timed_out(on, at(310))
    assert (unheeded.news, unheeded.alarm.sounds, unheeded.alarm.calls) == (True, True, 2), "nobody follows it any more"
    retaken = acknowledged(on, "Anna", at(200)).alarm
    assert raised(retaken, seen(4, 490), at(490)).alarm.quiet == at(500), "who takes it again goes on following"


def test_a_trail_that_has_gone_cold_is_heard_again() -> None:
    taken = acknowledged(car(1), "Anna", at(10)).alarm
    later = raised(taken, seen(2, 400), at(400))
    assert (later.news, later.alarm.sounds, later.alarm.calls) == (True, True, 2)
    assert timed_out(taken, at(899)) == Step(taken)
    cold = timed_out(taken, at(900))
    assert (cold.alarm.state, whats(cold)) == (AlarmState.CLOSED, [What.RETURNED, What.CLOSED])
    missed = timed_out(car(1), at(900)).alarm
    assert (missed.state, missed.waits, missed.sounds) == (AlarmState.RETURNED, True, True), "nobody saw it"
    back = raised(missed, seen(2, 1000), at(1000))
    assert (back.news, back.alarm.active, back.alarm.until) == (True, True, at(1900))
    assert acknowledged(back.alarm, "Anna", at(1001)).alarm.may_close


def test_a_car_that_is_shelved_stays_so_and_counts() -> None:
    shelf = shelved(acknowledged(car(1), "Anna", at(1)).alarm, "Anna", "ours", at(600), at(2)).alarm
    more = raised(shelf, seen(2, 60), at(60))
    assert (more.news, more.alarm.state, more.alarm.count, more.alarm.quiet) == (False, AlarmState.SHELVED, 2, None)
    assert timed_out(more.alarm, at(600)).alarm.sounds


def test_a_hit_that_was_none_leaves_the_others() -> None:
    three = car(1, 2, 3)
    end_ = Over(key=three.key, at=at(200), why="Anna: wrong plate", hit="3", instead=seen(2, 60))
    back = over(three, end_, at(200))
    assert (back.alarm.hits, back.alarm.cause.where, whats(back)) == ((1, 2), "camera 2", [What.TAKEN_BACK])
    assert over(three, replace(end_, hit="9"), at(200)) == Step(three), "not one of its own"
    other = over(three, replace(end_, hit="1"), at(200)).alarm
    assert (other.hits, other.cause.where) == ((2, 3), "camera 3"), "it stays where it was seen last"
    stale = over(three, replace(end_, instead=seen(9, 60)), at(200)).alarm
    assert (stale.cause.hit, stale.cause.where) == ("2", "camera 3")
    assert over(car(1), replace(end_, hit="1"), at(200)).alarm.state is AlarmState.RETURNED


def test_nobody_takes_a_place_that_nobody_has_seen() -> None:
    with pytest.raises(AlarmRefusal, match="seen again meanwhile"):
        acknowledged(car(1, 2), "Anna", at(100), hit="1")
    assert not acknowledged(car(1, 2), "Anna", at(100), hit="2").alarm.waits


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 800), st.sampled_from(["a", "b"])), min_size=1))
def test_no_hit_is_dropped_and_none_counts_twice(told: list[tuple[int, int, str]]) -> None:
    each = None
    for number, (hit, seconds, where) in enumerate(told):
        each = raised(each, seen(hit, seconds, where), at(number), "car").alarm
    assert each is not None
    assert each.hits == tuple(sorted({hit for hit, _, _ in told}))[-MOST_HITS:]
    assert each.count == len({hit for hit, _, _ in told})
    assert each.waits


def test_what_lasts_is_bounded() -> None:
    each = car(*range(1, MOST_HITS + 51))
    assert (len(each.hits), each.hits[-1], each.count) == (MOST_HITS, MOST_HITS + 50, MOST_HITS + 50)
    assert raised(each, seen(3, 99_999), at(99_999)).lines == (), "it was counted, long ago"


STEPS = {
    "seen": lambda each, now: raised(each, seen(int(now), now), at(now), f"id {now}"),
    "seen again": lambda each, now: raised(each, seen(max(1, int(now) - 1), now, "x"), at(now), f"id {now}"),
    "no hit": lambda each, now: over(each, replace(end(now), hit=each.cause.hit), at(now)),
    "long after": lambda each, now: timed_out(each, at(now + 1000)),
    "raise": lambda each, now: raised(each, cause(seconds=now), at(now), f"id {now}"),
    "momentary": lambda each, now: raised(each, cause(seconds=now, momentary=True), at(now), f"id {now}"),
    "latched": lambda each, now: raised(each, cause(seconds=now, latched=True), at(now), f"id {now}"),
    "worse": lambda each, now: raised(each, cause(seconds=now, priority=Priority.CRITICAL), at(now), f"id {now}"),
    "over": lambda each, now: over(each, end(now), at(now)),
    "acknowledge": lambda each, now: acknowledged(each, "Anna", at(now)),
    "close": lambda each, now: closed(each, "Anna", at(now)),
    "shelve": lambda each, now: shelved(each, "Anna", "why", at(now + 5), at(now)),
    "take out": lambda each, now: taken_out(each, "Anna", "why", at(now)),
    "back": lambda each, now: brought_back(each, "Anna", at(now)),
    "time": lambda each, now: timed_out(each, at(now)),
    "rule": lambda each, now: suppressed(each, "rule", at(now)),
    "no rule": lambda each, now: suppressed(each, "", at(now)),
    "priority": lambda each, now: prioritised(each, Priority.HIGH, "rule", at(now)),
}


@settings(max_examples=150)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_whatever_happens_the_alarm_stays_sane(names: list[str]) -> None:
    each: Alarm = alarm()
    for now, name in enumerate(names, start=1):
        if each.closed is not None and name not in ("raise", "momentary", "latched", "worse", "seen"):
            continue
        try:
            step = STEPS[name](each, now)
        except AlarmRefusal:
            continue
        check(each, step)
        each = step.alarm


def check(before: Alarm, step: Step) -> None:
    after = step.alarm
    assert bool(step.lines) == (replace(after, until=before.until) != before), "a change is logged, and only a change"
    assert after.quiet is None or (after.waits and after.acked is None), "quiet is only what somebody follows"
    assert not after.hits or after.cause.hit_number in after.hits or not after.active
    if step.news:
        assert after.waits or after.aside is not None
        assert after.calls > before.calls or after.id != before.id
    if after.closed is not None:
        assert not after.active
    if after.id == before.id:
        assert after.count >= before.count
        assert after.raised == before.raised
    if before.waits and not after.waits:
        accounted = {What.ACKNOWLEDGED, What.SHELVED, What.TAKEN_OUT, What.SUPPRESSED}
        assert accounted & {line.what for line in step.lines}, "nothing stops waiting without somebody or a rule"
    assert after.active or after.returned is not None
