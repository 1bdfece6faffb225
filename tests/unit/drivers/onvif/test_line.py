"""The kept connection: what is repeated, what is not, and that no answer is taken for another one's."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.onvif import wire
from drivers.onvif.wire import KeptConnectionBroke, Line

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Server:
    """Serves ``answer(number of the connection, number of its request, body)``; None cuts the connection."""

    def __init__(self, answer: Callable[[int, int, bytes], bytes | None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/onvif"
        self.bodies: list[bytes] = []
        self.connections = 0
        self.heads: list[bytes] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._one, args=(connection, self.connections))
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            count = 0
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                body = stream.read(length)
                count += 1
                self.bodies.append(body)
                self.heads.append(head)
                answer = self._answer(number, count, body)
                if answer is None:
                    return
                connection.sendall(answer)
                if b"onnection: close" in answer:
                    return


@contextlib.contextmanager
def serving(answer: Callable[[int, int, bytes], bytes | None]) -> Iterator[tuple[Server, Line]]:
    server = Server(answer)
    line = Line("Gate")
    try:
        yield server, line
    finally:
        line.close()
        server.close()


def send(line: Line, server: Server, body: bytes, again: bool = True, seconds: float = 5.0) -> bytes:
    return line.post(server.url, body, {}, time.monotonic() + seconds, again).content


def test_one_connection_serves_many_calls() -> None:
    with serving(lambda connection, count, body: OK + body) as (server, line):
        assert [send(line, server, body) for body in (b"aa", b"bb", b"cc")] == [b"aa", b"bb", b"cc"]
        assert server.connections == 1
        assert all(b"Connection: keep-alive" in head for head in server.heads)


def test_what_is_not_safe_to_repeat_gets_a_connection_of_its_own() -> None:
    with serving(lambda connection, count, body: OK + body) as (server, line):
        for body in (b"aa", b"bb"):
            send(line, server, body, again=False)
        assert server.connections == 2


def test_a_kept_connection_that_broke_is_told_from_others() -> None:
    with serving(lambda connection, count, body: None if (connection, count) == (1, 2) else OK + body) as (
        server,
        line,
    ):
        send(line, server, b"aa")
        with pytest.raises(KeptConnectionBroke, match="not reachable: it closed the connection without an answer"):
            send(line, server, b"bb")
        assert send(line, server, b"cc") == b"cc"
        assert server.bodies == [b"aa", b"bb", b"cc"]


def test_a_new_connection_that_broke_is_not_repeated() -> None:
    with serving(lambda connection, count, body: None) as (server, line):
        with pytest.raises(Unreachable, match="closed the connection without an answer") as caught:
            send(line, server, b"aa")
        assert not isinstance(caught.value, KeptConnectionBroke)
        assert server.bodies == [b"aa"]


def test_what_is_not_safe_is_sent_once_whatever_breaks() -> None:
    with serving(lambda connection, count, body: OK + body if connection == 1 else None) as (server, line):
        send(line, server, b"aa", again=False)
        with pytest.raises(Unreachable):
            send(line, server, b"bb", again=False)
        assert server.bodies == [b"aa", b"bb"]


def test_silence_is_not_repeated() -> None:
    over = threading.Event()

    def answer(connection: int, count: int, body: bytes) -> bytes | None:
        if count == 1:
            return OK + body
        over.wait(10)
        return None

    with serving(answer) as (server, line):
        send(line, server, b"aa")
        with pytest.raises(TimedOut):
            send(line, server, b"bb", seconds=0.2)
        over.set()
        assert server.bodies == [b"aa", b"bb"]
        assert send(line, server, b"cc") == b"cc"


def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    with serving(lambda connection, count, body: (OK + body) * 2) as (server, line):
        for body in (b"aa", b"bb", b"cc"):
            assert send(line, server, body) == body


def test_a_late_second_answer_is_seen_before_the_next_call() -> None:
    with serving(lambda connection, count, body: OK + body) as (server, line):
        send(line, server, b"aa")
        kept = line._kept
        assert kept is not None
        peer, ours = socket.socketpair()
        with peer:
            peer.sendall(OK + b"xx")
            kept.sock.close()
            kept._endpoint = kept.sock = ours  # type: ignore[assignment]
            assert send(line, server, b"bb") == b"bb"
        assert server.connections == 2


def test_a_device_that_closes_is_obeyed() -> None:
    close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with serving(lambda connection, count, body: close + body) as (server, line):
        assert [send(line, server, body) for body in (b"aa", b"bb")] == [b"aa", b"bb"]
        assert server.connections == 2


def test_a_connection_unused_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_IDLE_SECONDS", 0.0)
    with serving(lambda connection, count, body: OK + body) as (server, line):
        assert [send(line, server, body) for body in (b"aa", b"bb")] == [b"aa", b"bb"]
        assert server.connections == 2


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 307 X\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n\r\n"]
)
def test_what_cannot_be_read_ends_the_connection(answer: bytes) -> None:
    with serving(lambda connection, count, body: answer if count == 2 else OK + body) as (server, line):
        send(line, server, b"aa")
        with pytest.raises(BadAnswer):
            send(line, server, b"bb")
        assert send(line, server, b"cc") == b"cc"
        assert server.bodies == [b"aa", b"bb", b"cc"]
        assert server.connections == 2


def test_an_address_that_is_none() -> None:
    with pytest.raises(BadAnswer):
        Line("Gate").post("ftp://x/", b"", {}, time.monotonic() + 1)
