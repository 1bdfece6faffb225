"""Whole groups of pictures decoded for evidence: with all filters, nothing skipped."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.codec.context import CodecContext
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from drivers.errors import BadAnswer, Unsupported
from drivers.frames import frame_line
from drivers.types import Gop, StreamParameters

MAX_SIDE = 16_384
_CODECS = frozenset({"h264", "hevc", "mjpeg", "mpeg4"})
_TICK = Fraction(1, 1000)


def frames(gop: Gop, name: str) -> Iterator[tuple[int, VideoFrame]]:
    """Each picture of ``gop`` that decodes, with its rank (see ``drivers.frames.FrameLine``), in the order of seeing.
    ``name`` is what errors call the camera. Raises DriverError."""
    line = frame_line(gop)
    context = _decoder(gop.parameters, name, line.reordered)
    try:
        for index, packet in enumerate(gop.packets):
            made: Packet[Any] = Packet(packet.data)
            made.pts, made.time_base = line.ranks[index], _TICK
            yield from _pictures(context, made, name)
        yield from _pictures(context, None, name)
    except FFmpegError as error:
        raise BadAnswer(name, f"its pictures cannot be decoded ({error.strerror})") from error


def _pictures(context: VideoCodecContext, packet: Packet[Any] | None, name: str) -> Iterator[tuple[int, VideoFrame]]:
    try:
        found = context.decode(packet)
    except InvalidDataError:
        return  # broken by the network; those after it may be whole
    for frame in found:
        if frame.width > MAX_SIDE or frame.height > MAX_SIDE:
            raise BadAnswer(name, f"the picture claims {frame.width} x {frame.height} pixels")
        if frame.pts is not None:
            yield int(frame.pts), frame


def _decoder(parameters: StreamParameters, name: str, reordered: bool) -> VideoCodecContext:
    if parameters.codec not in _CODECS:
        raise Unsupported(name, f"{parameters.codec or 'its codec'} cannot be decoded")
    context = CodecContext.create(parameters.codec, "r")
    assert isinstance(context, VideoCodecContext)
    if parameters.extradata:
        context.extradata = parameters.extradata
    context.thread_count = 1
    if reordered:
        # Else FFmpeg learns from the first picture out of order how many to hold back, and drops that one, where the
        # encoder did not announce it (libavcodec, h264_refs and h264_slice: has_b_frames).
        context.options = {"strict": "strict"}
    return context
