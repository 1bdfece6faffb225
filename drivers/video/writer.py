"""Packets to an MP4 file as they are, without decoding: a file that plays after a crash up to its last second."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from drivers.clips import ClipFacts, ClipTags
from drivers.errors import BadAnswer, DriverError, Unsupported
from drivers.types import EncodedPacket, StreamParameters
from drivers.video.clip_boxes import arrivals_box, whole_length
from drivers.video.clip_file import ClipFile, OpenFile, create, flush_folder
from drivers.video.clip_reader import recover_clip
from drivers.video.clip_tags import metadata
from drivers.video.clip_times import HEAD_PACKETS, HEAD_SECONDS, TICKS, Stamper, settled, taken_at_start
from drivers.video.parameter_sets import in_band, is_prefixed, out_of_band, with_start_codes

FRAGMENT_SECONDS = 0.4
"""What waits in memory at most, and how long what was written may wait for the disk; both together under a second."""

_AGAIN = "Try again; if it stays so, restart the camera and bring its firmware up to date."
_TICK = Fraction(1, TICKS)
_RAW = {"h264": "h264", "hevc": "hevc", "mjpeg": "mjpeg", "mpeg4": "m4v"}
"""FFmpeg's reader for the bare packets of each codec; what MP4 can hold and cameras send."""

_OPTIONS = {
    "movflags": "hybrid_fragmented",
    "frag_duration": str(int(FRAGMENT_SECONDS * 1e6)),
    "flush_packets": "1",
    "video_track_timescale": str(TICKS),
    # Without edit lists the first picture stands at its own time, a few frames after zero where there are B-frames;
    # with them unfinished files lost their first pictures in FFmpeg's own reader (tried).
    "use_editlist": "0",
}


class ClipWriter:
    """See ``drivers.clips.ClipSink``. The file is made with the first packet, which must be a key frame."""

    def __init__(
        self,
        path: Path,
        parameters: StreamParameters,
        tags: ClipTags,
        open_file: OpenFile = create,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._parameters, self._tags = path, parameters, tags
        self._open_file, self._clock = open_file, clock
        self._name = f"camera {tags.number} {tags.name}"
        self._stamper = Stamper()
        self._begun = False
        self._file: ClipFile | None = None
        self._out: OutputContainer | None = None
        self._stream: Any = None
        self._sets = b""
        self._size = (parameters.width, parameters.height)
        self._synced = clock()
        self._head: list[EncodedPacket] = []
        self._head_since = 0.0
        self._arrived: list[float] = []
        self._taken: list[float | None] = []
        self._stamps: list[int] = []

    @property
    def bytes(self) -> int:
        """What is in the file so far."""
        return 0 if self._file is None else self._file.end

    def fits(self, parameters: StreamParameters, packet: EncodedPacket) -> bool:
        """Whether this packet can go into this file. A camera that changes its size tells so in band alone."""
        if parameters != self._parameters:
            return False
        if not packet.key or not self._begun or is_prefixed(parameters.codec, parameters.extradata):
            return True
        return in_band(parameters.codec, packet.data) in (b"", self._sets)

    def write(self, packet: EncodedPacket) -> None:
        """Append a packet. Raises OSError and DriverError."""
        if not self._begun:
            self._check(packet)
            self._begun, self._head_since = True, self._clock()
        if self._out is not None:
            self._append(packet)
            return
        self._head.append(packet)
        if len(self._head) >= HEAD_PACKETS or packet.arrived - self._head[0].arrived >= HEAD_SECONDS:
            self._begin()

    def _append(self, packet: EncodedPacket) -> None:
        pts, dts = self._stamper.stamp(packet)
        made: Packet[Any] = Packet(packet.data)
        made.stream, made.time_base = self._stream, _TICK
        made.pts, made.dts, made.is_keyframe = pts, dts, packet.key
        self._mux(made)
        self._arrived.append(packet.arrived)
        self._taken.append(packet.taken)
        self._stamps.append(pts)
        if self._clock() - self._synced >= FRAGMENT_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Bring what was written onto the disk. Raises OSError and DriverError."""
        if self._head and self._clock() - self._head_since >= HEAD_SECONDS:
            self._begin()
            return
        if self._file is not None:
            self._file.sync()
        self._synced = self._clock()

    def close(self) -> ClipFacts:
        """Finish the file. Raises OSError and DriverError; then ``abandon`` keeps what plays."""
        if self._head:
            self._begin()
        if self._out is None or self._file is None:
            raise BadAnswer(self._name, "no picture came", "Check the camera.")
        out, self._out = self._out, None
        try:
            out.close()
        except (FFmpegError, OSError) as error:
            raise self._problem(error) from error
        if self._file.problem is not None:
            raise self._file.problem
        self._file.append(arrivals_box(self._arrived, self._taken))
        self._file.finish()
        file, self._file = self._file, None
        return self._facts(file.end)

    def abandon(self) -> ClipFacts | None:
        """Give up after an error; what lies in whole fragments stays."""
        file, self._file = self._file, None
        if file is None:
            return None
        file.problem = file.problem or OSError("given up")  # what FFmpeg writes while it closes goes nowhere
        out, self._out = self._out, None
        if out is not None:
            try:
                out.close()
            except (FFmpegError, OSError):
                pass  # why it was given up is told already
        length = whole_length(self._path)
        file.give_up(length or None)
        return recover_clip(self._path) if length else None

    def _facts(self, size: int) -> ClipFacts:
        return ClipFacts(
            bytes=size,
            packets=len(self._arrived),
            start=self._arrived[0],
            end=self._arrived[-1],
            codec=self._parameters.codec,
            width=self._size[0],
            height=self._size[1],
            taken_start=taken_at_start(self._taken, self._stamps, 1 / TICKS),
            taken_end=self._taken[-1],
            repaired=self._stamper.repaired,
        )

    def _check(self, first: EncodedPacket) -> None:
        """Whether a file can begin with this packet."""
        codec, extradata = self._parameters.codec, self._parameters.extradata
        if codec not in _RAW:
            advice = "Set the camera to H.264, H.265 or JPEG."
            raise Unsupported(self._name, f"{codec or 'an unknown codec'} cannot be recorded", advice)
        if not first.key:
            raise BadAnswer(self._name, "it does not begin with a key frame", "Try again.")
        announced = out_of_band(codec, extradata)
        self._sets = in_band(codec, first.data) or in_band(codec, announced) or announced
        if codec in ("h264", "hevc") and not self._sets:
            raise BadAnswer(self._name, "it sends no parameter sets", _AGAIN)

    def _begin(self) -> None:
        """The file, its description, which needs the parameter sets, and the packets that were waited for."""
        (first, *others), mended = settled(self._head)
        self._head = []
        self._stamper = Stamper(first, mended)
        codec, extradata = self._parameters.codec, self._parameters.extradata
        self._file = ClipFile(self._path, self._open_file)
        flush_folder(self._path.parent)
        try:
            self._out = av.open(self._file, "w", format="mp4", options=_OPTIONS)
            self._out.metadata.update(metadata(self._tags, first, self._stamper.origin, self._parameters.fps))
            bare = self._sets + with_start_codes(codec, extradata, first.data)
            options = {"probesize": "32", "analyzeduration": "0"}
            with av.open(io.BytesIO(bare), "r", format=_RAW[codec], options=options) as template:
                self._describe(template)
        except (FFmpegError, OSError) as error:
            raise self._problem(error) from error
        for packet in (first, *others):
            self._append(packet)

    def _describe(self, template: InputContainer) -> None:
        codec, extradata = self._parameters.codec, self._parameters.extradata
        assert self._out is not None
        if not template.streams.video:
            raise BadAnswer(self._name, "its first picture cannot be read", _AGAIN)
        stream = self._out.add_stream_from_template(template.streams.video[0], opaque=True)
        context = stream.codec_context
        if codec == "hevc":
            # Parameter sets in the description alone, not among the pictures: what most players ask for.
            context.codec_tag = "hvc1"
        if is_prefixed(codec, extradata):
            context.extradata = extradata
        elif self._sets:
            context.extradata = self._sets
        if context.width > 0 and context.height > 0:
            self._size = (context.width, context.height)
        elif not all(0 < side < 65_536 for side in self._size):
            raise BadAnswer(self._name, "it does not say the size of its pictures", _AGAIN)
        context.width, context.height = self._size
        stream.time_base = _TICK
        self._stream = stream

    def _mux(self, packet: Packet[Any]) -> None:
        assert self._out is not None
        assert self._file is not None
        try:
            self._out.mux(packet)
        except (FFmpegError, OSError) as error:
            raise self._problem(error) from error
        if self._file.problem is not None:
            raise self._file.problem

    def _problem(self, error: FFmpegError | OSError) -> OSError | DriverError:
        """What really went wrong: of a full disk FFmpeg tells only that something did."""
        if self._file is not None and self._file.problem is not None:
            return self._file.problem
        if isinstance(error, FFmpegError):
            return BadAnswer(
                self._name, "its pictures cannot be put into a file", "Try again; restart the camera if it stays so."
            )
        return error


def open_clip(path: Path, parameters: StreamParameters, tags: ClipTags) -> ClipWriter:
    """A new clip; see ``drivers.clips.ClipWriting``."""
    return ClipWriter(path, parameters, tags)
