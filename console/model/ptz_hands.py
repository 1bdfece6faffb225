"""From what hands do to what a camera shall do: keys, drags, clicks, rubber bands, wheels. Arithmetic only.

Hands speak of the *screen*: right and up as the operator sees them, in shares of what is shown. A camera whose pictures
are turned or mirrored on this console (``View``) must be told the other way round: ``to_camera`` does that.
"""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass

from drivers.ptz import Axes, Axis, PtzFeatures
from drivers.types import View

DEAD_ZONE = 0.08
EXPONENT = 2.0
SLOW = 0.35
"""The speed of an arrow key without Shift."""
FULL_DRAG = 0.4
"""Share of a tile's smaller side that is dragged for full speed."""
WIDE_DEGREES, ZOOM_RATIO = 62.0, 10.0
"""What is taken for the view of a camera that tells nothing of its lens: how wide without zoom, and how many times
narrower at the end. A click then misses a little, and the next one misses less."""
PAN_DEGREES, TILT_DEGREES = (-180.0, 180.0), (-90.0, 0.0)
"""What is taken for the range of a head that tells no degrees."""
WHEEL_ZOOM = 0.05
"""Share of the zoom's range of one notch."""
SMALLEST_BAND = 0.04
"""Share of the picture's width below which a rubber band is a slip of the hand."""

Vector = tuple[float, float]
"""Right and up."""


def curve(value: float, dead: float = DEAD_ZONE, exponent: float = EXPONENT) -> float:
    """A deflection in [-1, 1] as a speed: nothing in the dead zone, fine control near it, full speed at the end."""
    if math.isnan(value):
        return 0.0
    size = min(1.0, abs(value))
    if size <= dead:
        return 0.0
    return math.copysign(((size - dead) / (1.0 - dead)) ** exponent, value)


def curve2(vector: Vector, dead: float = DEAD_ZONE, exponent: float = EXPONENT) -> Vector:
    """The same for two axes together: the way stays, the length is shaped, so that a slant is no stairs."""
    length = math.hypot(*vector)
    if not math.isfinite(length) or length <= 0.0:
        return 0.0, 0.0
    speed = curve(length, dead, exponent)
    return vector[0] / length * speed, vector[1] / length * speed


def to_camera(vector: Vector, view: View) -> Vector:
    """A screen's right and up as the camera's own. Pictures are mirrored, then turned clockwise; this undoes both.
    A straightened fisheye has its sides where the lens has them."""
    x, y = vector
    for _ in range(view.rotate // 90 % 4):
        x, y = -y, x
    return (-x if view.mirror else x), y


def to_screen(vector: Vector, view: View) -> Vector:
    """The other way: a camera's right and up as they are seen."""
    x, y = vector
    x = -x if view.mirror else x
    for _ in range(view.rotate // 90 % 4):
        x, y = y, -x
    return x, y


def velocity(vector: Vector, zoom: float, view: View, features: PtzFeatures, top: Vector = (1.0, 1.0)) -> Axes:
    """Speeds on the screen as a camera's; axes that it cannot move are left out. ``top``: the most that pan and tilt,
    and zoom, may be."""
    pan, tilt = to_camera(vector, view)
    turns, zooms = Axis.PAN_TILT in features.continuous, Axis.ZOOM in features.continuous
    return Axes(
        round(pan * top[0], 3) if turns else None,
        round(tilt * top[0], 3) if turns else None,
        round(zoom * top[1], 3) if zooms else None,
    )


def of_keys(pressed: Set[str]) -> tuple[Vector, float]:
    """The speeds of keys that are down: ``left``, ``right``, ``up``, ``down``, ``in``, ``out``, ``fast``. Opposite keys
    cancel out."""
    pace = 1.0 if "fast" in pressed else SLOW
    across = ("right" in pressed) - ("left" in pressed)
    along = ("up" in pressed) - ("down" in pressed)
    zoom = ("in" in pressed) - ("out" in pressed)
    slant = math.sqrt(0.5) if across and along else 1.0
    return (across * pace * slant, along * pace * slant), zoom * pace


def of_drag(dx: float, dy: float, width: float, height: float) -> Vector:
    """The speed of a drag by so many pixels (down positive) from where the button went down, on a tile of this size."""
    reach = max(1.0, min(width, height) * FULL_DRAG)
    return curve2((dx / reach, -dy / reach))


def fov(zoom: float | None, view: View = View()) -> float:  # noqa: B008 -- a frozen record
    """How wide a camera sees, degrees, at a zoom position in [0, 1]."""
    if view.dewarp is not None:
        return view.dewarp.view
    wide = math.tan(math.radians(WIDE_DEGREES) / 2)
    return math.degrees(2 * math.atan(wide / ZOOM_RATIO ** min(1.0, max(0.0, zoom or 0.0))))


@dataclass(frozen=True, slots=True)
class Step:
    """What a click or a rubber band asks for: to a position, or on by a way; None for what the camera cannot."""

    position: Axes | None = None
    way: Axes | None = None


def step_to(
    point: Vector, closer: float, view: View, features: PtzFeatures, at: Axes | None, aspect: float = 16 / 9
) -> Step | None:
    """Bring a point into the middle, and come closer by a factor (1: not). ``point`` is its offset from the middle of
    what is seen, right and up in shares of the shown picture's width and height; ``at`` where the camera looks,
    ``aspect`` the width of its own picture by its height. An absolute position where that is known and can be had,
    else a relative way; None where the camera takes neither."""
    right, up = to_camera(point, view)
    wide = math.tan(math.radians(fov(None if at is None else at.zoom, view)) / 2)
    pan = math.degrees(math.atan(2 * right * wide)) / _half(features.pan_degrees or PAN_DEGREES)
    tilt = math.degrees(math.atan(2 * up * wide / max(0.1, aspect))) / _half(features.tilt_degrees or TILT_DEGREES)
    zoom = math.log(closer) / math.log(ZOOM_RATIO) if closer > 0 and closer != 1.0 else 0.0
    turned = bool(right or up)
    can = features.absolute if at is not None else frozenset[Axis]()
    here = at or Axes()
    if (not turned or (Axis.PAN_TILT in can and here.pan is not None and here.tilt is not None)) and (
        not zoom or (Axis.ZOOM in can and here.zoom is not None)
    ):
        return Step(
            position=Axes(
                _signed((here.pan or 0.0) + pan) if turned else None,
                _signed((here.tilt or 0.0) + tilt) if turned else None,
                min(1.0, max(0.0, (here.zoom or 0.0) + zoom)) if zoom else None,
            )
        )
    turns, zooms = turned and Axis.PAN_TILT in features.relative, bool(zoom) and Axis.ZOOM in features.relative
    if not (turns or zooms):
        return None
    return Step(
        way=Axes(_signed(pan) if turns else None, _signed(tilt) if turns else None, _signed(zoom) if zooms else None)
    )


def of_band(start: Vector, end: Vector) -> tuple[Vector, float] | None:
    """A rubber band between two points of the shown picture (shares, down positive): the offset of its middle, right
    and up, and how much closer it asks to come; None for a slip of the hand."""
    width, height = abs(end[0] - start[0]), abs(end[1] - start[1])
    if max(width, height) < SMALLEST_BAND:
        return None
    middle = (start[0] + end[0]) / 2 - 0.5, 0.5 - (start[1] + end[1]) / 2
    return middle, min(ZOOM_RATIO, 1.0 / max(width, height))


def wheel_zoom(notches: float, features: PtzFeatures, at: Axes | None) -> Step | None:
    """Closer by so many notches of a wheel; None for a camera that zooms only for as long as it is told to."""
    by = _signed(notches * WHEEL_ZOOM)
    if at is not None and at.zoom is not None and Axis.ZOOM in features.absolute:
        return Step(position=Axes(zoom=min(1.0, max(0.0, at.zoom + by))))
    return Step(way=Axes(zoom=by)) if Axis.ZOOM in features.relative else None


def degrees(position: float | None, span: tuple[float, float] | None) -> float | None:
    """A pan or tilt position in [-1, 1] in degrees of a range; None where either is unknown."""
    return None if position is None or span is None else span[0] + (position + 1.0) / 2 * (span[1] - span[0])


def _half(span: tuple[float, float]) -> float:
    return max(1.0, abs(span[1] - span[0]) / 2)


def _signed(value: float) -> float:
    return min(1.0, max(-1.0, value))
