"""The city's sound: what it is made of, and how it is asked for beside the pictures or alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import av
import numpy as np
import pytest
from rtsp_rig import Client, Rig

from drivers.virtual.rtsp.sdp import describe
from drivers.virtual.sound import RATE, mu_law, pitch, street, voice

TCP = "RTP/AVP/TCP;unicast;interleaved={}"


@pytest.fixture(scope="module")
def heard() -> Iterator[Rig]:
    """A camera with a microphone."""
    rig = Rig()
    rig.server.sound = True
    rig.open()
    yield rig
    rig.close()


@pytest.fixture
def client(heard: Rig) -> Iterator[Client]:
    with heard.talk() as client:
        yield client
    heard.state.faults.clear()


def test_mu_law_is_that_of_g711() -> None:
    samples = np.linspace(-1.0, 1.0, 4001)
    context = av.CodecContext.create("pcm_mulaw", "r")
    context.sample_rate, context.layout = RATE, "mono"
    packet = av.Packet(mu_law(samples))
    decoded = np.concatenate([frame.to_ndarray().ravel() for frame in context.decode(packet)]) / 32_767
    assert np.abs(decoded - samples).max() < 0.032
    assert np.abs(decoded - samples)[np.abs(samples) < 0.05].max() < 0.002


def test_a_period_has_no_seam_and_each_camera_its_pitch() -> None:
    sound = street(3, 7)
    assert len(voice(3, 7)) == 20 * RATE
    assert np.abs(np.diff(np.append(sound, sound[0]))).max() < 0.6
    spectrum = np.abs(np.fft.rfft(sound))
    tone = np.fft.rfftfreq(len(sound), 1 / RATE)
    assert tone[spectrum.argmax()] == pytest.approx(pitch(3), abs=3)
    assert len({pitch(number) for number in range(1, 65)}) == 64


def test_the_description_tells_of_it_only_where_it_is(heard: Rig) -> None:
    assert "m=audio" not in describe(heard.spec.sub, [b"1234"] * 2, "127.0.0.1")
    with heard.talk() as client:
        _, _, body = client.ask("DESCRIBE", heard.uri())
    assert body.index("m=video") < body.index("m=audio 0 RTP/AVP 0")
    assert body.rstrip().endswith("a=control:trackID=1")


def test_sound_alone(heard: Rig, client: Client) -> None:
    uri = heard.uri()
    status, headers, _ = client.ask("SETUP", f"{uri}/trackID=1", Transport=TCP.format("0-1"))
    assert status == 200
    assert "interleaved=0-1" in headers["transport"]
    status, headers, _ = client.ask("PLAY", uri)
    assert status == 200
    assert headers["rtp-info"].startswith(f"url={uri}/trackID=1;seq=")
    packets = []
    while len(packets) < 4:
        assert client.packet_next()
        channel, data = client.packet()
        assert channel in (0, 1)
        if channel == 0:
            packets.append(data)
    heads = [struct.unpack(">BBHII", data[:12]) for data in packets]
    assert {head[4] for head in heads} == {heads[0][4]}
    assert heads[0][1] == 0x80
    assert {head[1] for head in heads[1:]} == {0}
    assert [(head[2] - heads[0][2]) & 0xFFFF for head in heads] == [0, 1, 2, 3]
    assert [(head[3] - heads[0][3]) & 0xFFFFFFFF for head in heads] == [0, 320, 640, 960]
    period = voice(heard.spec.number, heard.plan.seed) * 2
    assert b"".join(data[12:] for data in packets) in period


def test_both_tracks_on_one_connection(heard: Rig, client: Client) -> None:
    uri = heard.uri()
    assert client.ask("SETUP", f"{uri}/trackID=0", Transport=TCP.format("0-1"))[0] == 200
    assert client.ask("SETUP", f"{uri}/trackID=1", Transport=TCP.format("2-3"))[0] == 200
    assert client.ask("SETUP", f"{uri}/trackID=1", Transport=TCP.format("4-5"))[0] == 459
    status, headers, _ = client.ask("PLAY", uri)
    assert status == 200
    assert headers["rtp-info"].count("seq=") == 2
    seen: set[int] = set()
    while not {0, 2} <= seen:
        assert client.packet_next()
        seen.add(client.packet()[0])
    assert client.ask("PAUSE", uri)[0] == 200
    assert client.ask("OPTIONS", uri)[0] == 200


def test_a_camera_without_a_microphone_has_no_such_track(heard: Rig, client: Client) -> None:
    heard.server.sound = False
    try:
        assert client.ask("SETUP", f"{heard.uri()}/trackID=1", Transport=TCP.format("0-1"))[0] == 404
        assert "m=audio" not in client.ask("DESCRIBE", heard.uri())[2]
    finally:
        heard.server.sound = True


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_hears_it(heard: Rig, transport: str) -> None:
    with heard.video(transport=transport) as container:
        assert container.streams.audio[0].codec_context.name == "pcm_mulaw"
        kinds = set()
        for packet in container.demux():
            kinds.add(packet.stream.type)
            if kinds == {"audio", "video"}:
                break
        assert kinds == {"audio", "video"}
