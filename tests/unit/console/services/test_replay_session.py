"""Replay sessions on real groups of pictures, with a clock that stands still until the test lets it pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from gop_rig import FPS, PLAIN, REORDERED, START, ListFootage, gops, number_in

from console.model.replay import started
from console.services.footage_merge import MergedFootage
from console.services.packet_ring import PacketRing, RingBudget
from console.services.replay import ReplaySession, Shown
from console.services.replay_tile import HOLD_SECONDS, NO_FOOTAGE, ReplayTile, Wish
from drivers.types import Gop
from drivers.video.gop_decoder import GopDecoder

HALF = 0.5 / FPS
DEADLINE = 20.0


@dataclass
class Room:
    """A session and what its tiles showed."""

    now: float = START + 10.0
    seen: dict[str, list[Shown]] = field(default_factory=dict)
    made: list[ReplaySession[str]] = field(default_factory=list)

    def begin(self, at: float, playing: bool = False, workers: int = 2) -> ReplaySession[str]:
        state = started(self.now, self.now - at)
        state = state if playing else state.paused(self.now)
        session = ReplaySession[str](GopDecoder, state, lambda: self.now, workers)
        self.made.append(session)
        return session

    @property
    def session(self) -> ReplaySession[str]:
        return self.made[-1]

    def look(self) -> None:
        for key, shown in self.session.take().items():
            self.seen.setdefault(key, []).append(shown)

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not true():
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.002)
            self.look()

    def shows(self, number: int, key: str = "a") -> None:
        """Wait until the tile shows exactly this picture."""
        self.until(lambda: self.number(key) == number and self.exact(key))

    def lacks(self, key: str = "a") -> None:
        """Wait until the tile says that there is no footage, and shows nothing."""
        self.until(lambda: (shown := self.last(key)) is not None and shown.problem == NO_FOOTAGE)
        shown = self.last(key)
        assert shown is not None
        assert shown.picture is None

    def exact(self, key: str = "a") -> bool:
        shown = self.last(key)
        return shown is not None and shown.exact

    def last(self, key: str = "a") -> Shown | None:
        self.look()
        return self.seen[key][-1] if self.seen.get(key) else None

    def number(self, key: str = "a") -> int | None:
        shown = self.last(key)
        return None if shown is None else number_in(shown.picture)

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.session.wake()

    def go(self, to: float) -> None:
        self.session.change(lambda state, now: state.moved(now, to))


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    for session in room.made:
        session.stop()
        assert session.join()


def moment(number: int) -> float:
    """A moment at which this picture is seen."""
    return START + number / FPS + HALF


@pytest.mark.parametrize(
    ("codec", "options"),
    [("h264", PLAIN["h264"]), ("h264", REORDERED["h264"]), ("hevc", REORDERED["hevc"])],
    ids=["h264", "h264 with B-frames", "hevc with B-frames"],
)
def test_the_exact_picture_is_shown_wherever_the_operator_goes(room: Room, codec: str, options: dict[str, str]) -> None:
    session = room.begin(moment(37))
    session.add("a", "Gate", ListFootage(gops(codec, 60, 20, options=options)), (320, 180))
    room.shows(37)
    for number in (38, 5, 59, 20, 19, 0):
        room.go(moment(number))
        room.shows(number)
    shown = room.last()
    assert shown is not None
    assert shown.when == pytest.approx(START)


def test_steps_go_through_every_picture_both_ways(room: Room) -> None:
    session = room.begin(moment(17))
    session.add("a", "Gate", ListFootage(gops("h264", 60, 20, options=REORDERED["h264"])), (320, 180))
    room.shows(17)
    for number in range(18, 24):
        session.step("a", 1)
        room.shows(number)
    for number in range(22, 15, -1):
        session.step("a", -1)
        room.shows(number)
    assert not session.state.playing
    assert all(shown.exact for shown in room.seen["a"])


def test_several_steps_at_once_are_counted_together(room: Room) -> None:
    session = room.begin(moment(30))
    footage = ListFootage(gops("h264", 60, 20))
    session.add("a", "Gate", footage, (320, 180))
    room.shows(30)
    footage.gate.clear()
    for _ in range(5):
        session.step("a", 1)
    footage.gate.set()
    room.shows(35)
    session.step("a", 1000)
    room.shows(59)
    session.step("a", -1000)
    room.shows(0)


def test_playing_forwards_and_backwards(room: Room) -> None:
    session = room.begin(moment(3), playing=True)
    session.add("a", "Gate", ListFootage(gops("h264", 60, 20)), (320, 180))
    room.shows(3)
    for number in range(4, 45):
        room.pass_(1 / FPS)
        room.shows(number)
    session.change(lambda state, now: state.played(now, -1.0))
    for number in range(43, 2, -1):
        room.pass_(1 / FPS)
        room.shows(number)


def test_workers_wake_by_themselves_for_the_next_picture() -> None:
    """With the real clock: nobody wakes the workers but the time line."""
    begun, real = START + 10.0, time.monotonic()
    session = ReplaySession[str](GopDecoder, started(begun, 9.0), lambda: begun + time.monotonic() - real)
    try:
        session.add("a", "Gate", ListFootage(gops("h264", 60, 20)), (320, 180))
        numbers: set[int | None] = set()
        deadline = time.monotonic() + DEADLINE
        while 25 not in numbers and max((each or 0 for each in numbers), default=0) < 59:
            assert time.monotonic() < deadline
            numbers |= {number_in(shown.picture) for shown in session.take().values()}
            time.sleep(0.002)
        assert len(numbers) > 3
    finally:
        session.stop()
        assert session.join()


def test_tiles_share_one_clock(room: Room) -> None:
    session = room.begin(moment(25))
    for camera, key in ((1, "a"), (2, "b"), (3, "c")):
        footage = ListFootage(gops("h264", 60, 20, camera=camera, shift=(camera - 1) * 1.0))
        session.add(key, key, footage, (320, 180))
    room.shows(25, "a")
    room.shows(10, "b")
    room.lacks("c")
    session.step("b", 1)
    room.shows(11, "b")
    room.shows(26, "a")


def test_a_gap_says_so_and_shows_nothing_old(room: Room) -> None:
    made = gops("h264", 60, 20)
    late = gops("h264", 20, 20, shift=20.0)
    session = room.begin(moment(59))
    session.add("a", "Gate", ListFootage([*made, *late]), (320, 180))
    room.shows(59)
    room.go(made[-1].end + HOLD_SECONDS + 0.1)
    room.lacks()
    session.step("a", 1)
    room.shows(0)
    room.go(START + 15)
    room.lacks()
    session.step("a", -1)
    room.shows(59)
    room.go(START - 1)
    room.lacks()


def test_a_picture_that_ends_the_footage_does_not_stay(room: Room) -> None:
    session = room.begin(moment(59), playing=True)
    session.add("a", "Gate", ListFootage(gops("h264", 60, 20)), (320, 180))
    room.shows(59)
    room.pass_(HOLD_SECONDS + 0.2)
    room.lacks()


def test_errors_of_the_footage_are_sentences(room: Room) -> None:
    footage = ListFootage(gops("h264", 60, 20))
    footage.fail = OSError(5, "Input/output error")
    room.begin(moment(5)).add("a", "Gate", footage, (320, 180))
    room.until(lambda: room.last() is not None)
    shown = room.last()
    assert shown is not None
    assert shown.problem == "The footage cannot be read: Input/output error."
    footage.fail = None
    room.go(moment(30))
    room.shows(30)


def test_size_and_tiles_change_while_it_stands(room: Room) -> None:
    session = room.begin(moment(7))
    footage = ListFootage(gops("h264", 60, 20))
    session.add("a", "Gate", footage, (320, 180))
    room.shows(7)
    session.resize("a", (160, 90))
    room.until(lambda: (shown := room.last()) is not None and shown.picture is not None and shown.picture.width == 160)
    session.add("b", "Yard", ListFootage(gops("h264", 60, 20, camera=2)), (320, 180))
    room.shows(7, "b")
    session.remove("a")
    assert session.keys == ("b",)
    room.go(moment(9))
    room.shows(9, "b")


def test_it_ends_although_a_disk_is_slow(room: Room) -> None:
    footage = ListFootage(gops("h264", 60, 20))
    footage.gate.clear()
    session = room.begin(moment(7))
    session.add("a", "Gate", footage, (320, 180))
    room.until(lambda: footage.asked > 0)
    session.stop()
    assert not session.join(0)
    footage.gate.set()
    assert session.join()
    assert session.take() == {}


def test_newest_wins_and_nothing_queues(room: Room) -> None:
    session = room.begin(moment(0), workers=1)
    footage = ListFootage(gops("h264", 60, 20))
    session.add("a", "Gate", footage, (320, 180))
    room.shows(0)
    for number in range(1, 60):
        room.go(moment(number))
    room.shows(59)
    assert len(room.seen["a"]) < 60


class SlowDecoder(GopDecoder):
    """Says that a packet takes half a second."""

    def seconds(self, gop: Gop, packets: int) -> float:
        return 0.5 * packets


def test_where_the_right_picture_takes_long_its_key_frame_comes_first() -> None:
    tile = ReplayTile(ListFootage(gops("h264", 60, 20)), SlowDecoder("Gate"))
    first = tile.look(Wish(moment(33), 1.0, first=True), lambda: True)
    assert first is not None
    assert (number_in(first.picture), first.exact) == (20, False)
    then = tile.look(Wish(moment(33), 1.0, first=True), lambda: True)
    assert then is not None
    assert (number_in(then.picture), then.exact) == (33, True)


def test_too_fast_for_all_packets_it_goes_from_key_frame_to_key_frame() -> None:
    tile = ReplayTile(ListFootage(gops("h264", 60, 20)), SlowDecoder("Gate"))
    numbers = []
    for number in (3, 25, 30, 45, 22):
        look = tile.look(Wish(moment(number), 8.0), lambda: True)
        assert look is not None
        numbers.append(number_in(look.picture))
    assert numbers == [0, 20, None, 40, 20]  # None: the same as before


def test_fast_with_time_enough_every_picture_is_right() -> None:
    tile = ReplayTile(ListFootage(gops("h264", 60, 20)), GopDecoder("Gate"))
    tile.decoder.set_target(64, 36)
    looks = [tile.look(Wish(moment(number), 0.0), lambda: True) for number in (3, 25, 45)]
    assert [look.when for look in looks if look is not None] == [
        pytest.approx(START + number / FPS) for number in (3, 25, 45)
    ]


def test_footage_is_asked_once_a_group() -> None:
    footage = ListFootage(gops("h264", 60, 20))
    tile = ReplayTile(footage, GopDecoder("Gate"))
    for number in range(40):
        assert tile.look(Wish(moment(number), 1.0), lambda: True) is not None
    assert footage.asked <= 5


def test_from_a_recording_into_the_replay_buffer_and_back(room: Room) -> None:
    """Both overlap and are out of step; the buffer begins with the recording's picture 15."""
    ring = ListFootage(gops("h264", 30, 15, camera=2, size=(160, 90), shift=1.0))
    file = ListFootage(gops("h264", 40, 20))
    session = room.begin(moment(11))
    session.add("a", "Gate", MergedFootage([ring, file]), (320, 180))
    room.shows(11)
    seen = [*range(12, 15), *range(6)]
    for number in seen:
        session.step("a", 1)
        room.shows(number)
    for number in [*seen[-2::-1], 11, 10]:
        session.step("a", -1)
        room.shows(number)
    session.change(lambda state, now: state.moved(now, moment(10)).played(now, 1.0))
    for number in [11, *seen]:
        room.pass_(1 / FPS)
        room.shows(number)


@pytest.mark.parametrize("options", [PLAIN["h264"], REORDERED["h264"]], ids=["plain", "B-frames"])
def test_replay_of_a_buffer_that_is_being_filled(room: Room, options: dict[str, str]) -> None:
    """A second behind, while packets come: through groups that grow, end and are packed away."""
    made = gops("h264", 90, 30, options=options)
    packets = [packet for gop in made for packet in gop.packets]
    ring = PacketRing(RingBudget(), 300.0)
    for packet in packets[:20]:
        ring.packet(made[0].parameters, packet)
    room.now = packets[19].arrived + HALF
    session = room.begin(room.now - 10 / FPS, playing=True)
    session.add("a", "Gate", ring, (320, 180))
    room.shows(9)
    for index in range(20, 90):
        ring.packet(made[0].parameters, packets[index])
        room.pass_(1 / FPS)
        room.shows(index - 10)
    session.step("a", -1)
    room.shows(78)
    ring.close()


def test_at_the_newest_end_every_new_picture_is_shown(room: Room) -> None:
    made = gops("h264", 60, 30)
    packets = [packet for gop in made for packet in gop.packets]
    ring = PacketRing(RingBudget(), 300.0)
    ring.packet(made[0].parameters, packets[0])
    room.now = packets[0].arrived + HALF
    room.begin(room.now, playing=True).add("a", "Gate", ring, (320, 180))
    room.shows(0)
    for index in range(1, 60):
        ring.packet(made[0].parameters, packets[index])
        room.pass_(1 / FPS)
        room.shows(index)
    ring.close()


def test_a_state_keeps_its_place_when_it_is_changed(room: Room) -> None:
    session = room.begin(moment(10), playing=True)
    room.pass_(1.0)
    session.change(lambda state, now: state.paused(now))
    assert session.state.position(room.now + 9) == pytest.approx(moment(10) + 1.0)
