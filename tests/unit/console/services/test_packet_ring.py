"""Replay buffers: what comes out is what went in, in order, and the bounds hold whatever comes."""

from __future__ import annotations

import itertools
import math
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.services.footage import Footage, Span
from console.services.packet_ring import GAP_SECONDS, PACKET_COST, PIECE_COST, PacketRing, RingBudget
from console.services.packet_sink import PacketSink
from drivers.types import EncodedPacket, Gop, StreamParameters

H264 = StreamParameters("h264", b"sps", 640, 360, 15.0)
HEVC = StreamParameters("hevc", b"vps", 1920, 1080, 15.0)
START = 1_700_000_000.0
FPS = 15.0


def packet(index: int, key: bool, arrived: float, size: int = 100, taken: float | None = None) -> EncodedPacket:
    return EncodedPacket(index.to_bytes(4, "big") * (size // 4), index / FPS, index / FPS, key, arrived, taken)


def fill(ring: PacketRing, packets: int, gop: int = 15, size: int = 100, start: float = START) -> list[EncodedPacket]:
    made = [packet(n, n % gop == 0, start + n / FPS, size) for n in range(packets)]
    for one in made:
        ring.packet(H264, one)
    return made


def walk(footage: Footage) -> list[Gop]:
    """All GOPs from the first to the newest."""
    found = []
    gop = footage.gop_at(-math.inf)
    while gop is not None:
        found.append(gop)
        gop = footage.gop_after(gop.start)
    return found


def test_what_comes_out_is_what_went_in() -> None:
    ring = PacketRing(RingBudget())
    made = [
        EncodedPacket(bytes([n]) * n, n / 15, n / 15 - 0.1, n % 10 == 0, START + n / 15, START - 1 if n % 3 else None)
        for n in range(95)
    ]
    for one in made:
        ring.packet(H264, one)
    gops = walk(ring)
    assert [p for gop in gops for p in gop.packets] == made
    assert [len(gop.packets) for gop in gops] == [10] * 9 + [5]
    assert [gop.whole for gop in gops] == [True] * 9 + [False]
    assert {gop.parameters for gop in gops} == {H264}
    assert isinstance(ring.spans(), tuple)


def test_it_finds_the_gop_that_was_under_way() -> None:
    ring = PacketRing(RingBudget())
    fill(ring, 60)
    starts = [gop.start for gop in walk(ring)]
    assert starts == [START, START + 1, START + 2, START + 3]
    for when, found in ((0.0, 0), (START, 0), (START + 0.99, 0), (START + 1, 1), (START + 3.5, 3), (START + 99, 3)):
        gop = ring.gop_at(when)
        assert gop is not None
        assert gop.start == starts[found]
    before = ring.gop_before(starts[3])
    assert before is not None
    assert before.start == starts[2]
    assert ring.gop_before(starts[0]) is None
    assert ring.gop_after(starts[3]) is None


def test_it_is_both_a_sink_and_footage() -> None:
    ring = PacketRing(RingBudget())

    def write(sink: PacketSink) -> None:
        sink.packet(H264, packet(0, True, START))

    write(ring)
    assert len(walk(ring)) == 1


def test_an_empty_one_has_nothing() -> None:
    ring = PacketRing(RingBudget())
    ring.packet(H264, packet(0, False, START))  # of a group that began before
    assert (ring.spans(), ring.gop_at(START), ring.gop_after(START), ring.gop_before(START)) == ((), None, None, None)
    assert ring.bytes == 0


def test_it_keeps_so_many_seconds() -> None:
    ring = PacketRing(RingBudget(), seconds=10.0)
    fill(ring, 15 * 60)
    (span,) = ring.spans()
    assert span.end == START + (15 * 60 - 1) / FPS
    assert 10.0 <= span.end - span.start < 12.0  # whole groups
    assert ring.dropped == ring.cut == 0


def test_each_picture_a_key_frame_shares_pieces() -> None:
    ring = PacketRing(RingBudget())
    made = fill(ring, 150, gop=1)
    gops = walk(ring)
    assert [gop.packets for gop in gops] == [(one,) for one in made]
    assert [gop.whole for gop in gops] == [True] * 149 + [False]
    assert len(ring._pieces) <= 10
    for at in (0, 1, 77, 148):
        before = ring.gop_before(gops[at + 1].start)
        assert before == gops[at]


def test_another_stream_begins_another_group() -> None:
    ring = PacketRing(RingBudget())
    fill(ring, 7)
    ring.packet(HEVC, packet(7, False, START + 1))  # nothing to decode it with
    ring.packet(HEVC, packet(8, True, START + 1.1))
    ring.packet(HEVC, packet(9, False, START + 1.2))
    first, second = walk(ring)
    assert (first.parameters, len(first.packets), first.whole) == (H264, 7, True)
    assert (second.parameters, len(second.packets), second.whole) == (HEVC, 2, False)


def test_after_a_break_it_waits_for_a_key_frame() -> None:
    ring = PacketRing(RingBudget())
    fill(ring, 7)
    ring.interrupted("connection reset")
    ring.interrupted("not reachable")
    ring.packet(H264, packet(20, False, START + 2))
    ring.packet(H264, packet(21, True, START + 2.1))
    assert [len(gop.packets) for gop in walk(ring)] == [7, 1]


def test_gaps_are_told() -> None:
    ring = PacketRing(RingBudget(), seconds=60.0)
    fill(ring, 30)
    later = START + 29 / FPS + GAP_SECONDS + 0.5
    fill(ring, 31, start=later)
    assert ring.spans() == (Span(START, START + 29 / FPS), Span(later, later + 2.0))
    within = later + 2.0 + GAP_SECONDS + 5.0
    ring.packet(H264, packet(31, False, within))  # the same group goes on after a pause
    assert ring.spans()[-1] == Span(within, within)
    last = START + 1 + 60.0 + 0.01
    ring.packet(H264, packet(0, True, last))
    assert ring.spans()[0] == Span(START + 1, START + 29 / FPS)  # what is kept begins with a group
    assert len(ring.spans()) == 4


def test_a_clock_that_goes_back_breaks_no_order() -> None:
    ring = PacketRing(RingBudget())
    made = fill(ring, 31)
    fill(ring, 31, start=START - 3600)
    gops = walk(ring)
    assert [p.data for gop in gops for p in gop.packets] == [p.data for p in made] * 2
    starts = [gop.start for gop in gops]
    assert starts == sorted(set(starts))
    (span,) = ring.spans()
    assert span.start == START
    assert span.end - (START + 2.0) < 0.001


def test_a_group_without_an_end_is_cut_by_size() -> None:
    ring = PacketRing(RingBudget(bytes_per_camera=20_000))
    fill(ring, 15, size=400)
    for n in range(15, 200):
        ring.packet(H264, packet(n, n == 15, START + n / FPS, 400))
        assert ring.bytes <= 20_000
    assert ring.cut == 1
    assert ring.gop_at(START) is None  # what follows the cut belongs to nothing
    assert (ring.bytes, ring.spans()) == (0, ())
    fill(ring, 5, start=START + 99)
    assert [len(gop.packets) for gop in walk(ring)] == [5]


def test_a_group_without_an_end_is_cut_by_time() -> None:
    ring = PacketRing(RingBudget(), seconds=5.0)
    fill(ring, 15 * 5 + 1, gop=10_000)
    assert ring.spans() == (Span(START, START + 5.0),)
    ring.packet(H264, packet(77, False, START + 5.1))
    assert (ring.cut, ring.spans()) == (1, ())


def test_a_packet_larger_than_all_is_left_out_with_its_group() -> None:
    ring = PacketRing(RingBudget(bytes_per_camera=10_000))
    fill(ring, 20)
    ring.packet(H264, packet(20, False, START + 20 / FPS, 20_000))
    ring.packet(H264, packet(21, False, START + 21 / FPS))
    assert (ring.cut, [len(gop.packets) for gop in walk(ring)]) == (1, [15])
    ring.packet(H264, packet(22, True, START + 22 / FPS, 20_000))
    assert (ring.cut, [len(gop.packets) for gop in walk(ring)]) == (2, [15])


def test_the_longest_gives_way_so_that_all_reach_equally_far_back() -> None:
    budget = RingBudget(bytes_in_all=200_000)
    rings = [PacketRing(budget) for _ in range(4)]
    for n in range(15 * 120):
        for at, ring in enumerate(rings):
            if n >= 15 * 20 * at:  # they were opened one after the other, and some cost more
                ring.packet(H264, packet(n, n % 15 == 0, START + n / FPS, 60 * (at + 1)))
        assert budget.used == sum(ring.bytes for ring in rings) <= 200_000
    lengths = [ring.spans()[-1].end - ring.spans()[0].start for ring in rings]
    assert max(lengths) - min(lengths) <= 2.1
    assert min(lengths) > 5
    assert all(ring.dropped for ring in rings)
    assert not any(ring.cut for ring in rings)


def test_the_oldest_ones_without_a_writer_go_with_time() -> None:
    ring = PacketRing(RingBudget(), seconds=10.0)
    fill(ring, 15 * 5)
    ring.interrupted("not shown any more")
    assert not ring.expire(START + 5)
    assert not ring.expire(START + 12)
    assert ring.spans()[0].start == START + 2
    assert ring.expire(START + 15.1)
    assert (ring.spans(), ring.bytes) == ((), 0)


def test_a_closed_one_gives_everything_back_and_takes_nothing() -> None:
    budget = RingBudget()
    ring = PacketRing(budget)
    fill(ring, 40)
    kept = ring.gop_at(START)
    ring.close()
    ring.close()
    fill(ring, 40)
    ring.interrupted("late")
    assert (budget.used, ring.spans(), ring.gop_at(START)) == (0, (), None)
    assert kept is not None
    assert len(kept.packets) == 15  # what was handed out stays


STEP = st.tuples(
    st.integers(0, 2),  # which ring
    st.sampled_from([0.0, 0.02, 0.07, 0.4, 1.1, 3.0, -5.0]),  # seconds since the last one
    st.integers(0, 900),  # size
    st.sampled_from(["key", "more", "more", "more", "other", "break", "expire"]),
)


def contiguous(run: tuple[EncodedPacket, ...], fed: list[EncodedPacket | None]) -> bool:
    """Whether ``run`` came in one piece (None stands for a break), but for the times that were put in order."""
    at = next(i for i, one in enumerate(fed) if one is not None and one.pts == run[0].pts)
    part = fed[at : at + len(run)]
    return all(one is not None and one._replace(arrived=got.arrived) == got for one, got in zip(part, run, strict=True))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=120), st.integers(2_000, 20_000), st.integers(1_500, 9_000))
def test_bounds_and_order_hold_for_whatever_comes(
    steps: list[tuple[int, float, int, str]], in_all: int, per_camera: int
) -> None:
    budget = RingBudget(in_all, per_camera)
    rings = [PacketRing(budget, seconds=8.0) for _ in range(3)]
    fed: list[list[EncodedPacket | None]] = [[], [], []]
    now, number = START, 0
    parameters = [H264] * 3
    for which, wait, size, kind in steps:
        ring, now, number = rings[which], now + wait, number + 1
        if kind == "break":
            ring.interrupted("test")
            fed[which].append(None)
        elif kind == "expire":
            ring.expire(now)
        else:
            if kind == "other":
                parameters[which] = HEVC if parameters[which] is H264 else H264
            made = EncodedPacket(bytes(number % 256 for _ in range(size)), float(number), 0.5, kind == "key", now, None)
            ring.packet(parameters[which], made)
            fed[which].append(made)
        assert budget.used == sum(r.bytes for r in rings) <= in_all
        assert ring.bytes <= per_camera
        pieces = list(ring._pieces) + ([ring._open] if ring._open else [])
        assert ring.bytes == sum(piece.cost for piece in pieces)
    for ring, had in zip(rings, fed, strict=True):
        gops = walk(ring)
        assert all(gop.packets[0].key and not any(p.key for p in gop.packets[1:]) for gop in gops)
        assert all(contiguous(gop.packets, had) for gop in gops)
        times = [p.arrived for gop in gops for p in gop.packets]
        assert times == sorted(times)
        starts = [gop.start for gop in gops]
        assert starts == sorted(set(starts))
        assert all(gop.whole for gop in gops[:-1])
        for earlier, later in itertools.pairwise(gops):
            assert ring.gop_before(later.start) == earlier
            assert ring.gop_at(later.start) == later
            assert ring.gop_at(math.nextafter(later.start, 0)) == earlier
        spans = ring.spans()
        assert bool(spans) == bool(gops)
        if gops:
            assert (spans[0].start, spans[-1].end) == (gops[0].start, gops[-1].end)
            assert all(a.end + GAP_SECONDS < b.start for a, b in itertools.pairwise(spans))
            assert all(any(s.start <= t <= s.end for s in spans) for t in times)
        ring.close()
    assert budget.used == 0


def test_readers_see_whole_groups_while_it_is_written_and_cleared() -> None:
    budget = RingBudget(bytes_in_all=25_000)
    rings = [PacketRing(budget, seconds=5.0) for _ in range(2)]
    over = threading.Event()
    wrong: list[str] = []

    def read(ring: PacketRing) -> None:
        while not over.is_set():
            for gop in walk(ring):
                indices = [int.from_bytes(p.data[:4], "big") for p in gop.packets]
                if not gop.packets[0].key or indices != list(range(indices[0], indices[0] + len(indices))):
                    wrong.append(repr(indices))

    readers = [threading.Thread(target=read, args=(ring,)) for ring in rings]
    writers = [threading.Thread(target=fill, args=(ring, 4000, 15, 200)) for ring in rings]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert any(ring.dropped for ring in rings)


@pytest.mark.parametrize("size", [0, 1, 3000])
def test_what_it_costs_is_what_it_counts(size: int) -> None:
    ring = PacketRing(RingBudget())
    fill(ring, 30, size=size * 4)
    ring.packet(H264, packet(30, True, START + 2.0, size * 4))
    pieces = len(ring._pieces) + 1
    assert ring.bytes == 31 * (size * 4 + PACKET_COST) + pieces * PIECE_COST
