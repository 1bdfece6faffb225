"""Snapshots in full size: from footage that is there or from the main stream, into a folder with a manifest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from console.model.recording import SnapshotSettings, moment_name, safe_name, utc_text
from console.services.footage import Footage
from console.store.files import save_atomically
from console.store.folder_lock import FolderInUse, FolderLock
from console.store.manifest import Manifest
from drivers.clips import GopGrabbing, Still, StillMaking, StillOrder
from drivers.errors import DriverError
from drivers.types import Gop, StreamRequest, View

GRAB_SECONDS = 8.0
FRESH_SECONDS = 5.0
"""Footage whose newest packet is older than this does not show what is seen now."""
LOCK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """What to take. ``footage`` is what is kept of the camera, or of the recording that is played; ``when`` the moment
    that is replayed (UTC seconds), None for what is seen now. ``main`` gives the request of the main stream (asked in a
    worker: it may look a password up), ``main_pixels`` its width times height, 0 where unknown. ``view`` brings the
    masks; they are left out only with ``lift_masks``, which the caller grants. With ``save`` False the picture goes
    nowhere but into the result."""

    number: int
    name: str
    operator: str = ""
    view: View = field(default_factory=View)
    lift_masks: bool = False
    footage: Footage | None = None
    when: float | None = None
    main: Callable[[], StreamRequest] | None = None
    main_pixels: int = 0
    save: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture that was taken. ``path`` is None where it was not saved; ``note`` a sentence where it is not quite what
    was asked for (the substream's size)."""

    request: SnapshotRequest
    still: Still
    sha256: str
    path: Path | None = None
    note: str = ""


class SnapshotFailed(Exception):
    """No picture could be taken, or not saved. The text is a sentence for the operator."""


class Snapshots:
    """``take`` from the Qt thread; the work is done by two threads of its own, and what comes of it is the future's
    result or its SnapshotFailed. ``settings`` is replaced whole."""

    def __init__(
        self,
        settings: SnapshotSettings,
        make_still: StillMaking,
        grab: GopGrabbing,
        clock: Callable[[], float] = time.time,
        product: str = "Watchfloor",
    ) -> None:
        self.settings = settings
        self._make_still, self._grab = make_still, grab
        self._clock, self._product = clock, product
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="snapshot")

    def take(self, request: SnapshotRequest) -> Future[Snapshot]:
        """Take a snapshot; returns at once."""
        return self._pool.submit(self._take, request, self.settings)

    def close(self) -> None:
        """Wait for those under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # In a worker from here on.

    def _take(self, request: SnapshotRequest, settings: SnapshotSettings) -> Snapshot:
        try:
            gop, note = self._source(request)
            view = replace(request.view, masks=()) if request.lift_masks else request.view
            order = StillOrder(
                request.number, request.name, request.operator, self._product, view, settings.jpeg, settings.caption
            )
            still = self._make_still(gop, request.when, order)
            digest = hashlib.sha256(still.data).hexdigest()
            path = self._save(request, settings, still, digest, bool(view.masks)) if request.save else None
        except DriverError as error:
            raise SnapshotFailed(f"No snapshot was taken. {error.sentence}") from error
        except FolderInUse as error:
            raise SnapshotFailed(f"The snapshot could not be saved. {error}") from error
        except OSError as error:
            raise SnapshotFailed(
                f"The snapshot could not be saved into {settings.folder}: {error.strerror or error}. Check the disk, "
                "or choose another folder."
            ) from error
        return Snapshot(request, still, digest, path, note)

    def _source(self, request: SnapshotRequest) -> tuple[Gop, str]:
        """The footage if it is as large as the main stream or the only moment there is; else the main stream."""
        kept = self._kept(request)
        if kept is not None and (request.when is not None or self._large(kept, request)):
            return kept, ""
        if request.main is None:
            if kept is None:
                raise SnapshotFailed(f"There is no picture of camera {request.number} to take. Wait until it is live.")
            return kept, ""
        try:
            return self._grab(request.main(), GRAB_SECONDS), ""
        except DriverError as error:
            if kept is None:
                raise
            return kept, f"It has the size of the small stream, because the main stream did not come. {error.sentence}"

    def _kept(self, request: SnapshotRequest) -> Gop | None:
        if request.footage is None:
            return None
        if request.when is not None:
            return request.footage.gop_at(request.when)
        now = self._clock()
        gop = request.footage.gop_at(now)
        return gop if gop is not None and gop.end >= now - FRESH_SECONDS else None

    @staticmethod
    def _large(gop: Gop, request: SnapshotRequest) -> bool:
        return gop.parameters.width * gop.parameters.height >= max(1, request.main_pixels)

    def _save(
        self, request: SnapshotRequest, settings: SnapshotSettings, still: Still, digest: str, masked: bool
    ) -> Path:
        folder = settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        try:
            path = _free_name(folder, still, request, ".jpg" if settings.jpeg else ".png")
            save_atomically(path, still.data)
            fields = {
                "file": path.name,
                "camera": request.number,
                "name": request.name,
                "operator": request.operator,
                "taken": utc_text(still.taken),
                "clock": "camera" if still.by_sender else "computer",
                "width": still.width,
                "height": still.height,
                "masked": masked,
                "masks_lifted": request.lift_masks and bool(request.view.masks),
                "bytes": len(still.data),
                "sha256": digest,
            }
            Manifest(folder, self._clock).append("snapshot", fields)
        finally:
            lock.release()
        return path


def _locked(folder: Path) -> FolderLock:
    """Two snapshots at a time, or two programs, take turns."""
    ends = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return FolderLock(folder)
        except FolderInUse:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)


def _free_name(folder: Path, still: Still, request: SnapshotRequest, suffix: str) -> Path:
    name = f"{moment_name(still.taken)} camera {request.number} {safe_name(request.name)}"
    for again in range(1, 1000):
        path = folder / f"{name}{'' if again == 1 else f' ({again})'}{suffix}"
        if not path.exists():
            return path
    raise FileExistsError(17, "too many snapshots of the same moment", str(folder))


def told(snapshot: Snapshot) -> str:
    """The sentence for the status line."""
    still = snapshot.still
    moment = datetime.fromtimestamp(still.taken, UTC)
    clock = "camera's time" if still.by_sender else "this computer's time"
    where = f"saved as {snapshot.path.name}" if snapshot.path else "taken"
    sentence = (
        f"Snapshot of camera {snapshot.request.number} {where}: {still.width} x {still.height}, "
        f"{moment:%H:%M:%S} UTC ({clock}). {snapshot.note}"
    )
    return sentence.strip()
