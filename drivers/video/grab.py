"""One key frame of a stream that nobody watches yet: opened, the first complete picture taken, closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from drivers.errors import BadAnswer, TimedOut
from drivers.types import EncodedPacket, Gop, StreamParameters, StreamRequest
from drivers.video.decoding import frames
from drivers.video.opening import open_container
from drivers.video.translate import translate


def grab(request: StreamRequest, seconds: float, clock: Callable[[], float] = time.time) -> Gop:
    """See ``drivers.clips.GopGrabbing``. Packets lost on the way can break a key frame; then the next one is taken.
    ``clock`` gives UTC seconds since 1970."""
    ends = time.monotonic() + seconds
    container = open_container(request)
    try:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.size and packet.is_keyframe:
                gop = Gop(_parameters(stream), (_encoded(container, stream, packet, clock()),), whole=False)
                if _complete(gop, request.name):
                    return gop
            if time.monotonic() > ends:
                raise TimedOut(request.name, "no complete picture came in time")
    except FFmpegError as error:
        raise translate(request.name, error) from None  # FFmpeg's error holds the URL, and so the password
    finally:
        container.close()
    raise BadAnswer(request.name, "the stream ended before its first picture", "Try again.")


def _complete(gop: Gop, name: str) -> bool:
    try:
        return any(not frame.is_corrupt for _, frame in frames(gop, name))
    except BadAnswer:
        return False


def _parameters(stream: VideoStream) -> StreamParameters:
    context, rate, aspect = stream.codec_context, stream.average_rate, stream.sample_aspect_ratio
    return StreamParameters(
        codec=context.name,
        extradata=bytes(context.extradata or b""),
        width=context.width,
        height=context.height,
        fps=float(rate) if rate else 0.0,
        pixel_aspect=float(aspect) if aspect else 1.0,
    )


def _encoded(container: InputContainer, stream: VideoStream, packet: Packet[Any], arrived: float) -> EncodedPacket:
    tick = float(stream.time_base or 0.0)
    pts = 0.0 if packet.pts is None else packet.pts * tick
    dts = pts if packet.dts is None else packet.dts * tick
    # FFmpeg's start_time_realtime is the sender's wall time of pts 0, known after its first RTCP report.
    epoch = container.start_time_realtime
    taken = epoch / 1e6 + pts if epoch and epoch > 0 else None
    return EncodedPacket(bytes(packet), pts, dts, True, arrived, taken)
