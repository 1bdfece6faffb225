"""Cameras called up by number, as on a CCTV keyboard: 17, tile.camera 5.17, monitor.tile.camera 2.5.17. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from console.model.wall import Wall

LONGEST = 5
"""Digits of a number; cameras have no more."""
PARTS = 3


class CallUpError(ValueError):
    """What was typed can not be done. The sentence says what is wrong with it and what to type."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}. {advice}")


@dataclass(frozen=True, slots=True)
class CallUp:
    """What was typed. ``monitor`` and ``tile`` (both from 1): None is the present one; ``camera``: None only
    selects."""

    monitor: int | None = None
    tile: int | None = None
    camera: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a call-up means on a wall: the number of a monitor that is there, the index (from 0) of one of its tiles,
    and a camera of the site, or None if the tile is only selected."""

    monitor: int
    tile: int
    camera: int | None


def parse(text: str) -> CallUp:
    """Up to three numbers with dots between them: "17", "5.17", "2.5.17"; "2.5." names a tile alone, and a number left
    out before a dot ("2..17") means the present one. CallUpError, with a sentence, for anything else."""
    parts = text.strip().split(".")
    if len(parts) > PARTS:
        raise CallUpError("There are too many dots", "Type monitor.tile.camera, such as 2.5.17.")
    numbers = [_number(part) for part in parts]
    if all(number is None for number in numbers):
        raise CallUpError("No number was typed", "Type the number of a camera, then Enter.")
    monitor, tile, camera = [None] * (PARTS - len(numbers)) + numbers
    return CallUp(monitor, tile, camera)


def resolve(call: CallUp, wall: Wall, cameras: Collection[int], monitor: int = 1) -> Target:
    """What is meant on this wall, with ``monitor`` the present one and ``cameras`` the numbers of the site. CallUpError
    where a monitor, tile or camera is not there."""
    number = monitor if call.monitor is None else call.monitor
    there = wall.monitor(number)
    if there is None:
        known = ", ".join(str(each.number) for each in wall.monitors)
        raise CallUpError(f"There is no monitor {number}", f"The wall has {known}." if known else "The wall has none.")
    tiles = len(there.state.layout.cells)
    tile = there.state.selected + 1 if call.tile is None else call.tile
    if not 1 <= tile <= tiles:
        only = "one tile" if tiles == 1 else f"{tiles} tiles"
        raise CallUpError(f"Monitor {number} has no tile {tile}", f"It shows {only}; type 1 to {tiles}.")
    if call.camera is not None and call.camera not in cameras:
        raise CallUpError(f"There is no camera {call.camera}", "Ctrl+K finds cameras by name.")
    return Target(number, tile - 1, call.camera)


def next_camera(numbers: Collection[int], current: int | None, step: int = 1) -> int | None:
    """The camera ``step`` numbers further (or back) among those that there are, round from the last to the first. From
    none, or one that is not there, the nearest in that direction. None where there are no cameras."""
    ordered = sorted(set(numbers))
    if not ordered:
        return None
    if current is None:
        return ordered[(step - 1 if step > 0 else step) % len(ordered)]
    below = sum(number < current for number in ordered)
    if current not in numbers and step > 0:
        below -= 1
    return ordered[(below + step) % len(ordered)]


@dataclass(frozen=True, slots=True)
class LastCameras:
    """Per tile (number of the monitor, index of the tile) the camera that an operator put there and the one before it,
    so that one key goes back and forth. Immutable."""

    pairs: Mapping[tuple[int, int], tuple[int, int | None]] = field(default_factory=dict)

    def showing(self, monitor: int, tile: int, camera: int | None) -> LastCameras:
        """A tile shows this camera now. Nothing (None) is no camera to go back to."""
        now, _ = self.pairs.get((monitor, tile), (None, None))
        if camera is None or camera == now:
            return self
        return LastCameras({**self.pairs, (monitor, tile): (camera, now)})

    def before(self, monitor: int, tile: int, shown: int | None) -> int | None:
        """The camera to go back to from what the tile shows (None: nothing); None where there is none."""
        now, before = self.pairs.get((monitor, tile), (None, None))
        return now if shown != now else before

    def without(self, camera: int) -> LastCameras:
        """A camera is no more."""
        left = {
            place: (now, None if before == camera else before)
            for place, (now, before) in self.pairs.items()
            if now != camera
        }
        return LastCameras(left)


class Keypad:
    """Digits and dots typed on the wall: collected until Enter, forgotten by Esc. The desk feeds it keys."""

    def __init__(self) -> None:
        self.text = ""

    def digit(self, digit: str) -> None:
        """One more digit; a sixth in one number begins that number anew."""
        before, dot, last = self.text.rpartition(".")
        self.text = before + dot + (digit if len(last) >= LONGEST else last + digit)

    def dot(self) -> None:
        """The end of the monitor's or the tile's number; a third dot is not taken."""
        if self.text.count(".") < PARTS - 1:
            self.text += "."

    def rub_out(self) -> None:
        """Take the last key back."""
        self.text = self.text[:-1]

    def clear(self) -> None:
        """Forget what was typed."""
        self.text = ""

    def enter(self) -> CallUp | None:
        """What was typed, None if nothing was; forgets it, also where it raises CallUpError."""
        text, self.text = self.text, ""
        return parse(text) if text else None


def _number(part: str) -> int | None:
    if not part:
        return None
    if not (part.isascii() and part.isdigit()):
        raise CallUpError(f"{part[:20]!r} is no number", "Type digits and dots, such as 17 or 2.5.17.")
    if len(part) > LONGEST:
        raise CallUpError(f"{part[:20]} is too long for a number", f"Numbers have up to {LONGEST} digits.")
    if int(part) == 0:
        raise CallUpError("Numbers begin at 1", "Type the number of a camera, or monitor.tile.camera.")
    return int(part)
