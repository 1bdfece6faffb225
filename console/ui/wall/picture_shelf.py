"""Pictures from files for tiles: read and shrunk in a thread of their own, kept in bounded number."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader

from console.services.threads import lower_priority

MAX_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 64_000_000
"""Of a file, before it is shrunk; an 8k screen has 33 million."""
READ_SECONDS = 10.0
"""How long reading one file may take, for folders that lie on a network."""
KEPT, KEPT_PIXELS = 64, 40_000_000
"""Pictures kept and their pixels together, four bytes each; the ones not looked at for longest go first."""
AGAIN_SECONDS = 30.0
"""After which a shown file is looked at again, in case somebody has put a newer plan there."""
FORMATS = frozenset({"png", "jpeg", "webp", "bmp"})
"""Formats that hold pixels and nothing else: no scripts, no links to other files."""


class PictureError(Exception):
    """A picture that can not be shown. The sentence names the file and what to do."""

    def __init__(self, file: str, problem: str, advice: str) -> None:
        super().__init__(f"{file}: {problem}. {advice}")


@dataclass(frozen=True, slots=True)
class Shot:
    """What became of a file: an image that fits the asked size, or a sentence; neither while it is being read."""

    image: QImage | None = None
    sentence: str = ""


@dataclass(slots=True)
class _Place:
    shot: Shot
    stamp: tuple[int, int] = (0, 0)
    """Time of change in ns and size of the file that was read; (0, 0): none."""
    asked: float = 0.0

    @property
    def pixels(self) -> int:
        image = self.shot.image
        return 0 if image is None else image.width() * image.height()


Key = tuple[str, int, int]


class PictureShelf(QObject):
    """``look`` is called on the Qt thread and never waits; one worker reads. ``came`` says on the Qt thread that a file
    has something new to show (the worker emits it, so it arrives queued). ``close`` ends the worker."""

    came = Signal(str)
    _read = Signal(object, object, object)

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder, self._clock = folder, clock
        self._kept: dict[Key, _Place] = {}
        self._wanted: queue.SimpleQueue[tuple[Key, tuple[int, int]] | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._closed = False
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def look(self, file: str, width: int, height: int) -> Shot:
        """The picture shrunk to fit ``width`` x ``height`` device pixels, as far as it is known by now."""
        key, now = (file, width, height), self._clock()
        place = self._kept.pop(key, None)
        if place is None:
            place = _Place(self._other_size(file), asked=now)
            self._ask(key, place)
        elif now - place.asked >= AGAIN_SECONDS:
            place.asked = now
            self._ask(key, place)
        self._kept[key] = place  # the newest at the end
        pixels = sum(each.pixels for each in self._kept.values())
        while len(self._kept) > KEPT or (pixels > KEPT_PIXELS and len(self._kept) > 1):
            pixels -= self._kept.pop(next(iter(self._kept))).pixels
        return place.shot

    def close(self) -> None:
        """End the worker, after what it is reading."""
        self._closed = True
        worker, self._worker = self._worker, None
        if worker is not None:
            self._wanted.put(None)
            worker.join(READ_SECONDS)

    def _other_size(self, file: str) -> Shot:
        """The same picture for a tile of another size, until the right one is there."""
        return next((place.shot for key, place in reversed(self._kept.items()) if key[0] == file), Shot())

    def _ask(self, key: Key, place: _Place) -> None:
        if self._closed:
            return
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="pictures of tiles", daemon=True)
            self._worker.start()
        self._wanted.put((key, place.stamp))

    def _take(self, key: Key, shot: Shot, stamp: tuple[int, int]) -> None:
        place = self._kept.get(key)
        if place is not None and (place.shot, place.stamp) != (shot, stamp):
            place.shot, place.stamp = shot, stamp
            self.came.emit(key[0])

    # In the worker

    def _work(self) -> None:
        lower_priority()
        while (wanted := self._wanted.get()) is not None:
            key, stamp = wanted
            if key not in self._kept:
                continue  # while a window is resized, sizes come and go
            file, width, height = key
            try:
                path = allowed(self._folder, file)
                fresh = _stamp(path, file)
                if fresh == stamp:
                    continue
                shot = Shot(load(path, file, QSize(width, height)))
            except PictureError as error:
                fresh, shot = (0, 0), Shot(sentence=str(error))
            self._read.emit(key, shot, fresh)


def allowed(folder: Path, file: str) -> Path:
    """The path of ``file`` inside ``folder``. PictureError if it leads outside, by ``..``, a link or a full path."""
    if "\0" in file:
        raise PictureError(repr(file), "this is no file name", "Choose another file.")
    try:
        base = folder.resolve(strict=True)
        path = (base / file).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise PictureError(file, "there is no such file", f"Put it into the folder {folder.name!r}.") from error
    if not path.is_relative_to(base):
        raise PictureError(file, "it lies outside the folder for pictures", f"Copy it into {folder.name!r}.")
    return path


def load(path: Path, file: str, fit: QSize) -> QImage:
    """Read a picture, shrunk to fit (never enlarged), oriented as its camera says. PictureError otherwise. ``file`` is
    what the sentence calls it. Blocks: not for the Qt thread."""
    data = QByteArray(_bytes(path, file))
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    kind = reader.format().toStdString()
    if kind not in FORMATS:
        raise PictureError(file, "this is no PNG, JPEG, WebP or BMP picture", "Save it as PNG and try again.")
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > MAX_PIXELS:
        raise PictureError(file, f"it has more than {MAX_PIXELS // 1_000_000} million pixels", "Save it smaller.")
    turned = bool(reader.transformation().value & QImageIOHandler.Transformation.TransformationRotate90.value)
    box = fit.transposed() if turned else fit
    if size.width() > box.width() or size.height() > box.height():
        reader.setScaledSize(size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
    image = reader.read()
    if image.isNull():
        raise PictureError(file, f"it can not be read ({reader.errorString().rstrip('.')})", "Save it again as PNG.")
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _stamp(path: Path, file: str) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise PictureError(file, "it can not be read", "Check its permissions.") from error
    return found.st_mtime_ns, found.st_size


def _bytes(path: Path, file: str) -> bytes:
    """The whole file, within size and time."""
    until = time.monotonic() + READ_SECONDS
    parts: list[bytes] = []
    size = 0
    try:
        if not path.is_file():
            raise PictureError(file, "this is no file", "Choose a picture.")
        with path.open("rb") as stream:
            while part := stream.read(1 << 20):
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES:
                    raise PictureError(file, f"it is larger than {MAX_BYTES >> 20} MB", "Save it smaller.")
                if time.monotonic() > until:
                    raise PictureError(file, "reading it takes too long", "Copy it to this computer.")
    except OSError as error:
        raise PictureError(file, "it can not be read", "Check its permissions.") from error
    return b"".join(parts)
