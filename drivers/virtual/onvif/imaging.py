"""The imaging service (ONVIF ``ver20/imaging/wsdl``): settings that are kept, and a focus motor that obeys."""

from __future__ import annotations

from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.wire import Call, Markup, bad_value, number, tag

_LEVELS = ("Brightness", "ColorSaturation", "Contrast", "Sharpness")
_FILTERS = ("ON", "OFF", "AUTO")


class ImagingService:
    """Settings of the one video source, levels 0 to 100. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._levels = dict.fromkeys(_LEVELS, 50.0)
        self._filter = "AUTO"
        self._focus = 0.5

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
        return tag(
            "timg:ImagingSettings",
            levels["Brightness"],
            levels["ColorSaturation"],
            levels["Contrast"],
            tag("tt:Focus", tag("tt:AutoFocusMode", "MANUAL")),
            tag("tt:IrCutFilter", self._filter),
            levels["Sharpness"],
        )

    def _set(self, call: Call) -> Markup:
        self._check(call)
        levels = {}
        for name in _LEVELS:
            text = call.text("ImagingSettings", name)
            if text:
                levels[name] = number(text, 0, 100)
        mode = call.text("ImagingSettings", "IrCutFilter") or self._filter
        if mode not in _FILTERS:
            raise bad_value("IrCutFilter is ON, OFF or AUTO", "ter:SettingsInvalid")
        self._levels.update(levels)
        self._filter = mode
        return Markup()

    def _options(self, call: Call) -> Markup:
        self._check(call)
        limits = [tag("tt:Min", 0), tag("tt:Max", 100)]
        return tag(
            "timg:ImagingOptions",
            *(tag(f"tt:{name}", *limits) for name in _LEVELS[:3]),
            tag("tt:Focus", tag("tt:AutoFocusModes", "MANUAL")),
            *(tag("tt:IrCutFilterModes", mode) for mode in _FILTERS),
            tag("tt:Sharpness", *limits),
        )

    def _move_options(self, call: Call) -> Markup:
        self._check(call)
        absolute = tag("tt:Absolute", tag("tt:Position", tag("tt:Min", 0), tag("tt:Max", 1)))
        relative = tag("tt:Relative", tag("tt:Distance", tag("tt:Min", -1), tag("tt:Max", 1)))
        return tag("timg:MoveOptions", absolute, relative)

    def _status(self, call: Call) -> Markup:
        self._check(call)
        inside = [tag("tt:Position", self._focus), tag("tt:MoveStatus", "IDLE"), tag("tt:Error", "")]
        return tag("timg:Status", tag("tt:FocusStatus20", *inside))

    def _move(self, call: Call) -> Markup:
        self._check(call)
        absolute = call.text("Focus", "Absolute", "Position")
        relative = call.text("Focus", "Relative", "Distance")
        if absolute:
            self._focus = number(absolute, 0, 1)
        elif relative:
            self._focus = min(1.0, max(0.0, self._focus + number(relative, -1, 1)))
        else:
            raise bad_value("only absolute and relative focus moves are offered", "ter:NoImagingForSource")
        return Markup()

    def _stop(self, call: Call) -> Markup:
        self._check(call)
        return Markup()
