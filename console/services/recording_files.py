"""The folder of recordings: names of files, closing them into the manifest, deleting and recovering them."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from console.model.recording import RecordingSettings, Segment, moment_name, safe_name, utc_text
from console.model.retention import to_delete
from console.store.folder_lock import FolderLock
from console.store.manifest import Manifest
from console.store.recordings import RecordingIndex, file_hash, segment_fields
from drivers.clips import BadClip, ClipFacts, ClipReading, ClipRecovering, ClipTags

log = logging.getLogger(__name__)

PART = ".part"
"""The end of a file's name until it stands in the manifest."""

DiskSpace = Callable[[Path], tuple[int, int]]
"""``(total, free)`` bytes of the disk that a folder lies on. Raises OSError."""


class RecordingFiles:
    """Any thread may call it once ``open`` came back (in a worker). ``commit`` and ``delete`` put their lines into the
    manifest before the files' names change, so that a crash in between leaves what ``recover`` can finish."""

    def __init__(
        self,
        settings: RecordingSettings,
        recover_clip: ClipRecovering,
        read_clip: ClipReading,
        space: DiskSpace,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.index = RecordingIndex()
        self._recover_clip, self._read_clip = recover_clip, read_clip
        self._space, self._clock = space, clock
        self._lock = threading.Lock()
        self._writing: dict[Path, int] = {}
        self._undeleted: set[str] = set()
        self._left_over: set[Path] = set()
        self._opened = threading.Event()
        self._folder_lock: FolderLock | None = None
        self._manifest: Manifest | None = None

    def open(self) -> None:
        """Lock the folder, read the manifests, finish what a crash left over. Raises OSError and FolderInUse; it may
        then be called again."""
        folder = self.settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        if self._folder_lock is None:
            self._folder_lock = FolderLock(folder)
        manifest = Manifest(folder, self._clock)
        deleted = self.index.load(folder)
        self._undeleted = {each.file for each in deleted if (folder / each.file).exists()}
        self._manifest = manifest
        self._left_over = set(folder.rglob(f"*{PART}"))
        self.recover()
        self._opened.set()

    def wait_ready(self, seconds: float) -> bool:
        """Wait for ``open``, for threads that have something to write; False where it did not come back in time."""
        return self._opened.wait(seconds)

    @property
    def ready(self) -> bool:
        """Whether ``open`` came back."""
        return self._opened.is_set()

    def close(self) -> None:
        """Let go of the folder."""
        self._opened.clear()
        self._manifest = None
        if self._folder_lock is not None:
            self._folder_lock.release()
            self._folder_lock = None

    def room(self) -> int:
        """Bytes that may still be written before the space that stays free is touched; negative when there is none.
        Raises OSError."""
        total, free = self._space(self.settings.folder)
        return free - self.settings.kept_free(total)

    def begin(self, tags: ClipTags, start: float) -> Path:
        """A name for a new file of this camera (it ends in ``.part``); nobody else gets it. Raises OSError."""
        moment = moment_name(start)
        folder = self.settings.folder / moment[:10] / f"camera {tags.number} {safe_name(tags.name, 40)}".strip()
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            for again in range(1, 1000):
                suffix = "" if again == 1 else f" ({again})"
                path = folder / f"{moment} camera {tags.number}{suffix}.mp4{PART}"
                if path not in self._writing and not path.exists() and not path.with_suffix("").exists():
                    self._writing[path] = 0
                    return path
        raise FileExistsError(17, "too many recordings begin at the same time", str(folder))

    def grown(self, path: Path, size: int) -> None:
        """A file that is being written has this length now, bytes."""
        with self._lock:
            if path in self._writing:
                self._writing[path] = size

    def leave(self, path: Path) -> None:
        """A file is not written any more: it has its name or is gone, else ``recover`` may have it."""
        with self._lock:
            self._writing.pop(path, None)
            if path.exists():
                self._left_over.add(path)

    def commit(self, path: Path, tags: ClipTags, facts: ClipFacts, recovered: bool = False) -> Segment:
        """Put a finished file into the manifest and give it its name. Raises OSError; the file then stays for
        ``recover``."""
        manifest = self._manifest
        if manifest is None:
            raise OSError("the folder of recordings is not open")
        final = path.with_suffix("")
        segment = Segment(
            file=final.relative_to(self.settings.folder).as_posix(),
            number=tags.number,
            name=tags.name,
            operator=tags.operator,
            start=facts.start,
            end=facts.end,
            bytes=path.stat().st_size,
            sha256=file_hash(path),
            taken_start=facts.taken_start,
            taken_end=facts.taken_end,
            recovered=recovered or not facts.whole,
        )
        manifest.append("segment", segment_fields(segment))
        os.replace(path, final)
        self.leave(path)
        self.index.add(segment)
        return segment

    def hold(self, file: str, held: bool, operator: str, reason: str) -> None:
        """Keep a segment from being deleted, or let it go again. Raises OSError, KeyError."""
        manifest = self._manifest
        if manifest is None:
            raise OSError("the folder of recordings is not open")
        if self.index.by_file(file) is None:
            raise KeyError(file)
        manifest.append("held" if held else "released", {"file": file, "operator": operator, "reason": reason[:1000]})
        self.index.hold(file, held)

    def retain(self) -> int:
        """Delete what is too old or too much; how many segments went. Raises OSError."""
        manifest = self._manifest
        if manifest is None:
            return 0
        with self._lock:
            writing = sum(self._writing.values())
        doomed = to_delete(self.index.segments(), self.settings, self._clock(), writing)
        for each in doomed:
            segment = each.segment
            note = {"file": segment.file, "sha256": segment.sha256, "bytes": segment.bytes, "reason": each.reason}
            try:
                manifest.append("deleted", note)
            except OSError:
                # Not a byte is free: the file has to make room for the line that says so.
                self._unlink(self.settings.folder / segment.file)
                manifest.append("deleted", note)
            self.index.remove({segment.file})
            self._undeleted.add(segment.file)
        for file in sorted(self._undeleted):
            if self._unlink(self.settings.folder / file):
                self._undeleted.discard(file)
        return len(doomed)

    def recover(self) -> int:
        """Take in files that a crash or a full disk left over; how many. What does not play is left as it is and told
        in the log."""
        taken = 0
        with self._lock:
            left_over, self._left_over = self._left_over - self._writing.keys(), set()
        for path in sorted(left_over):
            try:
                taken += self._take_in(path)
            except BadClip as error:
                log.warning("%s cannot be recovered: %s", path.name, error)
            except OSError as error:
                log.warning("%s cannot be recovered now: %s", path.name, error)
                with self._lock:
                    self._left_over.add(path)
        return taken

    def _take_in(self, path: Path) -> bool:
        """One left-over file. It is in the manifest already if the crash came just before it got its name."""
        final = path.with_suffix("")
        known = self.index.by_file(final.relative_to(self.settings.folder).as_posix())
        if known is not None:
            if not final.exists() and file_hash(path) == known.sha256:
                os.replace(path, final)
            return False
        facts = self._recover_clip(path)
        if facts is None:
            log.warning("%s holds nothing that plays", path.name)
            return False
        source = self._read_clip(path)
        tags = source.tags
        source.close()
        self.commit(path, tags, facts, recovered=True)
        return True

    def _unlink(self, path: Path) -> bool:
        """Windows does not delete what somebody plays; then it goes the next time."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.info("%s is not deleted yet: %s", path.name, error)
            return False
        for folder in path.parents:
            if folder == self.settings.folder:
                break
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue  # somebody was quicker
            except OSError:
                break  # there is something else in it
        return True

    def note(self, text: str) -> None:
        """Put a sentence into the manifest. Raises OSError."""
        if self._manifest is not None:
            self._manifest.append("note", {"text": text[:2000]})


def trouble_of(error: Exception, now: float) -> str:
    """The sentence for a disk that does not take recordings."""
    if isinstance(error, OSError) and error.strerror:
        return (
            f"Nothing can be recorded since {utc_text(now)[11:19]} UTC: {error.strerror}. What was closed before is "
            "safe. Check the disk of the recordings; it goes on by itself."
        )
    return str(error)
