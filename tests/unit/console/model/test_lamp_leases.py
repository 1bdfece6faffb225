"""Leases of lamps that overlap: the brightest wins, they unwind in any order, no street is left bright or dark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.lamp_leases import LEAD, LONGEST, LampBook, LampCall, LampLease, LampRef, Told
from console.model.permissions import Actor, Role

START = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
ANNA = Actor("anna", Role.OPERATOR)
LAMPS = tuple(("North", f"L{number}") for number in range(6))


def lease(
    lease_id: str, lamps: tuple[LampRef, ...], level: float, seconds: float, made: float = 0.0,
    group: tuple[str, str] | None = None,
) -> LampLease:  # fmt: skip
    at = START + timedelta(seconds=made)
    return LampLease(lease_id, frozenset(lamps), level, at + timedelta(seconds=seconds), ANNA, at, group=group)


@dataclass
class Street:
    """Lamps that do what they are told and go back at the end of their order by themselves."""

    book: LampBook
    told: dict[LampRef, Told] = field(default_factory=dict)
    sent: list[LampCall] = field(default_factory=list)

    def settle(self, now: datetime, refusing: frozenset[LampRef] = frozenset()) -> None:
        for call in self.book.calls(now):
            self.sent.append(call)
            good = [lamp for lamp in call.lamps if (call.system, lamp) not in refusing]
            bad = [lamp for lamp in call.lamps if (call.system, lamp) in refusing]
            for lamp in good:
                if call.level is None or call.until is None:
                    self.told.pop((call.system, lamp), None)
                else:
                    assert call.until > now, "an order without an end"
                    self.told[(call.system, lamp)] = Told(call.level, call.until)
            self.book.sent(call, good, bad)

    def level(self, lamp: LampRef, now: datetime) -> float | None:
        told = self.told.get(lamp)
        return None if told is None or told.until <= now else told.level


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_wish_is_sent_once_and_released_once() -> None:
    street = Street(LampBook())
    street.book.add(lease("a", LAMPS[:2], 100, 600))
    street.settle(at(0))
    street.settle(at(1))
    assert [(call.lamps, call.level, call.lease) for call in street.sent] == [(("L0", "L1"), 100, "a")]
    street.book.release("a")
    street.settle(at(2))
    street.settle(at(3))
    assert [(call.lamps, call.level) for call in street.sent[1:]] == [(("L0", "L1"), None)]
    assert street.told == {}


def test_a_dimmer_wish_waits_behind_a_brighter_one_and_takes_over() -> None:
    street = Street(LampBook())
    street.book.add(lease("bright", LAMPS[:1], 100, 10))
    street.settle(at(0))
    street.book.add(lease("dim", LAMPS[:1], 40, 600, made=1))
    street.settle(at(1))
    assert street.level(LAMPS[0], at(1)) == 100
    due = street.book.due(at(1))
    assert due == at(10) - LEAD
    street.settle(due)
    assert street.level(LAMPS[0], at(9.5)) == 40, "before the brighter one ends, so that nothing is dark in between"
    street.book.expire(at(10))
    street.settle(at(10))
    assert street.level(LAMPS[0], at(11)) == 40
    assert len(street.sent) == 2


def test_a_wish_that_ends_by_itself_needs_no_message() -> None:
    street = Street(LampBook())
    street.book.add(lease("a", LAMPS, 80, 10))
    street.settle(at(0))
    assert [each.id for each in street.book.expire(at(10))] == ["a"]
    street.settle(at(10))
    assert len(street.sent) == 1
    assert street.book.told() == {}
    assert street.book.due(at(10)) is None


def test_a_lamp_that_refused_is_not_asked_again_until_somebody_wants_it() -> None:
    street = Street(LampBook())
    wish = lease("a", LAMPS[:2], 100, 600)
    street.book.add(wish)
    street.settle(at(0), refusing=frozenset(LAMPS[:1]))
    street.settle(at(1))
    street.settle(at(2))
    assert len(street.sent) == 1
    street.book.add(wish)  # try again
    street.settle(at(3))
    assert street.sent[1].lamps == ("L0",)
    assert street.level(LAMPS[0], at(3)) == 100


def test_a_lamp_that_refused_is_as_it_was() -> None:
    street = Street(LampBook())
    street.book.add(lease("dim", LAMPS[:1], 40, 600))
    street.settle(at(0))
    street.book.add(lease("bright", LAMPS[:1], 100, 60, made=1))
    street.settle(at(1), refusing=frozenset(LAMPS[:1]))
    street.book.release("bright")
    street.settle(at(2))
    assert len(street.sent) == 2, "it still follows the dimmer wish"
    street.book.release("dim")
    street.settle(at(3))
    assert street.sent[2].level is None


def test_a_lamp_that_did_not_answer_may_have_obeyed_and_is_released() -> None:
    book = LampBook()
    book.add(lease("dim", LAMPS[:1], 40, 600))
    (call,) = book.calls(at(0))
    book.sent(call, ["L0"], [])
    book.add(lease("bright", LAMPS[:1], 100, 60, made=1))
    (call,) = book.calls(at(1))
    book.sent(call, [], [], unsure=["L0"])
    assert book.calls(at(2)) == (), "not asked again by itself"
    book.release("bright")
    (call,) = book.calls(at(3))
    assert (call.level, call.lease) == (40, "dim"), "told anew, because nobody knows what it does"
    book.sent(call, [], [], unsure=["L0"])
    book.release("dim")
    (call,) = book.calls(at(4))
    assert call.level is None
    book.sent(call, ["L0"], [])
    assert book.calls(at(5)) == ()


def test_a_lamp_that_did_not_answer_is_asked_again_when_somebody_says_so() -> None:
    book = LampBook()
    wish = lease("a", LAMPS[:2], 100, 600)
    book.add(wish)
    (call,) = book.calls(at(0))
    book.sent(call, ["L0"], [], unsure=["L1"])
    book.add(wish)
    (call,) = book.calls(at(1))
    assert call.lamps == ("L1",)
    book.sent(call, [], [], unsure=["L1"])
    assert book.calls(at(2)) == ()


def test_a_late_answer_counts_while_its_wish_holds() -> None:
    book = LampBook()
    book.add(lease("a", LAMPS[:2], 100, 600))
    (call,) = book.calls(at(0))
    book.sent(call, ["L0"], ["L1"])
    book.answered_late("a", LAMPS[1], good=True)
    assert set(book.told()) == set(LAMPS[:2])
    book.answered_late("a", LAMPS[0], good=False)
    assert set(book.told()) == {LAMPS[1]}
    assert book.calls(at(1)) == ()
    book.answered_late("gone", LAMPS[0], good=True)
    assert set(book.told()) == {LAMPS[1]}
    book.release("a")
    (call,) = book.calls(at(2))
    assert (call.level, call.lamps) == (None, ("L1",))


def test_a_failed_release_is_not_repeated() -> None:
    street = Street(LampBook())
    street.book.add(lease("a", LAMPS[:1], 100, 600))
    street.settle(at(0))
    street.book.release("a")
    street.settle(at(1), refusing=frozenset(LAMPS))
    street.settle(at(2))
    assert len(street.sent) == 2


@pytest.mark.parametrize(
    ("lamps", "group", "sent"),
    [
        (LAMPS, ("North", "g1"), "g1"),
        (LAMPS, ("South", "g1"), ""),
        (LAMPS, None, ""),
    ],
)
def test_a_group_is_addressed_as_one(lamps: tuple[LampRef, ...], group: tuple[str, str] | None, sent: str) -> None:
    book = LampBook()
    book.add(lease("a", lamps, 100, 600, group=group))
    (call,) = book.calls(at(0))
    assert call.group == sent


def test_a_group_of_which_a_part_follows_another_wish_is_addressed_lamp_by_lamp() -> None:
    street = Street(LampBook())
    street.book.add(lease("bright", LAMPS[:1], 100, 600))
    street.settle(at(0))
    street.book.add(lease("dim", LAMPS, 40, 600, made=1, group=("North", "g1")))
    street.settle(at(1))
    assert (street.sent[1].lamps, street.sent[1].group) == (tuple(lamp for _, lamp in LAMPS[1:]), "")


def test_a_wish_over_two_systems_is_two_calls_and_no_group() -> None:
    book = LampBook()
    book.add(lease("a", (("North", "L0"), ("South", "L0")), 100, 600, group=("North", "g1")))
    calls = book.calls(at(0))
    assert [(call.system, call.group) for call in calls] == [("North", ""), ("South", "")]


def test_what_holds_after_a_restart_is_not_sent_again() -> None:
    street = Street(LampBook())
    street.book.add(lease("a", LAMPS[:2], 100, 600))
    street.settle(at(0))
    again = LampBook(street.book.leases, street.book.told())
    assert again.calls(at(1)) == ()
    again.release("a")
    assert [call.level for call in again.calls(at(2))] == [None]


def test_a_wish_is_no_longer_than_the_longest() -> None:
    book = LampBook()
    book.add(lease("a", LAMPS[:1], 100, 10 * LONGEST.total_seconds()))
    assert book.leases[0].until == START + LONGEST
    with pytest.raises(ValueError, match="without lamps"):
        book.add(lease("b", (), 100, 600))


def test_it_says_who_takes_over() -> None:
    book = LampBook()
    bright, dim = lease("bright", LAMPS[:3], 100, 60), lease("dim", LAMPS[2:], 40, 600)
    over, elsewhere = lease("over", LAMPS[:1], 50, 30), lease("elsewhere", LAMPS[4:], 90, 900)
    for wish in (bright, dim, over, elsewhere):
        book.add(wish)
    assert [each.id for each in book.returns_to(bright, at(0))] == ["dim"]
    assert [each.id for each in book.returns_to(dim, at(0))] == ["elsewhere"]
    assert book.returns_to(elsewhere, at(0)) == ()
    assert book.obeying(bright) == frozenset()


# Whatever happens in whatever order

wishes = st.tuples(
    st.sets(st.sampled_from(LAMPS), min_size=1), st.sampled_from([0.0, 20.0, 40.0, 70.0, 100.0]), st.integers(5, 120)
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("light"), wishes),
        st.tuples(st.just("release"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=30,
)


@given(happenings)
def test_whatever_happens_each_lamp_shows_the_brightest_wish_and_none_is_left_lit(
    steps: list[tuple[str, object]],
) -> None:
    """Time goes on in steps from one due moment to the next, as the ticker does it."""
    book = LampBook()
    street = Street(book)
    now, made = at(0), 0

    def check() -> None:
        for lamp in LAMPS:
            holding = [each for each in book.leases if lamp in each.lamps and each.until > now + LEAD]
            seen = street.level(lamp, now)
            if holding:
                best = max(each.level for each in holding)
                assert seen is not None, "a gap"
                # one that ends within the lead may still be seen, or be gone already
                assert seen >= best - 0.5
                ending = [each.level for each in book.leases if lamp in each.lamps and each.until > now]
                assert seen <= max([best, *ending]) + 0.5
            elif not any(lamp in each.lamps and each.until > now for each in book.leases):
                assert seen is None, "lit, though nobody wants it"

    def go_on(until: datetime) -> None:
        nonlocal now
        while True:
            due = book.due(now)
            if due is None or due > until:
                break
            now = max(due, now + timedelta(milliseconds=1))
            book.expire(now)
            street.settle(now)
            check()
        now = until
        book.expire(now)
        street.settle(now)
        check()

    for what, value in steps:
        if what == "light" and isinstance(value, tuple):
            lamps, level, seconds = value
            made += 1
            end = now + timedelta(seconds=seconds)
            book.add(LampLease(f"{made}", frozenset(lamps), level, end, ANNA, now))
        elif what == "release" and isinstance(value, int) and book.leases:
            book.release(book.leases[value % len(book.leases)].id)
        elif isinstance(value, int):
            go_on(now + timedelta(seconds=value))
        street.settle(now)
        check()
    for wish in reversed(book.leases):
        book.release(wish.id)
        street.settle(now)
        check()
    assert all(street.level(lamp, now) is None for lamp in LAMPS)
    assert all(call.level is None or call.until is not None for call in street.sent)


@given(happenings, st.sets(st.sampled_from(LAMPS)))
def test_lamps_that_refuse_are_never_asked_in_circles(steps: list[tuple[str, object]], dead: set[LampRef]) -> None:
    book = LampBook()
    street = Street(book)
    now, made = at(0), 0
    refusing = frozenset(dead)
    for what, value in steps:
        if what == "light" and isinstance(value, tuple):
            made += 1
            book.add(LampLease(f"{made}", frozenset(value[0]), value[1], now + timedelta(seconds=value[2]), ANNA, now))
        elif what == "release" and isinstance(value, int) and book.leases:
            book.release(book.leases[value % len(book.leases)].id)
        elif isinstance(value, int):
            now += timedelta(seconds=value)
            book.expire(now)
        street.settle(now, refusing)
        assert book.calls(now) == (), "nothing is left to say once it was said"
