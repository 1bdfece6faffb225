"""Export of a range of time: one file a camera as it was recorded, with a manifest that others can check."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.model.recording import moment_name, safe_name, utc_text
from console.services.export_papers import ExportedFile, write_papers
from console.services.footage import Footage
from console.services.recorder import disk_space
from console.services.recording_files import DiskSpace
from console.store.recordings import file_hash
from drivers.clips import ClipFacts, ClipSink, ClipTags, ClipWriting, GopMaskers, GopMasking
from drivers.errors import DriverError
from drivers.types import Gop, Polygon

GAP_SECONDS = 2.0
"""Where nothing came for longer, a new file begins: no file looks as if it went on."""
MASKED_SHARE = 2.0
"""Pictures encoded again take more than they came with, about."""
_SPARE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class ExportCamera:
    """One camera of an export; ``masks`` are what the site hides of it."""

    number: int
    name: str
    footage: Footage
    masks: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export: ``start`` to ``end`` (UTC seconds) of ``cameras``, into a new folder within ``folder``. Masks are
    burnt in unless ``lift_masks``, which the caller grants."""

    start: float
    end: float
    cameras: tuple[ExportCamera, ...]
    folder: Path
    operator: str = ""
    reason: str = ""
    lift_masks: bool = False


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """``share`` from 0 to 1, and what is done now."""

    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Exported:
    """``folder`` holds it all; ``missing`` are numbers of cameras of which there was nothing."""

    folder: Path
    files: tuple[ExportedFile, ...]
    missing: tuple[int, ...]


class ExportFailed(Exception):
    """Nothing was exported and nothing half is left. The text is a sentence for the operator."""


class ExportCancelled(Exception):
    """The operator stopped it; nothing is left of it."""


class ExportRun:
    """An export under way: ``cancel`` from any thread; ``done`` gives Exported, ExportFailed or ExportCancelled."""

    def __init__(self) -> None:
        self.done: Future[Exported]
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Stop soon, and remove what was written."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether it shall stop."""
        return self._stop.is_set()


class Exporter:
    """``start`` from the Qt thread; one export at a time works in a thread of its own, others wait for it."""

    def __init__(
        self,
        open_clip: ClipWriting,
        masker: GopMaskers,
        space: DiskSpace = disk_space,
        clock: Callable[[], float] = time.time,
        product: str = "Watchfloor",
    ) -> None:
        self._open_clip, self._masker, self._space = open_clip, masker, space
        self._clock, self._product = clock, product
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._runs: list[ExportRun] = []

    def start(self, request: ExportRequest, progress: Callable[[ExportProgress], None]) -> ExportRun:
        """Begin; returns at once. ``progress`` is called in the worker."""
        run = ExportRun()
        self._runs = [each for each in self._runs if not each.done.done()] + [run]
        run.done = self._pool.submit(self._run, request, progress, run)
        return run

    def close(self) -> None:
        """Cancel what runs and wait for its end."""
        for run in self._runs:
            run.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    # In the worker from here on.

    def _run(self, request: ExportRequest, progress: Callable[[ExportProgress], None], run: ExportRun) -> Exported:
        if not request.cameras or not request.end > request.start:
            raise ExportFailed("Nothing was exported: choose at least one camera, and an end after the start.")
        half: Path | None = None
        try:
            progress(ExportProgress(0.0, "Looking what there is"))
            request.folder.mkdir(parents=True, exist_ok=True)
            self._check_space(request)
            final = _free_name(request)
            half = final.with_name(f"{final.name}.part")
            half.mkdir()
            job = _Job(request, half, self._open_clip, self._masker, progress, run, self._product)
            files = job.all_cameras()
            found = {each.number for each in files}
            missing = tuple(each.number for each in request.cameras if each.number not in found)
            if not files:
                raise ExportFailed("Nothing was exported: there is no recording of these cameras in that time.")
            progress(ExportProgress(1.0, "Writing the manifest"))
            _write_papers(half, request, files, missing, self._clock(), self._product)
            half.rename(final)
        except DriverError as error:
            raise ExportFailed(f"Nothing was exported. {error.sentence}") from error
        except OSError as error:
            raise ExportFailed(_disk_sentence(error, request.folder)) from error
        finally:
            if half is not None and half.exists():
                shutil.rmtree(half, ignore_errors=True)
        return Exported(final, tuple(files), missing)

    def _check_space(self, request: ExportRequest) -> None:
        needed = _SPARE_BYTES + sum(_guess(camera, request) for camera in request.cameras)
        _, free = self._space(request.folder)
        if needed > free:
            raise ExportFailed(
                f"Nothing was exported: about {_size(needed)} are needed and {_size(free)} are free in "
                f"{request.folder}. Choose another folder, fewer cameras or a shorter time."
            )


class _Job:
    """The files of one export, one camera after the other."""

    def __init__(
        self,
        request: ExportRequest,
        folder: Path,
        open_clip: ClipWriting,
        masker: GopMaskers,
        progress: Callable[[ExportProgress], None],
        run: ExportRun,
        product: str,
    ) -> None:
        self._request, self._folder = request, folder
        self._open_clip, self._masker = open_clip, masker
        self._progress, self._run, self._product = progress, run, product
        self._files: list[ExportedFile] = []
        self._clip: ClipSink | None = None
        self._path = folder

    def all_cameras(self) -> list[ExportedFile]:
        """Export them. Raises OSError, DriverError and ExportCancelled; open files are then closed."""
        try:
            for place, camera in enumerate(self._request.cameras):
                self._camera(camera, place)
        finally:
            if self._clip is not None:
                self._clip.abandon()
        return self._files

    def _camera(self, camera: ExportCamera, place: int) -> None:
        masked = bool(camera.masks) and not self._request.lift_masks
        masking = self._masker(f"camera {camera.number} {camera.name}", camera.masks) if masked else None
        try:
            end = None
            for gop in range_of(camera.footage, self._request.start, self._request.end):
                if self._run.cancelled:
                    raise ExportCancelled("The export was cancelled; nothing is left of it.")
                share = (gop.start - self._request.start) / (self._request.end - self._request.start)
                whole = (place + min(1.0, max(0.0, share))) / len(self._request.cameras)
                self._progress(ExportProgress(whole, f"Camera {camera.number} {camera.name}"))
                if end is not None and gop.start - end > GAP_SECONDS:
                    self._close(camera, masked)
                end = gop.end
                self._write(camera, gop, masking, masked)
            self._close(camera, masked)
        finally:
            if masking is not None:
                masking.close()

    def _write(self, camera: ExportCamera, gop: Gop, masking: GopMasking | None, masked: bool) -> None:
        made = gop if masking is None else masking.convert(gop)
        if made is None:
            return  # not one picture of it decodes
        if self._clip is not None and not self._clip.fits(made.parameters, made.packets[0]):
            self._close(camera, masked)
        if self._clip is None:
            name = f"camera {camera.number} {safe_name(camera.name)} {moment_name(made.start)}"
            self._path = self._folder / f"{name}.mp4"
            tags = ClipTags(camera.number, camera.name, self._request.operator, self._product)
            self._clip = self._open_clip(self._path, made.parameters, tags)
        for packet in made.packets:
            self._clip.write(packet)

    def _close(self, camera: ExportCamera, masked: bool) -> None:
        if self._clip is None:
            return
        facts: ClipFacts = self._clip.close()
        self._clip = None
        self._files.append(
            ExportedFile(self._path.name, camera.number, camera.name, facts, file_hash(self._path), masked)
        )


def range_of(footage: Footage, start: float, end: float) -> Iterator[Gop]:
    """The GOPs from the key frame at or before ``start`` to ``end``; the last one is cut there, in the order of
    decoding, so that all that is left can be decoded."""
    gop = footage.gop_at(start)
    while gop is not None and gop.start <= end:
        if gop.end >= start:
            packets = tuple(each for each in gop.packets if each.arrived <= end)
            yield gop if len(packets) == len(gop.packets) else replace(gop, packets=packets)
        gop = footage.gop_after(gop.start)


def _guess(camera: ExportCamera, request: ExportRequest) -> int:
    """About how many bytes: by its first second or two, and how much of the time there is footage of."""
    first = next(range_of(camera.footage, request.start, request.end), None)
    if first is None:
        return 0
    following = camera.footage.gop_after(first.start)
    lasted = (following.start if following is not None else first.end) - first.start
    rate = sum(len(each.data) for each in first.packets) / max(0.1, min(lasted, 60.0))
    seen = sum(max(0.0, min(span.end, request.end) - max(span.start, request.start)) for span in camera.footage.spans())
    masked = bool(camera.masks) and not request.lift_masks
    return int(rate * seen * (MASKED_SHARE if masked else 1.1))


def _free_name(request: ExportRequest) -> Path:
    name = f"Watchfloor export {moment_name(request.start)[:19]} to {moment_name(request.end)[11:19]}"
    for again in range(1, 1000):
        path = request.folder / (name if again == 1 else f"{name} ({again})")
        if not path.exists() and not path.with_name(f"{path.name}.part").exists():
            return path
    raise FileExistsError(errno.EEXIST, "too many exports of the same time", str(request.folder))


def _write_papers(
    folder: Path,
    request: ExportRequest,
    files: list[ExportedFile],
    missing: tuple[int, ...],
    now: float,
    product: str,
) -> None:
    cameras: list[dict[str, Any]] = []
    for camera in request.cameras:
        masks = "lifted" if request.lift_masks else "burnt in; the pictures were encoded again"
        cameras.append(
            {
                "number": camera.number,
                "name": camera.name,
                "masks": masks if camera.masks else "none",
                "found": camera.number not in missing,
            }
        )
    about = {
        "schema_version": 1,
        "product": product,
        "operator": request.operator,
        "reason": request.reason[:4000],
        "exported": utc_text(now),
        "from": utc_text(request.start),
        "to": utc_text(request.end),
        "cameras": cameras,
    }
    write_papers(folder, about, files)


def _disk_sentence(error: OSError, folder: Path) -> str:
    what = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return f"Nothing was exported into {folder}: {what}. Choose another folder, or free some space, and try again."


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
