"""How a camera's view stands in a site file, and what is refused there.

[camera.view]
fit = "fill"
rotate = 90
mirror = true
dewarp = { lens = 185.0, pan = 20.0, tilt = -30.0, view = 90.0, centre = [0.5, 0.5], radius = 0.48 }
masks = [
  [[0.1, 0.2], [0.4, 0.2], [0.4, 0.5]],
]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from console.model.view_settings import MOST_CORNERS, MOST_MASKS, RANGES, ROTATIONS
from drivers.types import Dewarp, Fit, Polygon, View

type Reader = Callable[[Any], Any]


def number(low: float, high: float) -> Reader:
    """Reads a number within limits. The reader raises TypeError with what it should be."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise TypeError(f"a number from {low:g} to {high:g}")
        return float(value)

    return read


def flag(value: Any) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def fit(value: Any) -> Fit:
    """``"fit"``, ``"fill"`` or ``"stretch"``."""
    try:
        return Fit(value)
    except ValueError:
        raise TypeError("one of " + ", ".join(f'"{member.value}"' for member in Fit)) from None


def rotation(value: Any) -> int:
    """Quarter turns, in degrees."""
    if isinstance(value, bool) or value not in ROTATIONS:
        raise TypeError("one of " + ", ".join(map(str, ROTATIONS)))
    return int(value)


def point(value: Any) -> tuple[float, float]:
    """Two shares."""
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError("two numbers from 0 to 1, as in [0.5, 0.5]")
    share = number(0, 1)
    return share(value[0]), share(value[1])


def masks(value: Any) -> tuple[Polygon, ...]:
    """Polygons."""
    if not isinstance(value, list):
        raise TypeError("a list of masks, as in [[[0.1, 0.2], [0.4, 0.2], [0.4, 0.5]]]")
    if len(value) > MOST_MASKS:
        raise TypeError(f"at most {MOST_MASKS} masks")
    return tuple(_mask(item, place) for place, item in enumerate(value, start=1))


def _mask(value: Any, place: int) -> Polygon:
    which = f"a list of masks in which mask {place} has"
    if not isinstance(value, list) or not 3 <= len(value) <= MOST_CORNERS:
        raise TypeError(f"{which} 3 to {MOST_CORNERS} corners")
    try:
        return tuple(point(corner) for corner in value)
    except TypeError:
        raise TypeError(f"{which} corners of two numbers from 0 to 1") from None


DEWARP: Mapping[str, Reader] = {
    **{name: number(*limits) for name, limits in RANGES.items()},
    "centre": point,
}
VIEW: Mapping[str, Reader] = {
    "fit": fit,
    "rotate": rotation,
    "mirror": flag,
    "masks": masks,
}


def view_table(view: View) -> dict[str, Any]:
    """What is written of a view: what is not as it would be anyway. ``dewarp`` is there whenever it is on, with all
    that it needs, because an empty table could not be told from none."""
    table: dict[str, Any] = {}
    if view.fit is not Fit.FIT:
        table["fit"] = view.fit.value
    if view.rotate:
        table["rotate"] = view.rotate
    if view.mirror:
        table["mirror"] = True
    if view.dewarp is not None:
        table["dewarp"] = dewarp_table(view.dewarp)
    if view.masks:
        table["masks"] = [[list(corner) for corner in mask] for mask in view.masks]
    return table


def dewarp_table(dewarp: Dewarp) -> dict[str, Any]:
    """All of a fisheye's settings."""
    table: dict[str, Any] = {name: getattr(dewarp, name) for name in RANGES}
    table["centre"] = list(dewarp.centre)
    return table
