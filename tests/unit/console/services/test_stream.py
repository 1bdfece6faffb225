"""One stream's life: it comes back from breaks, waits after refusals, ends when told to, and outlives hanging calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from fake_video import GOP, Clock, FakeVideo, NotedPackets, eventually

from console.model.restart import FIRST_DELAY, Phase
from console.model.shedding import Attention
from console.services.packet_door import PacketDoor
from console.services.play import CATCH_UP_PACKETS, KEY_SECONDS, NO_PICTURE_SECONDS
from console.services.slots import DecodeSlots
from console.services.stream import STUCK_SECONDS, Stream
from drivers.errors import NotFound, Refused, Unreachable
from drivers.types import Credentials, StreamRequest, View


class Bench:
    """A stream over a fake driver, at a clock that stands until the test moves it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.video = FakeVideo(self.clock)
        self.login = Credentials("a", "first")
        self.stream = Stream(
            "Gate",
            lambda: StreamRequest("Gate", "fake:cam", self.login),
            self.video,
            DecodeSlots(2),
            self.clock,
            lambda: 0.0,
            lambda: self.asked.append(self.clock.now),
        )
        self.asked: list[float] = []
        """When the camera was asked for a key frame."""
        self.threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the worker's thread is kept for waiting."""
        self.stream.start()
        self.note_worker()

    def note_worker(self) -> None:
        assert self.stream._thread is not None
        self.threads.append(self.stream._thread)

    def play(self, packets: int = 1) -> None:
        """Feed the newest source and wait until all is shown."""
        source = self.video.source()
        before = self.stream.facts().pictures
        source.feed(packets)
        eventually(lambda: self.stream.facts().pictures == before + packets)

    def phase(self, phase: Phase) -> None:
        eventually(lambda: self.stream.facts().phase is phase)

    def failed(self, times: int) -> bool:
        """Whether so many tries in a row failed and the next one is planned."""
        facts = self.stream.facts()
        return facts.failures == times and facts.next_try is not None

    def close(self) -> None:
        self.stream.stop()
        self.video.end_all()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_it_plays_and_counts(bench: Bench) -> None:
    bench.stream.show(320, 180, Attention.NORMAL)
    assert bench.stream.facts().phase is Phase.CONNECTING
    bench.start()
    bench.play(5)
    facts = bench.stream.facts()
    assert (facts.phase, facts.reason, facts.next_try, facts.restarts) == (Phase.PLAYING, "", None, 0)
    # In the burst at the start newer pictures replace older ones that nobody has missed.
    assert (facts.packets, facts.received_bytes, facts.pictures, facts.replaced) == (5, 5000, 5, 0)
    assert (facts.codec, facts.width, facts.height, facts.nominal_fps) == ("H264", 640, 360, 15.0)
    assert facts.packet_at == facts.picture_at == bench.clock.now
    assert facts.dropped == 0
    picture = bench.stream.mailbox.take()
    assert picture is not None
    assert (picture.pts, picture.width) == (4 / 15, 320)
    assert bench.stream.mailbox.take() is None


def test_a_break_is_told_and_mended_at_its_time(bench: Bench) -> None:
    bench.start()
    bench.play()
    bench.video.source().fail_next_read(Unreachable("Gate", "connection reset"))
    bench.phase(Phase.WAITING)
    facts = bench.stream.facts()
    assert facts.reason == "not reachable: connection reset"
    assert facts.next_try == bench.clock.now + FIRST_DELAY
    assert bench.video.opened == 1
    assert bench.video.source(0).closed
    bench.clock.now += FIRST_DELAY
    bench.video.source(1)
    bench.play()
    facts = bench.stream.facts()
    assert (facts.phase, facts.reason, facts.restarts) == (Phase.PLAYING, "", 1)


def test_the_end_of_a_stream_is_a_break(bench: Bench) -> None:
    bench.start()
    bench.play()
    bench.video.source().end()
    bench.phase(Phase.WAITING)
    assert "the stream ended" in bench.stream.facts().reason


def test_the_reason_stays_while_it_tries_again(bench: Bench) -> None:
    bench.video.fail_next_open(NotFound("Gate"))
    bench.start()
    bench.phase(Phase.WAITING)
    bench.video.gate.clear()
    bench.clock.now += FIRST_DELAY
    eventually(lambda: bench.video.opened == 2)
    assert bench.stream.facts().reason == "no such stream on the device"


def test_three_failures_are_gone_and_a_picture_ends_that(bench: Bench) -> None:
    bench.video.fail_next_open(*(Unreachable("Gate") for _ in range(3)))
    bench.start()
    for failures in (1, 2):
        eventually(partial(bench.failed, failures))
        assert not bench.stream.facts().gone
        bench.clock.now += 1.0
    eventually(lambda: bench.stream.facts().gone)
    lost = bench.clock.now
    assert bench.stream.facts().since == lost
    bench.clock.now += 5.0
    bench.video.source()
    assert bench.stream.facts().gone
    assert bench.stream.facts().since == lost  # "NO SIGNAL" goes on counting over tries
    bench.play()
    facts = bench.stream.facts()
    assert (facts.gone, facts.phase, facts.since) == (False, Phase.PLAYING, bench.clock.now)


def test_refused_is_not_tried_again_until_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.video.fail_next_open(Refused("Gate"))
    bench.start()
    bench.phase(Phase.REFUSED)
    assert bench.stream.facts().next_try is None
    bench.clock.now += 7 * 24 * 3600.0
    bench.stream.check()  # it waits, it does not hang
    bench.login = Credentials("a", "second")
    bench.stream.retry()
    bench.play()
    assert [request.credentials for request in bench.video.requests] == [
        Credentials("a", "first"), Credentials("a", "second"),
    ]  # fmt: skip
    assert "first" not in caplog.text
    assert "second" not in caplog.text


def test_a_login_that_cannot_be_had_is_a_refusal(bench: Bench) -> None:
    def locked() -> StreamRequest:
        raise Refused("Gate", "the vault is locked", "Open the vault.")

    bench.stream._request = locked
    bench.start()
    bench.phase(Phase.REFUSED)
    assert bench.stream.facts().reason == "user name or password refused: the vault is locked"
    assert bench.video.opened == 0


def test_retry_does_not_wait_for_the_next_try(bench: Bench) -> None:
    bench.video.fail_next_open(Unreachable("Gate"))
    bench.start()
    bench.phase(Phase.WAITING)
    bench.stream.retry()
    bench.play()
    assert bench.stream.facts().failures == 0


def test_retry_opens_a_stream_that_plays_anew(bench: Bench) -> None:
    bench.start()
    bench.play()
    bench.stream.retry()
    bench.video.source().feed()
    bench.video.source(1)
    bench.play()
    assert bench.video.source(0).closed
    assert bench.stream.facts().restarts == 0


def while_connecting(bench: Bench) -> None:
    bench.video.gate.clear()
    bench.start()
    eventually(lambda: bench.video.opened == 1)


def while_playing(bench: Bench) -> None:
    bench.start()
    bench.play()


def while_waiting(bench: Bench) -> None:
    bench.video.fail_next_open(Unreachable("Gate"))
    bench.start()
    bench.phase(Phase.WAITING)


def while_refused(bench: Bench) -> None:
    bench.video.fail_next_open(Refused("Gate"))
    bench.start()
    bench.phase(Phase.REFUSED)


@pytest.mark.parametrize("reach", [while_connecting, while_playing, while_waiting, while_refused])
def test_it_ends_from_everywhere(bench: Bench, reach: Callable[[Bench], None]) -> None:
    reach(bench)
    pictures = bench.stream.facts().pictures
    bench.stream.stop()
    bench.video.gate.set()
    for source in list(bench.video.sources):
        source.feed()
    assert bench.stream.join(20)
    assert all(source.closed for source in bench.video.sources)
    assert bench.stream.facts().pictures == pictures  # nothing more after it was stopped
    assert bench.video.opened == 1


def test_joining_what_never_began_returns_at_once(bench: Bench) -> None:
    bench.stream.stop()
    assert bench.stream.join(0)


def test_a_worker_that_hangs_is_replaced_and_can_do_no_harm(bench: Bench) -> None:
    bench.start()
    bench.play(2)
    bench.clock.now += STUCK_SECONDS - 1
    bench.stream.check()
    assert bench.video.opened == 1
    bench.clock.now += 2
    bench.stream.check()
    bench.note_worker()
    bench.video.source(1)
    bench.play(3)
    before = bench.stream.facts()
    newest = bench.stream.mailbox.take()
    bench.video.source(0).feed()  # now it wakes up, with a packet in its hand
    bench.threads[0].join(20)
    assert not bench.threads[0].is_alive()
    assert bench.video.source(0).closed
    assert newest is not None
    assert bench.stream.mailbox.take() is None
    assert bench.stream.facts() == before


def test_a_worker_that_hangs_in_opening_is_replaced_too(bench: Bench) -> None:
    while_connecting(bench)
    bench.clock.now += STUCK_SECONDS + 1
    bench.stream.check()
    bench.note_worker()
    eventually(lambda: bench.video.opened == 2)
    bench.video.gate.set()
    eventually(lambda: len(bench.video.sources) == 2)
    eventually(lambda: any(source.closed for source in bench.video.sources))
    next(source for source in bench.video.sources if not source.closed).feed()
    bench.phase(Phase.PLAYING)
    bench.threads[0].join(20)
    assert not bench.threads[0].is_alive()


def test_what_befalls_a_worker_left_behind_changes_nothing(bench: Bench) -> None:
    bench.start()
    bench.play()
    bench.clock.now += STUCK_SECONDS + 1
    bench.stream.check()
    bench.note_worker()
    bench.video.source(1).fail_next_read(Unreachable("Gate"))
    bench.phase(Phase.WAITING)
    before = bench.stream.facts()
    assert before.next_try is not None
    bench.video.source(0).fail_next_read(Refused("Gate"))
    bench.threads[0].join(20)
    assert bench.stream.facts() == before  # the time of the next try too: it is not the old worker's


@pytest.mark.parametrize("reach", [while_waiting, while_refused])
def test_who_waits_does_not_hang(bench: Bench, reach: Callable[[Bench], None]) -> None:
    reach(bench)
    worker = bench.stream._thread
    bench.clock.now += FIRST_DELAY / 2 if reach is while_waiting else STUCK_SECONDS * 10
    bench.stream.check()
    assert bench.stream._thread is worker


def test_packets_without_pictures_are_a_break_in_the_end(bench: Bench) -> None:
    bench.start()
    source = bench.video.source()
    source.blank = True
    source.feed()
    eventually(lambda: source.decoded == 1)
    bench.clock.now += NO_PICTURE_SECONDS + 0.1
    source.feed()
    bench.phase(Phase.WAITING)
    assert bench.stream.facts().reason == "no answer in time: packets come, but no picture"


@pytest.mark.parametrize("attention", [Attention.HIDDEN, Attention.WARM])
def test_what_nobody_sees_is_not_decoded_and_owes_no_pictures(bench: Bench, attention: Attention) -> None:
    bench.stream.show(0, 0, attention)
    bench.start()
    source = bench.video.source()
    source.feed(5)
    eventually(lambda: source.held == 5)
    bench.phase(Phase.PLAYING)
    bench.clock.now += NO_PICTURE_SECONDS * 3
    source.feed(5)
    eventually(lambda: source.held == 10)
    facts = bench.stream.facts()
    assert (facts.phase, facts.pictures, facts.packets, facts.dropped) == (Phase.PLAYING, 0, 10, 0)
    assert source.decoded == 0


def seen_again(bench: Bench, held: int, gop: int = GOP) -> None:
    bench.stream.show(0, 0, Attention.WARM)
    bench.start()
    source = bench.video.source()
    source.gop = gop
    source.feed(held)
    eventually(lambda: bench.stream.facts().packets == held and source.idle)
    bench.stream.show(320, 180, Attention.NORMAL)


def test_it_is_live_again_with_the_next_packet(bench: Bench) -> None:
    seen_again(bench, 12)
    source = bench.video.source()
    bench.play(1)
    assert (source.decoded, source.scaled, source.held) == (13, 1, 0)
    assert bench.stream.facts().dropped == 0
    bench.play(1)
    assert source.decoded == 14


def test_a_key_frame_makes_what_was_held_needless(bench: Bench) -> None:
    seen_again(bench, GOP)
    bench.play(1)
    assert bench.video.source().decoded == 1


def test_what_was_too_much_to_hold_is_left_until_the_next_key_frame(bench: Bench) -> None:
    seen_again(bench, 50, gop=60)
    source = bench.video.source()
    source.feed(10)
    eventually(lambda: source.skipped == 10)
    assert (source.decoded, bench.stream.facts().pictures) == (0, 0)
    bench.play(1)
    assert source.decoded == 1


def test_catching_up_leaves_slots_to_others_and_ends_when_it_is_hidden_again(bench: Bench) -> None:
    seen_again(bench, 12)
    slots, source = bench.stream._slots, bench.video.source()
    source.gate.clear()
    source.feed()
    eventually(lambda: not slots.backlog._value)
    assert slots.live.acquire(timeout=5)  # one is left
    slots.live.release()
    bench.stream.show(0, 0, Attention.WARM)
    source.gate.set()
    eventually(lambda: source.held == 13 - CATCH_UP_PACKETS)
    assert slots.backlog.acquire(timeout=5)
    slots.backlog.release()
    bench.stream.show(320, 180, Attention.NORMAL)
    bench.play(1)
    assert (source.decoded, source.scaled) == (14, 1)


def test_the_packets_go_to_who_wants_them(bench: Bench) -> None:
    sink = NotedPackets()
    door = PacketDoor(sink)
    writer = door.writer()
    bench.stream.write_to((writer,))
    bench.start()
    bench.play(3)
    source = bench.video.source()
    source.fail_next_read(Unreachable("Gate", "connection reset"))
    bench.phase(Phase.WAITING)
    eventually(lambda: bool(sink.reasons))
    assert sink.reasons == ["not reachable: connection reset"]
    assert [packet.key for packet in sink.packets] == [True, False, False]
    assert sink.parameters == [source.parameters] * 3
    bench.video.first = GOP - 2
    bench.clock.now += FIRST_DELAY
    bench.video.source(1).feed(4)
    eventually(lambda: len(sink.packets) == 5)
    assert sink.packets[3].key  # what came before it cannot be decoded
    writer.leave("enough")
    bench.play(1)
    assert len(sink.packets) == 5


def test_a_worker_that_hangs_leaves_no_half_group(bench: Bench) -> None:
    sink = NotedPackets()
    bench.stream.write_to((PacketDoor(sink).writer(),))
    bench.start()
    bench.play(2)
    bench.clock.now += STUCK_SECONDS + 1
    bench.video.first = GOP - 1
    bench.stream.check()
    bench.note_worker()
    assert sink.reasons == ["the connection hung"]
    bench.video.source(1).feed(2)
    eventually(lambda: len(sink.packets) == 3)
    assert sink.packets[2].key
    bench.video.source(0).feed()
    bench.threads[0].join(20)
    assert len(sink.packets) == 3


def test_a_camera_that_begins_without_a_key_frame_is_asked_for_one(bench: Bench) -> None:
    bench.video.first = 1
    bench.start()
    source = bench.video.source()
    for _ in range(3):
        source.feed()
        eventually(lambda: source.idle)
    eventually(lambda: bench.stream.facts().packets == 3)
    assert bench.asked == []
    bench.clock.now += KEY_SECONDS * 1.1
    bench.play(2)
    assert len(bench.asked) == 1


def test_a_camera_that_begins_with_a_key_frame_is_asked_for_nothing(bench: Bench) -> None:
    bench.start()
    bench.play(1)
    bench.clock.now += KEY_SECONDS
    bench.play(3)
    assert bench.asked == []


def test_a_view_reaches_the_open_stream_and_the_next_one(bench: Bench) -> None:
    bench.stream.look(View(rotate=90))
    bench.start()
    bench.play()
    assert bench.video.source().view == View(rotate=90)
    bench.stream.look(View(mirror=True))
    assert bench.video.source().view == View(mirror=True)
    bench.video.source().fail_next_read(Unreachable("Gate"))
    bench.phase(Phase.WAITING)
    bench.stream.retry()
    bench.video.source(1)
    bench.play()
    assert bench.video.source(1).view == View(mirror=True)


def test_a_new_size_reaches_the_open_stream_and_the_next_one(bench: Bench) -> None:
    bench.start()
    bench.play()
    bench.stream.show(320, 180, Attention.SELECTED)
    bench.play()
    picture = bench.stream.mailbox.take()
    assert picture is not None
    assert (picture.width, picture.height) == (320, 180)
    bench.video.source().fail_next_read(Unreachable("Gate"))
    bench.phase(Phase.WAITING)
    bench.stream.retry()
    eventually(lambda: len(bench.video.sources) == 2)
    bench.play()
    picture = bench.stream.mailbox.take()
    assert picture is not None
    assert (picture.width, picture.height) == (320, 180)


def test_only_what_somebody_looks_at_closely_is_decoded_in_full(bench: Bench) -> None:
    bench.stream.show(320, 180, Attention.NORMAL)
    bench.start()
    bench.play()
    assert not bench.video.source().full
    bench.stream.show(320, 180, Attention.SELECTED)
    assert bench.video.source().full
    bench.stream.show(320, 180, Attention.SMALL)
    assert not bench.video.source().full
    bench.stream.show(320, 180, Attention.NORMAL, best=True)
    assert bench.video.source().full


def test_decoding_waits_for_a_slot_and_gives_it_back(bench: Bench) -> None:
    slots = bench.stream._slots.live
    bench.start()
    bench.play()
    assert slots.acquire(timeout=5)
    assert slots.acquire(timeout=5)
    source = bench.video.source()
    decoded = source.decoded
    source.feed()
    eventually(lambda: source.idle)
    assert source.decoded == decoded
    slots.release()
    eventually(lambda: source.decoded == decoded + 1)
    slots.release()
