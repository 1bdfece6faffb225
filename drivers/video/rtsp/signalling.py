"""RTSP from DESCRIBE to TEARDOWN (RFC 2326), and what keeps a session alive."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping

from drivers.errors import BadAnswer, DriverError, LockedOut, NotFound, Refused, Unreachable
from drivers.types import Credentials
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.connection import Connection
from drivers.video.rtsp.login import Login
from drivers.video.rtsp.message import Message, answer, request
from drivers.video.rtsp.sdp import Track, base_of, video_track

AGENT = "Watchfloor"
DEFAULT_TIMEOUT = 60.0
"""Seconds (RFC 2326, 12.37)."""
_LONGEST_ID = 256
_INTERLEAVED = re.compile(r"(?:^|;)\s*interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?")
_TIMEOUT = re.compile(r";\s*timeout\s*=\s*(\d{1,6})")
_OURS = 0x57464C52
"""Our SSRC in receiver reports. Nothing is sent but those, and to one peer alone."""
_KNOWN = frozenset(("OPTIONS", "GET_PARAMETER", "SET_PARAMETER"))


class Session:
    """What is said on one connection. One thread at a time."""

    def __init__(self, name: str, url: str, credentials: Credentials | None, connection: Connection) -> None:
        self._name, self._url, self._connection = name, url, connection
        self._login = Login(name, credentials)
        self._count = 0
        self._methods: frozenset[str] = frozenset()
        self._id = ""
        self._session_url = url
        self._control = -1
        self._renewing = False
        self.timeout = DEFAULT_TIMEOUT

    @property
    def at_stake(self) -> bool:
        """Whether the password was sent and nobody said yet that it is right."""
        return self._login.at_stake

    def describe(self, deadline: float, find: Callable[[str, str], Track] = video_track) -> Track:
        """The video that the server offers, or what else ``find`` finds in its description. Raises DriverError,
        NotOurs."""
        offered = self._ask("OPTIONS", self._url, {}, deadline, lenient=True)
        self._methods = frozenset(word.strip().upper() for word in offered.get("public").split(","))
        told = self._ask("DESCRIBE", self._url, {"Accept": "application/sdp"}, deadline)
        if told.get("content-type").partition(";")[0].strip().lower() not in ("", "application/sdp"):
            raise NotOurs("no session description")
        return find(told.body.decode("utf-8", "replace"), base_of(self._url, told.headers))

    def set_up(self, track: Track, deadline: float) -> tuple[int, int]:
        """The channels of RTP and RTCP. Raises DriverError, NotOurs."""
        wanted = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        made = self._ask("SETUP", track.url, wanted, deadline)
        self._session_url = track.session_url
        told = made.get("session")
        self._id = told.partition(";")[0].strip()
        if not self._id or len(self._id) > _LONGEST_ID or not self._id.isprintable():
            raise NotOurs("no session")
        limit = _TIMEOUT.search(told)
        if limit is not None and int(limit[1]):
            self.timeout = float(limit[1])
        transport = made.get("transport")
        found = _INTERLEAVED.search(transport)
        if "TCP" not in transport.upper() and found is None:
            raise NotOurs("another transport")
        low = int(found[1]) if found else 0
        high = int(found[2]) if found and found[2] else low + 1
        if low > 255 or high > 255 or low == high:
            raise NotOurs("channels that cannot be")
        self._control = high
        return low, high

    def play(self, deadline: float) -> None:
        """Let it come. Raises DriverError, NotOurs."""
        self._ask("PLAY", self._session_url, {"Range": "npt=0.000-"}, deadline)

    def keep(self) -> None:
        """Tell the server that somebody still watches: by RTSP, and by an empty receiver report for those that look for
        one. Raises DriverError."""
        self._renewing = False
        self._connection.send(self._sign_of_life() + self._report())

    def hear(self) -> None:
        """See to what the server said while it sends. Raises DriverError."""
        messages = self._connection.messages
        while messages:
            message = messages.popleft()
            if message.method == "TEARDOWN":
                raise Unreachable(self._name, "the other side ended the stream")
            if message.method:
                self._answer(message)
            elif message.status == 401 and not self._renewing:
                # The nonce has grown too old: once more with the new one, and if that does not do, not again.
                self._renewing = True
                try:
                    self._login.challenged(message.get("www-authenticate"))
                except (Refused, NotOurs):
                    continue  # it may end the session; then the stream is opened again, and the verdict is told there
                self._connection.send(self._sign_of_life())
            elif 200 <= message.status < 300:
                self._login.good()

    def end(self) -> None:
        """Say goodbye if that needs no waiting, and close."""
        last = self._request("TEARDOWN", self._session_url, {}) if self._id else b""
        self._connection.close(last)

    def _sign_of_life(self) -> bytes:
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS"
        return self._request(method, self._session_url, {})

    def _report(self) -> bytes:
        """An empty receiver report with the name that must go with it (RFC 3550, 6.1), in its frame."""
        name = b"\x01\x0awatchfloor\0\0\0\0"
        words = (4 + len(name)) // 4
        packets = struct.pack(">BBHI", 0x80, 201, 1, _OURS) + struct.pack(">BBHI", 0x81, 202, words, _OURS) + name
        return struct.pack(">cBH", b"$", self._control, len(packets)) + packets

    def _request(self, method: str, url: str, more: Mapping[str, str]) -> bytes:
        self._count += 1
        headers = {"CSeq": str(self._count), "User-Agent": AGENT} | dict(more)
        if self._id:
            headers["Session"] = self._id
        proof = self._login.header(method, url)
        if proof:
            headers["Authorization"] = proof
        return request(method, url, headers)

    def _answer(self, message: Message) -> None:
        status = "200 OK" if message.method in _KNOWN else "501 Not Implemented"
        self._connection.send(answer(status, message.get("cseq")))

    def _ask(self, method: str, url: str, more: Mapping[str, str], deadline: float, lenient: bool = False) -> Message:
        """The answer to one request, which says that all is well, or with ``lenient`` anything but a refusal."""
        while True:  # each further round needs another challenge that may be met, of which there are few
            self._connection.send(self._request(method, url, more))
            said = self._said(deadline)
            if said.status != 401:
                break
            self._login.challenged(said.get("www-authenticate"))
        if 200 <= said.status < 300:
            self._login.good()
            return said
        problem = self._verdict(said.status)
        if problem is not None:
            raise problem
        if self._login.at_stake:  # whatever it means, the password is not sent a second time
            raise BadAnswer(self._name, f"the server answered with status {said.status}")
        if lenient:
            return said
        raise NotOurs(f"status {said.status}")

    def _said(self, deadline: float) -> Message:
        """The answer to the last request; what is not it is passed over or answered."""
        while True:
            message = self._connection.message(deadline)
            if message.method:
                self._answer(message)
            elif message.status >= 200 and message.get("cseq") in ("", str(self._count)):
                return message

    def _verdict(self, status: int) -> DriverError | None:
        if status == 403:
            return Refused(self._name)
        if status == 423:
            return LockedOut(self._name)
        if status in (404, 410):
            return NotFound(self._name)
        if 300 <= status < 400:
            advice = "Enter the address that it redirects to, if you trust it."
            return BadAnswer(self._name, "it redirects to another address, which is not followed", advice)
        return None
