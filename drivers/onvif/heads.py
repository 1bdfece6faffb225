"""What a camera's head tells of itself, read once: spaces, time limits, presets, auxiliary commands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from drivers.onvif.ranges import Kind, Space, Spaces, position
from drivers.onvif.reading import get, items
from drivers.ptz import Axes, Axis, Preset, PtzFeatures, PtzStatus

MAX_PRESETS = 512
MAX_NAME = 64
MAX_TOKEN = 256
_LONGEST_SECONDS = 10.0
"""The longest time-out where a head does not tell its own."""
_MAX_SECONDS = 3600.0
_MAX_AUXILIARY = 32


@dataclass(frozen=True, slots=True)
class Timeouts:
    """From the shortest to the longest time-out of a continuous move, seconds."""

    shortest: float = 0.0
    longest: float = _LONGEST_SECONDS

    def fit(self, seconds: float) -> timedelta:
        """What is sent for ``seconds``: within the range, and never nothing, which some take for ever."""
        wanted = seconds if seconds > 0 else 0.0
        return timedelta(seconds=round(max(0.1, min(max(wanted, self.shortest), self.longest)), 3))


@dataclass(frozen=True, slots=True)
class Place:
    """A preset with the position that it is kept at, where the head tells it."""

    preset: Preset
    position: Axes | None


def clean_name(said: Any, instead: str = "") -> str:
    """A name that can be shown on one line: no control, format or bidirectional characters, at most ``MAX_NAME``."""
    letters = "".join(
        " " if letter.isspace() else letter for letter in str(said or "")[: 64 * MAX_NAME] if _shows(letter)
    )
    return " ".join(letters.split())[:MAX_NAME].strip() or instead


def _shows(letter: str) -> bool:
    return letter.isprintable() or letter.isspace()


def read_places(answer: Any, spaces: Spaces) -> tuple[Place, ...]:
    """The presets of GetPresets in the device's order. Without a token or with one seen before there is nothing that
    could be asked for; a name that cannot be shown is replaced."""
    found: dict[str, Place] = {}
    listed = answer if isinstance(answer, list) else items(answer)
    for number, item in enumerate(listed[:MAX_PRESETS], 1):
        token = get(item, "token")
        if not isinstance(token, str) or not token.strip() or len(token) > MAX_TOKEN or token in found:
            continue
        name = clean_name(get(item, "Name"), f"Preset {number}")
        found[token] = Place(Preset(token, name), position(spaces, get(item, "PTZPosition")))
    return tuple(found.values())


def read_timeouts(options: Any) -> Timeouts:
    """The time-outs in PTZConfigurationOptions."""
    low, high = _seconds(get(options, "PTZTimeout.Min")), _seconds(get(options, "PTZTimeout.Max"))
    if high is None or high <= 0:
        return Timeouts()
    return Timeouts(min(low or 0.0, high), min(high, _MAX_SECONDS))


def _seconds(value: Any) -> float | None:
    try:
        return float(value.total_seconds())
    except (AttributeError, TypeError, ValueError, OverflowError):  # isodate's own durations have no fixed length
        return None


def read_status(answer: Any, spaces: Spaces) -> PtzStatus:
    """The answer of GetStatus."""
    return PtzStatus(position(spaces, get(answer, "Position")), _moving(answer), clean_name(get(answer, "Error")))


def _moving(answer: Any) -> bool | None:
    said = [str(get(answer, f"MoveStatus.{axis}") or "").strip().upper() for axis in ("PanTilt", "Zoom")]
    if "MOVING" in said:
        return True
    return False if "IDLE" in said else None


def read_features(node: Any, spaces: Spaces, timeouts: Timeouts, status: PtzStatus) -> PtzFeatures:
    """All of it together."""
    home = get(node, "HomeSupported")
    degrees = spaces.degrees()
    return PtzFeatures(
        continuous=spaces.axes(Kind.CONTINUOUS),
        absolute=spaces.axes(Kind.ABSOLUTE),
        relative=spaces.axes(Kind.RELATIVE),
        tells_position=status.position is not None,
        tells_motion=status.moving is not None,
        presets=_count(get(node, "MaximumNumberOfPresets")),
        home=home is True,
        fixed_home=get(node, "FixedHomePosition") is True,  # where it is not said, one may try
        auxiliary=tuple(auxiliary(get(node, "AuxiliaryCommands"))),
        longest=timeouts.longest,
        pan_degrees=_degrees(degrees, tilt=False),
        tilt_degrees=_degrees(degrees, tilt=True),
    )


def auxiliary(said: Any) -> Iterable[str]:
    """The auxiliary commands that can be shown and sent back as they are."""
    names = [name for name in items(said) if isinstance(name, str)]
    return dict.fromkeys(name for name in names[:_MAX_AUXILIARY] if name and clean_name(name) == name)


def _degrees(space: Space | None, tilt: bool) -> tuple[float, float] | None:
    one = None if space is None else space.y if tilt else space.x
    return None if one is None else (one.low, one.high)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value <= 100_000 else 0


def same_place(one: Axes | None, other: Axes | None, within: float = 0.005) -> bool:
    """Whether two positions are the same, on every axis that either of them tells; one that tells nothing is not."""
    if one is None or other is None or one.axes != other.axes or Axis.PAN_TILT not in one.axes:
        return False
    pairs = ((one.pan, other.pan), (one.tilt, other.tilt), (one.zoom, other.zoom))
    return all(first is None or second is None or abs(first - second) <= within for first, second in pairs)
