"""An ImagingDriver (see ``drivers.ptz``) for ONVIF cameras. Source: ONVIF Imaging Service Specification."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from drivers.errors import DriverError, Refused, Unreachable, Unsupported
from drivers.onvif.link import MOVE_SECONDS, Link, absent
from drivers.onvif.ranges import Range, clamp, finite, read_range
from drivers.onvif.reading import get, items
from drivers.ptz import ImagingFeatures, ImagingSettings, Switch

_LEVELS = {
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "ColorSaturation",
    "sharpness": "Sharpness",
}
_SWITCHES = {"ON": Switch.ON, "OFF": Switch.OFF, "AUTO": Switch.AUTO}
_MICROSECOND = 1e-6
_MANUAL_FIELDS = ("ExposureTime", "Gain", "Iris")
_AUTO_FIELDS = ("MinExposureTime", "MaxExposureTime", "MinGain", "MaxGain", "MinIris", "MaxIris")
_FOCUS_FIELDS = ("DefaultSpeed", "NearLimit", "FarLimit")


@dataclass(frozen=True, slots=True)
class _Options:
    """What was read of a lens and sensor. ``levels`` by the names of ``ImagingSettings``, iris and wide dynamic range
    among them; exposure time in microseconds, as on the wire."""

    features: ImagingFeatures
    levels: dict[str, Range]
    exposure_time: Range | None
    gain: Range | None
    speed: Range | None
    place: Range | None
    step: Range | None


class OnvifImaging:
    """One camera's lens and sensor. One thread at a time. What it offers is read at the first use. Levels are parts of
    the camera's own ranges; the iris' range is its damping, so 0 is open."""

    def __init__(self, link: Link, source: str) -> None:
        self._link = link
        self._source = source
        self._known: _Options | None = None

    def features(self) -> ImagingFeatures:
        """See ImagingDriver."""
        return self._options().features

    def settings(self) -> ImagingSettings:
        """See ImagingDriver."""
        return _read_settings(self._ask("GetImagingSettings"), self._options())

    def set(self, settings: ImagingSettings) -> ImagingSettings:
        """See ImagingDriver. Values outside of the camera's ranges are taken to the nearest end."""
        options = self._options()
        wanted = {item.name: value for item in fields(settings) if (value := getattr(settings, item.name)) is not None}
        lacking = sorted(set(wanted) - options.features.settings)
        if lacking:
            raise absent(self._link.name, " or ".join(name.replace("_", " ") for name in lacking) + " to set")
        if settings.ir_cut is not None and settings.ir_cut not in options.features.ir_cut:
            raise absent(self._link.name, f"mode {settings.ir_cut.value!r} of its infrared filter")
        if wanted:
            values = _to_send(settings, options, self._ask("GetImagingSettings"))
            self._ask("SetImagingSettings", {"ImagingSettings": values, "ForcePersistence": True})
        return self.settings()

    def focus(self, speed: float) -> None:
        """See ImagingDriver. ONVIF has no time-out for it: whoever calls it sees to ``stop_focus``."""
        options = self._options()
        if not options.features.focus_continuous or options.speed is None:
            raise absent(self._link.name, "focus that moves")
        if not finite(speed):
            self.stop_focus()
            return
        self._move({"Continuous": {"Speed": round(options.speed.way(speed), 6)}})

    def focus_step(self, way: float) -> None:
        """See ImagingDriver. Never repeated. A lens that offers such moves and does not know them loses them here."""
        options = self._options()
        if not options.features.focus_relative or options.step is None:
            raise absent(self._link.name, "focus that moves by steps")
        distance = round(options.step.way(clamp(way, -1.0, 1.0)), 6)
        try:
            self._move({"Relative": {"Distance": distance}}, again=False)
        except Unsupported:
            self._known = replace(options, features=replace(options.features, focus_relative=False))
            raise

    def focus_to(self, position: float) -> None:
        """See ImagingDriver."""
        options = self._options()
        if not options.features.focus_absolute or options.place is None:
            raise absent(self._link.name, "focus that goes to a position")
        self._move({"Absolute": {"Position": round(options.place.at(clamp(position, 0.0, 1.0)), 6)}})

    def stop_focus(self) -> None:
        """See ImagingDriver."""
        self._ask("Stop", seconds=MOVE_SECONDS, connecting=0.0, again=True)

    def _move(self, focus: dict[str, Any], again: bool = True) -> None:
        self._ask("Move", {"Focus": focus}, seconds=MOVE_SECONDS, connecting=0.0, again=again)

    def _ask(self, operation: str, values: dict[str, Any] | None = None, **how: Any) -> Any:
        return self._link.call("imaging", operation, {"VideoSourceToken": self._source, **(values or {})}, **how)

    def _options(self) -> _Options:
        if self._known is None:
            said = self._ask("GetOptions")
            try:
                moves = self._ask("GetMoveOptions")
            except (Refused, Unreachable):
                raise
            except DriverError:  # a fixed lens
                moves = None
            self._known = _read_options(said, moves)
        return self._known


def _read_options(said: Any, moves: Any) -> _Options:
    levels = {name: found for name, wire in _LEVELS.items() if (found := read_range(said, wire)) is not None}
    offered = set(levels)
    exposures, wide = _words(said, "Exposure.Mode"), _words(said, "WideDynamicRange.Mode")
    exposure_time, gain = read_range(said, "Exposure.ExposureTime"), read_range(said, "Exposure.Gain")
    if {"AUTO", "MANUAL"} <= exposures:
        offered.add("auto_exposure")
    if "MANUAL" in exposures:
        iris = read_range(said, "Exposure.Iris")
        if iris is not None:
            levels["iris"] = iris
        manual = {"exposure_time": exposure_time, "gain": gain, "iris": iris}
        offered |= {name for name, value in manual.items() if value is not None}
    if {"ON", "OFF"} <= wide:
        offered.add("wide_dynamic_range")
    level = read_range(said, "WideDynamicRange.Level")
    if "ON" in wide and level is not None:
        levels["wide_dynamic_level"] = level
        offered.add("wide_dynamic_level")
    if {"AUTO", "MANUAL"} <= _words(said, "Focus.AutoFocusModes"):
        offered.add("auto_focus")
    filters = _words(said, "IrCutFilterModes")
    modes = tuple(switch for word, switch in _SWITCHES.items() if word in filters)
    if modes:
        offered.add("ir_cut")
    speed, place = read_range(moves, "Continuous.Speed"), read_range(moves, "Absolute.Position")
    speed = speed if speed is not None and speed.two_sided else None
    step = read_range(moves, "Relative.Distance")
    step = step if step is not None and step.two_sided else None
    in_seconds = None
    if exposure_time is not None and "exposure_time" in offered:
        in_seconds = (exposure_time.low * _MICROSECOND, exposure_time.high * _MICROSECOND)
    features = ImagingFeatures(
        frozenset(offered),
        modes,
        in_seconds,
        (gain.low, gain.high) if gain is not None and "gain" in offered else None,
        speed is not None,
        place is not None,
        step is not None,
    )
    return _Options(features, levels, exposure_time, gain, speed, place, step)


def _words(value: Any, path: str) -> set[str]:
    return {str(word).strip().upper() for word in items(get(value, path))}


def _read_settings(said: Any, options: _Options) -> ImagingSettings:
    def level(name: str, wire: str) -> float | None:
        found = options.levels.get(name)
        return None if found is None else found.part(get(said, wire))

    def chosen(path: str, yes: str, no: str) -> bool | None:
        word = str(get(said, path) or "").upper()
        return {yes: True, no: False}.get(word)

    seconds = finite(get(said, "Exposure.ExposureTime"))
    return ImagingSettings(
        **{name: level(name, wire) for name, wire in _LEVELS.items()},
        auto_exposure=chosen("Exposure.Mode", "AUTO", "MANUAL"),
        exposure_time=None if seconds is None else seconds * _MICROSECOND,
        gain=finite(get(said, "Exposure.Gain")),
        iris=level("iris", "Exposure.Iris"),
        ir_cut=_SWITCHES.get(str(get(said, "IrCutFilter") or "").upper()),
        wide_dynamic_range=chosen("WideDynamicRange.Mode", "ON", "OFF"),
        wide_dynamic_level=level("wide_dynamic_level", "WideDynamicRange.Level"),
        auto_focus=chosen("Focus.AutoFocusMode", "AUTO", "MANUAL"),
    )


def _to_send(wanted: ImagingSettings, options: _Options, now: Any) -> dict[str, Any]:
    """The ImagingSettings that change only what is wanted. Groups are sent whole, with what the camera said of the rest
    of them, because their modes must be there and many cameras take what is missing for zero."""
    sent: dict[str, Any] = {}
    for name, wire in _LEVELS.items():
        value = getattr(wanted, name)
        if value is not None:
            sent[wire] = _level(options, name, value)
    if not (wanted.auto_exposure is wanted.exposure_time is wanted.gain is wanted.iris is None):
        sent["Exposure"] = _exposure(wanted, options, get(now, "Exposure"))
    if wanted.auto_focus is not None:
        kept = _kept(get(now, "Focus"), _FOCUS_FIELDS)
        sent["Focus"] = {"AutoFocusMode": "AUTO" if wanted.auto_focus else "MANUAL", **kept}
    if wanted.ir_cut is not None:
        sent["IrCutFilter"] = wanted.ir_cut.value.upper()
    if not (wanted.wide_dynamic_range is wanted.wide_dynamic_level is None):
        group = {
            "Mode": str(get(now, "WideDynamicRange.Mode") or "OFF"),
            **_kept(get(now, "WideDynamicRange"), ("Level",)),
        }
        if wanted.wide_dynamic_range is not None:
            group["Mode"] = "ON" if wanted.wide_dynamic_range else "OFF"
        if wanted.wide_dynamic_level is not None:
            group["Level"] = _level(options, "wide_dynamic_level", wanted.wide_dynamic_level)
        sent["WideDynamicRange"] = group
    return sent


def _exposure(wanted: ImagingSettings, options: _Options, now: Any) -> dict[str, Any]:
    mode = str(get(now, "Mode") or "AUTO").upper()
    if wanted.auto_exposure is not None:
        mode = "AUTO" if wanted.auto_exposure else "MANUAL"
    group: dict[str, Any] = {"Mode": mode, **_kept(now, _AUTO_FIELDS if mode == "AUTO" else _MANUAL_FIELDS)}
    priority = get(now, "Priority")
    if priority is not None:
        group["Priority"] = priority
    if wanted.exposure_time is not None and options.exposure_time is not None:
        one = options.exposure_time
        group["ExposureTime"] = round(clamp(wanted.exposure_time / _MICROSECOND, one.low, one.high), 3)
    if wanted.gain is not None and options.gain is not None:
        group["Gain"] = round(clamp(wanted.gain, options.gain.low, options.gain.high), 6)
    if wanted.iris is not None:
        group["Iris"] = _level(options, "iris", wanted.iris)
    return group


def _kept(now: Any, names: tuple[str, ...]) -> dict[str, float]:
    return {name: value for name in names if (value := finite(get(now, name))) is not None}


def _level(options: _Options, name: str, part: float) -> float:
    return round(options.levels[name].at(part), 6)
