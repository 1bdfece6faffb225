"""The share of the processor that reading plates may take."""

from __future__ import annotations

from fake_video import Clock

from console.services.plate_budget import FIRST_COST, SAVED_SECONDS, CpuBudget


def test_what_is_used_stays_within_the_share() -> None:
    clock = Clock()
    budget = CpuBudget(0.5, clock)
    for _ in range(1000):
        clock.now += 0.05
        aside = budget.begin("Gate")
        if aside is not None:
            budget.end(aside, 0.2)
    assert 0.48 * 50 <= budget.used <= 0.5 * (50 + SAVED_SECONDS) + 0.2


def test_other_work_counts_too() -> None:
    clock = Clock()
    budget = CpuBudget(0.5, clock)
    budget.spend(0.5 * SAVED_SECONDS)
    assert budget.begin("Gate") is None
    clock.now += 0.1
    assert budget.begin("Gate") is not None


def test_many_do_not_begin_on_the_same_rest() -> None:
    budget = CpuBudget(0.5, Clock())
    begun = [budget.begin(f"camera {number}") for number in range(50)]
    assert sum(each is not None for each in begun) <= 0.5 * SAVED_SECONDS / FIRST_COST + 1


def test_what_a_look_costs_is_learnt() -> None:
    budget = CpuBudget(16.0, Clock())
    for _ in range(40):
        aside = budget.begin("Gate")
        assert aside is not None
        budget.end(aside, 0.02)
    aside = budget.begin("Gate")
    assert aside is not None
    assert abs(aside - 0.02) < 0.001


def test_who_has_waited_longest_goes_first() -> None:
    clock = Clock()
    budget = CpuBudget(0.5, clock)
    served = []
    for _ in range(400):
        clock.now += 0.05
        for who in ("greedy", "Gate", "Quay"):
            aside = budget.begin(who)
            if aside is not None:
                budget.end(aside, 0.2)
                served.append(who)
    for who in ("greedy", "Gate", "Quay"):
        assert abs(served.count(who) - len(served) / 3) < 6


def test_who_no_longer_asks_holds_up_nobody() -> None:
    clock = Clock()
    budget = CpuBudget(0.5, clock)
    budget.spend(0.9)
    assert budget.begin("Gate") is not None
    assert budget.begin("Quay") is None
    clock.now += 2.0
    budget.spend(0.9)
    assert budget.begin("Gate") is not None


def test_deep_in_debt_even_decoding_waits() -> None:
    clock = Clock()
    budget = CpuBudget(0.5, clock)
    budget.spend(1.4)
    assert not budget.deep_in_debt
    budget.spend(0.2)
    assert budget.deep_in_debt
    clock.now += 1.0
    assert not budget.deep_in_debt
