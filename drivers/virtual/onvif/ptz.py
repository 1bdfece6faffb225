"""The PTZ service (ONVIF ``ver20/ptz/wsdl``): generic spaces, presets, home, and speeds that run out by themselves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from drivers.virtual.onvif.context import Context, Operations
from drivers.virtual.onvif.mover import DEFAULT_TIMEOUT, Mover
from drivers.virtual.onvif.wire import Call, Markup, SoapFault, bad_value, duration, find, join, number, tag
from drivers.virtual.state import Pose

_SPACES = "http://www.onvif.org/ver10/tptz/"
PRESETS = 100
NODE, CONFIGURATION = "PTZNode_1", "PTZConfig_1"
_POSITION = ("PanTiltSpaces/PositionGenericSpace", "ZoomSpaces/PositionGenericSpace")
_TRANSLATION = ("PanTiltSpaces/TranslationGenericSpace", "ZoomSpaces/TranslationGenericSpace")
_VELOCITY = ("PanTiltSpaces/VelocityGenericSpace", "ZoomSpaces/VelocityGenericSpace")
_SPEED = ("PanTiltSpaces/GenericSpeedSpace", "ZoomSpaces/ZoomGenericSpeedSpace")


def _range(name: str, low: float, high: float) -> Markup:
    return tag(f"tt:{name}", tag("tt:Min", low), tag("tt:Max", high))


def _space(name: str, uri: str, low: float, both: bool) -> Markup:
    ranges = [_range("XRange", low, 1), _range("YRange", low, 1) if both else None]
    return tag(f"tt:{name}", tag("tt:URI", _SPACES + uri), *ranges)


def _spaces(name: str) -> Markup:
    return tag(
        name,
        _space("AbsolutePanTiltPositionSpace", _POSITION[0], -1, True),
        _space("AbsoluteZoomPositionSpace", _POSITION[1], 0, False),
        _space("RelativePanTiltTranslationSpace", _TRANSLATION[0], -1, True),
        _space("RelativeZoomTranslationSpace", _TRANSLATION[1], -1, False),
        _space("ContinuousPanTiltVelocitySpace", _VELOCITY[0], -1, True),
        _space("ContinuousZoomVelocitySpace", _VELOCITY[1], -1, False),
        _space("PanTiltSpeedSpace", _SPEED[0], 0, False),
        _space("ZoomSpeedSpace", _SPEED[1], 0, False),
    )


def _vector(name: str, pan: float, tilt: float, zoom: float, spaces: tuple[str, str]) -> Markup:
    return tag(
        name,
        tag("tt:PanTilt", x=pan, y=tilt, space=_SPACES + spaces[0]),
        tag("tt:Zoom", x=zoom, space=_SPACES + spaces[1]),
    )


def ptz_configuration(name: str) -> Markup:
    """The one PTZ configuration as an element of this name; profiles carry it too."""
    return tag(
        name,
        tag("tt:Name", "PTZ"),
        tag("tt:UseCount", 2),
        tag("tt:NodeToken", NODE),
        # The misspelt name is the schema's own.
        tag("tt:DefaultAbsolutePantTiltPositionSpace", _SPACES + _POSITION[0]),
        tag("tt:DefaultAbsoluteZoomPositionSpace", _SPACES + _POSITION[1]),
        tag("tt:DefaultRelativePanTiltTranslationSpace", _SPACES + _TRANSLATION[0]),
        tag("tt:DefaultRelativeZoomTranslationSpace", _SPACES + _TRANSLATION[1]),
        tag("tt:DefaultContinuousPanTiltVelocitySpace", _SPACES + _VELOCITY[0]),
        tag("tt:DefaultContinuousZoomVelocitySpace", _SPACES + _VELOCITY[1]),
        _vector("tt:DefaultPTZSpeed", 1, 1, 1, _SPEED),
        tag("tt:DefaultPTZTimeout", f"PT{DEFAULT_TIMEOUT:.0f}S"),
        tag("tt:PanTiltLimits", _space("Range", _POSITION[0], -1, True)),
        tag("tt:ZoomLimits", _space("Range", _POSITION[1], 0, False)),
        token=CONFIGURATION,
    )


def _axes(vector: ET.Element | None, zoom_low: float = -1.0) -> tuple[tuple[float, float] | None, float | None]:
    """Pan/tilt and zoom of a vector; axes that are not there are None. Raises SoapFault."""
    pan_tilt, zoom = find(vector, "PanTilt"), find(vector, "Zoom")
    both = None
    if pan_tilt is not None:
        both = (number(pan_tilt.get("x", ""), -1, 1), number(pan_tilt.get("y", ""), -1, 1))
    one = None if zoom is None else number(zoom.get("x", ""), zoom_low, 1)
    if both is None and one is None:
        raise bad_value("no axis given", "ter:InvalidPosition")
    return both, one


class PtzService:
    """One head, its presets and its home. City's loop only."""

    def __init__(self, context: Context, mover: Mover) -> None:
        self._context, self._mover = context, mover
        self._presets: dict[str, tuple[str, Pose]] = {"1": ("Home", Pose())}
        self._home = Pose()

    def operations(self) -> Operations:
        """All operations by the name of the request."""
        return {
            "GetServiceCapabilities": lambda call: tag(
                "tptz:Capabilities", EFlip=False, Reverse=False, MoveStatus=True, StatusPosition=True
            ),
            "GetNodes": lambda call: self._node(),
            "GetNode": self._one_node,
            "GetConfigurations": lambda call: ptz_configuration("tptz:PTZConfiguration"),
            "GetCompatibleConfigurations": lambda call: ptz_configuration("tptz:PTZConfiguration"),
            "GetConfiguration": self._one_configuration,
            "GetConfigurationOptions": self._options,
            "GetStatus": self._status,
            "ContinuousMove": self._continuous,
            "AbsoluteMove": self._absolute,
            "RelativeMove": self._relative,
            "Stop": self._stop,
            "GetPresets": self._get_presets,
            "SetPreset": self._set_preset,
            "GotoPreset": self._goto_preset,
            "RemovePreset": self._remove_preset,
            "GotoHomePosition": self._goto_home,
            "SetHomePosition": self._set_home,
        }

    def _node(self) -> Markup:
        return tag(
            "tptz:PTZNode",
            tag("tt:Name", "Dome"),
            _spaces("tt:SupportedPTZSpaces"),
            tag("tt:MaximumNumberOfPresets", PRESETS),
            tag("tt:HomeSupported", True),
            token=NODE,
            FixedHomePosition=False,
        )

    def _one_node(self, call: Call) -> Markup:
        if call.text("NodeToken") != NODE:
            raise bad_value("no such node", "ter:NoEntity")
        return self._node()

    def _one_configuration(self, call: Call) -> Markup:
        if call.text("PTZConfigurationToken") != CONFIGURATION:
            raise bad_value("no such configuration", "ter:NoConfig")
        return ptz_configuration("tptz:PTZConfiguration")

    def _options(self, call: Call) -> Markup:
        if call.text("ConfigurationToken") != CONFIGURATION:
            raise bad_value("no such configuration", "ter:NoConfig")
        limits = tag("tt:PTZTimeout", tag("tt:Min", "PT0S"), tag("tt:Max", "PT60S"))
        return tag("tptz:PTZConfigurationOptions", _spaces("tt:Spaces"), limits)

    def _status(self, call: Call) -> Markup:
        self._check(call)
        pose = self._mover.advance()
        pan_tilt, zoom = ("MOVING" if moving else "IDLE" for moving in self._mover.moving)
        known = self._context.state.faults.take("no_ptz_status") is None
        return tag(
            "tptz:PTZStatus",
            _vector("tt:Position", pose.pan, pose.tilt, pose.zoom, _POSITION) if known else None,
            tag("tt:MoveStatus", tag("tt:PanTilt", pan_tilt), tag("tt:Zoom", zoom)) if known else None,
            tag("tt:UtcTime", self._context.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")),
        )

    def _check(self, call: Call) -> None:
        self._context.profile(call.text("ProfileToken"))

    def _speed(self, call: Call) -> float:
        element = call.find("Speed", "PanTilt")
        if element is None:
            element = call.find("Speed", "Zoom")
        return 1.0 if element is None else max(0.05, abs(number(element.get("x", ""), -1, 1)))

    def _continuous(self, call: Call) -> Markup:
        self._check(call)
        timeout = call.text("Timeout")
        seconds = min(60.0, duration(timeout)) if timeout else None
        self._mover.drive(*_axes(call.find("Velocity")), seconds)
        return Markup()

    def _absolute(self, call: Call) -> Markup:
        self._check(call)
        self._mover.go(*_axes(call.find("Position"), 0.0), self._speed(call))
        return Markup()

    def _relative(self, call: Call) -> Markup:
        self._check(call)
        pan_tilt, zoom = _axes(call.find("Translation"))
        pose = self._mover.advance()
        both = None
        if pan_tilt is not None:
            both = (_clamp(pose.pan + pan_tilt[0], -1), _clamp(pose.tilt + pan_tilt[1], -1))
        self._mover.go(both, None if zoom is None else _clamp(pose.zoom + zoom, 0), self._speed(call))
        return Markup()

    def _stop(self, call: Call) -> Markup:
        self._check(call)
        wanted = {axis: call.text(axis) for axis in ("PanTilt", "Zoom")}
        self._mover.stop(*(wanted[axis] not in ("false", "0") for axis in ("PanTilt", "Zoom")))
        return Markup()

    def _get_presets(self, call: Call) -> Markup:
        self._check(call)
        return join(
            [
                tag(
                    "tptz:Preset",
                    tag("tt:Name", name),
                    _vector("tt:PTZPosition", pose.pan, pose.tilt, pose.zoom, _POSITION),
                    token=token,
                )
                for token, (name, pose) in self._presets.items()
            ]
        )

    def _set_preset(self, call: Call) -> Markup:
        self._check(call)
        token, name = call.text("PresetToken"), call.text("PresetName")
        if token and token not in self._presets:
            raise bad_value(f"no preset {token[:40]!r}", "ter:NoToken")
        if len(name) > 64:
            raise bad_value("preset name too long", "ter:InvalidPresetName")
        if not token:
            if len(self._presets) >= PRESETS:
                raise SoapFault("no room for more presets", "ter:Action", "ter:TooManyPresets", sender=False)
            token = str(next(n for n in range(1, PRESETS + 1) if str(n) not in self._presets))
        old = self._presets[token][0] if token in self._presets else f"Preset {token}"
        self._presets[token] = (name or old, self._mover.advance())
        return tag("tptz:PresetToken", token)

    def _preset(self, call: Call) -> str:
        self._check(call)
        token = call.text("PresetToken")
        if token not in self._presets:
            raise bad_value(f"no preset {token[:40]!r}", "ter:NoToken")
        return token

    def _goto_preset(self, call: Call) -> Markup:
        pose = self._presets[self._preset(call)][1]
        self._mover.go((pose.pan, pose.tilt), pose.zoom, self._speed(call))
        return Markup()

    def _remove_preset(self, call: Call) -> Markup:
        del self._presets[self._preset(call)]
        return Markup()

    def _goto_home(self, call: Call) -> Markup:
        self._check(call)
        self._mover.go((self._home.pan, self._home.tilt), self._home.zoom, self._speed(call))
        return Markup()

    def _set_home(self, call: Call) -> Markup:
        self._check(call)
        self._home = self._mover.advance()
        return Markup()


def _clamp(value: float, low: float) -> float:
    return min(1.0, max(low, value))
