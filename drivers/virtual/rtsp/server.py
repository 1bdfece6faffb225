"""The RTSP server of one camera: connections, sessions and methods (RFC 2326) over TCP and UDP."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable

from drivers.virtual.loops import StreamBank
from drivers.virtual.rtsp.auth import Digest, Verdict
from drivers.virtual.rtsp.channel import Channel, profile_of
from drivers.virtual.rtsp.message import MAX_HEAD, MalformedError, Request, answer, read_request
from drivers.virtual.rtsp.metadata import MetadataChannel, MetadataTrack
from drivers.virtual.rtsp.sdp import METADATA_TRACK, SOUND_TRACK, TRACK, describe
from drivers.virtual.rtsp.session import Session, TcpWire, Track, UdpWire, VideoTrack, parse_transport
from drivers.virtual.rtsp.speaker import SoundTrack
from drivers.virtual.sound import voice
from drivers.virtual.state import CameraState

MAX_CONNECTIONS = 32
TIMEOUT_S = 60
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"


class RtspServer:
    """Serves ``rtsp://host:port/main`` and ``/sub`` of one camera. All methods belong to one asyncio loop; pictures are
    drawn in the bank's threads. A stopped server can be started again, on the same port."""

    def __init__(
        self,
        state: CameraState,
        streams: StreamBank,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        open_to_all: bool = False,
        sound: bool = False,
        metadata: Callable[[], bytes] | None = None,
    ) -> None:
        """``open_to_all`` serves without asking for a password: players that are measured beside the console would
        carry it in their command lines. With ``sound`` the streams have a sound track beside the pictures, with
        ``metadata``, which gives the document of the frame of now, one of ONVIF metadata."""
        self.open_to_all, self.sound = open_to_all, sound
        self._voice = b""
        self.state, self.host, self.port, self.clock = state, host, port, clock
        self.bank = streams
        self.digest = Digest(state.spec.credentials, clock)
        self.channels = {t: Channel(state, t, streams, clock) for t in (state.spec.main.token, state.spec.sub.token)}
        self.metadata = None if metadata is None else MetadataChannel(metadata, state.faults, clock)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen; the port. With port 0 the system chooses one, which is kept from then on. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, self.host, self.port, limit=MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Cut all connections and stop listening, as a camera that loses power. May be called twice."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self.channels.values():
            await channel.stop()
        if self.metadata is not None:
            await self.metadata.stop()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def voice(self) -> bytes:
        """What the camera hears; made when somebody listens for the first time (some 40 ms)."""
        if not self._voice:
            run = asyncio.get_running_loop().run_in_executor
            self._voice = await run(self.bank.pool, voice, self.state.spec.number, self.bank.plan.seed)
        return self._voice

    @property
    def extra_tracks(self) -> list[str]:
        """What streams have beside pictures."""
        offered = ((SOUND_TRACK, self.sound), (METADATA_TRACK, self.metadata is not None))
        return [name for name, there in offered if there]

    @property
    def watchers(self) -> int:
        """How many connections there are."""
        return len(self._tasks)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        connection = Connection(self, reader, writer)
        try:
            await connection.serve()
        except (ConnectionError, asyncio.CancelledError):
            return  # the peer went away, or the camera goes off: both end the connection and nothing else
        finally:
            self._tasks.discard(task)
            connection.close()


class Connection:
    """One client. It can hold one session, which ends with the connection."""

    def __init__(self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._session: Session | None = None
        self._peer = writer.get_extra_info("peername")[0]

    async def serve(self) -> None:
        """Answer requests until the client goes, misbehaves or falls silent."""
        faults = self._server.state.faults
        while True:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    request = await read_request(self._reader)
            except TimeoutError:
                if self._session is not None and self._session.alive(TIMEOUT_S):
                    continue
                return
            except MalformedError as error:
                self._writer.write(answer(error.status, "0"))
                return
            if request is None:
                return
            if faults.take("silent") is not None or isinstance(request, bytes):
                continue  # an interleaved packet is the client's RTCP, a sign of life and no more
            self._writer.write(await self._answer(request))
            if self._session is not None:
                self._session.go()
            if request.method == "TEARDOWN":
                return
            await self._writer.drain()

    def close(self) -> None:
        """End the session and the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._writer.close()

    async def _answer(self, request: Request) -> bytes:
        if request.method == "OPTIONS":
            return self._reply(200, request, {"Public": _METHODS})
        if request.method not in _METHODS.split(", "):
            return self._reply(501, request, {"Public": _METHODS})
        verdict = Verdict.GOOD
        if not self._server.open_to_all:
            verdict = self._server.digest.check(request.method, request.headers.get("authorization", ""))
        if verdict is not Verdict.GOOD:
            challenge = self._server.digest.challenge(verdict is Verdict.STALE)
            return self._reply(401, request, {"WWW-Authenticate": challenge})
        track = next((name for name in self._server.extra_tracks if request.path.endswith("/" + name)), TRACK)
        token = request.path.removesuffix(track).strip("/")
        if request.method in ("DESCRIBE", "SETUP"):
            if token not in self._server.channels:
                return self._reply(404, request)
            if request.method == "DESCRIBE":
                return await self._describe(request, token)
            return await self._setup(request, token, track)
        if request.method.endswith("_PARAMETER") and "session" not in request.headers:
            return self._reply(200, request)
        session = self._session
        if session is None or request.headers.get("session", "").partition(";")[0] != session.id:
            return self._reply(454, request)
        headers = {"Session": f"{session.id};timeout={TIMEOUT_S}"}
        if request.method == "PLAY":
            headers |= {"Range": "npt=now-", "RTP-Info": session.info}
            session.playing = True
        elif request.method == "PAUSE":
            session.pause()
        return self._reply(200, request, headers)

    async def _describe(self, request: Request, token: str) -> bytes:
        profile = profile_of(self._server.state, token)
        run = asyncio.get_running_loop().run_in_executor
        sets = await run(self._server.bank.pool, self._server.bank.sets, profile)
        lie = self._server.state.faults.take("bad_sdp") or ""
        has_metadata = self._server.metadata is not None
        body = describe(profile, sets, self._server.host, lie, self._server.sound, has_metadata)
        base = request.uri.rstrip("/") + "/"
        return self._reply(200, request, {"Content-Type": "application/sdp", "Content-Base": base}, body)

    async def _setup(self, request: Request, token: str, name: str) -> bytes:
        session = self._session
        if session is not None:
            same = request.headers.get("session", "").partition(";")[0] == session.id
            if name in session or session.playing or not same:
                return self._reply(459, request)
        choice = parse_transport(request.headers.get("transport", ""))
        if choice is None:
            return self._reply(461, request)
        wire: TcpWire | UdpWire
        if choice.tcp:
            wire = TcpWire(self._writer, choice.low)
        else:
            wire = UdpWire()
            await wire.open(self._server.host, self._peer, choice.low, choice.high)
        track = await self._track(token, name, wire)
        session = self._session = session or Session()
        session.add(name, request.uri, track, wire)
        headers = {
            "Session": f"{session.id};timeout={TIMEOUT_S}",
            "Transport": f"{wire.transport(choice)};ssrc={track.ssrc:08X}",
        }
        return self._reply(200, request, headers)

    async def _track(self, token: str, name: str, wire: TcpWire | UdpWire) -> Track:
        server, rng = self._server, random.Random(secrets.randbits(64))
        if name == TRACK:
            return VideoTrack(server.channels[token], wire, server.state.faults, server.clock, rng, self._end)
        if name == METADATA_TRACK and server.metadata is not None:
            return MetadataTrack(server.metadata, wire, server.state.faults, server.clock, rng, self._end)
        return SoundTrack(wire, await server.voice(), server.state.faults, server.clock, rng)

    def _end(self) -> None:
        """The stream is over, or this client does not read: cut it."""
        self._writer.transport.abort()

    def _reply(self, status: int, request: Request, headers: dict[str, str] | None = None, body: str = "") -> bytes:
        return answer(status, request.cseq, {"Server": "Watchfloor city"} | (headers or {}), body)
