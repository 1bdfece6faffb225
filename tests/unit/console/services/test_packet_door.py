"""The door before a buffer or a recording: one stream at a time, each beginning with a key frame."""

from __future__ import annotations

import threading

from fake_video import NotedPackets

from console.services.packet_door import PacketDoor
from drivers.types import EncodedPacket, StreamParameters

SUB, MAIN = StreamParameters("h264", b"sub"), StreamParameters("h264", b"main")


def packet(number: int, key: bool = False) -> EncodedPacket:
    return EncodedPacket(bytes([number]), number / 15, number / 15, key, 1e9 + number)


def noted(sink: NotedPackets) -> list[int]:
    return [one.data[0] for one in sink.packets]


def test_it_opens_for_a_key_frame() -> None:
    sink = NotedPackets()
    writer = PacketDoor(sink).writer()
    for number in range(6):
        writer.packet(SUB, packet(number, key=number == 2))
    assert noted(sink) == [2, 3, 4, 5]
    writer.interrupted("gone")
    writer.packet(SUB, packet(6))
    writer.packet(SUB, packet(7, key=True))
    assert noted(sink) == [2, 3, 4, 5, 7]
    assert sink.reasons == ["gone"]


def test_a_later_stream_takes_over_and_gives_back() -> None:
    sink = NotedPackets()
    door = PacketDoor(sink)
    sub, main = door.writer(), door.writer()
    sub.packet(SUB, packet(0, key=True))
    main.packet(MAIN, packet(1))  # not yet
    sub.packet(SUB, packet(2))
    main.packet(MAIN, packet(3, key=True))
    sub.packet(SUB, packet(4, key=True))  # not any more
    main.packet(MAIN, packet(5))
    assert noted(sink) == [0, 2, 3, 5]
    assert len(sink.reasons) == 1
    sub.leave("not shown")  # it does not write: nobody misses it
    assert len(sink.reasons) == 1
    sub.packet(SUB, packet(6, key=True))
    third = door.writer()
    main.leave("not shown")
    third.packet(SUB, packet(7))
    third.packet(SUB, packet(8, key=True))
    assert noted(sink) == [0, 2, 3, 5, 8]


def test_an_earlier_stream_takes_over_again_when_the_later_breaks() -> None:
    sink = NotedPackets()
    door = PacketDoor(sink)
    sub, main = door.writer(), door.writer()
    main.packet(MAIN, packet(0, key=True))
    main.interrupted("connection reset")
    sub.packet(SUB, packet(1))
    sub.packet(SUB, packet(2, key=True))
    main.packet(MAIN, packet(3, key=True))
    assert noted(sink) == [0, 2, 3]


def test_failed_tries_are_told_while_nobody_writes() -> None:
    sink = NotedPackets()
    writer = PacketDoor(sink).writer()
    writer.interrupted("not reachable")
    writer.interrupted("not reachable")
    assert sink.reasons == ["not reachable"] * 2


def test_who_left_is_heard_no_more() -> None:
    sink = NotedPackets()
    writer = PacketDoor(sink).writer()
    writer.leave("enough")
    writer.leave("enough")
    writer.packet(SUB, packet(0, key=True))
    writer.interrupted("late")
    assert (sink.packets, sink.reasons) == ([], ["enough"])


def test_two_streams_at_once_never_meet_in_the_sink() -> None:
    sink = NotedPackets()  # it fails if they do, or if a group begins without its key frame
    door = PacketDoor(sink)
    writers = [door.writer() for _ in range(3)]
    failures: list[AssertionError] = []

    def write(at: int) -> None:
        try:
            for number in range(600):
                writers[at].packet(SUB if at % 2 else MAIN, packet(number % 250, key=number % 7 == 0))
                if number % 50 == 49:
                    writers[at].interrupted("test")
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sink.packets
