"""Requests and answers between plain records and pysnmp's ASN.1.

An answer counts only if it is whole, of a version 2 type, and names the objects that were asked for; the channels drop
all else as if it had not come, so that nobody who can throw packets at us can fail an order with one.
"""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c

from drivers.lamp_leaves import LeafKind, Oid

_KINDS = {
    LeafKind.INTEGER: rfc1902.Integer32,
    LeafKind.GAUGE: rfc1902.Gauge32,
    LeafKind.COUNTER: rfc1902.Counter32,
    LeafKind.COUNTER64: rfc1902.Counter64,
    LeafKind.TICKS: rfc1902.TimeTicks,
    LeafKind.STRING: rfc1902.OctetString,
}
_NUMBERS = (
    rfc1902.Integer32().tagSet,
    rfc1902.Gauge32().tagSet,
    rfc1902.Counter32().tagSet,
    rfc1902.Counter64().tagSet,
    rfc1902.TimeTicks().tagSet,
)
_STRING = rfc1902.OctetString().tagSet
_RESPONSE = rfc1905.ResponsePDU.tagSet


class Verb(enum.Enum):
    """What is asked."""

    GET = enum.auto()
    BULK = enum.auto()
    SET = enum.auto()


class Nothing(enum.Enum):
    """In the place of a value: there is no such object, or the table ends here."""

    NO_SUCH = enum.auto()
    END = enum.auto()
    OTHER = enum.auto()
    """Of a type that lamps have no use for."""


Value = int | bytes | Nothing


class Trouble(enum.IntEnum):
    """Error status values (RFC 3416) that mean something particular here."""

    NONE = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GENERAL = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. ``binds`` hold pysnmp's values for SET, None for the others. ``repetitions`` is for BULK."""

    verb: Verb
    binds: tuple[tuple[Oid, Any], ...]
    repetitions: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``status`` and ``index`` are 0 where it went well. ``index`` counts from 1."""

    status: int
    index: int
    binds: tuple[tuple[Oid, Value], ...]


def number(kind: LeafKind, value: int) -> Any:
    """A value for SET. Raises ValueError where the type cannot hold it."""
    try:
        return _KINDS[kind](value)
    except PyAsn1Error:
        raise ValueError(f"{value} does not fit the type {kind.value}") from None


def build(request: Request) -> tuple[int, Any]:
    """The PDU with an id that nobody can guess."""
    id = secrets.randbelow(2**31 - 1) + 1
    if request.verb is Verb.BULK:
        pdu = v2c.GetBulkRequestPDU()
        v2c.apiBulkPDU.set_defaults(pdu)
        v2c.apiBulkPDU.set_max_repetitions(pdu, request.repetitions)
    else:
        pdu = v2c.SetRequestPDU() if request.verb is Verb.SET else v2c.GetRequestPDU()
        v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, id)
    v2c.apiPDU.set_varbinds(pdu, request.binds)
    return id, pdu


def read(pdu: Any, request: Request) -> Reply | None:
    """The answer, or None where it cannot be one to ``request``."""
    if pdu.tagSet != _RESPONSE:
        return None
    status, index = int(v2c.apiPDU.get_error_status(pdu)), int(pdu.getComponentByPosition(2))
    binds = tuple((tuple(name), _value(value)) for name, value in v2c.apiPDU.get_varbinds(pdu))
    if not 0 <= index <= len(request.binds):
        return None
    if status == Trouble.TOO_BIG:
        return Reply(status, 0, ())
    asked = tuple(name for name, _ in request.binds)
    if request.verb is Verb.BULK:
        whole = status != Trouble.NONE or bool(binds)
    else:
        whole = tuple(name for name, _ in binds) == asked or (status != Trouble.NONE and not binds)
    return Reply(status, index, binds) if whole else None


def _value(value: Any) -> Value:
    tags = value.tagSet
    if tags in _NUMBERS:
        return int(value)
    if tags == _STRING:
        return bytes(value)
    if tags in (rfc1905.NoSuchObject.tagSet, rfc1905.NoSuchInstance.tagSet):
        return Nothing.NO_SUCH
    return Nothing.END if tags == rfc1905.EndOfMibView.tagSet else Nothing.OTHER


def bind_bytes(name: Oid, value_bytes: int) -> int:
    """How many bytes one object takes in a message."""
    named = 1 + sum(1 if part < 1 << 7 else 2 if part < 1 << 14 else 3 if part < 1 << 21 else 5 for part in name[2:])
    return named + value_bytes + (6 if named + value_bytes < 120 else 10)
