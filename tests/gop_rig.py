"""Real groups of pictures whose pictures carry their number in pixels, and footage made of them."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from console.services.footage import Span
from drivers.types import EncodedPacket, Gop, Picture, StreamParameters
from drivers.virtual import timecode

START = 1_700_000_000.0
"""UTC seconds at which footage begins."""
FPS = 15
WIDTH, HEIGHT = 320, 180
_ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
_QUICK = {"preset": "ultrafast", "crf": "20"}
PLAIN: Mapping[str, Mapping[str, str]] = {
    "h264": {**_QUICK, "bf": "0", "x264-params": "scenecut=0"},
    "hevc": {**_QUICK, "x265-params": "bframes=0:open-gop=0:scenecut=0:log-level=none:pools=1:frame-threads=1"},
    "mjpeg": {},
}
REORDERED: Mapping[str, Mapping[str, str]] = {
    "h264": {"preset": "veryfast", "crf": "20", "bf": "3", "b_strategy": "0", "x264-params": "scenecut=0:b-pyramid=2"},
    "hevc": {
        **_QUICK,
        "x265-params": "bframes=3:b-adapt=0:open-gop=0:scenecut=0:log-level=none:pools=1:frame-threads=1",
    },
}
OPEN_GOPS = {
    **_QUICK,
    "x265-params": "bframes=3:b-adapt=0:open-gop=1:scenecut=0:log-level=none:pools=1:frame-threads=1",
}


def drawn(number: int, camera: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """A picture with its number (0 to 1999) and its camera's in the time code's strip, and something that moves."""
    image = np.full((height, width, 3), 60, np.uint8)
    left = number * 7 % (width - 40)
    image[20:60, left : left + 40] = (200, 120, 40)
    timecode.draw(image, number * 10, camera)
    return image


def number_in(picture: Picture | None) -> int | None:
    """The number that a picture carries."""
    if picture is None:
        return None
    rows = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.stride)
    found = timecode.read(rows[:, : picture.width * 4].reshape(picture.height, picture.width, 4))
    return None if found is None else found[0] // 10


@cache
def _encoded(
    codec: str, count: int, gop: int, camera: int, options: tuple[tuple[str, str], ...], size: tuple[int, int]
) -> tuple[StreamParameters, tuple[EncodedPacket, ...]]:
    context = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
    context.gop_size = gop
    context.thread_count = 1
    context.options = dict(options) if codec == "mjpeg" else {**dict(options), "keyint_min": str(gop)}
    packets = []
    for number in range(count):
        frame = VideoFrame.from_ndarray(drawn(number, camera, *size), format="bgr24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        packets += context.encode(frame)
    packets += context.encode(None)
    made = []
    for index, packet in enumerate(packets):
        assert packet.pts is not None
        assert packet.dts is not None
        arrived = START + index / FPS
        made.append(EncodedPacket(bytes(packet), packet.pts / FPS, packet.dts / FPS, bool(packet.is_keyframe), arrived))
    return StreamParameters(codec, bytes(context.extradata or b""), *size, fps=float(FPS)), tuple(made)


def gops(
    codec: str = "h264",
    count: int = 60,
    gop: int = 30,
    camera: int = 1,
    options: Mapping[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    shift: float = 0.0,
) -> list[Gop]:
    """``count`` pictures from START + ``shift`` on, 15 a second, a key frame each ``gop``."""
    chosen = PLAIN[codec] if options is None else options
    parameters, packets = _encoded(codec, count, gop, camera, tuple(sorted(chosen.items())), size)
    packets = tuple(packet._replace(arrived=packet.arrived + shift) for packet in packets)
    begins = [index for index, packet in enumerate(packets) if packet.key]
    return [Gop(parameters, packets[begin:end]) for begin, end in zip(begins, [*begins[1:], len(packets)], strict=True)]


class ListFootage:
    """Footage out of a list; any thread. ``fail`` is raised by the next reads, ``asked`` counts them; ``gate`` lets
    readers wait."""

    def __init__(self, made: Sequence[Gop]) -> None:
        self.gops = sorted(made, key=lambda gop: gop.start)
        self.fail: Exception | None = None
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()

    def spans(self) -> tuple[Span, ...]:
        """GOPs less than two seconds apart are one span."""
        found: list[Span] = []
        for gop in self.gops:
            if found and gop.start - found[-1].end <= 2.0:
                found[-1] = Span(found[-1].start, max(found[-1].end, gop.end))
            else:
                found.append(Span(gop.start, gop.end))
        return tuple(found)

    def gop_at(self, when: float) -> Gop | None:
        """See Footage."""
        at = bisect_right(self._starts(), when) - 1
        return self.gops[max(0, at)] if self.gops else None

    def gop_after(self, start: float) -> Gop | None:
        """See Footage."""
        at = bisect_right(self._starts(), start)
        return self.gops[at] if at < len(self.gops) else None

    def gop_before(self, start: float) -> Gop | None:
        """See Footage."""
        at = bisect_left(self._starts(), start) - 1
        return self.gops[at] if at >= 0 else None

    def _starts(self) -> list[float]:
        self.asked += 1
        assert self.gate.wait(10)
        if self.fail is not None:
            raise self.fail
        return [gop.start for gop in self.gops]
