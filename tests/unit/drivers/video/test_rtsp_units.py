"""RTP packets become access units: whole with their last packet, mended where something is lost, bounded always."""

from __future__ import annotations

import itertools
import random
import socket
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rtsp_wire import START, cut, fed, framed, goodbye, report, rtp

from drivers.errors import BadAnswer, DriverError, TimedOut, Unreachable
from drivers.video.rtsp import rtp as rtp_module
from drivers.video.rtsp.connection import MAX_LOST, Connection
from drivers.video.rtsp.h26x import assembler
from drivers.video.rtsp.order import Order

SPS, PPS, SEI = b"\x67\x42\x00\x1e", b"\x68\xce\x3c\x80", b"\x06\x05\x01\x00\x80"
KEY, INTER, SECOND = b"\x65\x88" + bytes(range(200)), b"\x41\x9a" + b"i" * 50, b"\x41\x1a" + b"s" * 20
VPS5, SPS5, PPS5, KEY5, INTER5 = b"\x40\x01v", b"\x42\x01s", b"\x44\x01p", b"\x26\x01\x80" + b"k" * 99, b"\x02\x01\x80i"


def joined(*units: bytes) -> bytes:
    return b"".join(START + unit for unit in units)


# --- whole units ----------------------------------------------------------------------------------------------------


def test_a_unit_is_there_with_its_last_packet() -> None:
    made = fed([rtp(SPS, 1), rtp(PPS, 2), *(rtp(p, 3 + n) for n, p in enumerate(cut(KEY, 60)))])
    assert not made.units
    last = cut(KEY, 60)[-1]
    made = fed(
        [rtp(SPS, 1), rtp(PPS, 2), *(rtp(p, 3 + n, 0, p is last) for n, p in enumerate([*cut(KEY, 60)[:-1], last]))]
    )
    assert list(made.units) == [(joined(SPS, PPS, KEY), 0, True)]
    assert not made.pending


def test_several_units_in_one_packet() -> None:
    both = b"\x78" + b"".join(len(unit).to_bytes(2) + unit for unit in (SPS, PPS, KEY))
    assert list(fed([rtp(both, 9, 5, True)]).units) == [(joined(SPS, PPS, KEY), 0, True)]
    cut_short = fed([rtp(both[:-3], 9, 5, True)])  # the last unit ends behind the packet
    assert not cut_short.units


def test_h265_in_all_three_ways() -> None:
    both = b"\x60\x01" + b"".join(len(unit).to_bytes(2) + unit for unit in (VPS5, SPS5, PPS5))
    pieces = cut(KEY5, 40, "hevc")
    packets = [rtp(both, 1), *(rtp(p, 2 + n, 0, n == len(pieces) - 1) for n, p in enumerate(pieces))]
    made = fed([*packets, rtp(INTER5, 2 + len(pieces), 9000, True)], "hevc")
    assert list(made.units) == [(joined(VPS5, SPS5, PPS5, KEY5), 0, True), (joined(INTER5), 9000, False)]


def test_without_markers_the_next_timestamp_ends_a_unit() -> None:
    made = fed([rtp(KEY, 1, 0), rtp(INTER, 2, 3000), rtp(INTER, 3, 6000)])
    assert [unit[1] for unit in made.units] == [0, 3000]


def test_markers_within_pictures_are_seen_through() -> None:
    packets = [rtp(INTER, 1, 0, True), rtp(SECOND, 2, 0, True), rtp(INTER, 3, 3000, True), rtp(SECOND, 4, 3000, True)]
    made = fed([*packets, rtp(INTER, 5, 6000, True)])
    assert [unit[0] for unit in made.units] == [joined(INTER), joined(SECOND), joined(INTER, SECOND)]


def test_a_marker_behind_parameter_sets_alone_ends_nothing() -> None:
    made = fed([rtp(SPS, 1, 0, True), rtp(PPS, 2, 0, True), rtp(KEY, 3, 3000, True)])
    assert list(made.units) == [(joined(SPS, PPS, KEY), 3000, True)]


def test_a_recovery_point_is_a_key_frame() -> None:
    made = fed([rtp(b"\x06\x06\x01\xc4\x80", 1), rtp(INTER, 2, 0, True), rtp(SEI, 3, 9), rtp(INTER, 4, 9, True)])
    assert [unit[2] for unit in made.units] == [True, False]
    made = fed([rtp(b"\x06\xff\xff", 1), rtp(b"\x06\x05\xff\xff\xff", 2), rtp(INTER, 3, 0, True)])  # cut short
    assert [unit[2] for unit in made.units] == [False]


def test_extensions_contributors_and_padding_are_not_the_picture() -> None:
    whole = bytearray(rtp(b"", 1, 0, True))
    whole[0] = 0x80 | 0x20 | 0x10 | 2
    whole += b"c" * 8 + b"\xbe\xde\0\1" + b"ext." + INTER + b"\0\0\3"
    assert fed([bytes(whole)]).units[0][0] == joined(INTER)


def test_other_payload_types_and_what_is_no_rtp_are_left_out() -> None:
    made = fed([rtp(INTER, 1, 0, True, kind=97), b"\x40" + rtp(INTER, 2, 0, True)[1:], b"short", rtp(b"", 3)])
    assert not made.units
    assert not made.pending


# --- times ----------------------------------------------------------------------------------------------------------


def test_timestamps_go_on_over_their_end_and_back() -> None:
    stamps = [0xFFFFF000, 0xFFFFF000 + 3000, 0xFFFFF000 + 9000, 0xFFFFF000 + 6000]
    made = fed([rtp(INTER, n, stamp, True) for n, stamp in enumerate(stamps)])
    assert [unit[1] for unit in made.units] == [0, 3000, 9000, 6000]


def test_sequence_numbers_go_on_over_their_end() -> None:
    pieces = cut(KEY, 60)
    assert fed([rtp(p, 65534 + n, 0, p is pieces[-1]) for n, p in enumerate(pieces)]).units[0][0] == joined(KEY)


def control(made: rtp_module.Assembler, data: bytes) -> None:
    made.control(memoryview(bytearray(data)), 0, len(data))


def test_the_senders_clock_before_and_after_the_first_picture() -> None:
    made = assembler("h264", 96)
    control(made, report(1_700_000_000.5, 99_000))
    assert made.epoch is None
    packet = rtp(INTER, 1, 90_000, True)
    made.packet(memoryview(bytearray(packet)), 0, len(packet))
    assert made.epoch == pytest.approx(1_700_000_000.4, abs=1e-5)
    control(made, report(1_700_000_010.0, 90_000 + 900_000))
    assert made.epoch == pytest.approx(1_700_000_000.0, abs=1e-5)
    control(made, report(-2_000_000_000.0, 0))  # a camera that counts from its start
    control(made, report(1_800_000_000.0, 0, source=7))  # of somebody else
    control(made, report(1.0, 0)[:20])
    control(made, b"\x80\xc8\xff\xff" + b"x" * 40)
    assert made.epoch == pytest.approx(1_700_000_000.0, abs=1e-5)


def test_goodbye_counts_for_this_sender() -> None:
    made = fed([rtp(INTER, 1, 0, True)])
    control(made, goodbye(5))
    assert not made.ended
    control(made, goodbye())
    assert made.ended


def test_another_sender_goes_on_with_the_time() -> None:
    made = fed([rtp(INTER, 1, 0, True), rtp(INTER, 2, 3000, True), rtp(KEY, 900, 77, True, source=5)])
    assert [unit[1] for unit in made.units] == [0, 3000, 6000]


def test_decoding_times() -> None:
    order = Order(1, 3000)
    assert [order.dts(pts) for pts in (0, 9000, 3000, 6000, 18_000, 12_000)] == [-3000, 0, 3000, 6000, 9000, 12_000]
    plain = Order(0, 3000)
    assert [plain.dts(pts) for pts in (0, 3000, 6000)] == [0, 3000, 6000]
    learnt = [plain.dts(pts) for pts in (15_000, 9000, 12_000, 24_000, 18_000, 21_000)]
    assert learnt[2:] == sorted(learnt[2:])
    assert plain.dts(-5_000_000) == -5_000_000 - plain._depth * 3000  # another clock


# --- what is lost ---------------------------------------------------------------------------------------------------


def test_what_a_gap_leaves_is_given_away() -> None:
    pieces = cut(KEY, 40)
    packets = [rtp(p, n, 0, p is pieces[-1]) for n, p in enumerate(pieces)]
    without_middle = fed(packets[:2] + packets[3:])
    assert without_middle.units[0][0] == joined(KEY[:81])
    without_begin = fed([*packets[1:], rtp(INTER, len(packets), 3000, True)])
    assert [unit[0] for unit in without_begin.units] == [joined(INTER)]
    without_end = fed([*packets[:-1], rtp(INTER, len(packets), 3000, True)])
    assert [unit[1] for unit in without_end.units] == [0, 3000]


def test_what_comes_late_is_left_out_but_new_numbers_are_followed() -> None:
    made = fed([rtp(INTER, n, 3000 * n, True) for n in (10, 12, 11, 13)])
    assert [unit[1] // 3000 for unit in made.units] == [0, 2, 3]
    made = fed([rtp(INTER, n, 3000 * at, True) for at, n in enumerate((20_000, 20_001, 9, 10, 11))])
    assert len(made.units) == 4


def test_a_unit_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtp_module, "MAX_UNIT", 4000)
    pieces = cut(KEY * 50, 100)
    made = fed([rtp(p, n, 0, p is pieces[-1]) for n, p in enumerate(pieces)])
    assert not made.units
    assert sum(len(part) for part in made.pending) < 4000
    tiny = [rtp(b"\x01", n) for n in range(1000)]  # the cost of a part counts too
    assert len(fed(tiny).pending) < 40


@given(st.lists(st.binary(max_size=40), max_size=30), st.sampled_from(["h264", "hevc"]), st.booleans())
def test_no_payload_breaks_it(payloads: list[bytes], codec: str, marker: bool) -> None:
    made = fed([rtp(payload, n, n // 3, marker) for n, payload in enumerate(payloads)], codec)
    for data, _, _ in made.units:
        assert data.startswith(START)


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_packet_breaks_it(packets: list[bytes]) -> None:
    made = fed(packets)
    for packet in packets:
        control(made, packet)


# --- framing --------------------------------------------------------------------------------------------------------


class Pair:
    """A connection whose other end the test holds."""

    def __init__(self) -> None:
        self.other, mine = socket.socketpair()
        self.coming = assembler("h264", 96)
        self.connection = Connection("Gate", mine)
        self.connection.carry(0, 1, self.coming)
        self.heard: list[str] = []
        self.connection.stream(0.3, self.hear)

    def hear(self) -> None:
        messages = self.connection.messages
        self.heard += [message.method or str(message.status) for message in messages]
        messages.clear()

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.other.close()


def wire(count: int = 3) -> tuple[bytes, list[bytes]]:
    """Pictures with reports, other channels and an answer between them, and the units that must come out."""
    data, units, number = b"", [], 0
    for picture in range(count):
        data += framed(report(1_700_000_000.0, 0), 1) + framed(b"sound", 2)
        pieces = cut(KEY, 70)
        for piece in pieces:
            data += framed(rtp(piece, number, 9000 * picture, piece is pieces[-1]))
            number += 1
        data += b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 3\r\n\r\n$\0\0\r\n"
        units.append(joined(KEY))
    return data, units


def test_split_at_every_byte() -> None:
    data, units = wire(2)
    for at in range(1, len(data)):
        with Pair() as pair:
            for part in (data[:at], data[at:]):
                pair.other.sendall(part)
                pair.connection._fill()
                pair.connection._take()
            assert [unit[0] for unit in pair.coming.units] == units


def test_a_buffer_that_is_used_again_and_again() -> None:
    """More than fits into it, in pieces of odd sizes, with pictures under way whenever it is full."""
    rng = random.Random(3)
    big = b"\x65\x88" + bytes(rng.getrandbits(8) for _ in range(150_000))
    pieces = cut(big, 1379)
    data = b"".join(
        framed(rtp(p, n + picture * len(pieces), picture * 9000, p is pieces[-1]))
        for picture in range(4)
        for n, p in enumerate(pieces)
    )
    got = []
    with Pair() as pair:
        pair.other.setblocking(False)
        at = 0
        while len(got) < 4:
            if at < len(data):
                try:
                    at += pair.other.send(data[at : at + rng.randrange(1, 90_000)])
                except BlockingIOError:
                    pass
            pair.connection._fill()
            pair.connection._take()
            while pair.coming.units:
                got.append(pair.coming.units.popleft()[0])
    assert all(unit == joined(big) for unit in got)


def test_lost_framing_is_found_again() -> None:
    data, units = wire(1)
    with Pair() as pair:
        pair.other.sendall(b"\x80\0garbage $ $$\0\xff Z\x01" + data)
        assert pair.connection.more()
        assert pair.coming.units[0][0] == units[0]


def test_endless_garbage_ends_with_an_error() -> None:
    with Pair() as pair:
        pair.connection.stream(30.0, pair.hear)
        sender = threading.Thread(target=pair.other.sendall, args=(b"\xff" * (MAX_LOST + 1000),))
        sender.start()
        with pytest.raises(BadAnswer):
            pair.connection.more()
        sender.join()


def test_silence_the_end_and_a_goodbye() -> None:
    with Pair() as pair, pytest.raises(TimedOut):
        pair.connection.more()
    with Pair() as pair:
        pair.other.close()
        assert not pair.connection.more()
    with Pair() as pair:
        pair.other.sendall(framed(rtp(INTER, 1, 0)) + framed(goodbye(), 1))
        assert not pair.connection.more()


@pytest.mark.parametrize(("data", "kind"), [(framed(rtp(SPS, 1)), BadAnswer), (framed(b"", 2), TimedOut)])
def test_what_gives_no_picture_is_not_waited_for_for_ever(
    data: bytes, kind: type[DriverError], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0.0, 0.2)
    monkeypatch.setattr("drivers.video.rtsp.connection.time.monotonic", lambda: next(clock))
    with Pair() as pair:
        monkeypatch.setattr("drivers.video.rtsp.connection.READ_BYTES", len(data))  # a read a packet
        pair.other.sendall(data * 50)
        with pytest.raises(kind):
            pair.connection.more()


def test_messages_are_heard_between_packets() -> None:
    data, _ = wire(1)
    with Pair() as pair:
        pair.other.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nRTSP/1.0 454 No\r\n\r\n" + data)
        assert pair.connection.more()
        assert pair.heard == ["OPTIONS", "454", "200"]


def test_a_seeded_flood_of_anything_ends_in_driver_errors_alone() -> None:
    good, _ = wire(2)
    for seed in range(150):
        rng = random.Random(seed)
        data = bytearray(good)
        for _ in range(rng.randrange(1, 30)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(0, 4)] = bytes(rng.getrandbits(8) for _ in range(rng.randrange(0, 6)))
        with Pair() as pair:
            pair.other.sendall(data)
            pair.other.close()
            with suppress(BadAnswer, Unreachable):
                while pair.connection.more():
                    pair.coming.units.clear()
