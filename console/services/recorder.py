"""Recording on demand: starts and ends recordings, watches over quota, retention and what crashes left over."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from console.model.recording import RecordingSettings, RecordingState
from console.services.footage import Footage
from console.services.packet_sink import PacketSink
from console.services.recorded import RecordedFootage
from console.services.recording_files import DiskSpace, RecordingFiles, trouble_of
from console.services.recording_job import RecordingJob
from console.services.threads import lower_priority
from console.store.folder_lock import FolderInUse
from console.store.recordings import RecordingIndex
from drivers.clips import ClipReading, ClipRecovering, ClipTags, ClipWriting

log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 15.0
_PRODUCT = "Watchfloor"


def disk_space(folder: Path) -> tuple[int, int]:
    """``(total, free)`` bytes of the disk under ``folder``. Raises OSError."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


class Recorder:
    """Only the Qt thread calls it, but for ``states``, ``index`` and ``trouble``, which any thread may read. Nothing
    here waits but ``close``. ``changed`` is called, from threads of the recorder, when what ``states`` gives has
    changed in more than its bytes.

    A recording takes packets through the PacketSink that ``record`` gives: the caller hangs it onto the camera's feed,
    and takes it off before ``end``."""

    def __init__(
        self,
        settings: RecordingSettings,
        open_clip: ClipWriting,
        read_clip: ClipReading,
        recover_clip: ClipRecovering,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        space: DiskSpace = disk_space,
        product: str = _PRODUCT,
    ) -> None:
        self.settings = settings
        self._files = RecordingFiles(settings, recover_clip, read_clip, space, clock)
        self._open_clip, self._read_clip = open_clip, read_clip
        self._changed, self._clock, self._product = changed, clock, product
        self._jobs: dict[int, RecordingJob] = {}
        self._ending: list[RecordingJob] = []
        self._footage: dict[int, RecordedFootage] = {}
        self._trouble = ""
        self._wake = threading.Event()
        self._over = False
        self._keeper = threading.Thread(target=self._keep_house, name="recordings", daemon=True)

    def start(self) -> None:
        """Open the folder, mend what a crash left over and read the index, in a worker. Recordings may begin at once:
        they wait for the folder a few seconds if they must."""
        self._keeper.start()

    def record(self, number: int, name: str, operator: str, footage: Footage | None) -> PacketSink:
        """Begin to record a camera with what ``footage`` (its replay buffer) holds of the last seconds. The sink takes
        its packets from now on; one that records already gives the sink it has."""
        job = self._jobs.get(number)
        if job is None:
            tags = ClipTags(number, name, operator, self._product)
            job = RecordingJob(tags, footage, self._files, self._open_clip, self._changed, self._clock)
            self._jobs[number] = job
            job.start()
            self._changed()
        return job.queue

    def end(self, number: int) -> None:
        """End the recording of a camera; its last file is closed in the background."""
        job = self._jobs.pop(number, None)
        if job is not None:
            job.stop()
            self._ending = [each for each in self._ending if not each.join(0)] + [job]
            self._changed()

    def recording(self, number: int) -> bool:
        """Whether this camera is being recorded."""
        return number in self._jobs

    def states(self) -> tuple[RecordingState, ...]:
        """The recordings under way, by number."""
        return tuple(sorted((job.state for job in list(self._jobs.values())), key=lambda each: each.number))

    @property
    def trouble(self) -> str:
        """A sentence where the folder of recordings is not usable; empty when all is well."""
        return self._trouble

    @property
    def index(self) -> RecordingIndex:
        """All closed segments."""
        return self._files.index

    def footage(self, number: int) -> RecordedFootage:
        """The closed recordings of a camera."""
        known = self._footage.get(number)
        if known is None:
            known = RecordedFootage(number, self.settings.folder, self._files.index, self._read_clip)
            self._footage[number] = known
        return known

    def change(self, settings: RecordingSettings) -> bool:
        """Take other settings: times, quota and retention hold at once, and True is returned. Another folder holds from
        the next start on (False): files and manifests are not moved under a recording."""
        if settings.folder != self.settings.folder:
            return False
        self.settings = self._files.settings = settings
        self._wake.set()
        return True

    def hold(self, file: str, held: bool, operator: str, reason: str) -> None:
        """Keep a segment from being deleted, or let it go again. Writes to the disk: call it in a worker. Raises
        OSError, and KeyError for a file that is not there."""
        self._files.hold(file, held, operator, reason)

    def close(self, timeout: float = 10.0) -> bool:
        """End all recordings and wait until their files are closed; False if one is not in ``timeout`` seconds (it is
        then mended at the next start)."""
        for number in list(self._jobs):
            self.end(number)
        deadline = time.monotonic() + timeout
        done = all(job.join(max(0.0, deadline - time.monotonic())) for job in self._ending)
        self._over = True
        self._wake.set()
        if self._keeper.ident is not None:
            self._keeper.join(max(0.1, deadline - time.monotonic()))
        for footage in self._footage.values():
            footage.close()
        if done:
            self._files.close()
        return done

    # In the keeper's thread from here on.

    def _keep_house(self) -> None:
        lower_priority()
        while not self._over:
            try:
                if not self._files.ready:
                    self._files.open()
                self._files.retain()
                self._files.recover()
                self._tell(_damaged(self._files.index.problem))
            except (OSError, FolderInUse) as error:
                log.warning("recordings: %s", error)
                self._tell(trouble_of(error, self._clock()))
            self._wake.wait(HOUSEKEEPING_SECONDS)
            self._wake.clear()

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._changed()


def _damaged(problem: str) -> str:
    """Recording goes on whatever became of old lines; somebody should look at them."""
    if not problem:
        return ""
    return (
        f"The manifest of the recordings was damaged: {problem} Recording goes on. Run 'watchfloor recordings verify'."
    )
