"""What an ONVIF camera's analytics tell in its metadata stream: frames with the cars that are in sight.

Source: ONVIF's ``metadatastream.xsd``. A car stands in each frame until it is gone, as with real cameras; its picture
comes once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from drivers.virtual.onvif.context import SOURCE
from drivers.virtual.onvif.wire import NAMESPACES, Markup, tag
from drivers.virtual.plates.event_messages import Notification

IN_SIGHT_S = 1.2
"""So long a car that was read stays in the picture."""
_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<tt:MetadataStream xmlns:tt="{NAMESPACES["tt"]}">'


class Analytics:
    """What one camera has in sight. City's loop only. ``clock`` is the camera's own, in seconds since 1970; ``mono``
    tells how long ago something was."""

    def __init__(self, clock: Callable[[], float], mono: Callable[[], float]) -> None:
        self._clock, self._mono = clock, mono
        self._seen: list[tuple[float, Markup]] = []

    def see(self, event: Notification, at: float) -> bytes:
        """The document of the frame in which a plate was read, at ``at`` by the camera's clock."""
        self._forget()
        self._seen.append((self._mono(), _object(event, picture=False)))
        document = _document(at, [_object(event, picture=True)])
        return document[: len(document) // 2] if event.cut else document

    def look(self) -> bytes:
        """The document of the frame of now, often an empty one."""
        self._forget()
        return _document(self._clock(), [markup for _, markup in self._seen])

    def _forget(self) -> None:
        since = self._mono() - IN_SIGHT_S
        self._seen = [each for each in self._seen if each[0] >= since]


def _document(at: float, objects: Iterable[Markup]) -> bytes:
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    frame = tag("tt:Frame", *objects, UtcTime=time, Source=SOURCE)
    return f"{_HEAD}{tag('tt:VideoAnalytics', frame)}</tt:MetadataStream>\n".encode()


def _object(event: Notification, picture: bool) -> Markup:
    image = event.data.get("Image", "") if picture else ""
    across, up = event.middle
    shape = tag("tt:Shape", event.elements["BoundingBox"], tag("tt:CenterOfGravity", x=f"{across:.4f}", y=f"{up:.4f}"))
    appearance = tag(
        "tt:Appearance",
        shape,
        tag("tt:Class", tag("tt:Type", "Vehicle", Likelihood=event.data["Likelihood"])),
        event.elements["VehicleInfo"],
        event.elements["LicensePlateInfo"],
        tag("tt:Image", image) if image else None,
    )
    behaviour = tag("tt:Behaviour", tag("tt:Speed", event.data["Speed"]))
    return tag("tt:Object", appearance, behaviour, ObjectId=event.data["ObjectId"])
