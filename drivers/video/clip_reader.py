"""Reads clips back as groups of packets on the time line they were recorded on, and mends what a crash left over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.stream import VideoStream

from drivers.clips import BadClip, ClipFacts
from drivers.errors import DriverError
from drivers.types import EncodedPacket, Gop, StreamParameters
from drivers.video.clip_boxes import is_unfinished, read_arrivals, whole_length
from drivers.video.clip_file import flush_folder
from drivers.video.clip_tags import read_note
from drivers.video.clip_times import taken_at_start
from drivers.video.decoding import frames

_MOST_SAMPLES = 20_000_000


class ClipReader:
    """See ``drivers.clips.ClipSource``. One thread at a time. GOPs read in order are read without seeking."""

    def __init__(self, path: Path) -> None:
        """Raises BadClip and OSError."""
        self._name = path.name
        self._container = _open(path)
        try:
            self._prepare(path)
        except FFmpegError as error:
            self.close()
            raise BadClip(self._name, "its content is damaged") from error
        except BaseException:  # raised again at once: a file that is no clip must not stay open
            self.close()
            raise

    def gop(self, index: int) -> Gop:
        """GOP number ``index`` of ``starts``. Raises BadClip."""
        begin = self._begins[index]
        end = self._begins[index + 1] if index + 1 < len(self._begins) else len(self._samples)
        try:
            if begin != self._next:
                self._container.seek(self._samples[begin][0], stream=self._stream)
                self._packets = self._container.demux(self._stream)
                self._next = begin
            packets = tuple(self._read(at) for at in range(begin, end))
        except FFmpegError as error:
            self._next = -1
            raise BadClip(self._name, "its content is damaged") from error
        return Gop(self.parameters, packets)

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _prepare(self, path: Path) -> None:
        if not self._container.streams.video:
            raise BadClip(self._name, "there is no video in it")
        note = read_note(self._container.metadata)
        if note is None:
            raise BadClip(self._name, "it was not recorded by this program")
        self._note = note
        self._stream: VideoStream = self._container.streams.video[0]
        self._tick = float(self._stream.time_base or 0.0)
        self._samples = self._index(path)
        self._begins = [at for at, (_, key) in enumerate(self._samples) if key]
        if not self._begins or self._begins[0] != 0 or self._tick <= 0:
            raise BadClip(self._name, "no picture in it can be decoded")
        self._times(path)
        context = self._stream.codec_context
        aspect = self._stream.sample_aspect_ratio
        self.tags = note.tags
        self.parameters = StreamParameters(
            codec=context.name,
            extradata=bytes(context.extradata or b""),
            width=context.width,
            height=context.height,
            fps=note.fps,
            pixel_aspect=float(aspect) if aspect else 1.0,
        )
        self.starts = [self._arrived[at] for at in self._begins]
        self.facts = ClipFacts(
            bytes=path.stat().st_size,
            packets=len(self._samples),
            start=self._arrived[0],
            end=self._arrived[-1],
            codec=context.name,
            width=context.width,
            height=context.height,
            taken_start=taken_at_start(self._taken, [dts for dts, _ in self._samples], self._tick),
            taken_end=self._taken[-1],
            whole=self._exact,
        )
        self._packets = self._container.demux(self._stream)
        self._next = 0

    def _index(self, path: Path) -> list[tuple[int, bool]]:
        """Decoding time and key flag of each sample. FFmpeg knows them from the index of a finished file; an unfinished
        one has to be read through."""
        if not is_unfinished(path):
            return [(each.timestamp, each.is_keyframe) for each in self._stream.index_entries]
        found = []
        try:
            for packet in self._container.demux(self._stream):
                if packet.size and packet.dts is not None:
                    found.append((packet.dts, packet.is_keyframe))
                if len(found) > _MOST_SAMPLES:
                    raise BadClip(self._name, "it is too long")
        except InvalidDataError:
            pass  # what could be read up to there counts
        if found:
            self._container.seek(found[0][0], stream=self._stream)
        return found

    def _times(self, path: Path) -> None:
        """When each packet arrived and was taken: from the file's own table, else by the sender's clock."""
        table = read_arrivals(path)
        self._exact = table is not None and len(table[0]) == len(self._samples)
        self._taken: list[float | None]
        if table is not None and self._exact:
            self._arrived, self._taken = table
            return
        first = self._samples[0][0]
        since = [(dts - first) * self._tick for dts, _ in self._samples]
        self._arrived = [self._note.start + each for each in since]
        taken = self._note.taken
        self._taken = [None if taken is None else taken + each for each in since]

    def _read(self, at: int) -> EncodedPacket:
        wanted = self._samples[at][0]
        for packet in self._packets:
            if packet.size == 0 or packet.dts is None:
                break
            if packet.dts < wanted:
                continue  # a seek may land before its aim
            if packet.dts > wanted:
                break
            self._next = at + 1
            return self._packet(packet, at)
        self._next = -1
        raise BadClip(self._name, "its content is damaged")

    def _packet(self, packet: Packet[Any], at: int) -> EncodedPacket:
        dts = cast(int, packet.dts)
        pts = dts if packet.pts is None else packet.pts
        clock, key = self._note.clock, self._samples[at][1]
        return EncodedPacket(
            bytes(packet), pts * self._tick + clock, dts * self._tick + clock, key, self._arrived[at], self._taken[at]
        )

    _packets: Iterator[Packet[Any]]
    _next: int


def read_clip(path: Path) -> ClipReader:
    """Open a clip; see ``drivers.clips.ClipReading``."""
    return ClipReader(path)


def recover_clip(path: Path) -> ClipFacts | None:
    """Cut an unfinished clip to what plays and say what that is; None where nothing does. Raises OSError."""
    length = whole_length(path)
    if not length and is_unfinished(path):
        return None  # a fragment without its pictures
    if length and length < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(length)
            file.flush()
            os.fsync(file.fileno())
        flush_folder(path.parent)
    try:
        reader = ClipReader(path)
    except BadClip:
        return None
    try:
        return reader.facts if _plays(reader) else None
    except BadClip:
        return None
    finally:
        reader.close()


def _plays(reader: ClipReader) -> bool:
    """Whether its first GOP gives a picture."""
    try:
        return next(frames(reader.gop(0), "clip"), None) is not None
    except DriverError:
        return False


def _open(path: Path) -> InputContainer:
    if not path.is_file():
        raise FileNotFoundError(2, "no such file", str(path))
    try:
        # The format is given and nothing else may be opened from within: the file may be anybody's.
        opened = av.open(str(path), "r", format="mov", options={"protocol_whitelist": "file"})
    except FFmpegError as error:
        raise BadClip(path.name, "it is no MP4 file, or it ends too early") from error
    return opened
