"""The sound of one stream as a SoundSource: whatever codec comes in, samples of one kind go out."""

from __future__ import annotations

import time
from collections.abc import Iterator

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet

from drivers.errors import BadAnswer, Unsupported
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE
from drivers.types import StreamRequest
from drivers.video.opening import is_live, open_sound
from drivers.video.translate import translate

MOST_CHANNELS = 16
"""More is no camera's microphone but a broken stream."""
LONGEST_PIECE = 2.0
"""Seconds of sound that one packet may hold."""


class AvSound:
    """Sound through PyAV: G.711, G.726, AAC, Opus and what else FFmpeg knows. One thread."""

    def __init__(self, request: StreamRequest, container: InputContainer) -> None:
        """Takes the container over. Raises DriverError, the container closed."""
        self._name, self._container = request.name, container
        self._stream: AudioStream = container.streams.audio[0]
        context = self._stream.codec_context
        problem = "no decoder for its sound" if context is None else ""  # PyAV's stubs do not know of this None
        if not problem and not 0 < context.channels <= MOST_CHANNELS:
            problem = f"sound with {context.channels} channels"
        if problem:
            container.close()
            raise Unsupported(request.name, problem, "Choose G.711 or AAC for the sound at the camera.")
        context.thread_count = 1
        self.codec = context.name
        self._resampler = AudioResampler("s16", "stereo", SOUND_RATE)
        self._packets: Iterator[Packet[AudioStream]] = container.demux(self._stream)
        self._paced = not is_live(request)
        self._due: float | None = None

    def read(self) -> bytes | None:
        """Wait for the next packet and decode it; see ``SoundSource``. Broken packets give no sound and no error."""
        try:
            packet = next(self._packets, None)
            if packet is None or (packet.pts is None and packet.size == 0):
                return None
            sound = b"".join(self._samples(frame) for frame in packet.decode())
        except InvalidDataError:
            return b""
        except FFmpegError as error:
            raise translate(self._name, error) from None
        except ValueError:  # PyAV's resampler: the rate or the channels changed in the middle
            raise BadAnswer(self._name, "its sound changed its format", "Try again.") from None
        if self._paced:
            self._pace(len(sound) / SOUND_FRAME_BYTES / SOUND_RATE)
        return sound

    def close(self) -> None:
        """Close the connection and free the decoder."""
        self._container.close()

    def _samples(self, frame: AudioFrame) -> bytes:
        if frame.samples > LONGEST_PIECE * max(1, frame.sample_rate):
            raise BadAnswer(self._name, "a packet with seconds of sound")
        # A plane may be longer than what it holds.
        return b"".join(
            bytes(piece.planes[0])[: piece.samples * SOUND_FRAME_BYTES] for piece in self._resampler.resample(frame)
        )

    def _pace(self, seconds: float) -> None:
        """A file gives its sound as fast as the disk does: hand it over at its own speed."""
        now = time.monotonic()
        if self._due is None or self._due < now - LONGEST_PIECE:
            self._due = now
        time.sleep(max(0.0, self._due - now))
        self._due += seconds


def open_audio(request: StreamRequest) -> AvSound:
    """Open the sound of ``request`` (RTSP, RTSPS, HTTP, a file). Blocks for seconds at most. Raises DriverError."""
    return AvSound(request, open_sound(request))
