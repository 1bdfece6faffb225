"""Which cameras' pictures this console reads plates from by itself, and how much of the computer that may take."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.types import Polygon

PICTURES_A_SECOND = 5.0
CPU_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class PlateCamera:
    """``camera`` is a camera's id, ``regions`` where in its picture plates are looked for (none: everywhere),
    ``pictures_per_second`` how many pictures are looked at, at most, ``stream`` the token of the stream that is read
    ("": the largest)."""

    camera: str
    regions: tuple[Polygon, ...] = ()
    pictures_per_second: float = PICTURES_A_SECOND
    stream: str = ""


@dataclass(frozen=True, slots=True)
class PlateReading:
    """The cameras, and what all of them together may take of the processor, in cores."""

    cameras: tuple[PlateCamera, ...] = ()
    cpu_share: float = CPU_SHARE

    def without(self, camera: str) -> PlateReading:
        """The same without one camera (its id)."""
        return PlateReading(tuple(each for each in self.cameras if each.camera != camera), self.cpu_share)


NO_PLATE_READING = PlateReading()
