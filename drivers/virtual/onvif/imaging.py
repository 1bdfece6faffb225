"""The imaging service (ONVIF ``ver20/imaging/wsdl``): settings that are kept, and a focus motor that obeys."""

from __future__ import annotations

from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.wire import Call, Markup, SoapFault, bad_value, number, tag

_LEVELS = ("Brightness", "ColorSaturation", "Contrast", "Sharpness")
_FILTERS = ("ON", "OFF", "AUTO")
_MODES = ("AUTO", "MANUAL")
_SWITCH = ("ON", "OFF")
EXPOSURE = {"ExposureTime": (100.0, 40000.0), "Gain": (0.0, 36.0), "Iris": (-22.0, 0.0)}
"""Microseconds, decibels, decibels of damping."""
FOCUS_SPEED = 0.25
"""Of the way from near to far a second, at full speed."""


class FocusMotor:
    """Goes to a position at once, or at a speed until it is stopped or at an end. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._mono = context.mono
        self._position, self._speed, self._at = 0.5, 0.0, context.mono()

    @property
    def moving(self) -> bool:
        """Whether it moves now."""
        return bool(self._speed) and self.position != (1.0 if self._speed > 0 else 0.0)

    @property
    def position(self) -> float:
        """Where it is now, 0 near and 1 far."""
        return min(1.0, max(0.0, self._position + self._speed * FOCUS_SPEED * (self._mono() - self._at)))

    def drive(self, speed: float) -> None:
        """Move at a share of the full speed."""
        self._position, self._at, self._speed = self.position, self._mono(), speed

    def go(self, position: float) -> None:
        """Be there."""
        self._position, self._at, self._speed = min(1.0, max(0.0, position)), self._mono(), 0.0


class ImagingService:
    """Settings of the one video source, levels 0 to 100. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._levels = dict.fromkeys(_LEVELS, 50.0)
        self._exposure = {"ExposureTime": 10000.0, "Gain": 6.0, "Iris": -4.0}
        self._wide_level = 50.0
        self._words = {"Exposure": "AUTO", "Focus": "MANUAL", "WideDynamicRange": "OFF", "IrCutFilter": "AUTO"}
        self.focus = FocusMotor(context)

    def operations(self) -> Operations:
        """All operations by the name of the request."""
        return {
            "GetServiceCapabilities": lambda call: tag("timg:Capabilities", ImageStabilization=False, Presets=False),
            "GetImagingSettings": self._settings,
            "SetImagingSettings": self._set,
            "GetOptions": self._options,
            "GetMoveOptions": self._move_options,
            "GetStatus": self._status,
            "Move": self._move,
            "Stop": self._stop,
        }

    def _check(self, call: Call) -> None:
        if call.text("VideoSourceToken") != SOURCE:
            raise bad_value("no such video source", "ter:NoSource")

    def _settings(self, call: Call) -> Markup:
        self._check(call)
        levels = {name: tag(f"tt:{name}", value) for name, value in self._levels.items()}
        exposure = [tag(f"tt:{name}", value) for name, value in self._exposure.items()]
        wide = [tag("tt:Mode", self._words["WideDynamicRange"]), tag("tt:Level", self._wide_level)]
        return tag(
            "timg:ImagingSettings",
            levels["Brightness"],
            levels["ColorSaturation"],
            levels["Contrast"],
            tag("tt:Exposure", tag("tt:Mode", self._words["Exposure"]), *exposure),
            tag("tt:Focus", tag("tt:AutoFocusMode", self._words["Focus"])),
            tag("tt:IrCutFilter", self._words["IrCutFilter"]),
            levels["Sharpness"],
            tag("tt:WideDynamicRange", *wide),
        )

    def _set(self, call: Call) -> Markup:
        """All of it is checked before anything is taken."""
        self._check(call)
        inside = "ImagingSettings"

        def wanted(low: float, high: float, *path: str) -> float | None:
            text = call.text(inside, *path)
            return number(text, low, high) if text else None

        levels = {name: wanted(0, 100, name) for name in _LEVELS}
        exposure = {name: wanted(*limits, "Exposure", name) for name, limits in EXPOSURE.items()}
        wide = wanted(0, 100, "WideDynamicRange", "Level")
        words = {
            "Exposure": self._word(call, _MODES, "Exposure", "Mode"),
            "Focus": self._word(call, _MODES, "Focus", "AutoFocusMode"),
            "WideDynamicRange": self._word(call, _SWITCH, "WideDynamicRange", "Mode"),
            "IrCutFilter": self._word(call, _FILTERS, "IrCutFilter"),
        }
        self._levels.update({name: value for name, value in levels.items() if value is not None})
        self._exposure.update({name: value for name, value in exposure.items() if value is not None})
        self._wide_level = self._wide_level if wide is None else wide
        self._words.update({name: word for name, word in words.items() if word})
        return Markup()

    def _word(self, call: Call, allowed: tuple[str, ...], *path: str) -> str:
        word = call.text("ImagingSettings", *path)
        if word and word not in allowed:
            raise bad_value(f"{path[0]} is {' or '.join(allowed)}", "ter:SettingsInvalid")
        if not word and len(path) > 1 and call.find("ImagingSettings", path[0]) is not None:
            raise bad_value(f"{path[0]} wants a {path[1]}", "ter:SettingsInvalid")
        return word

    def _options(self, call: Call) -> Markup:
        self._check(call)
        limits = [tag("tt:Min", 0), tag("tt:Max", 100)]
        exposure = [
            tag(f"tt:{name}", tag("tt:Min", low), tag("tt:Max", high)) for name, (low, high) in EXPOSURE.items()
        ]
        return tag(
            "timg:ImagingOptions",
            *(tag(f"tt:{name}", *limits) for name in _LEVELS[:3]),
            tag("tt:Exposure", *(tag("tt:Mode", mode) for mode in _MODES), *exposure),
            tag("tt:Focus", *(tag("tt:AutoFocusModes", mode) for mode in _MODES)),
            *(tag("tt:IrCutFilterModes", mode) for mode in _FILTERS),
            tag("tt:Sharpness", *limits),
            tag("tt:WideDynamicRange", *(tag("tt:Mode", mode) for mode in _SWITCH), tag("tt:Level", *limits)),
        )

    def _move_options(self, call: Call) -> Markup:
        self._check(call)
        absolute = tag("tt:Absolute", tag("tt:Position", tag("tt:Min", 0), tag("tt:Max", 1)))
        relative = tag("tt:Relative", tag("tt:Distance", tag("tt:Min", -1), tag("tt:Max", 1)))
        continuous = tag("tt:Continuous", tag("tt:Speed", tag("tt:Min", -1), tag("tt:Max", 1)))
        if self._context.state.faults.take("focus_continuous_only") is not None:
            return tag("timg:MoveOptions", continuous)
        return tag("timg:MoveOptions", absolute, relative, continuous)

    def _status(self, call: Call) -> Markup:
        self._check(call)
        moving = "MOVING" if self.focus.moving else "IDLE"
        inside = [tag("tt:Position", self.focus.position), tag("tt:MoveStatus", moving), tag("tt:Error", "")]
        return tag("timg:Status", tag("tt:FocusStatus20", *inside))

    def _move(self, call: Call) -> Markup:
        self._check(call)
        absolute = call.text("Focus", "Absolute", "Position")
        relative = call.text("Focus", "Relative", "Distance")
        continuous = call.text("Focus", "Continuous", "Speed")
        if not continuous and self._context.state.faults.take("focus_continuous_only") is not None:
            raise SoapFault("the focus moves continuously only", "ter:ActionNotSupported", sender=False, status=500)
        if absolute:
            self.focus.go(number(absolute, 0, 1))
        elif relative:
            self.focus.go(self.focus.position + number(relative, -1, 1))
        elif continuous:
            self.focus.drive(number(continuous, -1, 1))
        else:
            raise bad_value("a focus move is absolute, relative or continuous", "ter:NoImagingForSource")
        return Markup()

    def _stop(self, call: Call) -> Markup:
        self._check(call)
        self.focus.drive(0.0)
        return Markup()
