"""Sound of streams and files: any codec in, one kind of samples out, and clear words where there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from video_rig import NAME, make_file, request, served

from drivers.errors import BadAnswer, DriverError, NoSound, Refused, Unreachable, Unsupported
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE, SoundSource
from drivers.types import Credentials, StreamRequest, Transport
from drivers.video.audio import AvSound, open_audio
from drivers.virtual.sound import pitch


def tone(path: Path, codec: str, rate: int, layout: str, hertz: float = 1000.0, seconds: float = 0.5) -> Path:
    """A file with a tone on all channels."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        wanted = stream.codec_context.format.name
        channels = stream.codec_context.channels
        wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
        samples = np.repeat((wave * 32_767).astype(np.int16), channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for piece in av.AudioResampler(wanted, layout, rate).resample(frame):
            for part in _pieces(piece, stream.codec_context.frame_size):
                out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def _pieces(frame: av.AudioFrame, size: int) -> Iterator[av.AudioFrame]:
    fifo = av.AudioFifo()
    fifo.write(frame)
    while piece := fifo.read(size or 160, partial=True):
        yield piece


def hear(source: SoundSource, seconds: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The next sound, of shape (samples, 2), in [-1, 1]."""
    data = b""
    while len(data) < seconds * SOUND_RATE * SOUND_FRAME_BYTES:
        piece = source.read()
        if piece is None:
            break
        data += piece
    return np.frombuffer(data, "<i2").reshape(-1, 2) / 32_768


def loudest(sound: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound))))
    return float(np.fft.rfftfreq(len(sound), 1 / SOUND_RATE)[spectrum.argmax()])


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.wav", "pcm_mulaw", 8000, "mono"),
        ("a.wav", "pcm_alaw", 8000, "mono"),
        ("a.mp4", "aac", 16_000, "mono"),
        ("a.mp4", "aac", 44_100, "stereo"),
        ("a.wav", "pcm_s16le", 48_000, "5.1"),
    ],
)
def test_any_codec_becomes_one_kind_of_sound(tmp_path: Path, name: str, codec: str, rate: int, layout: str) -> None:
    source = open_audio(request(tone(tmp_path / name, codec, rate, layout)))
    try:
        sound = hear(source, 10.0)
    finally:
        source.close()
    assert len(sound) / SOUND_RATE == pytest.approx(0.5, abs=0.07)
    assert loudest(sound) == pytest.approx(1000, abs=5)
    assert np.abs(sound[:, 0] - sound[:, 1]).max() < 0.01
    assert 0.2 < np.abs(sound).max() <= 1.0


def test_a_file_is_heard_at_its_own_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []
    source = open_audio(request(tone(tmp_path / "a.wav", "pcm_mulaw", 8000, "mono")))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    try:
        heard = len(hear(source, 10.0)) / SOUND_RATE
    finally:
        source.close()
        monkeypatch.undo()
    assert sum(slept) == pytest.approx(heard, abs=0.3)


def test_pictures_without_sound(tmp_path: Path) -> None:
    with pytest.raises(NoSound, match=f"{NAME}: no sound in this stream. Switch its microphone on"):
        open_audio(request(make_file(tmp_path / "film.mp4")))


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DriverError, match=NAME):
        open_audio(request(tmp_path / "missing.wav"))
    with pytest.raises(Unsupported):
        open_audio(request("gopher://127.0.0.1/sound"))


def test_broken_sound_is_silence_and_no_end(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp4", "aac", 16_000, "mono", seconds=1.0)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 200
    data[start : start + 300] = bytes(300)
    path.write_bytes(data)
    source = open_audio(request(path))
    try:
        assert len(hear(source, 10.0)) > 0.3 * SOUND_RATE
    finally:
        source.close()


def test_a_packet_of_endless_sound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.video.audio.LONGEST_PIECE", 0.001)
    source = open_audio(request(tone(tmp_path / "a.wav", "pcm_mulaw", 8000, "mono")))
    try:
        with pytest.raises(BadAnswer, match="seconds of sound"):
            hear(source, 10.0)
    finally:
        source.close()


# --- from a camera --------------------------------------------------------------------------------------------------


@pytest.fixture
def microphone(camera: Any) -> Iterator[Any]:
    """The virtual camera with its microphone on."""
    camera.server.sound = True
    yield camera
    camera.server.sound = False


def sound_of(camera: Any, transport: Transport = Transport.TCP) -> AvSound:
    return open_audio(StreamRequest(NAME, camera.uri(), camera.spec.credentials, transport))


@pytest.mark.parametrize("transport", Transport)
def test_a_camera_is_heard(microphone: Any, transport: Transport) -> None:
    source = sound_of(microphone, transport)
    try:
        sound = hear(source, 1.5)
    finally:
        source.close()
    assert source.codec == "pcm_mulaw"
    assert loudest(sound) == pytest.approx(pitch(microphone.spec.number), abs=12)


def test_no_pictures_are_fetched_for_it(microphone: Any) -> None:
    source = sound_of(microphone)
    try:
        hear(source, 0.2)
        assert all(channel._run is None or not channel._run._members for channel in microphone.server.channels.values())
    finally:
        source.close()


def test_a_camera_without_a_microphone(camera: Any) -> None:
    with pytest.raises(NoSound, match="no sound in this stream"):
        sound_of(camera)


def test_a_wrong_login_is_refused_and_said_without_the_password(microphone: Any) -> None:
    wrong = StreamRequest(NAME, microphone.uri(), Credentials("operator", "s3cr3t-word"))
    with pytest.raises(Refused) as refused:
        open_audio(wrong)
    assert "s3cr3t" not in str(refused.value)


def test_a_camera_that_hangs_up(microphone: Any) -> None:
    with served(lambda connection, head: False) as server, pytest.raises((Unreachable, BadAnswer)):
        open_audio(request(f"rtsp://127.0.0.1:{server.port}/main"))
