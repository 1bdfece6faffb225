"""MQTT 3.1.1 packets (OASIS standard, 29 October 2014), as far as a small broker reads and writes them."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass

MAX_PACKET = 16 * 1024 * 1024
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = (
    1,
    2,
    3,
    4,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
)


class MalformedError(Exception):
    """A packet that breaks the rules: the connection ends, as the standard asks."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One message."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Hello:
    """A CONNECT packet."""

    client_id: str
    keepalive: int
    clean: bool
    user: str | None
    password: bytes | None
    will: Publication | None


class Fields:
    """Reads the fields of a packet; raises MalformedError where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise MalformedError("the packet is cut short")
        self._at += size
        return part

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """Two bytes."""
        return int.from_bytes(self.take(2), "big")

    def block(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.number())

    def text(self) -> str:
        """A string: UTF-8 without NUL."""
        try:
            found = self.block().decode()
        except UnicodeDecodeError as error:
            raise MalformedError("a string is no UTF-8") from error
        if "\0" in found:
            raise MalformedError("a string holds a NUL")
        return found

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    """Kind, flags and body of the next packet. Raises MalformedError, IncompleteReadError when the peer went."""
    first = (await reader.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            break
        if shift > 21:
            raise MalformedError("a length of more than four bytes")
    if length > MAX_PACKET:
        raise MalformedError("a packet far too long")
    return first >> 4, first & 0x0F, await reader.readexactly(length)


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """A whole packet."""
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            break
    return bytes([kind << 4 | flags]) + bytes(digits) + body


def connack(code: int) -> bytes:
    """The answer to CONNECT; no session is ever kept."""
    return packet(CONNACK, 0, bytes([0, code]))


def publish(message: Publication, number: int, qos: int, retain: bool) -> bytes:
    """A message to a client."""
    topic = message.topic.encode()
    head = struct.pack("!H", len(topic)) + topic + (struct.pack("!H", number) if qos else b"")
    return packet(PUBLISH, qos << 1 | retain, head + message.payload)


def read_hello(body: bytes) -> Hello:
    """CONNECT. Raises MalformedError; a version that is not 3.1.1 is an empty name of the protocol's."""
    fields = Fields(body)
    protocol, level, flags, keepalive = fields.text(), fields.byte(), fields.byte(), fields.number()
    if (protocol, level) != ("MQTT", 4):
        raise VersionError("MQTT 3.1.1 is spoken here")
    will_qos = flags >> 3 & 3
    if flags & 1 or will_qos == 3 or (not flags & 4 and flags & 0x38) or (flags & 0x40 and not flags & 0x80):
        raise MalformedError("flags of CONNECT that cannot be")
    client_id, will = fields.text(), None
    if flags & 4:
        topic = fields.text()
        will = Publication(checked(topic), fields.block(), min(will_qos, 1), bool(flags & 0x20))
    user = fields.text() if flags & 0x80 else None
    password = fields.block() if flags & 0x40 else None
    return Hello(client_id, keepalive, bool(flags & 2), user, password, will)


class VersionError(MalformedError):
    """Another version of the protocol."""


def read_publish(flags: int, body: bytes) -> tuple[Publication, int]:
    """PUBLISH and its number (0 for QoS 0). QoS 2 is not spoken here."""
    qos = flags >> 1 & 3
    if qos > 1:
        raise MalformedError("QoS 2 is not spoken here")
    fields = Fields(body)
    topic = checked(fields.text())
    number = fields.number() if qos else 0
    if qos and not number:
        raise MalformedError("a message without a number")
    return Publication(topic, fields.rest(), qos, bool(flags & 1)), number


def checked(topic: str) -> str:
    """A topic that may be published to. Raises MalformedError."""
    if not topic or "+" in topic or "#" in topic:
        raise MalformedError("a topic with wildcards, or none")
    return topic


def good_filter(text: str) -> bool:
    """Whether wildcards stand where they may."""
    parts = text.split("/")
    return bool(text) and all(
        ("+" not in part or part == "+") and ("#" not in part or (part == "#" and at == len(parts) - 1))
        for at, part in enumerate(parts)
    )


def matches(filter_parts: list[str], topic: str) -> bool:
    """Whether a topic matches a filter (split at its slashes)."""
    parts = topic.split("/")
    if parts[0].startswith("$") and filter_parts[0] in ("+", "#"):
        return False
    for at, part in enumerate(filter_parts):
        if part == "#":
            return True
        if at >= len(parts) or part not in ("+", parts[at]):
            return False
    return len(parts) == len(filter_parts)
