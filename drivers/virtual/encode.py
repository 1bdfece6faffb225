"""Pictures to RTP packets: an encoder per stream and the FFmpeg packetiser, kept apart so that loops pay for each once.

Packets are kept ready for interleaved TCP (RFC 2326, 10.12): ``$``, channel, length, RTP. Sequence number, timestamp
and SSRC are written into a copy when a frame is sent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType

from drivers.types import Codec
from drivers.virtual.state import VirtualProfile

CLOCK_HZ = 90_000
_PACKET_BYTES = 1400
_NAMES = {Codec.H264: ("libx264", "h264"), Codec.H265: ("libx265", "hevc"), Codec.MJPEG: ("mjpeg", "mjpeg")}


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as RTP packets in one buffer, each behind its 4-byte interleaving head; ``starts`` are the offsets of
    those heads. ``key`` says that decoding can start here."""

    data: bytes
    starts: tuple[int, ...]
    key: bool


class Encoder:
    """One video encoder for one thread at a time. No B-frames and no look-ahead: a picture goes in, its data comes out.
    Parameter sets stand in-band before each key frame."""

    def __init__(self, profile: VirtualProfile) -> None:
        self._codec = profile.codec
        self._count = 0
        context: Any = av.CodecContext.create(_NAMES[profile.codec][0], "w")
        context.width, context.height = profile.width, profile.height
        context.time_base = Fraction(1, CLOCK_HZ)
        context.framerate = Fraction(profile.fps)
        context.thread_count = 1
        rate, gop = profile.bitrate_kbps, profile.gop
        if profile.codec is Codec.MJPEG:
            context.pix_fmt = "yuvj420p"
            context.options = {"huffman": "default", "qmin": "4", "qmax": "12"}
            context.bit_rate = rate * 1000
        elif profile.codec is Codec.H265:
            context.pix_fmt = "yuv420p"
            params = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:pools=none:frame-threads=1"
            params += f":wpp=0:log-level=none:bitrate={rate}:vbv-maxrate={rate}:vbv-bufsize={rate}"
            context.options = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": params}
        else:
            context.pix_fmt = "yuv420p"
            params = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:threads=1"
            params += f":bitrate={rate}:vbv-maxrate={rate}:vbv-bufsize={rate}"
            context.options = {"preset": "superfast", "tune": "zerolatency", "profile": "main", "x264-params": params}
        self._context = context
        self._step = CLOCK_HZ // profile.fps

    def encode(self, image: npt.NDArray[np.uint8], key: bool = False) -> tuple[bytes, bool]:
        """The data of one picture (H x W x 3 uint8, B G R, of the profile's size) and whether it is a key frame;
        ``key`` makes it one."""
        if self._codec is Codec.MJPEG:
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuvj420p", dst_color_range=2)
        else:
            planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        if key:
            frame.pict_type = PictureType.I
        frame.pts = self._count * self._step
        frame.time_base = Fraction(1, CLOCK_HZ)
        self._count += 1
        packets = self._context.encode(frame)
        return b"".join(bytes(packet) for packet in packets), any(packet.is_keyframe for packet in packets)


class _Sink:
    """A file that keeps what FFmpeg's rtp muxer writes: one RTP or RTCP packet per write."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def write(self, data: Any) -> int:
        self.packets.append(bytes(data))
        return len(data)


class Packetiser:
    """Cuts encoded pictures into RTP packets (RFC 6184, 7798, 2435) with FFmpeg's muxer. One thread at a time."""

    def __init__(self, profile: VirtualProfile) -> None:
        self._sink = _Sink()
        self._type = payload_type(profile.codec)
        options = {"payload_type": str(self._type), "packetsize": str(_PACKET_BYTES)}
        self._out = av.open(self._sink, "w", format="rtp", options=options)
        pixels = "yuvj420p" if profile.codec is Codec.MJPEG else "yuv420p"
        size = {"width": profile.width, "height": profile.height, "pix_fmt": pixels}
        stream = self._out.add_mux_stream(_NAMES[profile.codec][1], rate=profile.fps, **size)
        stream.time_base = Fraction(1, CLOCK_HZ)
        self._stream = stream
        self._count = 0

    def cut(self, data: bytes, key: bool) -> Frame:
        """Packets of one encoded picture."""
        packet = av.Packet(data)
        packet.stream = self._stream
        packet.time_base = Fraction(1, CLOCK_HZ)
        packet.pts = packet.dts = self._count * 3000
        packet.is_keyframe = key
        self._count += 1
        self._sink.packets.clear()
        self._out.mux(packet)
        joined, starts = bytearray(), []
        for rtp in self._sink.packets:
            if rtp[1] & 0x7F == self._type:  # the muxer's own RTCP is left out: the server sends reports with its clock
                starts.append(len(joined))
                joined += struct.pack(">cBH", b"$", 0, len(rtp)) + rtp
        return Frame(bytes(joined), tuple(starts), key)

    def close(self) -> None:
        """Let go of the muxer."""
        self._out.close()


def payload_type(codec: Codec) -> int:
    """The RTP payload type: 26 is JPEG's by RFC 3551, 96 is dynamic."""
    return 26 if codec is Codec.MJPEG else 96


def parameter_sets(data: bytes, codec: Codec) -> list[bytes]:
    """The parameter sets in an Annex B key frame: SPS and PPS, for H.265 VPS, SPS and PPS; empty for MJPEG."""
    if codec is Codec.MJPEG:
        return []
    wanted = {32, 33, 34} if codec is Codec.H265 else {7, 8}
    found = []
    for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        kind = unit[0] >> 1 & 0x3F if codec is Codec.H265 else unit[0] & 0x1F
        if kind in wanted:
            found.append(unit)
    return found


def key_frame(profile: VirtualProfile) -> bytes:
    """One black key frame of the profile: its parameter sets are those of every picture with the same settings."""
    return Encoder(profile).encode(np.zeros((profile.height, profile.width, 3), np.uint8))[0]
