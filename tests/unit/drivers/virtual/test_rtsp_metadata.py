"""The city's metadata track: how it is asked for beside pictures or alone, and what lies on the wire."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator

import pytest
from rtsp_rig import Client, Rig

from drivers.virtual.rtsp.metadata import MetadataChannel, packets
from drivers.virtual.rtsp.sdp import describe

TCP = "RTP/AVP/TCP;unicast;interleaved={}"
LOOK = b"<tt:MetadataStream>nothing</tt:MetadataStream>"
NTP_EPOCH = 2_208_988_800


@pytest.fixture(scope="module")
def seeing() -> Iterator[Rig]:
    """A camera with analytics."""
    rig = Rig()
    rig.server.metadata = MetadataChannel(lambda: LOOK, rig.state.faults, time.time)
    rig.open()
    yield rig
    rig.close()


@pytest.fixture
def client(seeing: Rig) -> Iterator[Client]:
    with seeing.talk() as client:
        yield client
    seeing.state.faults.clear()


def publish(rig: Rig, document: bytes, at: float) -> None:
    async def work() -> None:
        assert rig.server.metadata is not None
        rig.server.metadata.publish(document, at)

    rig.run(work())


def play(client: Client, uri: str) -> None:
    assert client.ask("SETUP", f"{uri}/trackID=2", Transport=TCP.format("0-1"))[0] == 200
    status, headers, _ = client.ask("PLAY", uri)
    assert status == 200
    assert headers["rtp-info"].startswith(f"url={uri}/trackID=2;seq=")


def test_a_document_is_cut_into_packets_of_which_the_last_is_marked() -> None:
    document = bytes(range(256)) * 20
    frame = packets(document)
    pieces = [frame.data[a:b] for a, b in zip(frame.starts, (*frame.starts[1:], len(frame.data)), strict=True)]
    assert b"".join(piece[16:] for piece in pieces) == document
    assert [piece[5] for piece in pieces] == [107] * (len(pieces) - 1) + [0x80 | 107]
    assert all(int.from_bytes(piece[2:4], "big") == len(piece) - 4 <= 1400 for piece in pieces)


def test_the_description_tells_of_it_only_where_it_is(seeing: Rig) -> None:
    assert "m=application" not in describe(seeing.spec.sub, [b"1234"] * 2, "127.0.0.1")
    with seeing.talk() as client:
        for token in ("main", "sub"):
            _, _, body = client.ask("DESCRIBE", seeing.uri(token))
            assert body.index("m=video") < body.index("m=application 0 RTP/AVP 107")
            assert "a=rtpmap:107 vnd.onvif.metadata/90000" in body
            assert body.rstrip().endswith("a=control:trackID=2")


def test_metadata_alone_with_the_time_on_the_wall(seeing: Rig, client: Client) -> None:
    play(client, seeing.uri())
    assert client.packet_next()
    channel, report = client.packet()
    assert (channel, report[1]) == (1, 200)
    assert client.packet()[1][12:] == LOOK
    document = b"<tt:MetadataStream>" + b"A" * 3000 + b"</tt:MetadataStream>"
    at = time.time() + 60
    publish(seeing, document, at)
    heads, body = [], b""
    while not body.endswith(document):
        assert client.packet_next()
        channel, data = client.packet()
        assert channel == 0
        heads.append(struct.unpack(">BBHII", data[:12]))
        body += data[12:]
    heads = heads[-3:]
    assert [head[1] for head in heads] == [107, 107, 0x80 | 107]
    assert [(head[2] - heads[0][2]) & 0xFFFF for head in heads] == [0, 1, 2]
    assert len({head[3:] for head in heads}) == 1
    sender, seconds, fraction, stamp = struct.unpack(">IIII", report[4:20])
    assert sender == heads[0][4]
    wall = seconds - NTP_EPOCH + fraction / 2**32 + ((heads[0][3] - stamp) & 0xFFFFFFFF) / 90_000
    assert wall == pytest.approx(at, abs=0.01)


def test_beside_pictures_and_paused(seeing: Rig, client: Client) -> None:
    uri = seeing.uri()
    assert client.ask("SETUP", f"{uri}/trackID=0", Transport=TCP.format("0-1"))[0] == 200
    assert client.ask("SETUP", f"{uri}/trackID=2", Transport=TCP.format("2-3"))[0] == 200
    assert client.ask("SETUP", f"{uri}/trackID=2", Transport=TCP.format("4-5"))[0] == 459
    assert client.ask("PLAY", uri)[0] == 200
    seen: set[int] = set()
    while not {0, 2} <= seen:
        assert client.packet_next()
        seen.add(client.packet()[0])
    assert seeing.server.metadata
    assert client.ask("PAUSE", uri)[0] == 200
    assert not seeing.server.metadata
    assert client.ask("PLAY", uri)[0] == 200
    assert client.ask("TEARDOWN", uri)[0] == 200


def test_a_silent_camera_says_nothing_and_one_without_analytics_has_no_such_track(seeing: Rig, client: Client) -> None:
    play(client, seeing.uri())
    assert client.packet_next()
    client.packet()
    seeing.state.faults.set("silent")
    publish(seeing, b"<never/>", time.time())
    seeing.state.faults.clear()
    publish(seeing, b"<again/>", time.time())
    bodies = []
    while not bodies or bodies[-1] != b"<again/>":
        bodies.append(client.packet()[1][12:])
    assert b"<never/>" not in bodies
    kept, seeing.server.metadata = seeing.server.metadata, None
    try:
        with seeing.talk() as other:
            assert other.ask("SETUP", f"{seeing.uri()}/trackID=2", Transport=TCP.format("0-1"))[0] == 404
            assert "m=application" not in other.ask("DESCRIBE", seeing.uri())[2]
    finally:
        seeing.server.metadata = kept


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_sees_pictures_and_documents(seeing: Rig, transport: str) -> None:
    with seeing.video(transport=transport) as container:
        assert [stream.type for stream in container.streams] == ["video", "data"]
        kinds, documents = set(), []
        for packet in container.demux():
            kinds.add(packet.stream.type)
            documents += [bytes(packet)] * (packet.stream.type == "data")
            if kinds == {"data", "video"}:
                break
        assert documents[0] == LOOK
