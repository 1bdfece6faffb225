"""The city's SNMP lamp controller: pysnmp's agent on UDP in front of the lamp bank, v2c and v3.

It does wrong on demand what ``LampFaults`` lists: see ``_Responder.process_pdu`` and ``_Set``. All in the city's loop.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config as lcd
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c

from drivers.lamp_leaves import LeafKind, Oid
from drivers.types import Credentials, GeoPlace
from drivers.virtual.lamps.bank import LampBank, LampFaults
from drivers.virtual.lamps.snmp_table import CITY_LEAVES, Change, LampTable, SetRefused

__all__ = ["CITY_LEAVES", "COMMUNITY", "USER", "SnmpLampAgent"]

COMMUNITY = "lamps-of-the-city"
USER = Credentials("lamps", "lamps-of-the-city")
"""The v3 user's password, by SHA-256; the same one encrypts by AES-128."""
_TYPES = {
    LeafKind.INTEGER: rfc1902.Integer32,
    LeafKind.GAUGE: rfc1902.Gauge32,
    LeafKind.COUNTER: rfc1902.Counter32,
    LeafKind.STRING: rfc1902.OctetString,
}
_MOST = 64
"""Objects in an answer to GETBULK."""
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


class _Transport(udp.UdpAsyncioTransport):  # type: ignore[misc]
    """The socket, and what happens to answers on their way out. ``fate``: of the next one."""

    def __init__(self, faults: LampFaults) -> None:
        super().__init__()
        self.fate = ""
        self._faults = faults
        self._stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._stranger.bind(("127.0.0.1", 0))

    def datagram_received(self, datagram: bytes, address: Any) -> None:
        """Nothing while it is down; a junk answer, or pysnmp."""
        if self._callback_function is None or self._faults.peek("down") is not None:
            return
        if self._faults.take("html") is not None:
            self.transport.sendto(b"<!doctype html><title>Welcome</title>", address)
            return
        size = self._faults.take("huge")
        if size is not None:
            self.transport.sendto(b"\x30\x84\x7f\xff\xff\xff" + bytes(min(60_000, max(1, int(size)))), address)
            return
        try:
            self._callback_function(self, address, datagram)
        except _PARSE_ERRORS:
            pass  # what is no SNMP gets no answer

    def send_message(self, message: bytes, address: Any) -> None:
        """Lost, from elsewhere, twice, or as it should."""
        fate, self.fate = self.fate, ""
        if fate == "foreign":
            self._stranger.sendto(message, tuple(address)[:2])
        elif fate != "lost_callback":
            for _ in range(2 if fate == "twice" else 1):
                super().send_message(message, address)

    def close_transport(self) -> None:
        """Both sockets."""
        self._stranger.close()
        super().close_transport()


class SnmpLampAgent:
    """One controller with some (or all) lamps of the bank. ``max_binds``: the most objects in a request that it takes,
    0 for no bound. ``start`` and ``stop`` in the city's loop, once each."""

    leaves = CITY_LEAVES

    def __init__(
        self,
        bank: LampBank,
        clock: Callable[[], float],
        ids: Sequence[str] | None = None,
        places: Mapping[str, GeoPlace] | None = None,
        faults: LampFaults | None = None,
        community: str = COMMUNITY,
        user: Credentials = USER,
        group_size: int = 20,
        max_binds: int = 0,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.bank = bank
        self.faults = faults or LampFaults()
        self.table = LampTable(bank, bank.ids if ids is None else ids, clock, places, group_size, names)
        self.community, self.user, self.max_binds = community, user, max_binds
        self.port = 0
        self.requests = 0
        """How many it answered, or would have."""
        self.unwilling: set[int] = set()
        """Rows that the fault "refuses" has still to refuse once."""
        self._engine: Any = None
        self._transport: _Transport | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; gives the port. Raises OSError."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        self.port = int(listener.getsockname()[1])
        self._engine = engine = SnmpEngine()
        self._transport = _Transport(self.faults)
        lcd.add_transport(engine, udp.DOMAIN_NAME, self._transport.open_server_mode(sock=listener))
        lcd.add_v1_system(engine, "city", self.community)
        name, password = self.user.user, self.user.password
        lcd.add_v3_user(engine, name, lcd.USM_AUTH_HMAC192_SHA256, password, lcd.USM_PRIV_CFB128_AES, password)
        where = context.SnmpContext(engine)
        for kind in (_Get, _Next, _Bulk, _Set):
            kind(engine, where, self, self._transport)
        return self.port

    async def stop(self) -> None:
        """Close the socket and end the engine's timer."""
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = self._transport = None
            await asyncio.sleep(0)


class _Responder(cmdrsp.CommandResponderBase):  # type: ignore[misc]
    """One kind of request. pysnmp's own responders put a wrong index beside an error, so these do without them."""

    writes = False

    def __init__(self, engine: Any, where: Any, agent: SnmpLampAgent, transport: _Transport) -> None:
        super().__init__(engine, where)
        self.agent, self.table, self._transport = agent, agent.table, transport

    def process_pdu(self, engine: Any, model: Any, security: Any, user: Any, level: Any, *rest: Any) -> None:
        """One request. A v3 user who does not sign and encrypt gets nothing; a command may be done late."""
        if int(security) == 3 and int(level) != 3:
            return
        self.agent.requests += 1
        late = self.agent.faults.take("late") if self.writes else None
        process = super().process_pdu
        if late is None:
            process(engine, model, security, user, level, *rest)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(float(late), process, engine, model, security, user, level, *rest)

    def handle_management_operation(self, engine: Any, reference: Any, _context: Any, pdu: Any) -> None:
        """Answer it."""
        binds = v2c.apiPDU.get_varbinds(pdu)
        most = self.agent.max_binds
        if most and len(binds) > most:
            self.send_varbinds(engine, reference, "tooBig", 0, [])
            return
        answer = self.answer([(tuple(name), value) for name, value in binds], pdu)
        if answer is not None:
            status, index, found = answer
            self.send_varbinds(engine, reference, status, index, found)

    def answer(self, binds: list[tuple[Oid, Any]], pdu: Any) -> tuple[str, int, list[tuple[Oid, Any]]] | None:
        """Status, index and objects; None: silence."""
        raise NotImplementedError

    def read(self, name: Oid) -> Any:
        """An object's value in pysnmp's types."""
        found = self.table.get(name)
        return rfc1905.noSuchInstance if found is None else _TYPES[found[0]](found[1])

    def next(self, name: Oid) -> tuple[Oid, Any]:
        """The object after this one."""
        after = self.table.after(name)
        return (name, rfc1905.endOfMibView) if after is None else (after, self.read(after))


class _Get(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetRequestPDU.tagSet,)

    def answer(self, binds: list[tuple[Oid, Any]], pdu: Any) -> tuple[str, int, list[tuple[Oid, Any]]] | None:
        return "noError", 0, [(name, self.read(name)) for name, _ in binds]


class _Next(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetNextRequestPDU.tagSet,)

    def answer(self, binds: list[tuple[Oid, Any]], pdu: Any) -> tuple[str, int, list[tuple[Oid, Any]]] | None:
        return "noError", 0, [self.next(name) for name, _ in binds]


class _Bulk(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.GetBulkRequestPDU.tagSet,)

    def answer(self, binds: list[tuple[Oid, Any]], pdu: Any) -> tuple[str, int, list[tuple[Oid, Any]]] | None:
        once = max(0, min(int(v2c.apiBulkPDU.get_non_repeaters(pdu)), len(binds)))
        found = [self.next(name) for name, _ in binds[:once]]
        names = [name for name, _ in binds[once:]]
        times = int(v2c.apiBulkPDU.get_max_repetitions(pdu)) if names else 0
        for _ in range(min(times, _MOST // max(1, len(names)))):
            row = [self.next(name) for name in names]
            found += row
            names = [name for name, _ in row]
        return "noError", 0, found


class _Set(_Responder):
    SUPPORTED_PDU_TYPES = (rfc1905.SetRequestPDU.tagSet,)
    writes = True

    def answer(self, binds: list[tuple[Oid, Any]], pdu: Any) -> tuple[str, int, list[tuple[Oid, Any]]] | None:
        faults = self.agent.faults
        try:
            changes = self.table.changes([(name, _number(value)) for name, value in binds])
            self._refuse(changes)
        except SetRefused as refusal:
            return refusal.why, refusal.index + 1, binds
        if faults.take("lies") is not None:
            return "noError", 0, binds
        if faults.take("dies") is not None:
            for change in changes[: (len(changes) + 1) // 2]:
                self.table.apply(change)
            faults.set("down")
            return None
        for change in changes:
            self.table.apply(change)
        for fate in ("lost_callback", "foreign", "twice"):
            if faults.take(fate) is not None:
                self._transport.fate = fate
                break
        return "noError", 0, binds

    def _refuse(self, changes: Sequence[Change]) -> None:
        """The fault "refuses": so many lamps of an order are refused, each once, for a controller's SET is all or
        nothing and its client sends the others again."""
        unwilling = self.agent.unwilling
        if not unwilling and (many := self.agent.faults.take("refuses")) is not None:
            count = int(many) if many.isdecimal() else len(changes)
            unwilling.update(change.row for change in changes[:count])
        for change in changes:
            if change.row in unwilling:
                unwilling.discard(change.row)
                raise SetRefused("notWritable", change.index)


def _number(value: Any) -> int | None:
    numbers = (rfc1902.Integer32().tagSet, rfc1902.Gauge32().tagSet)
    return int(value) if value.tagSet in numbers else None
