"""Real encoded packets for tests of clips, recordings, stills and exports."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np

from drivers.clips import ClipTags
from drivers.types import EncodedPacket, Gop, StreamParameters

TAGS = ClipTags(17, "Main St 5th", "anna", "Watchfloor test")
START = 1_795_228_867.123457
"""2026-11-21 02:41:07.123457 UTC."""
FPS = 10
_ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}


@cache
def film(
    codec: str = "h264", frames: int = 40, gop: int = 10, width: int = 64, height: int = 48, bframes: int = 0
) -> tuple[StreamParameters, tuple[EncodedPacket, ...]]:
    """A film whose picture number n has brightness ``5 * n``; parameter sets in band, as a camera sends them. Packets
    arrive late by a few milliseconds, differently each. ``taken`` runs 0.25 s before them."""
    context: Any = av.CodecContext.create(_ENCODERS[codec], "w")
    context.width, context.height, context.time_base = width, height, Fraction(1, 90_000)
    context.framerate, context.thread_count = Fraction(FPS), 1
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    same = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:open-gop=0:repeat-headers=1:log-level=none"
    if codec == "h264":
        context.options = {"preset": "veryfast", "qp": "10", "x264-params": same}
    elif codec == "hevc":
        context.options = {"preset": "ultrafast", "x265-params": same + ":pools=none:qp=10"}
    found = []
    for number in range(frames):
        picture = np.full((height, width, 3), 5 * number % 250, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=context.pix_fmt)
        frame.pts, frame.time_base = number * 90_000 // FPS, Fraction(1, 90_000)
        found += context.encode(frame)
    found += context.encode(None)
    parameters = StreamParameters(codec, b"", width, height, float(FPS))
    packets = []
    for index, packet in enumerate(found):
        arrived = START + index / FPS + (index * 7 % 5) * 0.003
        data, clock = bytes(packet), 5000.0
        pts, dts = packet.pts / 90_000 + clock, packet.dts / 90_000 + clock
        taken = START + packet.pts / 90_000 - 0.25
        packets.append(EncodedPacket(data, pts, dts, packet.is_keyframe, arrived, taken))
    return parameters, tuple(packets)


def later(packets: tuple[EncodedPacket, ...], seconds: float) -> tuple[EncodedPacket, ...]:
    """The same packets on all clocks ``seconds`` later."""
    return tuple(
        each._replace(
            pts=each.pts + seconds,
            dts=each.dts + seconds,
            arrived=each.arrived + seconds,
            taken=None if each.taken is None else each.taken + seconds,
        )
        for each in packets
    )


def gops(parameters: StreamParameters, packets: tuple[EncodedPacket, ...]) -> list[Gop]:
    """The packets as groups of pictures."""
    found: list[list[EncodedPacket]] = []
    for packet in packets:
        if packet.key:
            found.append([])
        found[-1].append(packet)
    return [Gop(parameters, tuple(each)) for each in found]


def brightness(gop: Gop) -> list[int]:
    """The mean brightness of each picture, in the order of seeing."""
    context: Any = av.CodecContext.create(gop.parameters.codec, "r")
    if gop.parameters.extradata:
        context.extradata = gop.parameters.extradata
    pictures = []
    for packet in gop.packets:
        pictures += context.decode(av.Packet(packet.data))
    pictures += context.decode(None)
    return [round(float(each.to_ndarray(format="gray").mean())) for each in pictures]
