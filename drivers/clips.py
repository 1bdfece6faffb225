"""Clips: files of one camera's packets. The records and Protocols between those who keep footage and ``drivers.video``.

A clip remembers when each packet arrived on this computer's clock, so that what is read back lies on the same time line
as what is live (see ``drivers.types.EncodedPacket``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from drivers.errors import DriverError
from drivers.types import EncodedPacket, Gop, Polygon, StreamParameters, StreamRequest, View


class BadClip(DriverError):
    """A file that is no clip, or one whose content cannot be played."""

    what = "this recording cannot be read"
    advice = "Run 'watchfloor recordings verify' on its folder; restore the file from a copy if there is one."


@dataclass(frozen=True, slots=True)
class ClipTags:
    """What a file says of itself: the camera's number and name, who recorded it, and the program that did."""

    number: int
    name: str
    operator: str = ""
    product: str = "Watchfloor"


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip holds. ``start`` and ``end``: arrival of its first and last packet; ``taken_start``/``taken_end``:
    the sender's own time of them by RTCP, None where it told none; all in UTC seconds since 1970. ``repaired`` counts
    packets whose time stamps could not stay as they came. ``whole`` is False where the file was cut short by a crash or
    a full disk: all that it holds plays, but arrival times between the packets are then those of the sender's clock."""

    bytes: int
    packets: int
    start: float
    end: float
    codec: str = ""
    width: int = 0
    height: int = 0
    taken_start: float | None = None
    taken_end: float | None = None
    repaired: int = 0
    whole: bool = True


class ClipSink(Protocol):
    """A clip that is being written. One thread. All may raise OSError (a full disk) and DriverError; after either only
    ``abandon`` may be called."""

    @property
    def bytes(self) -> int:
        """What is in the file so far."""

    def fits(self, parameters: StreamParameters, packet: EncodedPacket) -> bool:
        """Whether this packet can go into this file: the same codec, size and parameter sets."""

    def write(self, packet: EncodedPacket) -> None:
        """Append; the first one must be a key frame. At most a second of it waits in memory."""

    def sync(self) -> None:
        """Bring what was written onto the disk. ``write`` does so by itself each half second; call it when idle."""

    def close(self) -> ClipFacts:
        """Finish the file. When this returns it is on the disk."""

    def abandon(self) -> ClipFacts | None:
        """Give up the file after an error: what it holds in whole fragments stays playable. None where that is nothing;
        the file is then gone."""


class ClipWriting(Protocol):
    """Makes clips: ``open_clip(path, parameters, tags) -> ClipSink``. The file appears with the first packet."""

    def __call__(self, path: Path, parameters: StreamParameters, tags: ClipTags) -> ClipSink: ...


class ClipSource(Protocol):
    """A closed clip. One thread at a time."""

    @property
    def facts(self) -> ClipFacts:
        """What it holds."""

    @property
    def tags(self) -> ClipTags:
        """What it says of itself."""

    @property
    def starts(self) -> Sequence[float]:
        """When the first packet of each GOP arrived."""

    def gop(self, index: int) -> Gop:
        """GOP number ``index`` of ``starts``. Raises BadClip and OSError."""

    def close(self) -> None:
        """Let go of the file."""


class ClipReading(Protocol):
    """Opens clips: ``read_clip(path) -> ClipSource``. Raises BadClip and OSError."""

    def __call__(self, path: Path) -> ClipSource: ...


class ClipRecovering(Protocol):
    """``recover_clip(path) -> ClipFacts | None``: cuts what a crash left over to what plays; None where nothing does
    (the file is left as it is). Raises OSError."""

    def __call__(self, path: Path) -> ClipFacts | None: ...


class GopMasking(Protocol):
    """Burns masks into pictures: decodes with all filters, paints, encodes as H.264. One thread at a time."""

    def convert(self, gop: Gop) -> Gop | None:
        """The same pictures, masked; None where none could be decoded. Raises DriverError."""

    def close(self) -> None:
        """Free encoder and decoder."""


class GopMaskers(Protocol):
    """Makes maskers: ``masker(name, masks) -> GopMasking``. ``name`` is what error messages call the camera."""

    def __call__(self, name: str, masks: tuple[Polygon, ...]) -> GopMasking: ...


@dataclass(frozen=True, slots=True)
class StillOrder:
    """What a still shall be: whose camera, for whom, how it is seen (with the view's masks painted over), PNG or JPEG,
    with a strip of writing below the picture or without."""

    number: int
    name: str
    operator: str = ""
    product: str = "Watchfloor"
    view: View = field(default_factory=View)
    jpeg: bool = False
    caption: bool = False


@dataclass(frozen=True, slots=True)
class Still:
    """A still as a file's content: ``data`` is PNG or JPEG, sizes in pixels (with the strip, if any). ``taken`` in UTC
    seconds since 1970: the camera's own time where ``by_sender``, else when it arrived on this computer's clock."""

    data: bytes
    width: int
    height: int
    taken: float
    by_sender: bool


class StillMaking(Protocol):
    """Makes stills: ``make_still(gop, when, order) -> Still`` of the picture that was seen at ``when`` (UTC seconds on
    the time line; None: the newest). Any thread; takes CPU, never waits. Raises DriverError."""

    def __call__(self, gop: Gop, when: float | None, order: StillOrder) -> Still: ...


class GopGrabbing(Protocol):
    """Opens a stream once for its first complete picture: ``grab(request, seconds) -> Gop``. Blocks up to about
    ``seconds``, beyond them only for one read. Raises DriverError."""

    def __call__(self, request: StreamRequest, seconds: float) -> Gop: ...
