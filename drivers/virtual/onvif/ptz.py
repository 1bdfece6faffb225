"""The PTZ service (ONVIF ``ver20/ptz/wsdl``): generic spaces, presets, home, and speeds that run out by themselves."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from drivers.virtual.onvif.context import Context, Operations
from drivers.virtual.onvif.mover import DEFAULT_TIMEOUT, Mover
from drivers.virtual.onvif.spaces import POSITION, SPACES, SPEED, TRANSLATION, VELOCITY, axes, space, spaces
from drivers.virtual.onvif.wire import Call, Markup, SoapFault, bad_value, duration, join, number, tag
from drivers.virtual.state import FaultBox, Pose

PRESETS = 100
NODE, CONFIGURATION = "PTZNode_1", "PTZConfig_1"
AUXILIARY = ("tt:Wiper|On", "tt:Wiper|Off", "tt:Washer|On", "tt:Washer|Off", "tt:IRLamp|On", "tt:IRLamp|Off")
WASH_SECONDS = 5.0
"""After which the washer is off by itself."""
_HOSTILE = (
    ("h1", "\u202egnitrats\u202c <b>&amp;</b>"),
    ("h2", "Quay\nnorth\tside"),
    ("h3", ""),
    ("h1", "The same token again"),
    ("", "No token at all"),
    ("h4", "x" * 10_000),
    ("h5&<>\"'", "\u200b\u2066\u2069"),
)
"""Presets as no technician would make them: tokens and names."""


def _vector(name: str, pan: float, tilt: float, zoom: float | None, uris: tuple[str, str]) -> Markup:
    return tag(
        name,
        tag("tt:PanTilt", x=pan, y=tilt, space=SPACES + uris[0]),
        None if zoom is None else tag("tt:Zoom", x=zoom, space=SPACES + uris[1]),
    )


def ptz_configuration(name: str) -> Markup:
    """The one PTZ configuration as an element of this name; profiles carry it too."""
    return tag(
        name,
        tag("tt:Name", "PTZ"),
        tag("tt:UseCount", 2),
        tag("tt:NodeToken", NODE),
        # The misspelt name is the schema's own.
        tag("tt:DefaultAbsolutePantTiltPositionSpace", SPACES + POSITION[0]),
        tag("tt:DefaultAbsoluteZoomPositionSpace", SPACES + POSITION[1]),
        tag("tt:DefaultRelativePanTiltTranslationSpace", SPACES + TRANSLATION[0]),
        tag("tt:DefaultRelativeZoomTranslationSpace", SPACES + TRANSLATION[1]),
        tag("tt:DefaultContinuousPanTiltVelocitySpace", SPACES + VELOCITY[0]),
        tag("tt:DefaultContinuousZoomVelocitySpace", SPACES + VELOCITY[1]),
        _vector("tt:DefaultPTZSpeed", 1, 1, 1, SPEED),
        tag("tt:DefaultPTZTimeout", f"PT{DEFAULT_TIMEOUT:.0f}S"),
        tag("tt:PanTiltLimits", space("Range", POSITION[0], -1, True)),
        tag("tt:ZoomLimits", space("Range", POSITION[1], 0, False)),
        token=CONFIGURATION,
    )


MOST_MOVES = 5000


@dataclass(frozen=True, slots=True)
class Moved:
    """A continuous move or, without speeds, a stop: when it came in (``time.monotonic_ns``) and how fast."""

    at: int
    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None


class PtzService:
    """One head, its presets, its home and what else it switches. City's loop only."""

    def __init__(self, context: Context, mover: Mover, degrees: bool = False) -> None:
        self._context, self._mover, self._degrees = context, mover, degrees
        self._switched: dict[str, float] = {}
        self._presets: dict[str, tuple[str, Pose]] = {"1": ("Home", Pose())}
        self._home = Pose()
        self.arrived = 0
        """When the request that is being served came in, ``time.monotonic_ns``."""
        self.moves: deque[Moved] = deque(maxlen=MOST_MOVES)
        """Continuous moves and stops, the newest last."""

    @property
    def running(self) -> set[str]:
        """Which of wiper, washer and infrared lamp are on."""
        return {name for name, until in self._switched.items() if self._context.mono() < until}

    @property
    def _faults(self) -> FaultBox:
        return self._context.state.faults

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
            "SendAuxiliaryCommand": self._auxiliary,
        }

    def _node(self) -> Markup:
        return tag(
            "tptz:PTZNode",
            tag("tt:Name", "Dome"),
            spaces("tt:SupportedPTZSpaces", self._faults, self._degrees),
            tag("tt:MaximumNumberOfPresets", PRESETS),
            tag("tt:HomeSupported", True),
            *(tag("tt:AuxiliaryCommands", command) for command in AUXILIARY),
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
        return tag("tptz:PTZConfigurationOptions", spaces("tt:Spaces", self._faults, self._degrees), limits)

    def _status(self, call: Call) -> Markup:
        self._check(call)
        pose = self._mover.advance()
        pan_tilt, zoom = ("MOVING" if moving else "IDLE" for moving in self._mover.moving)
        known = self._faults.take("no_ptz_status") is None
        near = pose.zoom if self._faults.peek("ptz_no_zoom") is None else None
        return tag(
            "tptz:PTZStatus",
            _vector("tt:Position", pose.pan, pose.tilt, near, POSITION) if known else None,
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
        if self._faults.take("ptz_ignores_timeout") is not None:
            seconds = math.inf
        pan_tilt, zoom = axes(call.find("Velocity"), self._faults)
        self._mover.drive(pan_tilt, zoom, seconds)
        pan, tilt = (None, None) if pan_tilt is None else pan_tilt
        self.moves.append(Moved(self.arrived, pan, tilt, zoom))
        return Markup()

    def _absolute(self, call: Call) -> Markup:
        self._check(call)
        if self._faults.take("ptz_no_absolute") is not None:
            raise bad_value("no absolute moves", "ter:SpaceNotSupported")
        self._mover.go(*axes(call.find("Position"), self._faults, 0.0), self._speed(call))
        return Markup()

    def _relative(self, call: Call) -> Markup:
        self._check(call)
        if self._faults.take("ptz_no_relative") is not None:
            raise SoapFault("no relative moves", "ter:ActionNotSupported", sender=False, status=500)
        pan_tilt, zoom = axes(call.find("Translation"), self._faults)
        pose = self._mover.advance()
        both = None
        if pan_tilt is not None:
            both = (_clamp(pose.pan + pan_tilt[0], -1), _clamp(pose.tilt + pan_tilt[1], -1))
        self._mover.go(both, None if zoom is None else _clamp(pose.zoom + zoom, 0), self._speed(call))
        return Markup()

    def _stop(self, call: Call) -> Markup:
        self._check(call)
        if self._faults.take("ptz_no_stop") is not None:
            raise SoapFault("internal error", "ter:Action", sender=False, status=500)
        if self._faults.take("ptz_deaf_stop") is not None:
            return Markup()
        self.moves.append(Moved(self.arrived))
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
                    _vector("tt:PTZPosition", pose.pan, pose.tilt, pose.zoom, POSITION),
                    token=token,
                )
                for token, name, pose in self._listed()
            ]
        )

    def _listed(self) -> list[tuple[str, str, Pose]]:
        listed = [(token, name, pose) for token, (name, pose) in self._presets.items()]
        if self._faults.take("ptz_presets_hostile") is not None:
            listed += [(token, name, Pose()) for token, name in _HOSTILE]
        return listed

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

    def _auxiliary(self, call: Call) -> Markup:
        self._check(call)
        command = call.text("AuxiliaryData")
        if command not in AUXILIARY:
            raise bad_value(f"no auxiliary command {command[:40]!r}")
        name, _, state = command.removeprefix("tt:").partition("|")
        until = self._context.mono() + WASH_SECONDS if name == "Washer" else math.inf
        self._switched[name] = until if state == "On" else -math.inf
        return tag("tptz:AuxiliaryResponse", command)


def _clamp(value: float, low: float) -> float:
    return min(1.0, max(low, value))
