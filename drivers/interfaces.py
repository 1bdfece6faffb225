"""Protocols that concrete drivers fulfil. Services and screens know these, never a concrete driver.

Everything here is blocking and simple; who calls from which thread is the services' business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from drivers.types import (
    CameraDescription,
    Credentials,
    Discovered,
    EncodedPacket,
    Picture,
    StreamParameters,
    StreamRequest,
    View,
)


@runtime_checkable
class VideoSource(Protocol):
    """One open stream. One thread calls everything but ``set_target`` and ``set_view``. ``read`` never blocks for
    more than about ten seconds: the driver bounds it with a time-out of its own."""

    codec: str
    width: int
    height: int
    fps: float

    @property
    def packet_bytes(self) -> int:
        """Size of the packet that waits, bytes."""

    @property
    def packet_is_key(self) -> bool:
        """Whether the packet that waits starts a GOP."""

    @property
    def packet_time(self) -> float | None:
        """Presentation time of the packet that waits, seconds on the stream's clock; None where it has none."""

    @property
    def parameters(self) -> StreamParameters:
        """What a decoder must know of the stream. The very same object until something changed, which it does only
        at a key frame."""

    @property
    def held(self) -> int:
        """How many packets are held."""

    def packet(self) -> EncodedPacket:
        """A copy of the packet that waits; it goes on waiting. Raises LookupError where none waits."""

    def read(self) -> bool:
        """Wait for the next video packet; True when one waits to be decoded, False at the end. Raises DriverError."""

    def decode(self, convert: bool) -> Picture | None:
        """Decode the packet that waits; with ``convert`` scale its picture too. Takes CPU, never waits. What is held is
        decoded first, or dropped if a key frame waits."""

    def hold(self) -> bool:
        """Keep the packet that waits undecoded, for the next ``decode``. A key frame drops what was held before. False
        where decoding could not go on with it, because packets before it were left out, or because more was held than
        the driver keeps: then nothing is held until the next key frame."""

    def catch_up(self, most: int) -> None:
        """Decode up to so many of the packets that are held, the oldest first, for nobody to see."""

    def skip(self) -> None:
        """Leave the packet that waits undecoded, and with it what is held."""

    def set_target(self, width: int, height: int, full: bool = True) -> None:
        """Scale to this size from now on, in device pixels. Any thread. Without ``full`` the driver may leave out of
        decoding what can hardly be seen at this size; what is evidence never comes from such pictures."""

    def set_view(self, view: View) -> None:
        """Show pictures like this from now on. Any thread."""

    def close(self) -> None:
        """Let go of the connection and all memory."""


@runtime_checkable
class ReadySource(VideoSource, Protocol):
    """A stream that can also be looked into without waiting, so that one thread serves many. On board (between
    ``board`` and ``alight``) ``receive`` and ``next`` take the place of ``read``."""

    @property
    def waiting(self) -> int:
        """How many packets have come in behind the one of ``next``."""

    @property
    def drained(self) -> bool:
        """Whether the last ``receive`` took all that there was."""

    def board(self) -> int:
        """From now on nothing waits. Returns the file descriptor of the socket that tells when something has come."""

    def alight(self) -> None:
        """From now on ``read`` waits again."""

    def receive(self, now: float, since: float) -> bool:
        """Take in what has come, a bounded share of it; False at the end of the stream. To be called when the socket
        says so and about once a second. ``now`` is ``time.monotonic()``; at ``since`` the socket had nothing to say,
        unless the last ``receive`` left something in it. Raises DriverError, also when nothing that can be used has
        come for some seconds."""

    def next(self) -> bool:
        """Let the next packet that has come in wait to be decoded; False where none has. Raises DriverError."""


class VideoOpener(Protocol):
    """Opens streams: ``opener(request) -> VideoSource``. Raises DriverError."""

    def __call__(self, request: StreamRequest) -> VideoSource: ...


SOUND_RATE = 48_000
"""Samples a second of all sound between drivers and services."""
SOUND_FRAME_BYTES = 4
"""A sample of each of two channels, 16 bits signed, little endian, left first."""


class SoundSource(Protocol):
    """The sound of one open stream. One thread calls everything. ``read`` never blocks for more than about ten
    seconds."""

    codec: str

    def read(self) -> bytes | None:
        """The next piece of sound, ``SOUND_RATE`` samples of ``SOUND_FRAME_BYTES`` a second; empty when the next packet
        gave none, None at the end. Raises DriverError."""

    def close(self) -> None:
        """Let go of the connection and all memory."""


class SoundOpener(Protocol):
    """Opens the sound of streams: ``opener(request) -> SoundSource``. Raises DriverError, NoSound without any."""

    def __call__(self, request: StreamRequest) -> SoundSource: ...


class SoundOut(Protocol):
    """A sound card that plays. One thread at a time."""

    @property
    def waiting(self) -> float:
        """Seconds of sound that are not played yet."""

    def write(self, data: bytes) -> None:
        """Play this after what waits; never blocks. As ``SoundSource.read`` gives it. Raises DriverError."""

    def clear(self) -> None:
        """Forget what waits."""

    def close(self) -> None:
        """Let go of the card."""


class Finder(Protocol):
    """A continuous search. ``found`` is called for each new or changed device, from the finder's own thread."""

    def start(self, found: Callable[[Discovered], None]) -> None:
        """Begin; returns at once."""

    def probe(self) -> None:
        """Ask the network again now."""

    def stop(self) -> None:
        """End and wait until no further call of ``found`` can come."""


class Describer(Protocol):
    """Learns what a camera is and streams. One blocking call per camera; raises DriverError."""

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str = ""
    ) -> CameraDescription:
        """Ask the device. With ``expect_endpoint`` (its known endpoint reference) the identity is checked *before*
        credentials are sent, where the device tells its identity without them."""
