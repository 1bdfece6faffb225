"""Lamps on relays: only what the device itself ends is ordered; failures stay with their lamp or their device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from drivers.errors import DriverError, Refused, TimedOut, Unreachable, Unsupported
from drivers.lamps.relays import RelayLamp, RelayLamps
from drivers.luminaires import LampAnswer, LampNews, LampOrder, Luminaire, Outcome
from drivers.ptz import Output

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


class Relays:
    """A device's relays that remember what they were told."""

    def __init__(self, *outputs: Output) -> None:
        self.known = {each.token: each for each in outputs}
        self.told: list[tuple[str, str, float]] = []
        self.failure: DriverError | None = None

    def outputs(self) -> tuple[Output, ...]:
        self._fail()
        return tuple(self.known.values())

    def set(self, token: str, active: bool) -> None:
        self._fail()
        self.told.append(("set", token, float(active)))

    def pulse(self, token: str, seconds: float) -> None:
        self._fail()
        self.told.append(("pulse", token, seconds))

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class Room:
    """Three lamps on two devices; C latches only."""

    def __init__(self) -> None:
        self.one = Relays(Output("r1", 1.0, True), Output("r2", 1.0, False, longest=3600.0))
        self.two = Relays(Output("r1", None, None, pulses=False))
        self.made: list[str] = []
        self.news: list[LampNews] = []
        self._changed = threading.Condition()
        lamps = [("A", "one", "r1"), ("B", "one", "r2"), ("C", "two", "r1"), ("D", "two", "gone")]
        self.system = RelayLamps(
            "yard",
            [RelayLamp(Luminaire(id, id), device, token) for id, device, token in lamps],
            {"one": self._maker("one", self.one), "two": self._maker("two", self.two)},
            lambda: NOW,
        )

    def _maker(self, name: str, relays: Relays) -> Callable[[], Relays]:
        def make() -> Relays:
            self.made.append(name)
            return relays

        return make

    def heard(self, news: LampNews) -> None:
        with self._changed:
            self.news.append(news)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[LampNews], object]) -> LampNews:
        with self._changed:
            assert self._changed.wait_for(lambda: any(wanted(each) for each in self.news), 20)
            return next(each for each in self.news if wanted(each))

    def order(self, *lamps: str, level: float = 100, seconds: float = 600) -> dict[str, LampAnswer]:
        got: list[LampAnswer] = []
        self.system.order(LampOrder(lamps, level, NOW + timedelta(seconds=seconds)), got.extend)
        assert len({each.id for each in got}) == len(got) == len(set(lamps))
        return {each.id: each for each in got}


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    room.system.start(room.heard)
    yield room
    room.system.stop()


def test_lamps_and_states_are_told(room: Room) -> None:
    assert [lamp.id for lamp in room.wait(lambda news: news.lamps).lamps or ()] == ["A", "B", "C", "D"]
    room.wait(lambda news: [(each.id, each.level) for each in news.states] == [("A", 100.0), ("B", 0.0)])
    room.wait(lambda news: [(each.id, each.level) for each in news.states] == [("C", None)])
    assert sorted(room.made) == ["one", "two"]
    assert not room.system.features.levels
    assert room.system.features.expires


def test_an_order_is_a_pulse_that_the_device_ends(room: Room) -> None:
    answers = room.order("A", "B", level=30)
    assert all(answer.outcome is Outcome.DONE for answer in answers.values())
    assert room.one.told == [("pulse", "r1", 600.0), ("pulse", "r2", 600.0)]
    room.wait(lambda news: any(each.id == "A" and each.overridden for each in news.states))


def test_a_relay_that_only_latches_takes_no_order(room: Room) -> None:
    answers = room.order("A", "C", "D", "nobody")
    assert answers["A"].good
    assert (answers["C"].outcome, answers["C"].detail) == (
        Outcome.REFUSED,
        "its relay only latches, so it could not go back by itself",
    )
    assert answers["D"].outcome is Outcome.REFUSED
    assert answers["nobody"].outcome is Outcome.UNKNOWN
    assert room.two.told == []


def test_an_order_that_is_too_long_or_over(room: Room) -> None:
    assert "3600 s at most" in room.order("B", seconds=3601)["B"].detail
    assert room.order("B", seconds=-1)["B"].outcome is Outcome.REFUSED
    assert room.one.told == []


@pytest.mark.parametrize("level", [0.0, -1.0, 101.0, float("nan")])
def test_off_for_a_time_cannot_be_had(room: Room, level: float) -> None:
    with pytest.raises(Unsupported, match="not off"):
        room.order("A", level=level)
    assert room.one.told == []


def test_released_relays_go_off(room: Room) -> None:
    room.order("A")
    got: list[LampAnswer] = []
    room.system.release(("A", "A", "nobody"), "lease", got.extend)
    assert {each.id: each.outcome for each in got} == {"A": Outcome.DONE, "nobody": Outcome.UNKNOWN}
    assert room.one.told[-1] == ("set", "r1", 0.0)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (TimedOut("one"), Outcome.UNREACHABLE),
        (Unreachable("one"), Outcome.UNREACHABLE),
        (Refused("one"), Outcome.REFUSED),
        (Unsupported("one", "no pulses"), Outcome.REFUSED),
    ],
)
def test_a_device_that_fails(room: Room, failure: DriverError, outcome: Outcome) -> None:
    room.system.refresh()
    room.one.failure = failure
    answers = room.order("A", "B")
    assert {answer.outcome for answer in answers.values()} == {outcome}
    assert all(answer.detail for answer in answers.values())
    assert failure.sentence in (room.wait(lambda news: news.trouble).trouble or "")
    room.system.refresh()  # the other device answers
    room.two.failure = failure
    with pytest.raises(type(failure)):
        room.system.refresh()


def test_nothing_after_stop(room: Room) -> None:
    room.system.stop()
    with pytest.raises(Unreachable):
        room.order("A")
    with pytest.raises(Unreachable):
        room.system.refresh()


def test_two_lamps_cannot_share_a_relay() -> None:
    lamps = [RelayLamp(Luminaire("A", "A"), "one", "r1"), RelayLamp(Luminaire("B", "B"), "one", "r1")]
    with pytest.raises(ValueError, match="same relay"):
        RelayLamps("yard", lamps, {"one": Relays})
