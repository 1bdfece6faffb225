"""The coordinate spaces of a virtual head, as its faults leave them, and positions read from a request.

Source: ONVIF PTZ Service Specification, 5.7. Degrees are those that the pictures really turn by.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from drivers.virtual.onvif.wire import Markup, bad_value, find, number, tag
from drivers.virtual.state import FaultBox
from drivers.virtual.view import PAN_RANGE, TILT_RANGE

SPACES = "http://www.onvif.org/ver10/tptz/"
POSITION = ("PanTiltSpaces/PositionGenericSpace", "ZoomSpaces/PositionGenericSpace")
TRANSLATION = ("PanTiltSpaces/TranslationGenericSpace", "ZoomSpaces/TranslationGenericSpace")
VELOCITY = ("PanTiltSpaces/VelocityGenericSpace", "ZoomSpaces/VelocityGenericSpace")
SPEED = ("PanTiltSpaces/GenericSpeedSpace", "ZoomSpaces/ZoomGenericSpeedSpace")
DEGREES = "PanTiltSpaces/SphericalPositionSpaceDegrees"
PAN_DEGREES, TILT_DEGREES = round(math.degrees(PAN_RANGE), 3), round(math.degrees(TILT_RANGE), 3)


def _range(name: str, low: float, high: float) -> Markup:
    return tag(f"tt:{name}", tag("tt:Min", low), tag("tt:Max", high))


def space(name: str, uri: str, low: float, both: bool, zero: bool = False) -> Markup:
    """One space from ``low`` to 1, or with a range of zero."""
    low, high = (0.0, 0.0) if zero else (low, 1.0)
    ranges = [_range("XRange", low, high), _range("YRange", low, high) if both else None]
    return tag(f"tt:{name}", tag("tt:URI", SPACES + uri), *ranges)


def _degrees() -> Markup:
    ranges = [_range("XRange", -PAN_DEGREES, PAN_DEGREES), _range("YRange", -TILT_DEGREES, TILT_DEGREES)]
    return tag("tt:AbsolutePanTiltPositionSpace", tag("tt:URI", SPACES + DEGREES), *ranges)


def spaces(name: str, faults: FaultBox, degrees: bool) -> Markup:
    """All spaces as an element of this name."""
    zero = faults.peek("ptz_zero_range")
    pan_zero, zoom_zero = zero is not None and zero != "zoom", zero is not None
    absolute, zoom = faults.peek("ptz_no_absolute") is None, faults.peek("ptz_no_zoom") is None
    return tag(
        name,
        _degrees() if degrees and absolute and not pan_zero else None,
        space("AbsolutePanTiltPositionSpace", POSITION[0], -1, True, pan_zero) if absolute else None,
        space("AbsoluteZoomPositionSpace", POSITION[1], 0, False, zoom_zero) if absolute and zoom else None,
        space("RelativePanTiltTranslationSpace", TRANSLATION[0], -1, True, pan_zero),
        space("RelativeZoomTranslationSpace", TRANSLATION[1], -1, False, zoom_zero) if zoom else None,
        space("ContinuousPanTiltVelocitySpace", VELOCITY[0], -1, True, pan_zero),
        space("ContinuousZoomVelocitySpace", VELOCITY[1], -1, False, zoom_zero) if zoom else None,
        space("PanTiltSpeedSpace", SPEED[0], 0, False, pan_zero),
        space("ZoomSpeedSpace", SPEED[1], 0, False, zoom_zero) if zoom else None,
    )


def axes(
    vector: ET.Element | None, faults: FaultBox, zoom_low: float = -1.0
) -> tuple[tuple[float, float] | None, float | None]:
    """Pan/tilt and zoom of a vector; axes that are not there are None. Raises SoapFault."""
    pan_tilt, zoom = find(vector, "PanTilt"), find(vector, "Zoom")
    if zoom is not None and faults.peek("ptz_no_zoom") is not None:
        raise bad_value("there is no zoom", "ter:SpaceNotSupported")
    both = None
    if pan_tilt is not None:
        wide, high = (1.0, 1.0)
        if pan_tilt.get("space", "").endswith(DEGREES):
            wide, high = PAN_DEGREES, TILT_DEGREES
        x, y = number(pan_tilt.get("x", ""), -wide, wide), number(pan_tilt.get("y", ""), -high, high)
        both = (x / wide, y / high)
    one = None if zoom is None else number(zoom.get("x", ""), zoom_low, 1)
    if both is None and one is None:
        raise bad_value("no axis given", "ter:InvalidPosition")
    return both, one
