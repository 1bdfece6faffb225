"""Recordings as Footage: the closed segments of one camera on the time line of this computer's clock."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from console.model.recording import Segment
from console.services.footage import Span
from console.store.recordings import RecordingIndex
from drivers.clips import BadClip, ClipReading, ClipSource
from drivers.types import Gop

log = logging.getLogger(__name__)

_OPEN = 2
"""Files held open a camera: the one that plays and its neighbour."""


class RecordedFootage:
    """See ``Footage``. Any thread; ``spans`` answers from memory, all else may read the disk and then holds a lock of
    this camera. A segment that cannot be read is left out and told once in the log. ``close`` lets go of the files; it
    may be used again afterwards."""

    def __init__(self, number: int, folder: Path, index: RecordingIndex, read_clip: ClipReading) -> None:
        self._number, self._folder, self._index, self._read_clip = number, folder, index, read_clip
        self._lock = threading.Lock()
        self._open: OrderedDict[str, ClipSource] = OrderedDict()
        self._bad: set[str] = set()

    def spans(self) -> tuple[Span, ...]:
        """Where there is something, in order."""
        return tuple(Span(start, end) for start, end in self._index.spans(self._number))

    def gop_at(self, when: float) -> Gop | None:
        """The last GOP that began at or before ``when``, else the first."""
        segment = self._index.at(self._number, when)
        with self._lock:
            found = self._look(segment, self._index.before, lambda starts: bisect_right(starts, when) - 1)
            if found is None and segment is not None:
                found = self._look(segment, self._index.after, lambda starts: 0)
        return found

    def gop_after(self, start: float) -> Gop | None:
        """The first GOP that began after ``start``."""
        with self._lock:
            segment = self._index.at(self._number, start)
            return self._look(segment, self._index.after, lambda starts: _in(starts, bisect_right(starts, start)))

    def gop_before(self, start: float) -> Gop | None:
        """The last GOP that began before ``start``."""
        with self._lock:
            segment = self._index.at(self._number, start)
            return self._look(segment, self._index.before, lambda starts: bisect_left(starts, start) - 1)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _look(
        self,
        segment: Segment | None,
        onward: Callable[[Segment], Segment | None],
        choose: Callable[[list[float]], int],
    ) -> Gop | None:
        """The GOP that ``choose`` takes out of the first segment where it takes one (not -1)."""
        while segment is not None:
            source = self._source(segment)
            if source is not None:
                index = choose(list(source.starts))
                if index >= 0:
                    try:
                        return source.gop(index)
                    except (BadClip, OSError) as error:
                        self._leave_out(segment, error)
            segment = onward(segment)
        return None

    def _source(self, segment: Segment) -> ClipSource | None:
        if segment.file in self._bad:
            return None
        source = self._open.get(segment.file)
        if source is None:
            try:
                source = self._read_clip(self._folder / segment.file)
            except (BadClip, OSError) as error:
                self._leave_out(segment, error)
                return None
            self._open[segment.file] = source
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(segment.file)
        return source

    def _leave_out(self, segment: Segment, error: Exception) -> None:
        self._bad.add(segment.file)
        source = self._open.pop(segment.file, None)
        if source is not None:
            source.close()
        log.warning("%s is left out of playback: %s", segment.file, error)


def _in(starts: list[float], index: int) -> int:
    return index if index < len(starts) else -1
