"""The rounds: all streams have their turn, and what goes wrong in one of them stays there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_video import Clock, FakeReady, FakeVideo, eventually
from rounds_rig import Played, Rider, StillRounds

from console.model.restart import Phase
from console.model.shedding import Attention
from console.services import rounds as module
from console.services.packet_door import PacketDoor
from console.services.play import MOST_IN_A_ROUND
from console.services.rounds import LOOK_SECONDS, STUCK_SECONDS, Rounds
from console.services.slots import DecodeSlots
from console.services.stream import Stream
from drivers.errors import DriverError, TimedOut, Unreachable
from drivers.types import EncodedPacket, StreamParameters, StreamRequest


class House:
    """Rounds that the test makes, or with ``threads`` their own, and who rides."""

    def __init__(self, helpers: int = 0, slots: int = 2, threads: bool = False) -> None:
        self.clock = Clock()
        self.slots = DecodeSlots(slots)
        kind = Rounds if threads else StillRounds
        self.rounds = kind(self.slots, self.clock, helpers=helpers)
        self.rounds.beat = 0.002 if threads else 0.033
        self.riders: list[Rider] = []
        self.threads: list[threading.Thread] = []

    def ride(self, name: str = "Gate", attention: Attention = Attention.NORMAL, inside: int = 0) -> Rider:
        """One more."""
        played = Played(self.clock, name, self.slots)
        played.ready.feed_inside(inside)
        self.riders.append(Rider(self.rounds, played, attention))
        return self.riders[-1]

    def turn(self, gap: float = 0.033) -> bool:
        """The next round."""
        self.clock.now += gap
        return self.rounds.turn()

    def apart(self, call: Callable[[], Any]) -> threading.Thread:
        """Call it in a thread of its own: it may hang."""
        thread = threading.Thread(target=call, name="apart")
        self.threads.append(thread)
        thread.start()
        return thread

    def hang(self, rider: Rider) -> None:
        """A round of its own that hangs in this stream."""
        rider.played.source.gate.clear()
        rider.played.ready.feed(1)
        self.apart(self.turn)
        eventually(lambda: rider.played.tally.packets > 0 and not rider.played.play.waiting)

    def close(self) -> None:
        """All go, nothing is left."""
        for rider in self.riders:
            rider.played.source.gate.set()
        for rider in self.riders:
            rider.end()
        assert self.rounds.close(20.0)
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()
        assert self.rounds.carried == 0


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def alive() -> Iterator[House]:
    """With threads."""
    made = House(helpers=1, threads=True)
    yield made
    made.close()


def decoded(rider: Rider) -> int:
    return rider.played.source.decoded


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_a_round_sees_to_all_that_has_come(house: House) -> None:
    riders = [house.ride(f"Gate {number}") for number in range(5)]
    assert not house.turn()
    for rider in riders[1:]:
        rider.played.ready.feed(2)
    assert house.turn()
    assert [decoded(rider) for rider in riders] == [0, 2, 2, 2, 2]
    assert [rider.played.newest() for rider in riders] == [None, 1, 1, 1, 1]
    assert not house.turn()


def test_what_is_there_when_a_stream_boards_is_seen_in_the_next_round(house: House) -> None:
    house.turn()  # all have just been looked at
    rider = house.ride(inside=2)
    assert house.turn()
    assert decoded(rider) == 2
    assert rider.played.ready.received == []


def test_what_is_left_over_needs_no_word_of_the_socket(house: House) -> None:
    rider = house.ride()
    house.turn()
    rider.played.ready.feed(3 * MOST_IN_A_ROUND)
    for number in range(3):
        assert house.turn(0.01)
        assert decoded(rider) == (number + 1) * MOST_IN_A_ROUND
    assert len(rider.played.ready.received) == 2
    assert not house.turn(0.01)


def test_a_stream_that_always_has_more_takes_its_share_and_no_more(house: House) -> None:
    flood, other = house.ride("Flood", inside=1000), house.ride()
    for number in range(10):
        other.played.ready.feed(1)
        assert house.turn()
        assert (decoded(flood), decoded(other)) == ((number + 1) * MOST_IN_A_ROUND, number + 1)


def test_a_socket_that_always_speaks_and_says_nothing_costs_the_others_nothing(house: House) -> None:
    noise, other = house.ride("Noise"), house.ride()
    for _ in range(5):
        noise.played.ready.feed_part()
        other.played.ready.feed(1)
        assert house.turn()
    assert (decoded(noise), decoded(other)) == (0, 5)
    assert noise.riding


def test_each_stream_is_told_since_when_its_packets_can_have_come(house: House) -> None:
    rider = house.ride()
    house.turn()
    for gap in (0.033, 0.05, 0.4):
        before = house.clock.now
        rider.played.ready.feed(1)
        house.turn(gap)
        assert rider.played.ready.received[-1] == (house.clock.now, before)


def test_who_says_nothing_is_looked_at_now_and_then(house: House) -> None:
    rider = house.ride()
    house.turn()
    looks = len(rider.played.ready.received)
    for _ in range(20):
        house.turn(LOOK_SECONDS / 10)
    assert len(rider.played.ready.received) == looks + 2
    rider.played.ready.fail_silent = TimedOut("Gate")
    house.turn(LOOK_SECONDS)
    rider.join()
    assert isinstance(rider.error, TimedOut)


def test_the_selected_stream_waits_for_no_slot() -> None:
    house = House(slots=1)
    selected, other = house.ride("First", Attention.SELECTED), house.ride()
    with house.slots.live:
        for rider in (other, selected):
            rider.played.ready.feed(1)
        thread = house.apart(house.turn)
        eventually(lambda: decoded(selected) == 1)
        assert decoded(other) == 0
    thread.join(20)
    assert decoded(other) == 1
    house.close()


# --- one helps ------------------------------------------------------------------------------------------------------


def test_nobody_waits_for_a_helper_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPREAD_PIXELS", 0)
    house = House(helpers=1)  # without its thread
    rider = house.ride()
    for number in range(3):
        rider.played.ready.feed(1)
        assert house.turn()
        assert decoded(rider) == number + 1
    house.close()


def test_while_one_hangs_the_helper_sees_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPREAD_PIXELS", 0)
    house = House(helpers=1)
    helper = threading.Thread(target=module._help, args=(house.rounds._calls,), name="helper")
    house.threads.append(helper)
    slow, others = house.ride("Slow"), [house.ride(f"Gate {number}") for number in range(3)]
    slow.played.source.gate.clear()
    for rider in (slow, *others):
        rider.played.ready.feed(1)
    round_ = house.apart(house.turn)
    helper.start()
    eventually(lambda: all(decoded(rider) == 1 for rider in others))
    assert round_.is_alive()  # and the round is not over before it all is
    slow.played.source.gate.set()
    round_.join(20)
    assert decoded(slow) == 1
    assert not house.turn()
    house.close()


def test_a_helper_that_comes_too_late_does_nothing() -> None:
    job = module._Job(module.deque(), 0.0, 0.0, DecodeSlots(2))
    job.do()
    job.help()
    assert not job._helped.acquire(blocking=False)


def test_a_helper_without_a_free_slot_leaves_it_to_the_other() -> None:
    slots = DecodeSlots(1)
    job = module._Job(module.deque(), 0.0, 0.0, slots)
    with slots.live:
        job.help()
    job.do()  # and this waits for no help


# --- what goes wrong in one stream ----------------------------------------------------------------------------------


def test_an_error_ends_only_its_own_ride(house: House) -> None:
    broken, other = house.ride("Broken"), house.ride()
    broken.played.ready.fail_next_read(Unreachable("Broken", "connection reset"))
    other.played.ready.feed(1)
    house.turn()
    broken.join()
    assert isinstance(broken.error, Unreachable)
    assert (decoded(other), other.riding, house.rounds.carried) == (1, True, 1)


def test_the_end_of_a_stream_is_an_error_of_it(house: House) -> None:
    rider = house.ride()
    rider.played.ready.end()
    house.turn()
    rider.join()
    assert rider.error is not None
    assert "the stream ended" in str(rider.error)


class Faulty:
    """A sink with a fault that nobody has foreseen."""

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """Fails."""
        raise ZeroDivisionError("division by zero")

    def interrupted(self, reason: str) -> None:
        """Does nothing."""


@pytest.mark.parametrize("place", ["taken in", "seen to"])
def test_an_unforeseen_fault_ends_only_its_own_ride(house: House, place: str, caplog: pytest.LogCaptureFixture) -> None:
    broken, other = house.ride("Broken"), house.ride()
    if place == "taken in":
        broken.played.wants.writers = (PacketDoor(Faulty()).writer(),)
    else:
        broken.played.play._say_begun = lambda: 1 / 0  # type: ignore[assignment]
    for rider in (broken, other):
        rider.played.ready.feed(1)
    with caplog.at_level(logging.ERROR):
        house.turn()
    broken.join()
    assert broken.error is not None
    assert broken.error.source == "Broken"
    assert "division by zero" in str(broken.error)
    assert [record.getMessage() for record in caplog.records] == ["Broken: its pictures could not be seen to"]
    assert (decoded(other), other.riding) == (1, True)


def test_a_stream_that_must_go_by_itself_is_given_back(house: House) -> None:
    rider = house.ride()
    rider.played.source.width, rider.played.source.height = 1920, 1080
    rider.played.ready.feed(1)
    house.turn()
    rider.join()
    assert (rider.carried, rider.error) == (True, None)
    assert rider.played.newest() == 0


def test_no_round_waits_for_a_stream_that_another_hangs_in(house: House) -> None:
    hanging, other = house.ride("Hanging"), house.ride()
    house.hang(hanging)
    for number in range(3):
        other.played.ready.feed(1)
        hanging.played.ready.feed(1)
        assert house.turn()
        assert decoded(other) == number + 1
    assert house.rounds.turn() is False  # also when all are looked at
    house.clock.now += LOOK_SECONDS
    assert house.rounds.turn() is False
    hanging.played.source.gate.set()
    house.threads[0].join(20)
    assert house.turn()
    assert decoded(hanging) == 4


def test_who_is_called_back_waits_until_no_round_has_it_in_hand(house: House) -> None:
    rider = house.ride()
    house.hang(rider)
    rider.off.set()
    rider._thread.join(0.05)
    assert rider._thread.is_alive()
    assert rider.played.ready.aboard
    rider.played.source.gate.set()
    rider.join()
    assert house.rounds.carried == 0


def test_what_comes_after_it_was_called_back_is_its_own(house: House) -> None:
    rider = house.ride()
    house.turn()
    rider.played.ready.feed(1)
    rider.off.set()
    house.turn()
    rider.join()
    assert rider.played.tally.packets == 0
    rider.played.play.step()
    assert rider.played.newest() == 0


# --- room -----------------------------------------------------------------------------------------------------------


def test_without_room_it_goes_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CARRIED", 1)
    first, second = house.ride(), house.ride("Second")
    second.join()
    assert (first.riding, second.carried) == (True, False)


def test_where_the_system_looks_at_no_more_it_goes_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(house.rounds._selector, "register", full)
        rider = house.ride()
    rider.join()
    assert (rider.carried, house.rounds.carried) == (False, 0)
    assert not house.turn()


def test_after_the_end_nobody_is_carried() -> None:
    house = House(threads=True)
    early = house.ride()
    assert house.rounds.close(20.0)
    late = house.ride("Late")
    late.join()
    assert late.carried is False
    early.off.set()  # who left late finds its stream as it was
    early.join()
    assert (early.carried, early.error) == (True, None)
    house.close()


# --- threads --------------------------------------------------------------------------------------------------------


def test_they_go_by_themselves_and_tell_it(alive: House) -> None:
    told = threading.Event()
    alive.rounds.after = told.set
    rider = alive.ride()
    rider.played.ready.feed(3)
    eventually(lambda: decoded(rider) == 3)
    assert told.wait(20)
    rider.off.set()
    rider.join()
    again = alive.ride()
    again.played.ready.feed(1)
    eventually(lambda: decoded(again) == 1)
    assert len(alive.rounds._threads) == 2


def test_who_cannot_be_told_does_not_stop_them(alive: House, caplog: pytest.LogCaptureFixture) -> None:
    def gone() -> None:
        raise RuntimeError("it was deleted")

    alive.rounds.after = gone
    rider = alive.ride()
    eventually(lambda: alive.rounds.after is None)
    rider.played.ready.feed(1)
    eventually(lambda: decoded(rider) == 1)
    assert rider.riding
    assert len(caplog.records) == 1


def test_when_rounds_fail_as_such_all_streams_are_opened_anew(
    alive: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    riders = [alive.ride(f"Gate {number}") for number in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(alive.rounds, "_due", lambda now: 1 / 0)
        for rider in riders:
            rider.join()
    for number, rider in enumerate(riders):
        assert rider.error is not None
        assert rider.error.source == f"Gate {number}"
    fresh = alive.ride("Fresh")
    fresh.played.ready.feed(1)
    eventually(lambda: decoded(fresh) == 1)
    assert caplog.records


def stuck(house: House, rider: Rider) -> threading.Thread:
    """The rounds' thread, which hangs in this stream from now on."""
    thread = house.rounds._threads[0]
    rider.played.source.gate.clear()
    rider.played.ready.feed(1)
    eventually(lambda: rider.played.tally.packets == 1 and not rider.played.play.waiting)
    house.rounds.check()
    assert house.rounds._threads[0] is thread  # not so soon
    house.clock.now += STUCK_SECONDS + 0.1
    return thread


def test_a_thread_that_hangs_is_left_behind_with_its_stream(alive: House, caplog: pytest.LogCaptureFixture) -> None:
    hanging, other = alive.ride("Hanging"), alive.ride()
    thread = stuck(alive, hanging)
    alive.rounds.check()
    assert alive.rounds._threads[0] is not thread
    assert "Hanging: its pictures hang" in caplog.text
    for number in range(3):
        other.played.ready.feed(1)
        eventually(lambda wanted=number + 1: decoded(other) == wanted)
    hanging.played.source.gate.set()
    thread.join(20)
    assert not thread.is_alive()
    hanging.played.ready.feed(1)
    eventually(lambda: decoded(hanging) == 2)


def test_what_a_round_that_hangs_had_still_to_do_is_done_by_the_next(alive: House) -> None:
    alive.rounds.beat = 0.2
    hanging, others = alive.ride("Hanging", Attention.SELECTED), [alive.ride(f"Gate {n}") for n in range(3)]
    for rider in others:
        rider.played.ready.feed(1)
    stuck(alive, hanging)
    alive.rounds.check()
    eventually(lambda: all(decoded(rider) == 1 for rider in others))


def test_threads_are_not_left_behind_without_end(alive: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEFT_BEHIND", 0)
    rider = alive.ride()
    thread = stuck(alive, rider)
    alive.rounds.check()
    assert alive.rounds._threads[0] is thread


def test_who_has_nothing_to_do_is_not_stuck(alive: House) -> None:
    rider = alive.ride()
    rider.off.set()
    rider.join()
    eventually(lambda: alive.rounds._busy is None)
    thread = alive.rounds._threads[0]
    alive.clock.now += 3600
    alive.rounds.check()
    assert alive.rounds._threads[0] is thread


# --- with a stream's life -------------------------------------------------------------------------------------------


class Life:
    """A stream and the rounds that it goes with."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.video = FakeVideo(self.clock, kind=FakeReady)
        slots = DecodeSlots(2)
        self.rounds = Rounds(slots, self.clock, helpers=0)
        self.rounds.beat = 0.002
        self.stream = Stream(
            "Gate", lambda: StreamRequest("Gate", "fake:cam"), self.video, slots, self.clock, lambda: 0.0,
            rounds=self.rounds,
        )  # fmt: skip
        self.stream.show(320, 180, Attention.NORMAL)

    def source(self, index: int = -1) -> FakeReady:
        """An open one."""
        found = self.video.source(index)
        assert isinstance(found, FakeReady)
        return found

    def play(self, packets: int = 1) -> None:
        """Feed it while it rides."""
        eventually(lambda: self.rounds.carried == 1)
        before = self.stream.facts().packets
        self.source().feed(packets)
        eventually(lambda: self.source().decoded >= packets and self.stream.facts().packets == before + packets)

    def close(self) -> None:
        """The end of all."""
        self.stream.stop()
        self.video.end_all()
        assert self.stream.join(20)
        assert self.rounds.close(20.0)


@pytest.fixture
def life() -> Iterator[Life]:
    made = Life()
    yield made
    made.close()


def test_a_stream_rides_and_is_called_back(life: Life) -> None:
    life.stream.start()
    life.play(3)
    assert life.stream.facts().phase is Phase.PLAYING
    life.stream.stop()
    assert life.stream.join(20)
    assert life.source().closed
    assert life.rounds.carried == 0


def test_it_is_opened_anew_when_it_is_asked_for(life: Life) -> None:
    life.stream.start()
    life.play()
    first = life.source()
    life.stream.retry()
    eventually(lambda: life.video.opened == 2 and first.closed)
    life.source(1)
    life.play()
    assert life.stream.facts().restarts == 0


def test_it_comes_back_from_a_break_on_the_way(life: Life) -> None:
    life.stream.start()
    life.play()
    life.source().fail_next_read(Unreachable("Gate", "connection reset"))
    eventually(lambda: life.stream.facts().phase is Phase.WAITING)
    assert life.stream.facts().reason == "not reachable: connection reset"
    life.stream.retry()
    life.source(1)
    life.play()
    assert life.stream.facts().phase is Phase.PLAYING


def test_it_goes_by_itself_where_there_is_no_room(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CARRIED", 0)
    life.stream.start()
    life.source().feed(5)
    eventually(lambda: life.source().decoded == 5)
    assert life.rounds.carried == 0


def test_a_worker_that_was_left_behind_does_not_board(life: Life) -> None:
    off = life.stream._off
    source = FakeReady(StreamRequest("Gate", "fake:cam"), life.clock, 0)
    life.stream._read_on(source, generation=-1)
    assert life.stream._off is off  # nor does it take the way back from the one that took over
    source.close()


def test_an_error_of_the_driver_is_told_once(life: Life) -> None:
    life.stream.start()
    life.play()
    life.source().fail_silent = DriverError("Gate", "it fell silent")
    life.clock.now += LOOK_SECONDS
    eventually(lambda: life.stream.facts().failures == 1)
    assert life.stream.facts().reason == "failed: it fell silent"
