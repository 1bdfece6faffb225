"""v3: users with passwords, signed and encrypted, through pysnmp's engine.

One engine and one socket a family serve all controllers of a system. The engine matches answers to requests and checks
signatures, clocks and engine ids; the socket in front of it lets in nothing but what the controllers' addresses send,
and keeps what is no SNMP from ending anything.
"""

from __future__ import annotations

import asyncio
import math
import socket
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config as lcd
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto import errind

from drivers.errors import BadAnswer, DriverError, Refused, Unreachable
from drivers.lamps.snmp.channel import LATE_S
from drivers.lamps.snmp.config import Auth, Controller, SnmpUser
from drivers.lamps.snmp.messages import Reply, Request, build, read

_AUTH = {Auth.SHA: lcd.USM_AUTH_HMAC96_SHA, Auth.SHA256: lcd.USM_AUTH_HMAC192_SHA256}
_MAX_DATAGRAM = 65_507
_PARSE_ERRORS = (
    PyAsn1Error,
    PySnmpError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What pysnmp's engine throws at content that is no SNMP, or is SNMP that makes no sense (found by feeding it such)."""
_PASSWORD = "the user's password, or how it is hashed, is wrong"
_LEVEL = "the user has another level of security there"
_REFUSALS: dict[type, str] = {
    errind.UnknownUserName: "it knows no such user",
    errind.UnknownSecurityName: "it knows no such user",
    errind.WrongDigest: _PASSWORD,
    errind.AuthenticationFailure: _PASSWORD,
    errind.AuthenticationError: _PASSWORD,
    errind.DecryptionError: "the privacy password is wrong",
    errind.UnsupportedSecurityLevel: _LEVEL,
    errind.UnsupportedAuthProtocol: _LEVEL,
    errind.UnsupportedPrivProtocol: _LEVEL,
}


def _guarded(transport: Any, known: set[tuple[str, int]], count: Any) -> Any:
    class Guarded(transport):  # type: ignore[misc]
        """pysnmp's socket with a doorkeeper."""

        def datagram_received(self, datagram: bytes, address: Any) -> None:
            if self._callback_function is None:
                return
            if tuple(address[:2]) not in known or len(datagram) > _MAX_DATAGRAM:
                count()
                return
            try:
                self._callback_function(self, address, datagram)
            except _PARSE_ERRORS:
                count()

        def error_received(self, exc: Exception) -> None:
            """As in the other channel: the time-out decides."""

    return Guarded


class UserEngine:
    """What all controllers of one system share. One loop, one thread. Takes some 0.1 s to make: passwords are hashed
    a million times over."""

    def __init__(self, source: str, user: SnmpUser) -> None:
        self.source, self.user = source, user
        self.strange = 0
        self._known: set[tuple[str, int]] = set()
        self._families: dict[socket.AddressFamily, Any] = {}
        self.engine = SnmpEngine()
        self.generator = cmdgen.SetCommandGenerator()
        lcd.add_v3_user(
            self.engine,
            user.user,
            _AUTH[user.auth],
            user.password,
            lcd.USM_PRIV_CFB128_AES if user.privacy else lcd.USM_PRIV_NONE,
            user.privacy or None,
        )
        lcd.add_target_parameters(self.engine, "user", user.user, "authPriv" if user.privacy else "authNoPriv", 3)

    async def add(self, controller: Controller, source: str) -> str:
        """Make a target of the engine for a controller; gives its name. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(controller.host, controller.port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as problem:
            raise Unreachable(source, str(problem)) from None
        family, _, _, _, address = found[0]
        where = str(address[0]), int(address[1])
        self._known.add(where)
        domain = self._domain(family)
        name = f"controller{len(self._known)}"
        # The engine's own time-out is the one for late answers, in hundredths of a second; repeating is ours.
        lcd.add_target_address(self.engine, name, domain, where, "user", int(LATE_S * 100), 0)
        return name

    def _domain(self, family: socket.AddressFamily) -> Any:
        kind = udp6 if family == socket.AF_INET6 else udp
        if family not in self._families:
            transport = kind.Udp6AsyncioTransport if family == socket.AF_INET6 else kind.UdpAsyncioTransport
            self._families[family] = _guarded(transport, self._known, self._count)().open_client_mode()
            lcd.add_transport(self.engine, kind.DOMAIN_NAME, self._families[family])
        return kind.DOMAIN_NAME

    def _count(self) -> None:
        self.strange += 1

    def close(self) -> None:
        """End the engine's timer and sockets."""
        if self.engine.transport_dispatcher is not None:
            self.engine.close_dispatcher()


class UserChannel:
    """See Channel."""

    overhead = 160

    def __init__(self, source: str, controller: Controller, shared: UserEngine) -> None:
        self._source, self._controller, self._shared = source, controller, shared
        self._opening = asyncio.Lock()
        self._target = ""
        self._waiting: set[asyncio.Future[Reply]] = set()
        self.heard = -math.inf

    @property
    def strange(self) -> int:
        """What was dropped, from any controller's address."""
        return self._shared.strange

    async def open(self) -> None:
        """See Channel."""
        async with self._opening:
            if not self._target:
                self._target = await self._shared.add(self._controller, self._source)

    def send(self, request: Request) -> asyncio.Future[Reply]:
        """See Channel."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        _, pdu = build(request)

        def answered(_engine: Any, _handle: Any, problem: Any, answer: Any, _context: Any) -> None:
            if future.done():
                return
            if problem is not None:
                self._failed(future, problem)
                return
            reply = read(answer, request)
            if reply is None:
                self._shared.strange += 1
            else:
                self.heard = asyncio.get_running_loop().time()
                future.set_result(reply)

        try:
            self._shared.generator.send_pdu(self._shared.engine, self._target, None, "", pdu, answered, None)
        except PySnmpError as problem:
            future.cancel()
            raise Unreachable(self._source, str(problem).splitlines()[0][:200] if str(problem) else "") from None
        return future

    def _failed(self, future: asyncio.Future[Reply], problem: Any) -> None:
        if isinstance(problem, errind.RequestTimedOut):
            future.cancel()
            return
        refusal = _REFUSALS.get(type(problem))
        failure: DriverError = BadAnswer(self._source, f"SNMP v3: {problem}")
        if refusal is not None:
            failure = Refused(self._source, refusal)
        future.set_exception(failure)

    def close(self) -> None:
        """See Channel."""
        for future in tuple(self._waiting):
            future.cancel()
