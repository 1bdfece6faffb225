"""Ranges and spaces of devices, and the numbers of ``drivers.ptz`` scaled to and from them. Pure.

Source: ONVIF PTZ Service Specification, chapter 5.7 (generic spaces and those in degrees and millimetres).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from drivers.onvif.reading import get, items, text
from drivers.ptz import Axes, Axis

_LARGEST = 1e6
_SMALLEST = 1e-6
"""A range narrower than that cannot be divided by, one with larger ends is no range of a camera."""
_BEYOND = 0.05
"""How much of its range a device may be outside of it; rounding and overshoot, no other unit."""
_DIGITAL = "digital"
_IN_UNITS = ("spherical", "degrees", "millimeter", "fov")


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``, which is above it; both finite and sane. ``read_range`` makes sure of that."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    def at(self, part: float) -> float:
        """The value at a part of the range, 0 its low end and 1 its high one; what is outside is taken to the end."""
        return self.low + self.width * clamp(part, 0.0, 1.0)

    def part(self, value: Any) -> float | None:
        """Which part of the range a value is; None where it is no number or far outside."""
        found = finite(value)
        if found is None:
            return None
        part = (found - self.low) / self.width
        return clamp(part, 0.0, 1.0) if -_BEYOND <= part <= 1.0 + _BEYOND else None

    def way(self, share: float) -> float:
        """A speed or a way in [-1, 1], zero staying zero; for ranges that are ``two_sided``."""
        share = clamp(share, -1.0, 1.0)
        return share * self.high if share >= 0 else -share * self.low

    @property
    def two_sided(self) -> bool:
        """Whether there is a way to either side of zero."""
        return self.low < 0 < self.high


def finite(value: Any) -> float | None:
    """A finite number, or None."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def clamp(value: float, low: float, high: float) -> float:
    """``value`` within bounds. What is no number becomes what moves nothing, or the bound nearest to it."""
    return min(high, max(low, value if math.isfinite(value) else 0.0))


def read_range(value: Any, path: str = "", low: str = "Min", high: str = "Max") -> Range | None:
    """A range of two fields; None where one is missing or the two are zero apart, inverted or absurd."""
    found = get(value, path) if path else value
    first, last = finite(get(found, low)), finite(get(found, high))
    if first is None or last is None or max(abs(first), abs(last)) > _LARGEST or last - first < _SMALLEST:
        return None
    return Range(first, last)


class Kind(enum.Enum):
    """What a space measures: the names of its elements for pan/tilt and for zoom."""

    ABSOLUTE = ("AbsolutePanTiltPositionSpace", "AbsoluteZoomPositionSpace")
    RELATIVE = ("RelativePanTiltTranslationSpace", "RelativeZoomTranslationSpace")
    CONTINUOUS = ("ContinuousPanTiltVelocitySpace", "ContinuousZoomVelocitySpace")
    SPEED = ("PanTiltSpeedSpace", "ZoomSpeedSpace")


@dataclass(frozen=True, slots=True)
class Space:
    """One space of one axis; ``y`` is there for pan and tilt, where the space has two ranges."""

    uri: str
    x: Range
    y: Range | None = None

    @property
    def generic(self) -> bool:
        return "generic" in self.uri.lower()

    @property
    def in_degrees(self) -> bool:
        return "degrees" in self.uri.lower()


@dataclass(frozen=True, slots=True)
class Spaces:
    """The sane spaces of a head by kind and axis, best first: generic ones, then a maker's own, then those in units."""

    found: dict[tuple[Kind, Axis], tuple[Space, ...]]

    def best(self, kind: Kind, axis: Axis) -> Space | None:
        """The space to speak in; None where the axis cannot do it."""
        spaces = self.found.get((kind, axis), ())
        return spaces[0] if spaces else None

    def axes(self, kind: Kind) -> frozenset[Axis]:
        """Which axes can do it."""
        return frozenset(axis for axis in Axis if self.best(kind, axis) is not None)

    def named(self, axis: Axis, uri: str) -> Space | None:
        """The position space of this name, or the best one where the name says nothing."""
        spaces = self.found.get((Kind.ABSOLUTE, axis), ())
        return next((space for space in spaces if uri and space.uri == uri), spaces[0] if spaces else None)

    def degrees(self) -> Space | None:
        """Pan and tilt in degrees, where the head tells them."""
        spaces = self.found.get((Kind.ABSOLUTE, Axis.PAN_TILT), ())
        return next((space for space in spaces if space.in_degrees), None)


_GENERIC = "http://www.onvif.org/ver10/tptz/"
_SPAN = Range(-1.0, 1.0)
GENERIC_CONTINUOUS = Spaces(
    {
        (Kind.CONTINUOUS, Axis.PAN_TILT): (Space(_GENERIC + "PanTiltSpaces/VelocityGenericSpace", _SPAN, _SPAN),),
        (Kind.CONTINUOUS, Axis.ZOOM): (Space(_GENERIC + "ZoomSpaces/VelocityGenericSpace", _SPAN),),
    }
)
"""For heads that do not tell their spaces: what every one has to know (PTZ specification, 5.7.1)."""


def read_spaces(value: Any) -> Spaces:
    """The spaces in ``tt:PTZSpaces``, whatever a device made of them. Digital zoom is no movement and left out."""
    found: dict[tuple[Kind, Axis], tuple[Space, ...]] = {}
    for kind in Kind:
        for axis, name in zip(Axis, kind.value, strict=True):
            spaces = [space for item in items(get(value, name)) if (space := _space(item, kind, axis)) is not None]
            if spaces:
                found[kind, axis] = tuple(sorted(spaces, key=_rank))
    return Spaces(found)


def _space(item: Any, kind: Kind, axis: Axis) -> Space | None:
    uri = text(item, "URI")
    x = read_range(item, "XRange")
    y = read_range(item, "YRange") if axis is Axis.PAN_TILT and kind is not Kind.SPEED else None
    if x is None or _DIGITAL in uri.lower():
        return None
    if axis is Axis.PAN_TILT and kind is not Kind.SPEED and y is None:
        return None
    if kind in (Kind.CONTINUOUS, Kind.RELATIVE) and not all(one.two_sided for one in (x, y) if one is not None):
        return None
    return Space(uri, x, y)


def _rank(space: Space) -> int:
    if space.generic:
        return 0
    return 2 if any(word in space.uri.lower() for word in _IN_UNITS) else 1


def vector(spaces: Spaces, kind: Kind, wanted: Axes) -> dict[str, dict[str, Any]]:
    """What goes into a PTZ vector; axes that the head lacks are left out, so it may be empty. ``wanted`` names pan and
    tilt together for positions; a speed or way that is None is zero."""
    made: dict[str, dict[str, Any]] = {}
    scale = _positions if kind is Kind.ABSOLUTE else _ways
    both, zoom = spaces.best(kind, Axis.PAN_TILT), spaces.best(kind, Axis.ZOOM)
    if both is not None and both.y is not None and Axis.PAN_TILT in wanted.axes:
        x, y = scale(both.x, wanted.pan or 0.0, True), scale(both.y, wanted.tilt or 0.0, True)
        made["PanTilt"] = {"x": x, "y": y, **_uri(both)}
    if zoom is not None and Axis.ZOOM in wanted.axes:
        made["Zoom"] = {"x": scale(zoom.x, wanted.zoom or 0.0, False), **_uri(zoom)}
    return made


def _uri(space: Space) -> dict[str, str]:
    return {"space": space.uri} if space.uri else {}


def _positions(one: Range, value: float, centred: bool) -> float:
    return round(one.at((value + 1.0) / 2 if centred else value), 6)


def _ways(one: Range, value: float, centred: bool) -> float:
    return round(one.way(value), 6)


def speed_vector(spaces: Spaces, speed: float | None, axes: Iterable[Axis]) -> dict[str, dict[str, Any]] | None:
    """The Speed of a move at a share (0, 1] of the device's own; None for the device's default."""
    if speed is None:
        return None
    made: dict[str, dict[str, Any]] = {}
    for axis in axes:
        space = spaces.best(Kind.SPEED, axis)
        if space is None or space.x.high <= 0:
            continue
        value = round(clamp(speed, 0.01, 1.0) * space.x.high, 6)
        if axis is Axis.PAN_TILT:
            made["PanTilt"] = {"x": value, "y": value, **_uri(space)}
        else:
            made["Zoom"] = {"x": value, **_uri(space)}
    return made or None


def position(spaces: Spaces, told: Any) -> Axes | None:
    """Where a ``tt:PTZVector`` is, axis by axis; None where it says nothing that makes sense."""
    both = spaces.named(Axis.PAN_TILT, text(told, "PanTilt.space"))
    zoom = spaces.named(Axis.ZOOM, text(told, "Zoom.space"))
    span, unit = Range(-1.0, 1.0), Range(0.0, 1.0)
    x, y = (both.x, both.y or span) if both is not None else (span, span)
    pan, tilt = x.part(get(told, "PanTilt.x")), y.part(get(told, "PanTilt.y"))
    near = (zoom.x if zoom is not None else unit).part(get(told, "Zoom.x"))
    if pan is None or tilt is None:
        pan = tilt = None
    found = Axes(
        None if pan is None else pan * 2 - 1,
        None if tilt is None else tilt * 2 - 1,
        near,
    )
    return found if found.axes else None
