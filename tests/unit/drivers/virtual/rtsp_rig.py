"""One virtual camera with small, few pictures, served from an asyncio loop in a thread of its own."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from drivers.types import Codec
from drivers.virtual.loops import StreamBank
from drivers.virtual.plan import camera_specs, make_plan
from drivers.virtual.rtsp import RtspServer
from drivers.virtual.state import CameraState, Lamps, VirtualProfile

SUB = VirtualProfile("sub", Codec.H264, 320, 180, 10, 5, 200)
MAIN = VirtualProfile("main", Codec.H264, 480, 270, 10, 5, 400)


class Rig:
    """The camera and how to reach it; tests talk to it from their own thread."""

    def __init__(self, cache: Path | None = None, **profiles: VirtualProfile) -> None:
        self.plan = make_plan(7, 4)
        spec = replace(camera_specs(self.plan)[3], sub=profiles.get("sub", SUB), main=profiles.get("main", MAIN))
        self.spec = spec
        self.state = CameraState(spec)
        self.lamps = Lamps(self.plan.lamp_levels())
        self.bank = StreamBank(self.plan, self.lamps, cache, [spec])
        self.server = RtspServer(self.state, self.bank)

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the camera's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def open(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rig")
        self._thread.start()
        self.run(self.server.start())
        # Both threads of the bank run from now on: a test that starts one later would seem to leave it behind.
        barrier = threading.Barrier(3)
        for _ in range(2):
            self.bank.pool.submit(barrier.wait, 10)
        barrier.wait(10)

    def close(self) -> None:
        self.run(self.server.stop())
        self.bank.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def uri(self, token: str = "sub") -> str:
        return f"rtsp://127.0.0.1:{self.server.port}/{token}"

    @contextmanager
    def video(self, token: str = "sub", transport: str = "tcp") -> Iterator[Any]:
        """The stream opened by FFmpeg."""
        own = self.spec.credentials
        url = self.uri(token).replace("//", f"//{own.user}:{own.password}@")
        container = av.open(
            url, options={"rtsp_transport": transport, "analyzeduration": "400000"}, timeout=(10.0, 10.0)
        )
        try:
            yield container
        finally:
            container.close()

    def talk(self) -> Client:
        return Client(self)


class Client:
    """A bare RTSP client, for what FFmpeg would never say."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.socket = socket.create_connection(("127.0.0.1", rig.server.port), timeout=10)
        self._file = self.socket.makefile("rb")
        self._count = 0
        self.nonce = ""
        self.session = ""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def raw(self, data: bytes) -> tuple[int, dict[str, str], str]:
        """Send bytes, read one answer: status, headers, body."""
        self.socket.sendall(data)
        return self.answer()

    def answer(self) -> tuple[int, dict[str, str], str]:
        """The next answer; packets before it are skipped."""
        while self.packet_next():
            self.packet()
        start = self._file.readline()
        if not start:
            raise EOFError
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        body = self._file.read(int(headers.get("content-length", 0))).decode()
        return int(start.split()[1]), headers, body

    def packet_next(self) -> bool:
        """Wait for something; True when it is a packet and not an answer."""
        return self._file.peek(1)[:1] == b"$"

    def packet(self) -> tuple[int, bytes]:
        """The next interleaved packet: channel and data."""
        head = self._file.read(4)
        if len(head) < 4:
            raise EOFError
        assert head[:1] == b"$"
        return head[1], self._file.read(int.from_bytes(head[2:], "big"))

    def drain(self) -> None:
        """Read packets until the connection ends; raises EOFError then."""
        while True:
            self.packet()

    def send(self, method: str, uri: str, password: str | None = None, **headers: str) -> None:
        own = self._rig.spec.credentials
        self._count += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._count}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.session:
            lines.append(f"Session: {self.session}")
        if self.nonce:

            def md5(text: str) -> str:
                return hashlib.md5(text.encode()).hexdigest()

            secret = md5(f"{own.user}:Watchfloor city:{own.password if password is None else password}")
            response = md5(f"{secret}:{self.nonce}:{md5(f'{method}:{uri}')}")
            lines.append(
                f'Authorization: Digest username="{own.user}", realm="Watchfloor city", nonce="{self.nonce}", '
                f'uri="{uri}", response="{response}"'
            )
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def ask(
        self, method: str, uri: str, password: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Send a request, once more with credentials when they are asked for, and give the answer."""
        self.send(method, uri, password, **headers)
        status, got, body = self.answer()
        if status == 401 and not self.nonce:
            self.nonce = re.findall('nonce="([^"]*)"', got["www-authenticate"])[0]
            return self.ask(method, uri, password, **headers)
        if "session" in got:
            self.session = got["session"].partition(";")[0]
        return status, got, body

    def play(self, token: str = "sub", transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> None:
        """Set up and play."""
        uri = self._rig.uri(token)
        assert self.ask("SETUP", f"{uri}/trackID=0", Transport=transport)[0] == 200
        assert self.ask("PLAY", uri)[0] == 200
