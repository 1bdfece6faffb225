"""What is dragged onto the canvas: cameras by number, and items that are no cameras by their kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QMimeData

from console.model.items import AlarmsItem, CameraItem, ClockItem, Item, MapItem
from console.ui.wall.surface_input import CAMERA_MIME, dragged_numbers

ITEM_MIME = "application/x-watchfloor-item"
"""The word of an item of the palette."""

READY: dict[str, Item] = {"map": MapItem(), "clock": ClockItem(), "alarms": AlarmsItem()}
"""Items of the palette that need no more to be said."""


def mime_of(numbers: Sequence[int] = (), kind: str = "") -> QMimeData:
    """What a drag carries."""
    mime = QMimeData()
    if numbers:
        mime.setData(CAMERA_MIME, QByteArray(" ".join(map(str, numbers)).encode("ascii")))
    if kind:
        mime.setData(ITEM_MIME, QByteArray(kind.encode("ascii")))
    return mime


def may_drop(mime: QMimeData) -> bool:
    """Whether this is for the canvas."""
    return mime.hasFormat(CAMERA_MIME) or mime.hasFormat(ITEM_MIME)


def cameras_in(mime: QMimeData) -> list[Item]:
    """The cameras of a drag, each once. Drags come from other programs too."""
    return [CameraItem(number) for number in dict.fromkeys(dragged_numbers(mime, CAMERA_MIME))]


def kind_in(mime: QMimeData) -> str:
    """The word of an item of the palette; "" for none."""
    return bytes(mime.data(ITEM_MIME).data()).decode("ascii", "replace")[:20]
