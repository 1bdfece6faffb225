"""Cameras that can be moved and set: records and protocols. Drivers are blocking and simple; one thread at a time calls
a driver (its device's queue), and each method raises ``DriverError``.

Speeds and positions are normalised: pan and tilt in [-1, 1] (right and up positive), zoom speed in [-1, 1] (in
positive), zoom position in [0, 1] (1 is closest). Zero speed is stop.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Axis(enum.StrEnum):
    """What can move."""

    PAN_TILT = "pan/tilt"
    ZOOM = "zoom"


@dataclass(frozen=True, slots=True)
class Axes:
    """Speeds, positions or ways of pan, tilt and zoom. Pan and tilt go together; None leaves an axis as it is."""

    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None

    @property
    def axes(self) -> frozenset[Axis]:
        """Which axes it speaks of."""
        named = {Axis.PAN_TILT: self.pan is not None or self.tilt is not None, Axis.ZOOM: self.zoom is not None}
        return frozenset(axis for axis, there in named.items() if there)

    @property
    def still(self) -> bool:
        """Whether, as speeds, it moves nothing."""
        return not (self.pan or self.tilt or self.zoom)


@dataclass(frozen=True, slots=True)
class PtzFeatures:
    """What a camera's head can do, as read from the device. ``presets``: how many it keeps, 0 for none. ``longest`` is
    the longest time-out of a continuous move that it takes, seconds. ``pan_degrees`` and ``tilt_degrees``: its range
    where it tells degrees, from the low to the high end."""

    continuous: frozenset[Axis] = frozenset()
    absolute: frozenset[Axis] = frozenset()
    relative: frozenset[Axis] = frozenset()
    tells_position: bool = False
    tells_motion: bool = False
    presets: int = 0
    home: bool = False
    fixed_home: bool = True
    auxiliary: tuple[str, ...] = ()
    longest: float = 10.0
    pan_degrees: tuple[float, float] | None = None
    tilt_degrees: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PtzStatus:
    """Where a head is and whether it moves; None where the device does not tell. ``error`` is the device's own word."""

    position: Axes | None = None
    moving: bool | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """A position that the device keeps. ``name`` is what is shown: cleaned, never empty; ``token`` is the device's."""

    token: str
    name: str


class PtzDriver(Protocol):
    """One camera's head."""

    def features(self) -> PtzFeatures:
        """What it can do; asked once, then known."""

    def move(self, velocity: Axes, timeout: float) -> None:
        """Move at these speeds until another move, a stop, or for ``timeout`` seconds at most."""

    def go(self, position: Axes, speed: float | None = None) -> None:
        """Go to a position; ``speed`` in (0, 1], None for the device's own."""

    def step(self, way: Axes, speed: float | None = None) -> None:
        """Go on by so much of the range. A camera that cannot raises Unsupported."""

    def stop(self) -> None:
        """Stand still, all axes; in whatever way this device obeys. When it returns the device has confirmed it."""

    def status(self) -> PtzStatus:
        """Where it is now."""

    def presets(self) -> tuple[Preset, ...]:
        """All presets."""

    def go_preset(self, token: str, speed: float | None = None) -> None:
        """Go to a preset."""

    def set_preset(self, name: str, token: str = "") -> str:
        """Keep where it looks now under a name, anew or in the place of ``token``; gives the token."""

    def rename_preset(self, token: str, name: str) -> None:
        """Another name for a preset; where it looks stays, also where the device can only set anew: Unsupported then,
        because moving the camera for a name is not what was asked."""

    def remove_preset(self, token: str) -> None:
        """Forget a preset."""

    def go_home(self, speed: float | None = None) -> None:
        """Go to the home position."""

    def set_home(self) -> None:
        """Make where it looks now the home position."""

    def auxiliary(self, command: str) -> None:
        """Wipers, washers, lights: one of ``PtzFeatures.auxiliary``."""


class Switch(enum.StrEnum):
    """On, off, or as the camera finds right."""

    ON = "on"
    OFF = "off"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ImagingSettings:
    """How a camera makes its picture; None where it does not tell or nothing is to change. Levels in [0, 1] of the
    camera's own range. ``exposure_time`` in seconds and ``gain`` in dB hold with ``auto_exposure`` off."""

    brightness: float | None = None
    contrast: float | None = None
    saturation: float | None = None
    sharpness: float | None = None
    auto_exposure: bool | None = None
    exposure_time: float | None = None
    gain: float | None = None
    iris: float | None = None
    ir_cut: Switch | None = None
    wide_dynamic_range: bool | None = None
    wide_dynamic_level: float | None = None
    auto_focus: bool | None = None


@dataclass(frozen=True, slots=True)
class ImagingFeatures:
    """Which settings (names of ``ImagingSettings``) and which focus moves a camera offers. ``ir_cut`` lists the modes.
    Exposure time in seconds, gain in dB, from the least to the most."""

    settings: frozenset[str] = frozenset()
    ir_cut: tuple[Switch, ...] = ()
    exposure_time: tuple[float, float] | None = None
    gain: tuple[float, float] | None = None
    focus_continuous: bool = False
    focus_absolute: bool = False
    focus_relative: bool = False


class ImagingDriver(Protocol):
    """One camera's lens and sensor."""

    def features(self) -> ImagingFeatures:
        """What it offers; asked once, then known."""

    def settings(self) -> ImagingSettings:
        """As they are now."""

    def set(self, settings: ImagingSettings) -> ImagingSettings:
        """Change what is not None, kept over a restart of the device; gives what it says then. A camera that lacks one
        of them raises Unsupported, nothing changed."""

    def focus(self, speed: float) -> None:
        """Move the focus at a speed in [-1, 1] (far positive) until ``stop_focus``."""

    def focus_step(self, way: float) -> None:
        """Move the focus on by so much of its way, in [-1, 1] (far positive), and no further. A lens that cannot raises
        Unsupported."""

    def focus_to(self, position: float) -> None:
        """Focus at a position in [0, 1]."""

    def stop_focus(self) -> None:
        """Stop the focus."""


@dataclass(frozen=True, slots=True)
class Output:
    """A relay or digital output. ``pulse`` is the time after which a monostable one falls back by itself, seconds; None
    for a latching (bistable) one. ``active`` is None where the device does not tell. ``pulses`` and ``latches`` say
    which modes it takes, ``longest`` the longest pulse where it says so."""

    token: str
    pulse: float | None = None
    active: bool | None = None
    pulses: bool = True
    latches: bool = True
    longest: float | None = None


class OutputDriver(Protocol):
    """A device's relays and digital outputs."""

    def outputs(self) -> tuple[Output, ...]:
        """All of them, with what is known of each."""

    def set(self, token: str, active: bool) -> None:
        """Latch it on or off."""

    def pulse(self, token: str, seconds: float) -> None:
        """Switch it on; the *device* switches it off after so many seconds. Unsupported where it cannot."""


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """A device's clock: its UTC time when asked, how far it is from ours (device minus ours, seconds), and whether it
    follows NTP."""

    time: datetime
    offset: float
    ntp: bool


class CareDriver(Protocol):
    """What technicians do to a device."""

    def reboot(self) -> str:
        """Restart it; gives its own words."""

    def clock(self) -> DeviceClock:
        """How its clock stands."""

    def set_clock(self, time: datetime) -> None:
        """Set it by hand to this aware UTC time."""


class DeviceControls(Protocol):
    """All that can be done with one device. It connects when it is first asked and again after it broke; one thread at
    a time (the device's queue) calls it and what it gives. Each method raises DriverError, Unsupported where the device
    has no such thing."""

    def ptz(self) -> PtzDriver:
        """Its head."""

    def imaging(self) -> ImagingDriver:
        """Its lens and sensor."""

    def outputs(self) -> OutputDriver:
        """Its relays and digital outputs."""

    def care(self) -> CareDriver:
        """Restart and clock."""

    def close(self) -> None:
        """Let go of the connection; the next question makes another one."""
