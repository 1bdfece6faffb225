"""The city's lamps as a service: wishes, answers that come, come late or not at all, and what stays after a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_lamps import EXPIRES, PROGRAMME, FakeLampSystem, luminaires

from console.acting import audit_of
from console.model.lamp_leases import LampLease, LampRef, Told
from console.model.permissions import Actor, Policy, Right, Role
from console.services.audit_trail import AuditTrail
from console.services.commands import Commands
from console.services.device_queue import DeviceQueues
from console.services.lamps import SAMPLE_SECONDS, LampRefusal, Lamps, LeaseView
from console.store.lease_file import KeptLeases, load_leases, save_leases
from drivers.errors import Unreachable, Unsupported
from drivers.luminaires import LampFault, LampFeatures, LampGroup, LampNews, LampOrder, LampState, Outcome, Progress
from drivers.ptz import DeviceControls

START = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
ANNA = Actor("anna", Role.OPERATOR, "desk-1")
BEN = Actor("ben", Role.OPERATOR, "desk-2")
CHIEF = Actor("chief", Role.SUPERVISOR, "desk-3")
GUEST = Actor("guest", Role.VIEWER)


def refs(*numbers: int, system: str = "North") -> set[LampRef]:
    return {(system, f"L{number:04d}") for number in numbers}


def no_controls(device: str) -> DeviceControls:
    raise Unsupported(device, "no camera here")


@dataclass
class Desk:
    """Lamps behind a real door with a real audit; time stands still until a test lets it pass."""

    folder: Path
    now: datetime = START
    policy: Policy = field(default_factory=Policy)
    kept: list[KeptLeases] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queues = DeviceQueues(4, name="commands")
        self.trail = AuditTrail(lambda: audit_of(self.folder))
        self.commands = Commands(
            self.queues, self.trail, no_controls, lambda device: device, lambda: self.policy,
            lamps=lambda command: self.lamps.dispatch(command),
        )  # fmt: skip
        self.lamps = self.make()

    def make(self, kept: KeptLeases | None = None) -> Lamps:
        kept = kept or KeptLeases()
        return Lamps(
            self.commands, lambda: None, kept.leases, kept.told,
            lambda leases, told: self.kept.append(KeptLeases(leases, told)), lambda: self.now, self.monotonic,
        )  # fmt: skip

    def monotonic(self) -> float:
        return (self.now - START).total_seconds() + 1000.0

    def pass_(self, seconds: float) -> None:
        """Time passes, and the ticker looks."""
        self.now += timedelta(seconds=seconds)
        self.tick()

    def tick(self) -> None:
        self.lamps.tick(self.monotonic())

    def settle(self, *names: str) -> None:
        """Wait until the queues of these systems have nothing left, and the difference that remains is sent."""
        for _ in range(3):
            for name in names or ("North", "South"):
                self.queues.submit(name, lambda: None).result(20)
            self.tick()

    def lease(self, lease_id: str) -> LeaseView:
        return next(view for view in self.lamps.leases() if view.lease.id == lease_id)

    def close(self) -> None:
        self.lamps.close()
        self.queues.close()
        self.trail.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    try:
        yield desk
    finally:
        desk.close()


def system(desk: Desk, count: int = 10, name: str = "North", features: LampFeatures = EXPIRES) -> FakeLampSystem:
    fake = FakeLampSystem(name, luminaires(count), features, utc=lambda: desk.now)
    desk.lamps.start([fake])
    return fake


def test_lamps_are_lit_and_go_back_when_they_are_released(desk: Desk) -> None:
    north = system(desk)
    before = desk.lamps.version
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA, "a fight", ramp=2.0)
    desk.settle()
    assert desk.lamps.version > before
    assert (north.levels["L0001"], north.levels["L0003"]) == (100, PROGRAMME)
    (order,) = north.orders
    assert (order.until, order.ramp, order.reference, order.reason) == (
        START + timedelta(seconds=600), 2.0, wish, "a fight",
    )  # fmt: skip
    view = desk.lease(wish)
    assert (view.total, view.good, view.pending, dict(view.bad)) == (2, 2, 0, {})
    lit = {lamp.ref for lamp in desk.lamps.lamps() if lamp.wanted is not None}
    assert lit == refs(1, 2)
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.levels["L0001"] == PROGRAMME
    assert desk.lamps.leases() == ()


def test_progress_is_seen_while_the_answers_come(desk: Desk) -> None:
    north = system(desk)
    north.gate.clear()
    wish = desk.lamps.light(refs(1, 2, 3), 100, 600, ANNA)
    assert north.begun.acquire(timeout=20)
    view = desk.lease(wish)
    assert (view.good, view.pending) == (0, 3)
    north.gate.set()
    desk.settle()
    assert desk.lease(wish).pending == 0


def test_some_lamps_fail_and_each_says_why(desk: Desk) -> None:
    north = system(desk)
    north.fail_next_lamps = {"L0002": (Outcome.REFUSED, "its ballast is locked"), "L0003": (Outcome.UNREACHABLE, "")}
    wish = desk.lamps.light(refs(1, 2, 3, 99), 100, 600, ANNA)
    desk.settle()
    view = desk.lease(wish)
    assert (view.good, view.pending) == (1, 0)
    assert view.bad == {
        ("North", "L0002"): "its ballast is locked",
        ("North", "L0003"): "no answer",
        ("North", "L0099"): "there is no such lamp",
    }
    problems = {lamp.ref: lamp.problem for lamp in desk.lamps.lamps() if lamp.problem}
    assert problems == {("North", "L0002"): "its ballast is locked", ("North", "L0003"): "no answer"}
    desk.settle()
    assert len(north.orders) == 1, "nothing is sent again by itself"
    desk.lamps.try_again(wish)
    desk.settle()
    assert north.orders[1].lamps == ("L0002", "L0003", "L0099")
    assert set(desk.lease(wish).bad) == refs(99)
    assert desk.lease(wish).good == 3


def test_a_lamp_that_stays_silent_counts_as_failed_and_is_released_all_the_same(desk: Desk) -> None:
    north = system(desk)
    north.silent_next = {"L0002"}
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA)
    desk.settle()
    assert desk.lease(wish).bad == {("North", "L0002"): "no answer"}
    assert north.levels["L0002"] == 100, "it obeyed"
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.levels["L0002"] == PROGRAMME


def test_late_answers_are_heard(desk: Desk) -> None:
    north = system(desk)
    north.accept_next = True
    wish = desk.lamps.light(refs(1, 2, 3), 100, 600, ANNA)
    desk.settle()
    assert desk.lease(wish).good == 3, "accepted: it will be done"
    north.answer(wish, {"L0001": (Outcome.DONE, ""), "L0002": (Outcome.REFUSED, "too hot")})
    assert desk.lease(wish).bad == {("North", "L0002"): "too hot"}
    north.answer(wish, {"L0002": (Outcome.DONE, "")})
    assert (desk.lease(wish).good, desk.lease(wish).bad) == (3, {})
    north.answer(wish, {"L0002": (Outcome.DONE, "")})  # twice
    north.answer("of another console", {"L0004": (Outcome.DONE, ""), "nobody": (Outcome.REFUSED, "?")})
    assert desk.lease(wish).good == 3
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert set(north.releases[0][0]) == {"L0001", "L0002", "L0003"}


def test_a_lamp_that_says_late_that_it_obeys_is_released(desk: Desk) -> None:
    north = system(desk)
    north.fail_next_lamps = {"L0001": (Outcome.REFUSED, "busy")}
    wish = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    north.levels["L0001"] = 100.0
    north.answer(wish, {"L0001": (Outcome.DONE, "")})
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.levels["L0001"] == PROGRAMME


def test_a_system_that_cannot_be_reached_fails_whole(desk: Desk) -> None:
    north = system(desk)
    north.fail_next_order = Unreachable("North", "no route to host")
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA)
    desk.settle()
    view = desk.lease(wish)
    assert (view.good, set(view.bad)) == (0, refs(1, 2))
    assert all("no route to host" in why for why in view.bad.values())
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.releases == [], "nothing was sent, so nothing has to be taken back"
    assert all(not lamp.problem for lamp in desk.lamps.lamps()), "what nobody wants any more is no problem"


def test_a_driver_that_breaks_holds_nothing_up(desk: Desk) -> None:
    class Broken(FakeLampSystem):
        breaks = True

        def order(self, order: LampOrder, progress: Progress) -> None:
            if self.breaks:
                self.breaks = False
                raise KeyError("a fault of a driver")
            super().order(order, progress)

    north = Broken("North", luminaires(5), utc=lambda: desk.now)
    desk.lamps.start([north])
    wish = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    assert "its driver failed" in desk.lease(wish).bad[("North", "L0001")]
    desk.lamps.try_again(wish)
    desk.settle()
    assert north.levels["L0001"] == 100
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.levels["L0001"] == PROGRAMME


def test_a_system_that_is_not_configured_is_said_at_once(desk: Desk) -> None:
    system(desk)
    wish = desk.lamps.light({*refs(1), ("Gone", "L1")}, 100, 600, ANNA)
    desk.settle()
    view = desk.lease(wish)
    assert (view.good, view.bad) == (1, {("Gone", "L1"): "its lamp system is not configured"})
    desk.lamps.try_again(wish)
    desk.settle()
    assert desk.lease(wish).bad == {("Gone", "L1"): "its lamp system is not configured"}


def test_an_order_that_nothing_would_end_is_refused(desk: Desk) -> None:
    for_ever = system(desk, features=LampFeatures(expires=False))
    wish = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    assert for_ever.orders == []
    (why,) = desk.lease(wish).bad.values()
    assert "nothing would end the order if this console died" in why
    assert "controller that ends orders by itself" in why


def test_a_keeper_may_end_orders(desk: Desk) -> None:
    kept = system(desk, features=LampFeatures(expires=False, dies_back=True))
    desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    assert len(kept.orders) == 1


def test_overlapping_wishes_show_the_brightest_and_unwind_in_any_order(desk: Desk) -> None:
    north = system(desk)
    dim = desk.lamps.light(refs(1, 2), 40, 600, ANNA)
    desk.settle()
    bright = desk.lamps.light(refs(2, 3), 90, 60, BEN)
    desk.settle()
    assert [north.levels[f"L000{n}"] for n in (1, 2, 3)] == [40, 90, 90]
    assert [each.id for each in desk.lease(bright).next] == [dim]
    dimmer = desk.lamps.light(refs(3), 10, 600, CHIEF)
    desk.settle()
    view = desk.lease(dimmer)
    assert (view.good, view.pending, view.outshone) == (0, 0, 1)
    desk.lamps.release(bright, BEN)
    desk.settle()
    assert [north.levels[f"L000{n}"] for n in (1, 2, 3)] == [40, 40, 10]
    desk.lamps.release(dim, ANNA)
    desk.lamps.release(dimmer, CHIEF)
    desk.settle()
    assert [north.levels[f"L000{n}"] for n in (1, 2, 3)] == [PROGRAMME] * 3


def test_a_dimmer_wish_that_lasts_longer_is_sent_before_the_brighter_one_ends(desk: Desk) -> None:
    north = system(desk)
    desk.lamps.light(refs(1), 100, 60, ANNA)
    desk.lamps.light(refs(1), 40, 600, BEN)
    desk.settle()
    desk.pass_(59)
    desk.settle()
    assert [order.level for order in north.orders] == [100, 40]
    desk.pass_(2)
    desk.settle()
    assert len(desk.lamps.leases()) == 1
    assert len(north.orders) == 2


def test_two_wishes_alike_are_both_fulfilled(desk: Desk) -> None:
    system(desk)
    first = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    second = desk.lamps.light(refs(1), 100, 600, BEN)
    desk.settle()
    for wish in (first, second):
        view = desk.lease(wish)
        assert (view.pending, view.good + view.outshone) == (0, 1)


def test_a_wish_ends_by_itself(desk: Desk) -> None:
    north = system(desk)
    desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    desk.pass_(601)
    desk.settle()
    assert desk.lamps.leases() == ()
    assert north.releases == [], "the lamp system ended it"


def test_whoever_is_lower_in_rank_does_not_release(desk: Desk) -> None:
    north = system(desk)
    wish = desk.lamps.light(refs(1), 100, 600, CHIEF)
    desk.settle()
    with pytest.raises(LampRefusal, match="chief holds these lamps"):
        desk.lamps.release(wish, ANNA)
    assert north.levels["L0001"] == 100
    desk.lamps.release(wish, CHIEF)
    mine = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.lamps.release(mine, BEN)  # of the same rank
    other = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.lamps.release(other, CHIEF)
    desk.lamps.release("gone", ANNA)
    desk.settle()
    assert desk.lamps.leases() == ()
    assert north.levels["L0001"] == PROGRAMME


@pytest.mark.parametrize(
    ("lamps", "level", "seconds", "actor", "words"),
    [
        (set(), 100, 600, ANNA, "No lamp is chosen"),
        (refs(1), 100, 0, ANNA, "later than now"),
        (refs(1), 100, -5, ANNA, "later than now"),
        (refs(1), 100, float("nan"), ANNA, "later than now"),
        (refs(1), float("nan"), 600, ANNA, "must be numbers"),
        (refs(1), 100, 600, GUEST, "not be driven as viewer"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    desk: Desk, lamps: set[LampRef], level: float, seconds: float, actor: Actor, words: str
) -> None:
    system(desk)
    with pytest.raises(LampRefusal, match=words):
        desk.lamps.light(lamps, level, seconds, actor)
    assert desk.lamps.leases() == ()
    assert desk.lamps.may(ANNA)
    assert not desk.lamps.may(GUEST)


def test_levels_and_times_are_kept_within_bounds(desk: Desk) -> None:
    system(desk)
    wish = desk.lamps.light(refs(1), 1e9, float("inf"), ANNA, ramp=-3)
    lease = desk.lease(wish).lease
    assert (lease.level, lease.ramp, lease.until) == (100, 0, START + timedelta(hours=12))


def test_whoever_lost_the_right_cannot_release(desk: Desk) -> None:
    system(desk)
    wish = desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    desk.policy = Policy({Role.OPERATOR: frozenset({Right.PTZ})})
    with pytest.raises(LampRefusal, match="Ask a supervisor"):
        desk.lamps.release(wish, ANNA)


def test_a_lamp_that_is_not_let_go_is_said(desk: Desk) -> None:
    north = system(desk)
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA)
    desk.settle()
    north.fail_next_lamps = {"L0001": (Outcome.UNREACHABLE, "the radio is silent")}
    desk.lamps.release(wish, ANNA)
    desk.settle()
    problems = {lamp.ref: lamp.problem for lamp in desk.lamps.lamps() if lamp.problem}
    assert problems == {("North", "L0001"): "not released, it is tried again and ends by itself: the radio is silent"}
    desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    assert not any(lamp.problem for lamp in desk.lamps.lamps())


def test_a_lamp_that_is_not_let_go_is_asked_again_until_it_is(desk: Desk) -> None:
    north = system(desk)
    wish = desk.lamps.light(refs(1, 2), 100, 3600, ANNA)
    desk.settle()
    north.fail_next_lamps = {"L0001": (Outcome.UNREACHABLE, "the radio is silent")}
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.levels["L0001"] == 100
    tries = len(north.releases)
    desk.settle()
    assert len(north.releases) == tries, "not at once, and not for ever"
    desk.pass_(11.0)
    desk.settle()
    assert north.levels["L0001"] == PROGRAMME
    assert not any(lamp.problem for lamp in desk.lamps.lamps())


# Groups

GROUP = LampGroup("g1", "Main Street", frozenset({"L0001", "L0002"}))


def grouped(desk: Desk) -> FakeLampSystem:
    fake = FakeLampSystem("North", luminaires(5), groups=(GROUP,), utc=lambda: desk.now)
    desk.lamps.start([fake])
    return fake


@pytest.mark.parametrize(
    ("lamps", "asked", "sent"),
    [
        ((1, 2), ("North", "g1"), "g1"),
        ((1, 2), None, "g1"),
        ((1,), ("North", "g1"), ""),
        ((1, 2, 3), ("North", "g1"), ""),
        ((1, 2), ("North", "no such group"), ""),
    ],
)
def test_a_group_is_used_only_where_it_is_exactly_these_lamps(
    desk: Desk, lamps: tuple[int, ...], asked: tuple[str, str] | None, sent: str
) -> None:
    north = grouped(desk)
    wish = desk.lamps.light(refs(*lamps), 100, 600, ANNA, group=asked)
    desk.settle()
    assert north.orders[0].group == sent
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert north.releases[0][1] == ("g1" if lamps == (1, 2) else "")


# What the systems tell


def test_states_faults_and_trouble_are_shown(desk: Desk) -> None:
    north = system(desk, 3)
    north.fault("L0002", LampFault.LAMP)
    north.tell(LampNews("North", trouble="The broker is gone.", log=("reconnecting",)))
    (view,) = desk.lamps.systems()
    assert (view.lamps, view.faulty, view.power, view.trouble, view.log) == (
        3, 1, 3 * PROGRAMME * 0.8, "The broker is gone.", ("reconnecting",),
    )  # fmt: skip
    lamp = next(each for each in desk.lamps.lamps() if each.ref == ("North", "L0002"))
    assert lamp.state is not None
    assert (lamp.state.faults, lamp.state.level) == ((LampFault.LAMP,), PROGRAMME)
    north.tell(LampNews("Nobody knows it", trouble="?"))
    assert len(desk.lamps.systems()) == 1


def test_an_old_state_does_not_cover_a_newer_one_and_a_wrong_clock_does_no_harm(desk: Desk) -> None:
    north = system(desk, 1)

    def level() -> float | None:
        state = desk.lamps.lamps()[0].state
        return None if state is None else state.level

    north.tell(LampNews("North", states=(LampState("L0001", START - timedelta(hours=1), 5.0),)))
    assert level() == PROGRAMME
    north.tell(LampNews("North", states=(LampState("L0001", START + timedelta(days=9000), 7.0),)))
    assert level() == 7.0
    north.tell(LampNews("North", states=(LampState("L0001", START + timedelta(seconds=1), 9.0),)))
    assert level() == 9.0


def test_states_of_lamps_that_it_never_told_of_count_for_nothing(desk: Desk) -> None:
    north = system(desk, 1)
    strangers = tuple(LampState(f"X{n}", START, 50.0, power=1e6, faults=(LampFault.LAMP,)) for n in range(60_000))
    north.tell(LampNews("North", states=strangers))
    (view,) = desk.lamps.systems()
    assert (view.faulty, view.power) == (0, PROGRAMME * 0.8)
    assert len(desk.lamps.lamps()) == 1


def test_lamps_that_left_are_gone(desk: Desk) -> None:
    north = system(desk, 3)
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA)
    desk.settle()
    north.tell(LampNews("North", lamps=tuple(luminaires(1))))
    assert [lamp.ref for lamp in desk.lamps.lamps()] == sorted(refs(1))
    assert desk.lease(wish).total == 2


def test_energy_is_what_was_used_since_it_was_heard_first(desk: Desk) -> None:
    north = system(desk, 3)

    def tell(*energies: float | None) -> None:
        desk.now += timedelta(seconds=1)
        states = [LampState(f"L000{n}", desk.now, energy=each) for n, each in enumerate(energies, 1)]
        north.tell(LampNews("North", states=tuple(states)))

    assert desk.lamps.systems()[0].energy is None
    tell(100.0, 50.0)
    assert desk.lamps.systems()[0].energy == 0
    tell(101.5, 50.5)
    assert desk.lamps.systems()[0].energy == pytest.approx(2.0)
    tell(102.0, 0.0)  # a new meter
    assert desk.lamps.systems()[0].energy == pytest.approx(2.0)


def test_samples_are_taken_now_and_then(desk: Desk) -> None:
    north = system(desk, 2)
    desk.tick()
    desk.tick()
    north.fault("L0001", LampFault.POWER)
    desk.pass_(SAMPLE_SECONDS)
    assert [(each.power, each.faulty) for each in desk.lamps.samples()] == [(96.0, 0), (96.0, 1)]


def test_refreshing_asks_the_system_and_says_what_went_wrong(desk: Desk) -> None:
    north = system(desk, 2)
    desk.lamps.refresh("North")
    desk.settle()
    assert north.refreshed == 1
    north.fail_next_refresh = Unreachable("North", "no route to host")
    desk.lamps.refresh("North")
    desk.settle()
    assert "no route to host" in desk.lamps.systems()[0].trouble
    desk.lamps.refresh("nobody")


# A restart


def test_a_console_that_starts_again_knows_what_holds(desk: Desk, tmp_path: Path) -> None:
    north = system(desk)
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA, "a fight")
    desk.settle()
    file = tmp_path / "leases.json"
    save_leases(file, desk.kept[-1])
    desk.lamps.close()
    desk.now += timedelta(seconds=60)
    desk.lamps = desk.make(load_leases(file, desk.now))
    again = FakeLampSystem("North", luminaires(10), utc=lambda: desk.now)
    again.levels.update(north.levels)
    desk.lamps.start([again])
    desk.settle()
    view = desk.lease(wish)
    assert (view.lease.holder, view.lease.reason, view.good, view.pending) == (ANNA, "a fight", 2, 0)
    assert again.orders == [], "it still holds"
    desk.lamps.release(wish, CHIEF)
    desk.settle()
    assert again.levels["L0001"] == PROGRAMME


def test_a_wish_that_was_released_before_it_was_sent_does_not_come_back(desk: Desk) -> None:
    wish = desk.lamps.light({("Later", "L1")}, 100, 600, ANNA)
    assert len(desk.kept[-1].leases) == 1
    desk.lamps.release(wish, ANNA)
    assert desk.kept[-1].leases == ()


def test_what_was_told_and_is_wanted_by_nobody_is_released_at_the_start(desk: Desk) -> None:
    desk.lamps = desk.make(KeptLeases((), {("North", "L0001"): Told(100.0, START + timedelta(seconds=600))}))
    north = system(desk)
    desk.settle()
    assert north.releases == [(("L0001",), "")]


# Numbers and threads


def test_ten_thousand_lamps_are_one_call(desk: Desk) -> None:
    big = system(desk, 10_000)
    wish = desk.lamps.light((lamp.ref for lamp in desk.lamps.lamps()), 100, 600, ANNA)
    desk.settle()
    assert len(big.orders) == 1
    assert desk.lease(wish).good == 10_000
    desk.lamps.release(wish, ANNA)
    desk.settle()
    assert len(big.releases) == 1
    assert desk.lamps.leases() == ()


def test_two_systems_are_sent_to_at_the_same_time(desk: Desk) -> None:
    north, south = system(desk), system(desk, name="South")
    for each in (north, south):
        each.gate.clear()
    desk.lamps.light(refs(1) | refs(1, system="South"), 100, 600, ANNA)
    assert north.begun.acquire(timeout=20)
    assert south.begun.acquire(timeout=20), "a slow one holds nobody up"
    for each in (north, south):
        each.gate.set()
    desk.settle()


def test_wishes_while_a_system_is_busy_are_sent_afterwards(desk: Desk) -> None:
    north = system(desk)
    north.gate.clear()
    first = desk.lamps.light(refs(1), 100, 600, ANNA)
    assert north.begun.acquire(timeout=20)
    desk.lamps.light(refs(1), 50, 600, ANNA)
    desk.lamps.light(refs(2), 70, 600, ANNA)
    desk.lamps.release(first, ANNA)
    north.gate.set()
    desk.settle()
    assert [north.levels["L0001"], north.levels["L0002"]] == [50, 70]


def test_many_hands_at_once_leave_no_lamp_lit(desk: Desk) -> None:
    north = system(desk)

    def hand(number: int) -> None:
        for step in range(10):
            wish = desk.lamps.light(refs(1 + (number + step) % 5), 10.0 * number + step, 600, ANNA)
            desk.lamps.release(wish, ANNA)

    hands = [threading.Thread(target=hand, args=(number,)) for number in range(4)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()
    desk.settle()
    assert set(north.levels.values()) == {PROGRAMME}
    assert desk.lamps.leases() == ()


def test_closing_ends_the_drivers_and_sends_nothing_more(desk: Desk) -> None:
    north = system(desk)
    desk.lamps.light(refs(1), 100, 600, ANNA)
    desk.settle()
    desk.lamps.close()
    assert north.stopped
    assert desk.lamps.tick(desk.monotonic()) is None
    north.fault("L0001", LampFault.LAMP)
    assert desk.lamps.systems()[0].faulty == 0
    assert north.levels["L0001"] == 100, "it ends by itself"


# On record


def test_all_of_it_is_on_record(desk: Desk) -> None:
    north = system(desk)
    north.fail_next_lamps = {"L0002": (Outcome.REFUSED, "locked")}
    wish = desk.lamps.light(refs(1, 2), 100, 600, ANNA, "a fight")
    desk.settle()
    desk.lamps.release(wish, CHIEF)
    desk.settle()
    lines = [(each.actor, each.action, each.outcome) for each in reversed(desk.trail.newest())]
    assert lines == [
        ("anna", "lights lamps", "asked"),
        ("anna", "lights lamps", "failed: North: 1 of 2 lamps did not obey (L0002: locked). See the list of lamps."),
        ("chief", "releases lamps", "asked"),
        ("chief", "releases lamps", "done"),
    ]
    entry = desk.trail.newest()[-1]
    assert '"reason": "a fight"' in entry.detail
    assert wish in entry.detail
    assert audit_of(desk.folder).verify().ok


def test_without_a_record_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "watchfloor.db").mkdir()
    desk = Desk(tmp_path)
    try:
        north = system(desk)
        wish = desk.lamps.light(refs(1), 100, 600, ANNA)
        desk.settle()
        assert north.orders == []
        assert all("cannot be put on record" in why for why in desk.lease(wish).bad.values())
    finally:
        desk.close()


def test_a_lease_is_the_same_whoever_reads_it(desk: Desk) -> None:
    system(desk)
    wish = desk.lamps.light(refs(1), 100, 600, ANNA)
    lease: LampLease = desk.lease(wish).lease
    assert replace(lease) == lease
    assert lease.left(START + timedelta(seconds=100)) == 500
