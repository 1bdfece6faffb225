"""Streams to open: files made here, and small servers that answer as cameras should or should not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from drivers.interfaces import VideoSource
from drivers.types import Credentials, Picture, StreamRequest, Transport

NAME = "Gate 4"


def request(uri: str | Path, login: Credentials | None = None, transport: Transport = Transport.TCP) -> StreamRequest:
    """A request as the services make it."""
    return StreamRequest(NAME, str(uri), login, transport)


def make_file(
    path: Path, codec: str = "mpeg4", width: int = 64, height: int = 48, frames: int = 10, fps: int = 50, **more: Any
) -> Path:
    """A short film of one brightness a frame."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=fps)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1
        for name, value in more.items():
            setattr(stream.codec_context, name, value)
        for number in range(frames):
            image = np.full((height, width, 3), 20 * number % 255, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode())
    return path


def make_sound(path: Path) -> Path:
    """A file with sound and nothing to see."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def jpeg(width: int = 64, height: int = 48) -> bytes:
    """One JPEG picture."""
    context: Any = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt, context.time_base = width, height, "yuvj420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, np.uint8), format="bgr24")
    return bytes(context.encode(frame.reformat(format="yuvj420p", dst_color_range=2))[0])


def pictures(source: VideoSource, count: int, most: int = 200) -> list[Picture]:
    """The next pictures; fails when ``most`` packets give fewer."""
    found: list[Picture] = []
    for _ in range(most):
        if not source.read():
            break
        picture = source.decode(convert=True)
        if picture is not None:
            found.append(picture)
        if len(found) == count:
            return found
    raise AssertionError(f"{len(found)} pictures")


class Served:
    """A TCP server on loopback: ``answer(connection, head)`` for each request, until it returns False."""

    def __init__(self, answer: Callable[[socket.socket, bytes], bool]) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._over = False
        self._main = threading.Thread(target=self._accept, name="served")
        self._main.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._over:
                connection.close()
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), name="served one")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            data = b""
            try:
                while more := connection.recv(65536):
                    data += more
                    while b"\r\n\r\n" in data:
                        head, _, data = data.partition(b"\r\n\r\n")
                        self.requests.append(head)
                        if not self._answer(connection, head):
                            return
            except OSError:
                return  # the client went, which is its right

    def close(self) -> None:
        """End all connections and threads."""
        self._over = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._main.join(5)
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already
        for thread in self._threads:
            thread.join(5)
        self._socket.close()


@contextmanager
def served(answer: Callable[[socket.socket, bytes], bool]) -> Iterator[Served]:
    """A ``Served`` that is closed at the end."""
    server = Served(answer)
    try:
        yield server
    finally:
        server.close()


def http(body: bytes, kind: str = "text/html", status: str = "200 OK", more: str = "") -> Callable[..., bool]:
    """Answer every request with this."""

    def answer(connection: socket.socket, head: bytes) -> bool:
        top = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n"
        connection.sendall(f"{top}\r\n".encode() + (b"" if head.startswith(b"HEAD") else body))
        return False

    return answer
