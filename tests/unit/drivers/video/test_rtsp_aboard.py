"""A stream over RTSP that is looked into and never waited for."""

from __future__ import annotations

import base64
import errno
import select
import socket
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rtsp_wire import SDP, Scripted, asked, cut, framed, goodbye, rtp
from video_rig import NAME, Served, request, served

from drivers.errors import BadAnswer, DriverError, TimedOut, Unreachable
from drivers.interfaces import ReadySource
from drivers.video import live_source
from drivers.video.rtsp import connection as module
from drivers.video.rtsp import source as source_module
from drivers.video.rtsp.connection import MAX_LOST, READ_BYTES
from drivers.video.rtsp.source import RtspSource, open_rtsp

KEY = b"\x65\x88" + b"k" * 3000
# 320x240, baseline, pictures in order, and not a word more (H.264, 7.3.2.1.1).
SETS = f";sprop-parameter-sets={base64.b64encode(bytes.fromhex('6742001eda0507e4')).decode()},aM48gA=="
FIRST = 3
"""Pictures that come with the answer to PLAY."""


def picture(number: int, key: bytes = KEY) -> bytes:
    """One in several packets."""
    pieces = cut(key, 1400)
    return b"".join(
        framed(rtp(piece, number * 100 + n, 9000 * number, piece is pieces[-1])) for n, piece in enumerate(pieces)
    )


def pictures(first: int, count: int) -> bytes:
    return b"".join(picture(number) for number in range(first, first + count))


class Aboard:
    """An open stream that boards, and the camera that sends it. Times are the test's, from ``start`` on."""

    def __init__(self, server: Served, source: RtspSource) -> None:
        self.server, self.source = server, source
        self.descriptor = source.board()
        self.start = self.now = time.monotonic()

    def send(self, data: bytes) -> None:
        """Let it come, and wait until it is there."""
        self.server._open[0].sendall(data)
        self.there()

    def there(self) -> None:
        assert select.select([self.descriptor], [], [], 20)[0]

    def receive(self, later: float = 0.033) -> bool:
        """One look into it."""
        since, self.now = self.now, self.now + later
        return self.source.receive(self.now, since)

    def taken(self) -> list[float]:
        """The times of all that has come in."""
        found = []
        while self.source.next():
            assert self.source.packet_time is not None
            found.append(round(self.source.packet_time * 10))
            self.source.skip()
        return found

    def all(self, count: int) -> list[float]:
        """The times of so many that are on their way."""
        found: list[float] = []
        while len(found) < count:
            self.there()
            assert self.receive(0.001)
            found += self.taken()
        return found


@pytest.fixture
def camera() -> Scripted:
    return Scripted(pictures(0, FIRST), SDP.format(sets=SETS))


@pytest.fixture
def aboard(camera: Scripted) -> Iterator[Aboard]:
    with served(camera) as server:
        source = open_rtsp(request(f"rtsp://127.0.0.1:{server.port}/live"))
        made = Aboard(server, source)
        yield made
        source.close()


@pytest.fixture
def empty(aboard: Aboard) -> Aboard:
    """All that came with the answer has been taken."""
    found = aboard.taken()
    assert found + aboard.all(FIRST - len(found)) == list(range(FIRST))
    return aboard


# --- what comes in --------------------------------------------------------------------------------------------------


def test_it_can_be_looked_into(aboard: Aboard) -> None:
    assert isinstance(aboard.source, ReadySource)


def test_what_came_in_before_is_there_at_once(aboard: Aboard) -> None:
    assert aboard.source.waiting >= 1
    assert aboard.source.next()
    assert aboard.source.packet_time == 0
    assert aboard.source.packet_is_key


def test_nothing_has_come(empty: Aboard) -> None:
    assert empty.receive()
    assert empty.source.drained
    assert empty.source.waiting == 0
    assert not empty.source.next()
    assert empty.source.packet_bytes == 0
    assert not empty.source.next()


def test_a_part_of_a_picture_waits_for_the_rest(empty: Aboard) -> None:
    data = picture(FIRST)
    for at in range(0, len(data), 700):
        assert empty.taken() == []
        empty.send(data[at : at + 700])
        assert empty.receive()
    assert empty.source.next()
    assert empty.source.packet().data == b"\0\0\0\1" + KEY


def test_several_pictures_come_at_once_and_in_order(empty: Aboard) -> None:
    empty.send(pictures(FIRST, 5) + picture(FIRST + 5)[:-9])
    assert empty.all(5) == [3, 4, 5, 6, 7]
    assert empty.receive()
    assert empty.taken() == []
    empty.send(picture(FIRST + 5)[-9:])
    assert empty.receive()
    assert empty.taken() == [8]


def test_a_look_takes_a_bounded_share(empty: Aboard, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(picture(0))
    monkeypatch.setattr(module, "READ_BYTES", size)
    monkeypatch.setattr(module, "_LEAST", size // 2)
    empty.send(pictures(FIRST, 5))
    for _ in range(3):  # all of it is there, whatever the pieces in which it came
        empty.there()
    looks = []
    while sum(looks) < 5:
        assert empty.receive(0.001)
        assert len(looks) < 3 or empty.source.drained
        looks.append(len(empty.taken()))
        assert looks[-1] <= 2
    assert empty.receive()
    assert empty.source.drained


def test_a_large_picture_takes_several_looks(empty: Aboard) -> None:
    key = b"\x65\x88" + b"k" * (5 * READ_BYTES)
    empty.server._open[0].sendall(picture(FIRST, key))
    assert empty.all(1) == [FIRST]


def test_messages_between_packets_are_seen_to(empty: Aboard) -> None:
    asks = b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"
    said = b"RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n"
    data = picture(FIRST)
    cut_at = data.index(b"$", 1)
    empty.send(said + data[:cut_at] + asks + data[cut_at:] + said)
    assert empty.all(1) == [FIRST]
    assert empty.source._connection.messages == module.deque()
    empty.source.close()
    empty.server._threads[0].join(20)
    assert any(b"RTSP/1.0 200 OK\r\nCSeq: 7" in head for head in empty.server.requests)


def test_messages_alone_are_no_picture(empty: Aboard) -> None:
    empty.send(b"RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n")
    assert empty.receive()
    assert not empty.source.next()


def test_on_land_it_waits_again(empty: Aboard) -> None:
    empty.send(pictures(FIRST, 2))
    assert empty.receive()
    found = empty.source.waiting
    empty.source.alight()
    assert empty.source._connection._socket.getblocking()
    for number in range(FIRST, FIRST + 2):
        assert empty.source.read()
        assert empty.source.packet_time == pytest.approx(number / 10)
    assert found >= 1
    empty.source.board()
    empty.send(picture(FIRST + 2))
    assert empty.receive()
    assert empty.taken() == [FIRST + 2]


# --- the end, silence and nonsense ----------------------------------------------------------------------------------


def test_the_end_comes_behind_the_last_picture(empty: Aboard) -> None:
    empty.send(picture(FIRST))
    empty.server._open[0].shutdown(socket.SHUT_RDWR)
    empty.there()
    while empty.receive():
        if empty.taken():
            break
    empty.there()
    assert not empty.receive()
    assert not empty.receive()  # and it stays


def test_a_goodbye_is_the_end(empty: Aboard) -> None:
    empty.send(picture(FIRST) + framed(goodbye(), 1))
    assert empty.all(1) == [FIRST]
    assert not empty.receive()


def test_a_connection_that_is_cut_is_an_error(empty: Aboard, monkeypatch: pytest.MonkeyPatch) -> None:
    def reset(*args: Any) -> int:
        raise ConnectionResetError(errno.ECONNRESET, "reset")

    monkeypatch.setattr(empty.source._connection, "_fill", reset)
    with pytest.raises(Unreachable) as told:
        empty.receive()
    assert told.value.source == NAME


def silence(aboard: Aboard, before: Callable[[], None] = lambda: None) -> DriverError:
    """What is said of it when it is looked at once a second, after more than five."""
    for _ in range(4):
        before()
        assert aboard.receive(1.0)
        assert not aboard.source.next()
    before()
    with pytest.raises(DriverError) as told:
        aboard.receive(1.1)
    return told.value


def test_silence_is_not_endured_for_ever(empty: Aboard) -> None:
    empty.send(picture(FIRST))
    empty.all(1)
    assert isinstance(silence(empty), TimedOut)


def test_neither_are_parts_without_an_end(empty: Aboard) -> None:
    pieces = (framed(rtp(cut(KEY, 10)[1], n, 9000 * FIRST)) for n in range(FIRST * 100, 10_000))
    assert isinstance(silence(empty, lambda: empty.send(next(pieces))), BadAnswer)


def test_that_nobody_looked_is_not_its_silence(empty: Aboard) -> None:
    empty.send(picture(FIRST)[:1400])
    assert empty.receive(60.0)  # all of the console hung
    empty.send(picture(FIRST)[1400:])
    assert empty.receive(1.0)
    assert empty.taken() == [FIRST]


@pytest.mark.parametrize("what", [b"\r\n", b"\0", b"a", b"$\0\0\0\0"])
def test_nonsense_without_end_is_given_up(empty: Aboard, what: bytes) -> None:
    part = what * (READ_BYTES // 2 // len(what))
    sent = 0
    with pytest.raises(BadAnswer):  # noqa: PT012
        while sent <= 2 * MAX_LOST:
            empty.send(part)
            sent += len(part)
            empty.receive(0.001)


def test_too_many_messages_are_given_up(empty: Aboard) -> None:
    empty.send(b"RTSP/1.0 200 OK\r\n\r\n" * 200)
    with pytest.raises(BadAnswer):
        empty.receive()


# --- the session ----------------------------------------------------------------------------------------------------


def test_the_session_is_kept_alive(camera: Scripted) -> None:
    camera.session = "77;timeout=2"
    with served(camera) as server:
        source = open_rtsp(request(f"rtsp://127.0.0.1:{server.port}/live"))
        aboard = Aboard(server, source)
        aboard.taken()
        assert not asked(server, "GET_PARAMETER")
        source._keep_at = 0.0
        aboard.send(picture(FIRST))
        aboard.all(1)
        source.close()
        server._threads[0].join(20)
        assert len(asked(server, "GET_PARAMETER")) == 1


def test_a_server_that_does_not_read_ends_the_stream_and_holds_up_nobody(empty: Aboard) -> None:
    # Its and our buffers are full: it has not read for long.
    mine = empty.source._connection._socket

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(mine, name)

        def sendall(self, data: bytes) -> None:
            assert not mine.getblocking()  # else it would wait
            raise BlockingIOError(errno.EAGAIN, "full")

    empty.source._connection._socket = Full()  # type: ignore[assignment]
    empty.source._keep_at = 0.0
    empty.send(picture(FIRST))
    assert empty.receive()
    with pytest.raises(TimedOut):
        empty.source.next()


# --- when packets came ----------------------------------------------------------------------------------------------


class Times:
    """The computer's clocks, which the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aboard: Aboard) -> None:
        self._aboard = aboard
        self.wall, self.now = 1_800_000_000.0, aboard.now
        fake = SimpleNamespace(monotonic=lambda: self.now, time=lambda: self.wall)
        for each in (live_source, source_module):
            monkeypatch.setattr(each, "time", fake)

    def look(self, gap: float) -> list[float]:
        """A look ``gap`` seconds after the last; when what it finds is said to have come."""
        since, self.now, self.wall = self.now, self.now + gap, self.wall + gap
        assert self._aboard.source.receive(self.now, since)
        found = []
        while self._aboard.source.next():
            found.append(self._aboard.source.packet().arrived)
            self._aboard.source.skip()
        return found


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch, empty: Aboard) -> Times:
    return Times(monkeypatch, empty)


def test_when_a_packet_came_is_said_within_the_gap_of_the_looks(empty: Aboard, times: Times) -> None:
    for number in range(FIRST, FIRST + 40):  # ten a second, looked at each 33 ms
        for _ in range(2):
            assert times.look(0.033) == []
        empty.send(picture(number))
        came = times.look(0.034)
        assert len(came) == 1
        assert times.wall - 0.0341 <= came[0] <= times.wall


def test_several_at_once_are_said_to_have_come_one_after_the_other(empty: Aboard, times: Times) -> None:
    times.look(0.1)
    empty.send(picture(FIRST))
    times.look(0.1)
    empty.send(pictures(FIRST + 1, 4))
    came = times.look(0.35)
    assert came == sorted(came)
    assert came[0] >= times.wall - 0.351
    assert came[-1] <= times.wall
    assert came[1] - came[0] == pytest.approx(0.1, abs=0.001)


def test_it_never_goes_back(empty: Aboard, times: Times) -> None:
    came = []
    for number, step in enumerate([0.0, -30.0, 0.0, 5.0, -0.2, 0.0, 0.0, -3600.0, 0.0], FIRST):
        times.wall += step  # somebody sets the computer's clock
        empty.send(picture(number))
        came += times.look(0.05)
    assert len(came) == 9
    assert came == sorted(came)
    assert len(set(came)) == 9


def test_a_jump_of_the_cameras_clock_makes_no_lie(empty: Aboard, times: Times) -> None:
    for number in (FIRST, FIRST + 10_000, FIRST + 10_001):
        empty.send(picture(number))
        (came,) = times.look(0.033)
        assert times.wall - 0.0331 <= came <= times.wall
