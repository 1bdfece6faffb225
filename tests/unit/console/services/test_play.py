"""What becomes of each packet of a stream that goes with the rounds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from fake_video import GOP, Clock, FakeSource, NotedPackets
from rounds_rig import Played

from console.model.shedding import SHOW_AT_LEAST_EVERY, Attention
from console.services.packet_door import PacketDoor
from console.services.play import (
    CATCH_UP_PACKETS,
    KEY_SECONDS,
    MOST_IN_A_ROUND,
    NO_PICTURE_SECONDS,
    PUNCTUAL_SECONDS,
)
from drivers.errors import DriverError, TimedOut, Unreachable
from drivers.types import Dewarp, EncodedPacket, StreamParameters, View

INTERVAL = 1 / 15
FISHEYE = View(dewarp=Dewarp())


@pytest.fixture
def played() -> Iterator[Played]:
    made = Played(Clock())
    made.play.board()
    yield made
    made.end()


# --- who may go with the rounds -------------------------------------------------------------------------------------


def test_a_light_stream_that_can_be_looked_into_may_ride() -> None:
    played = Played(Clock())
    assert played.play.may_ride
    played.source.width, played.source.height = 1280, 720
    assert played.play.may_ride
    played.source.height = 1024
    assert not played.play.may_ride
    played.end()


def test_a_stream_that_must_be_waited_for_goes_by_itself() -> None:
    assert not Played(Clock(), kind=FakeSource).play.may_ride


def test_straightening_is_too_much_for_a_round(played: Played) -> None:
    played.ready.feed(1)
    assert played.round()
    played.wants.view = FISHEYE
    assert not played.play.may_ride
    played.ready.feed(1)
    assert played.round(stays=False)


def test_a_stream_that_grows_goes_by_itself(played: Played) -> None:
    played.ready.feed(1)
    assert played.round()
    played.source.width, played.source.height = 1920, 1080
    played.ready.feed(1)
    assert played.round(stays=False)


def test_what_nobody_sees_costs_nothing(played: Played) -> None:
    assert played.play.pixels == 640 * 360
    for attention in (Attention.HIDDEN, Attention.WARM):
        played.wants.attention = attention
        assert played.play.pixels == 0


# --- packets --------------------------------------------------------------------------------------------------------


def test_nothing_has_come(played: Played) -> None:
    assert not played.round()
    played.ready.feed_part()
    assert not played.round()
    assert not played.play.waiting
    assert (played.tally.packets, played.tally.packet_at) == (0, None)
    assert played.tally.heartbeat == 1000.0


def test_a_packet_is_counted_decoded_and_shown(played: Played) -> None:
    played.ready.feed(1)
    assert played.round()
    tally, now = played.tally, played.clock.now
    assert (tally.packets, tally.bytes, tally.pictures, tally.size) == (1, 1000, 1, (640, 360))
    assert tally.heartbeat == tally.packet_at == tally.picture_at == now
    assert played.begun == 1
    assert played.newest() == 0
    assert played.ready.received == [(now, now - 0.033)]


def test_of_several_the_last_is_shown(played: Played) -> None:
    played.ready.feed(1)
    assert played.round()
    assert played.newest() == 0
    played.ready.feed(3)
    assert played.round()
    assert (played.source.decoded, played.source.scaled) == (4, 2)
    assert played.newest() == 3
    assert played.mailbox.replaced == 0
    assert [told[2] for told in played.shedder.told] == [False, True, True, False]


@pytest.mark.parametrize("packets", [MOST_IN_A_ROUND, MOST_IN_A_ROUND + 1, 5 * MOST_IN_A_ROUND + 3])
def test_what_one_round_does_not_get_to_is_decoded_in_the_next(played: Played, packets: int) -> None:
    played.ready.feed(packets)
    rounds = 0
    while played.play.waiting or not rounds:
        assert played.round()
        assert played.source.decoded <= MOST_IN_A_ROUND * (rounds + 1)
        rounds += 1
    assert rounds == -(-packets // MOST_IN_A_ROUND)
    assert (played.source.decoded, played.tally.packets) == (packets, packets)
    assert played.newest() == packets - 1
    assert not played.round()


def test_who_always_has_more_than_a_round_takes_is_still_seen(played: Played) -> None:
    played.ready.feed_inside(100 * MOST_IN_A_ROUND)
    shown = []
    for _ in range(60):
        assert played.round()
        newest = played.newest()
        if newest is not None:
            shown.append(played.clock.now)
    assert max(later - earlier for earlier, later in itertools.pairwise(shown)) < SHOW_AT_LEAST_EVERY + 0.04


def test_the_end_and_errors_are_told(played: Played) -> None:
    played.ready.fail_next_read(Unreachable("Gate", "connection reset"))
    with pytest.raises(Unreachable):
        played.round()
    played.ready.end()
    with pytest.raises(DriverError, match="the stream ended"):
        played.round()


def test_packets_without_pictures_are_not_endured_for_ever(played: Played) -> None:
    played.source.blank = True
    for _ in range(int(NO_PICTURE_SECONDS)):
        played.ready.feed(1)
        assert played.round(1.0)
    played.ready.feed(1)
    with pytest.raises(TimedOut, match="no picture"):
        played.round(1.0)


def test_a_worker_that_was_left_behind_shows_nothing_more(played: Played) -> None:
    played.ready.feed(3)
    played.mine = False
    assert played.round(stays=False)
    assert played.newest() is None
    assert played.source.decoded == 1


def test_the_camera_is_asked_for_a_key_frame(played: Played) -> None:
    played.source._index = 3  # the middle of a group
    for _ in range(5):
        played.ready.feed(1)
        played.round(KEY_SECONDS / 2)
    assert played.asked == 1


# --- what is on time ------------------------------------------------------------------------------------------------


def told(played: Played) -> tuple[float, float, bool, float | None]:
    """Of the last packet."""
    return played.shedder.told[-1]


@pytest.mark.parametrize("gap", [0.016, 0.033, PUNCTUAL_SECONDS, INTERVAL])
def test_the_newest_is_on_time_while_rounds_come_quickly(played: Played, gap: float) -> None:
    played.clock.now = 0.0  # exact sums
    played.ready.feed(2)
    assert played.round(gap)
    assert played.shedder.told == [(0.0, 0.0, True, None), (INTERVAL, 0.0, False, gap)]


def test_after_a_long_pause_it_is_no_later_than_that(played: Played) -> None:
    played.ready.feed(1)
    assert played.round(0.5)
    assert told(played) == (0.0, 0.0, False, 0.5)


def test_nothing_is_known_while_more_may_wait_in_the_socket(played: Played) -> None:
    played.ready.most = 2
    played.ready.feed(3)
    assert played.round()
    assert told(played) == (0.0, 0.0, False, None)
    assert played.round()
    assert told(played)[0] == INTERVAL


def test_what_lay_there_from_the_round_before_is_not_on_time(played: Played) -> None:
    played.ready.feed(MOST_IN_A_ROUND + 1)
    assert played.round()
    assert played.round()
    assert told(played) == (0.0, 0.0, False, None)


# --- hidden and seen again ------------------------------------------------------------------------------------------


def hide(played: Played, packets: int) -> None:
    played.wants.attention = Attention.HIDDEN
    for _ in range(packets):
        played.ready.feed(1)
        assert played.round()
    assert (played.source.held, played.source.decoded) == (packets, 0)
    assert played.newest() is None


def test_what_is_hidden_is_held(played: Played) -> None:
    hide(played, 3)
    assert played.begun == 1
    assert played.tally.packet_at == played.clock.now
    assert played.tally.picture_at is None


def test_seen_again_a_little_is_caught_up_in_the_round(played: Played) -> None:
    hide(played, CATCH_UP_PACKETS)
    played.wants.attention = Attention.NORMAL
    played.ready.feed(1)
    assert played.round()
    assert played.source.decoded == CATCH_UP_PACKETS + 1
    assert played.newest() == CATCH_UP_PACKETS


def test_seen_again_much_is_caught_up_by_its_own_worker(played: Played) -> None:
    hide(played, CATCH_UP_PACKETS + 1)
    played.wants.attention = Attention.NORMAL
    played.ready.feed(1)
    assert played.round(stays=False)
    assert not played.play.may_ride
    played.play.alight()
    played.play.step()  # waits for nothing: a packet has been taken in
    assert played.source.decoded == CATCH_UP_PACKETS + 2
    assert played.newest() == CATCH_UP_PACKETS + 1
    assert played.tally.packets == CATCH_UP_PACKETS + 2
    assert played.play.may_ride


def test_seen_again_at_a_key_frame_nothing_is_caught_up(played: Played) -> None:
    hide(played, GOP)
    played.wants.attention = Attention.NORMAL
    played.ready.feed(1)
    assert played.round()
    assert (played.source.decoded, played.newest()) == (1, GOP)


# --- where packets go -----------------------------------------------------------------------------------------------


def test_each_packet_is_written_once(played: Played) -> None:
    sink = NotedPackets()
    played.wants.writers = (PacketDoor(sink).writer(),)
    played.ready.feed(MOST_IN_A_ROUND + 4)
    while not played.source.decoded or played.play.waiting:
        played.round()
    assert [round(packet.pts * 15) for packet in sink.packets] == list(range(MOST_IN_A_ROUND + 4))


def test_a_sink_that_fails_is_told(played: Played) -> None:
    class Full:
        def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
            raise DriverError("Gate", "the disk is full")

        def interrupted(self, reason: str) -> None:
            pass

    played.wants.writers = (PacketDoor(Full()).writer(),)
    played.ready.feed(1)
    with pytest.raises(DriverError, match="the disk is full"):
        played.round()
