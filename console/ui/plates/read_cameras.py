"""What the search for plates asks of whoever knows the site's cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.model.named_cameras import AskedCameras, CameraWords, as_sources_say, own_words
from console.model.plate_queries import SeenPlate


def _unknown(read: SeenPlate) -> bool:
    return False


def _nothing(read: SeenPlate) -> None:
    """There is no wall."""


def _none(names: Sequence[str]) -> tuple[str, ...]:
    """Without a site no name is strange."""
    return ()


@dataclass(frozen=True, slots=True)
class ReadCameras:
    """All are called on the Qt thread: what people call a camera, which cameras are meant by what was typed, whether
    the camera of a read is the site's, its live picture, its replay at the moment of the read, and which names that
    were asked for are no camera of the site."""

    words: CameraWords = own_words
    asked: AskedCameras = as_sources_say
    known: Callable[[SeenPlate], bool] = _unknown
    live: Callable[[SeenPlate], None] = _nothing
    replay: Callable[[SeenPlate], None] = _nothing
    strangers: Callable[[Sequence[str]], tuple[str, ...]] = _none


NO_CAMERAS = ReadCameras()
