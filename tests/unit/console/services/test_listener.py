"""Listening: one camera at a time, newest sound first, and clear words in every state."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from console.services.audio import CUSHION, LATEST, Listener
from drivers.errors import DriverError, NoSound, NoSoundOut, Refused, Unreachable
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE
from drivers.types import StreamRequest

PIECE = 0.04
DEADLINE = 10.0


def tone(level: int, seconds: float = PIECE) -> bytes:
    return np.full(round(seconds * SOUND_RATE) * 2, level, "<i2").tobytes()


class FakeSource:
    """Gives what a test puts in; hangs while there is nothing, as a dead connection does."""

    codec = "pcm_mulaw"

    def __init__(self) -> None:
        self.pieces: queue.Queue[bytes | DriverError | None] = queue.Queue()
        self.closed = threading.Event()

    def read(self) -> bytes | None:
        piece = self.pieces.get(timeout=DEADLINE)
        if isinstance(piece, DriverError):
            raise piece
        return piece

    def close(self) -> None:
        self.closed.set()


class FakeCard:
    """Plays nothing: what is written waits until a test lets it pass."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.waiting = 0.0
        self.cleared = 0
        self.closed = threading.Event()
        self.broken = False

    def write(self, data: bytes) -> None:
        if self.broken:
            raise NoSoundOut("Sound", "unplugged")
        self.written.append(data)
        self.waiting += len(data) / SOUND_FRAME_BYTES / SOUND_RATE

    def clear(self) -> None:
        self.cleared += 1
        self.waiting = 0.0

    def close(self) -> None:
        self.closed.set()

    def levels(self) -> list[int]:
        """The first sample of each piece that is not silence."""
        firsts = [int(np.frombuffer(data[:2], "<i2")[0]) for data in self.written]
        return [level for level in firsts if level]


class Room:
    """A listener among fakes. ``answers`` are what opening gives, by name of the camera."""

    def __init__(self) -> None:
        self.answers: dict[str, list[FakeSource | DriverError]] = {}
        self.cards: list[FakeCard] = []
        self.no_card = False
        self.opened: list[str] = []
        self.listener = Listener(self.open, self.card, dice=lambda: 1.0)

    def open(self, request: StreamRequest) -> FakeSource:
        self.opened.append(request.name)
        answer = self.answers[request.name].pop(0)
        if isinstance(answer, DriverError):
            raise answer
        return answer

    def card(self) -> FakeCard:
        if self.no_card:
            raise NoSoundOut("This computer", "no card")
        self.cards.append(FakeCard())
        return self.cards[-1]

    def listen(self, number: int, *answers: FakeSource | DriverError) -> None:
        name = f"Camera {number}"
        self.answers[name] = list(answers)
        self.listener.listen(number, lambda: StreamRequest(name, "rtsp://192.0.2.1/"))

    def until(self, true: Callable[[], bool]) -> None:
        ends = time.monotonic() + DEADLINE
        while not true():
            assert time.monotonic() < ends, self.listener.state
            time.sleep(0.002)


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    sources: list[FakeSource] = []
    yield room
    room.listener.stop()
    for answers in room.answers.values():
        sources += [answer for answer in answers if isinstance(answer, FakeSource)]
    for source in sources:
        source.pieces.put(None)
    assert room.listener.close()


def test_nobody_is_heard_until_asked_for(room: Room) -> None:
    assert room.listener.state.number is None
    assert room.listener.state.words == "Sound is off"


def test_a_camera_is_heard_after_a_cushion_of_silence(room: Room) -> None:
    source = FakeSource()
    room.listener.set_volume(1.0)
    room.listen(17, source)
    assert room.listener.state.words == "Connecting to camera 17"
    source.pieces.put(tone(1000))
    source.pieces.put(b"")
    source.pieces.put(tone(2000))
    room.until(lambda: bool(room.cards) and room.cards[0].levels() == [1000, 2000])
    assert room.listener.state.words == "Sound of camera 17"
    assert room.listener.state.playing
    silence = room.cards[0].written[0]
    assert not any(silence)
    assert len(silence) == round(CUSHION * SOUND_RATE) * SOUND_FRAME_BYTES
    room.listener.stop()
    source.pieces.put(tone(3000))
    room.until(source.closed.is_set)
    room.until(room.cards[0].closed.is_set)
    assert room.cards[0].levels() == [1000, 2000]
    assert room.listener.state.words == "Sound is off"


def test_never_two_at_once_even_when_the_first_hangs(room: Room) -> None:
    first, second = FakeSource(), FakeSource()
    room.listener.set_volume(1.0)
    room.listen(1, first)
    first.pieces.put(tone(100))
    room.until(lambda: room.listener.state.playing)
    room.until(lambda: room.cards[0].levels() == [100])
    room.listen(2, second)  # the first still waits for a packet
    second.pieces.put(tone(200))
    room.until(lambda: room.cards[0].levels() == [100, 200])
    assert room.cards[0].cleared >= 2
    assert len(room.cards) == 1
    first.pieces.put(tone(101))  # and now it wakes up
    room.until(first.closed.is_set)
    second.pieces.put(tone(201))
    room.until(lambda: room.cards[0].levels() == [100, 200, 201])
    assert not room.cards[0].closed.is_set()
    room.listener.stop()
    second.pieces.put(b"")
    room.until(room.cards[0].closed.is_set)


def test_what_comes_too_late_gives_way_to_the_newest(room: Room) -> None:
    source = FakeSource()
    room.listener.set_volume(1.0)
    room.listen(3, source)
    for level in range(1, 21):
        source.pieces.put(tone(level))
    room.until(lambda: bool(room.cards) and room.cards[0].levels()[-1:] == [20])
    assert room.cards[0].waiting <= LATEST + CUSHION + 2 * PIECE
    assert room.listener.state.dropped > 0.3
    room.listener.stop()
    source.pieces.put(None)


def test_volume_and_silence(room: Room) -> None:
    source = FakeSource()
    room.listen(3, source)
    room.listener.set_volume(0.5)
    source.pieces.put(tone(8000))
    room.until(lambda: bool(room.cards) and room.cards[0].levels() == [2000])
    room.listener.set_muted(True)
    source.pieces.put(tone(8000))
    room.until(lambda: room.cards[0].waiting == 0.0)
    assert room.listener.state.number == 3
    room.listener.set_muted(False)
    room.listener.set_volume(7)
    assert room.listener.state.volume == 1.0
    source.pieces.put(tone(8000))
    room.until(lambda: room.cards[0].levels() == [2000, 8000])
    room.listener.stop()
    source.pieces.put(None)
    room.until(source.closed.is_set)
    assert room.listener.state.volume == 1.0


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NoSound("Gate"), "Camera 9: no sound in this stream. Switch its microphone on at the camera, if it has one."),
        (Refused("Gate"), "Camera 9: user name or password refused. Enter other credentials"),
    ],
)
def test_what_would_not_change_is_not_tried_again(room: Room, problem: DriverError, words: str) -> None:
    room.listen(9, problem)
    room.until(lambda: room.listener.state.words.startswith(words))
    assert room.listener.close()
    assert room.opened == ["Camera 9"]


def test_what_breaks_is_tried_again(room: Room) -> None:
    first, second = FakeSource(), FakeSource()
    room.listen(4, Unreachable("Gate"), first, second)
    first.pieces.put(tone(5000))
    room.until(lambda: room.listener.state.playing)
    first.pieces.put(Unreachable("Gate"))
    room.until(lambda: "Camera 4: not reachable. It is tried again by itself." in room.listener.state.words)
    assert not room.listener.state.playing
    second.pieces.put(tone(6000))
    room.until(lambda: room.listener.state.playing)
    assert first.closed.is_set()
    room.listener.stop()
    second.pieces.put(None)


def test_without_a_card_it_says_so(room: Room) -> None:
    room.no_card = True
    source = FakeSource()
    room.listen(4, source)
    source.pieces.put(tone(5000))
    room.until(lambda: "sound cannot be played here: no card. Check that" in room.listener.state.words)
    assert source.closed.is_set()
    assert not room.listener.state.playing


def test_a_card_that_is_pulled_out(room: Room) -> None:
    source = FakeSource()
    room.listen(4, source)
    source.pieces.put(tone(5000))
    room.until(lambda: bool(room.cards) and len(room.cards[0].written) == 2)
    room.cards[0].broken = True
    source.pieces.put(tone(5000))
    room.until(lambda: "unplugged" in room.listener.state.words)
    room.until(room.cards[0].closed.is_set)


def test_hands_that_click_quickly(room: Room) -> None:
    sources = [FakeSource() for _ in range(12)]
    for number, source in enumerate(sources, start=1):
        room.listen(number, source)
    for source in sources[:-1]:
        source.pieces.put(tone(1))
    sources[-1].pieces.put(tone(9999))
    room.until(lambda: room.listener.state.words == "Sound of camera 12")
    room.until(lambda: bool(room.cards) and len(room.cards[0].levels()) == 1)
    room.listener.stop()
    for source in sources:
        source.pieces.put(None)
