"""The last minutes of a camera as packets, packed tight: what instant replay shows.

A finished group of pictures is one piece of bytes with an index of fixed-size records: 64 cameras, 5 minutes and 15
frames a second are 288,000 packets, and as many objects would cost more than their pictures and hold up every garbage
collection. Groups shorter than a second (each picture of MJPEG is one) share a piece.
"""

from __future__ import annotations

import math
import struct
import threading
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from console.services.footage import Span
from drivers.types import EncodedPacket, Gop, StreamParameters

GAP_SECONDS = 2.0
"""Without a packet for longer than this there is a gap in the footage."""
PIECE_SECONDS, PIECE_BYTES = 1.0, 1_000_000
"""A piece is closed by the first key frame after so many seconds or bytes."""

_ENTRY = struct.Struct("<I?dddd")
"""Of each packet: its size, whether it is a key frame, pts, dts, arrived, taken (NaN where it is not known)."""
PACKET_COST = _ENTRY.size
"""Bytes that a packet costs beyond its own."""
PIECE_COST = 400
"""Bytes that a piece costs beyond its packets (its objects; rounded up from what was measured)."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One or more whole GOPs, or the newest while it grows."""

    parameters: StreamParameters
    start: float
    end: float
    index: bytes
    data: bytes
    growing: bool = False

    @property
    def cost(self) -> int:
        return PIECE_COST + len(self.index) + len(self.data)

    def gops(self) -> Iterator[Gop]:
        """Its GOPs in order."""
        packets: list[EncodedPacket] = []
        at = 0
        for size, key, pts, dts, arrived, taken in _ENTRY.iter_unpack(self.index):
            if key and packets:
                yield Gop(self.parameters, tuple(packets))
                packets = []
            known = None if math.isnan(taken) else taken
            packets.append(EncodedPacket(self.data[at : at + size], pts, dts, key, arrived, known))
            at += size
        yield Gop(self.parameters, tuple(packets), whole=not self.growing)


@dataclass(slots=True)
class _Open:
    """The piece that grows. Only the writer adds to it, with the lock held."""

    parameters: StreamParameters
    start: float
    end: float
    size: int = 0
    index: bytearray = field(default_factory=bytearray)
    data: list[bytes] = field(default_factory=list)

    @property
    def cost(self) -> int:
        return PIECE_COST + len(self.index) + self.size

    def add(self, packet: EncodedPacket, arrived: float) -> None:
        data, pts, dts, key, _, taken = packet
        size = len(data)
        self.index += _ENTRY.pack(size, key, pts, dts, arrived, math.nan if taken is None else taken)
        self.data.append(data)
        self.size += size
        self.end = arrived

    def ends_at(self, arrived: float) -> bool:
        """Whether a key frame that comes now begins another piece."""
        return arrived - self.start >= PIECE_SECONDS or self.size >= PIECE_BYTES

    def copy(self) -> _Open:
        """As it is now. Copies no pictures: those are shared."""
        return _Open(self.parameters, self.start, self.end, self.size, self.index[:], self.data[:])

    def packed(self, growing: bool = False) -> _Piece:
        return _Piece(self.parameters, self.start, self.end, bytes(self.index), b"".join(self.data), growing)

    def gops(self) -> Iterator[Gop]:
        """Its GOPs in order; the last may go on."""
        return self.packed(growing=True).gops()


class RingBudget:
    """What all rings may hold together, and each of them, in bytes. Where it does not suffice, the oldest piece of the
    ring with the longest span goes first, so that all cameras can be seen about equally far back.

    Any thread, through the rings: one lock guards it and all of them; it is held for microseconds."""

    def __init__(self, bytes_in_all: int = 700_000_000, bytes_per_camera: int = 64_000_000) -> None:
        self.bytes_in_all, self.bytes_per_camera = bytes_in_all, bytes_per_camera
        self.lock = threading.Lock()
        self.used = 0
        self._rings: list[PacketRing] = []

    def join(self, ring: PacketRing) -> None:
        """A new ring; with the lock held."""
        self._rings.append(ring)

    def leave(self, ring: PacketRing) -> None:
        """A ring ends; with the lock held."""
        self._rings.remove(ring)

    def make_room(self, ring: PacketRing, more: int) -> bool:
        """Let old pieces go until ``ring`` may take ``more`` bytes; False where that can never be. With the lock
        held."""
        if more > min(self.bytes_per_camera, self.bytes_in_all):
            return False
        while ring.bytes + more > self.bytes_per_camera:
            ring.drop_oldest()
        while self.used + more > self.bytes_in_all:
            max(self._rings, key=_longest).drop_oldest()
        return True


class PacketRing:
    """The last ``seconds`` of one camera. It is Footage and a PacketSink: one thread at a time writes (``packet``,
    ``interrupted``), any thread reads, and the pool's thread calls ``expire`` and ``close``. What readers get is
    immutable and stays valid after it fell out of the ring.

    ``arrived`` never decreases here, whatever the clock does, and two GOPs never begin at the same time."""

    def __init__(self, budget: RingBudget, seconds: float = 300.0) -> None:
        self.seconds = seconds
        self.bytes = 0
        """What it holds, with all that it costs; never more than the budget."""
        self.dropped = 0
        """Pieces that went before their time because the budget was used up."""
        self.cut = 0
        """GOPs without an end that were left out because they alone exceeded what may be kept."""
        self._budget = budget
        self._pieces: list[_Piece] = []
        self._open: _Open | None = None
        self._spans: list[list[float]] = []
        """Start and end of each stretch without a gap; the last one grows with each packet."""
        self._last = self._last_key = -math.inf
        self._closed = False
        with budget.lock:
            budget.join(self)

    # What writes.

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """Keep a packet. Those before the first key frame, or that belong to no key frame any more, are not kept."""
        if not packet.key and self._goes_on(parameters, packet):
            return
        opened, arrived = self._open, max(packet.arrived, self._last)
        if packet.key and arrived <= self._last_key:
            arrived = math.nextafter(self._last_key, math.inf)
        ends = False
        if opened is not None:
            other = parameters is not opened.parameters and parameters != opened.parameters
            ends = other or (packet.key and opened.ends_at(arrived))
        packed = opened.packed() if opened is not None and ends else None
        with self._budget.lock:
            if self._closed:
                return
            if packed is not None:
                self._close_piece(opened, packed)
            self._let_go(arrived)
            self._keep(parameters, packet, arrived)

    def interrupted(self, reason: str) -> None:
        """Packets are missing: what comes next must begin with a key frame."""
        opened = self._open
        if opened is not None:
            packed = opened.packed()
            with self._budget.lock:
                self._close_piece(opened, packed)

    def expire(self, now: float) -> bool:
        """Let go what ended more than ``seconds`` before ``now`` (UTC seconds); True if nothing is left. For a ring
        that is not written to any more."""
        with self._budget.lock:
            self._let_go(now)
            return not self._pieces and self._open is None

    def close(self) -> None:
        """Let everything go for good."""
        with self._budget.lock:
            if not self._closed:
                self._closed = True
                self._pieces.clear()
                self._spans.clear()
                self._open = None
                self._charge(-self.bytes)
                self._budget.leave(self)

    # What reads: see Footage.

    def spans(self) -> tuple[Span, ...]:
        """Where there is something, in order."""
        with self._budget.lock:
            return tuple(Span(start, end) for start, end in self._spans)

    def gop_at(self, when: float) -> Gop | None:
        """The last GOP that began at or before ``when``, else the first."""
        with self._budget.lock:
            found = self._piece(max(0, self._began_by(when)))
        if found is None:
            return None
        first, *others = found.gops()
        return next((gop for gop in reversed(others) if gop.start <= when), first)

    def gop_after(self, start: float) -> Gop | None:
        """The first GOP that began after ``start``."""
        with self._budget.lock:
            at = self._began_by(start)
            near = [self._piece(index) for index in (at, at + 1) if index >= 0]
        return next((gop for piece in near if piece is not None for gop in piece.gops() if gop.start > start), None)

    def gop_before(self, start: float) -> Gop | None:
        """The last GOP that began before ``start``."""
        with self._budget.lock:
            found = self._piece(self._began_by(math.nextafter(start, -math.inf)))
        if found is None:
            return None
        return next((gop for gop in reversed(list(found.gops())) if gop.start < start), None)

    # What the budget asks; with the lock held.

    @property
    def span(self) -> float:
        """Seconds from its first to its last packet."""
        if self._pieces:
            return (self._open or self._pieces[-1]).end - self._pieces[0].start
        return 0.0 if self._open is None else self._open.end - self._open.start

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Who loses first: those with pieces that are closed, then by span."""
        return bool(self._pieces), self.span, self.bytes

    def drop_oldest(self) -> None:
        """Let its oldest piece go; the one that grows only when there is no other."""
        if self._pieces:
            self._drop_first()
            self.dropped += 1
        elif self._open is not None:
            self._drop_open()
            self.cut += 1

    def _goes_on(self, parameters: StreamParameters, packet: EncodedPacket) -> bool:
        """The usual case, all in one function because it runs for each packet of each camera: a packet that follows the
        one before it, with room for it and nothing to let go. False where more is to be thought of."""
        data, pts, dts, _, arrived, taken = packet
        size = len(data)
        cost = size + PACKET_COST
        budget = self._budget
        with budget.lock:
            opened = self._open
            last = self._last
            if arrived < last:
                arrived = last
            oldest = arrived - self.seconds
            pieces = self._pieces
            if (
                opened is None
                or parameters is not opened.parameters
                or opened.start < oldest
                or (pieces and pieces[0].end < oldest)
                or arrived - last > GAP_SECONDS
                or self.bytes + cost > budget.bytes_per_camera
                or budget.used + cost > budget.bytes_in_all
            ):
                return False
            opened.index += _ENTRY.pack(size, False, pts, dts, arrived, math.nan if taken is None else taken)
            opened.data.append(data)
            opened.size += size
            opened.end = self._last = self._spans[-1][1] = arrived
            self.bytes += cost
            budget.used += cost
        return True

    # With the lock held from here on.

    def _keep(self, parameters: StreamParameters, packet: EncodedPacket, arrived: float) -> None:
        if self._open is None and not packet.key:
            return
        cost = len(packet.data) + PACKET_COST
        if not self._budget.make_room(self, cost + PIECE_COST):
            if self._open is not None:
                self._drop_open()
            self.cut += 1
            return
        if self._open is None:
            if not packet.key:
                return  # what it belongs to had to make room
            self._open = _Open(parameters, arrived, arrived)
            cost += PIECE_COST
        self._open.add(packet, arrived)
        self._charge(cost)
        self._last = arrived
        if packet.key:
            self._last_key = arrived
        if self._spans and arrived - self._spans[-1][1] <= GAP_SECONDS:
            self._spans[-1][1] = arrived
        else:
            self._spans.append([arrived, arrived])

    def _close_piece(self, opened: _Open | None, packed: _Piece) -> None:
        if opened is not None and self._open is opened:
            self._open = None
            self._pieces.append(packed)
            self._charge(packed.cost - opened.cost)

    def _let_go(self, now: float) -> None:
        oldest = now - self.seconds
        while self._pieces and self._pieces[0].end < oldest:
            self._drop_first()
        if self._open is not None and self._open.start < oldest:
            self.cut += self._open.end >= oldest
            self._drop_open()

    def _drop_first(self) -> None:
        self._charge(-self._pieces.pop(0).cost)
        first = self._pieces[0] if self._pieces else self._open
        if first is None:
            self._spans.clear()
            return
        while self._spans[0][1] < first.start:
            del self._spans[0]
        self._spans[0][0] = max(self._spans[0][0], first.start)

    def _drop_open(self) -> None:
        if self._open is None:
            return
        self._charge(-self._open.cost)
        self._open = None
        if not self._pieces:
            self._spans.clear()
            return
        end = self._pieces[-1].end
        while self._spans[-1][0] > end:
            del self._spans[-1]
        self._spans[-1][1] = min(self._spans[-1][1], end)

    def _charge(self, more: int) -> None:
        self.bytes += more
        self._budget.used += more

    def _began_by(self, when: float) -> int:
        """The index of the last piece that began at or before ``when``; the growing one counts as the last; -1."""
        if self._open is not None and self._open.start <= when:
            return len(self._pieces)
        return bisect_right(self._pieces, when, key=_start) - 1

    def _piece(self, index: int) -> _Piece | _Open | None:
        if 0 <= index < len(self._pieces):
            return self._pieces[index]
        if index == len(self._pieces) and self._open is not None:
            return self._open.copy()
        return None


def _start(piece: _Piece) -> float:
    return piece.start


def _longest(ring: PacketRing) -> tuple[bool, float, int]:
    return ring.rank
