"""One camera being recorded: its queue, its thread, its segments."""

from __future__ import annotations

import errno
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from console.model.recording import RecordingState, utc_text
from console.services.footage import Footage
from console.services.packet_queue import Arrival, Gap, PacketQueue
from console.services.recording_files import RecordingFiles, trouble_of
from console.services.threads import lower_priority
from drivers.clips import ClipFacts, ClipSink, ClipTags, ClipWriting
from drivers.errors import DriverError
from drivers.types import EncodedPacket, StreamParameters

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.2
"""Packets are written several times a second, not one by one: fewer wake-ups for little that a power cut could take."""
CATCH_UP_SECONDS = 0.5
"""How often the footage is looked at until the queue begins."""
RETRY_SECONDS = 5.0
_FASTER = "Use a faster disk, or record fewer cameras."
FULL = "The disk of the recordings is full"


class RecordingJob:
    """Threads: the stream's worker puts into ``queue``; the thread made by ``start`` does all else; ``state`` and
    ``stop`` may be called from any thread (what they read is assigned whole)."""

    def __init__(
        self,
        tags: ClipTags,
        footage: Footage | None,
        files: RecordingFiles,
        open_clip: ClipWriting,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
        queue: PacketQueue | None = None,
    ) -> None:
        self.queue = queue or PacketQueue()
        self._tags, self._footage, self._files = tags, footage, files
        self._open_clip, self._changed, self._clock = open_clip, changed, clock
        self._state = RecordingState(tags.number, tags.name, tags.operator)
        self._begun = clock()
        self._clip: ClipSink | None = None
        self._path: Path | None = None
        self._parameters = StreamParameters("")
        self._segment_start = 0.0
        self._slow = ""
        self._closed_bytes = 0
        self._retry_at = 0.0
        self._newest = -math.inf
        self._latest: set[float] = set()
        """Decoding times of the packets that arrived at ``_newest``."""
        self._kept = StreamParameters("")
        """What the footage was that has been written last."""
        self._thread = threading.Thread(target=self._run, name=f"record {tags.number}", daemon=True)

    def start(self) -> None:
        """Begin with what the footage holds, then what comes into the queue."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is in the queue, close, and end; returns at once. See ``join``."""
        self.queue.close()

    def join(self, timeout: float) -> bool:
        """Wait for the end; False if it did not come in ``timeout`` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def state(self) -> RecordingState:
        """For the screen."""
        return self._state

    # In the job's thread from here on.

    def _run(self) -> None:
        lower_priority()
        for _ in range(int(RETRY_SECONDS * 10)):
            if self._files.wait_ready(0.1) or self.queue.closed:
                break
        live, more = False, True
        while more:
            if not live:
                self._catch_up(math.inf)
            items, more = self.queue.take(CATCH_UP_SECONDS if self._footage is not None and not live else 1.0)
            if not live:
                first = next((each.packet.arrived for each in items if isinstance(each, Arrival)), None)
                live = first is not None
                self._catch_up(math.inf if first is None else first)
            for item in items:
                if isinstance(item, Gap):
                    self._gap(item)
                elif item.parameters != self._kept or self._is_new(item.packet):
                    self._packet(item.parameters, item.packet)
            self._sync()
            if more:
                self.queue.pause(BATCH_SECONDS)
        self._close("")
        self._tell(writing=False)

    def _catch_up(self, until: float) -> None:
        """Write what the footage holds of the last seconds and has not been written, up to ``until``. The queue begins
        with a key frame, up to a GOP after the key was pressed; until then the footage is all there is."""
        seconds = self._files.settings.prebuffer_seconds
        if self._footage is None or (seconds <= 0 and not self._latest):
            return
        since = max(self._newest, self._begun - seconds)
        spans = [span for span in self._footage.spans() if span.end >= since]
        gop = self._footage.gop_at(max(since, spans[0].start)) if spans else None
        while gop is not None and gop.start < until:
            if gop.end >= since:
                self._kept = gop.parameters
                for packet in gop.packets:
                    if packet.arrived < until and self._is_new(packet):
                        self._packet(gop.parameters, packet)
            gop = self._footage.gop_after(gop.start) if gop.whole else None

    def _is_new(self, packet: EncodedPacket) -> bool:
        """Whether it is neither older than what was written nor the same. Several may arrive at once."""
        return packet.arrived > self._newest or (packet.arrived == self._newest and packet.dts not in self._latest)

    def _gap(self, gap: Gap) -> None:
        self._close(gap.reason)
        self._tell(writing=False)
        if gap.lost:
            lost = self._state.lost + gap.lost
            self._slow = f"The disk of the recordings was too slow: {lost} packets are missing. {_FASTER}"
            self._tell(lost=lost, trouble=self._slow)

    def _packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        if packet.arrived > self._newest:
            self._newest, self._latest = packet.arrived, set()
        self._latest.add(packet.dts)
        try:
            if self._clip is not None and not self._goes_on(self._clip, parameters, packet):
                self._close("")
            if self._clip is None and not self._begin(parameters, packet):
                return
            assert self._clip is not None
            self._clip.write(packet)
        except (OSError, DriverError) as error:
            self._failed(error)

    def _goes_on(self, clip: ClipSink, parameters: StreamParameters, packet: EncodedPacket) -> bool:
        if not clip.fits(parameters, packet):
            return False
        return not (packet.key and packet.arrived - self._segment_start >= self._files.settings.segment_seconds)

    def _begin(self, parameters: StreamParameters, packet: EncodedPacket) -> bool:
        """A new segment, if this packet can start one and there is room. Raises OSError, DriverError."""
        waits = self._retry_at - self._clock()
        if not packet.key or 0 < waits <= RETRY_SECONDS:  # more than that: the clock was set back
            return False
        if not self._files.ready:
            raise OSError(errno.EAGAIN, "the folder of recordings is not ready")
        if self._files.room() <= 0:
            raise OSError(errno.ENOSPC, "no space is left that may be used")
        self._path = self._files.begin(self._tags, packet.arrived)
        self._parameters, self._segment_start = parameters, packet.arrived
        self._clip = self._open_clip(self._path, parameters, self._tags)
        since = self._state.since
        self._tell(since=packet.arrived if since is None else since, writing=True, trouble=self._slow)
        return True

    def _sync(self) -> None:
        if self._clip is None or self._path is None:
            return
        try:
            self._clip.sync()
            self._files.grown(self._path, self._clip.bytes)
            if self._files.room() <= 0:
                self._close("")  # there is room to end it well: what must stay free is not used up
                raise OSError(errno.ENOSPC, "no space is left that may be used")
        except (OSError, DriverError) as error:
            self._failed(error)
            return
        self._tell(quiet=True, bytes=self._closed_bytes + self._clip.bytes)

    def _close(self, reason: str) -> None:
        """Finish the segment under way, if there is one."""
        clip, path, self._clip, self._path = self._clip, self._path, None, None
        if clip is None or path is None:
            return
        if reason:
            log.info("camera %s: the segment ends: %s", self._tags.number, reason)
        try:
            self._commit(path, clip.close())
        except (OSError, DriverError) as error:
            self._clip, self._path = clip, path
            self._failed(error)

    def _commit(self, path: Path, facts: ClipFacts) -> None:
        segment = self._files.commit(path, self._tags, facts)
        self._closed_bytes += segment.bytes
        self._tell(bytes=self._closed_bytes, segments=self._state.segments + 1)

    def _failed(self, error: OSError | DriverError) -> None:
        """Keep what is on the disk, say what is wrong, and try again later."""
        clip, path, self._clip, self._path = self._clip, self._path, None, None
        now = self._clock()
        self._retry_at = now + RETRY_SECONDS
        if path is not None:
            try:
                facts = clip.abandon() if clip is not None else None
                if facts is not None:
                    self._commit(path, facts)
            except (OSError, DriverError) as second:
                log.warning("camera %s: %s stays for later: %s", self._tags.number, path.name, second)
            self._files.leave(path)
        self._tell(writing=False, trouble=sentence(error, now))

    def _tell(self, quiet: bool = False, **changes: object) -> None:
        state = replace(self._state, **changes)  # type: ignore[arg-type]  # names and types are checked by the calls
        if state != self._state:
            self._state = state
            if not quiet:
                self._changed()


def sentence(error: OSError | DriverError, now: float) -> str:
    """What the operator reads of a recording that does not go on."""
    if isinstance(error, DriverError):
        return error.sentence
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):  # Windows knows no quota of that name
        return (
            f"{FULL} since {utc_text(now)[11:19]} UTC. What was recorded before is safe. Free some space or choose "
            "another folder; recording goes on by itself."
        )
    return trouble_of(error, now)
