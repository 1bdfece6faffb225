"""A head that exists in memory only, for tests of what runs above the drivers. It passes the same contract as ONVIF's.

It moves by the clock that it is given. ``commands`` lists what was asked of it; ``fail_next_*`` hold an error that the
next call of that method raises, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.errors import DriverError, Unsupported
from drivers.ptz import Axes, Axis, Preset, PtzFeatures, PtzStatus

BOTH = frozenset(Axis)
FEATURES = PtzFeatures(
    continuous=BOTH,
    absolute=BOTH,
    relative=BOTH,
    tells_position=True,
    tells_motion=True,
    presets=100,
    home=True,
    fixed_home=False,
    auxiliary=("tt:Wiper|On", "tt:Wiper|Off"),
    longest=60.0,
)
SPEED = 0.5
"""Of pan and tilt a second; the zoom is half as quick."""


@dataclass
class _Motor:
    low: float
    position: float = 0.0
    speed: float = 0.0
    until: float = 0.0
    target: float | None = None

    def advance(self, before: float, now: float) -> None:
        moved = self.position + self.speed * max(0.0, min(now, self.until) - before)
        if self.target is not None and (self.target - moved) * self.speed <= 0:
            moved, self.speed = self.target, 0.0
        self.position = min(1.0, max(self.low, moved))
        if now >= self.until or (self.position in (self.low, 1.0) and self.position != moved):
            self.speed = 0.0


class FakePtz:
    """A PtzDriver. ``pose`` is where it looks, without asking it."""

    def __init__(self, mono: Callable[[], float], features: PtzFeatures = FEATURES, name: str = "Fake") -> None:
        self._mono, self._features, self._name = mono, features, name
        self._at = mono()
        self._motors = {"pan": _Motor(-1.0), "tilt": _Motor(-1.0), "zoom": _Motor(0.0)}
        self._presets: dict[str, tuple[str, Axes]] = {}
        self._home = Axes(0.0, 0.0, 0.0)
        self.commands: list[tuple[str, tuple[object, ...]]] = []
        self.fail_next_features: DriverError | None = None
        self.fail_next_move: DriverError | None = None
        self.fail_next_go: DriverError | None = None
        self.fail_next_step: DriverError | None = None
        self.fail_next_stop: DriverError | None = None
        self.fail_next_status: DriverError | None = None
        self.fail_next_presets: DriverError | None = None
        self.fail_next_go_preset: DriverError | None = None
        self.fail_next_set_preset: DriverError | None = None
        self.fail_next_rename_preset: DriverError | None = None
        self.fail_next_remove_preset: DriverError | None = None
        self.fail_next_go_home: DriverError | None = None
        self.fail_next_set_home: DriverError | None = None
        self.fail_next_auxiliary: DriverError | None = None

    @property
    def pose(self) -> Axes:
        self._advance()
        return Axes(*(motor.position for motor in self._motors.values()))

    @property
    def moving(self) -> bool:
        self._advance()
        return any(motor.speed for motor in self._motors.values())

    def features(self) -> PtzFeatures:
        self._note("features")
        return self._features

    def move(self, velocity: Axes, timeout: float) -> None:
        self._note("move", velocity, timeout)
        self._offered(self._features.continuous, velocity)
        until = self._at + max(0.1, min(timeout, self._features.longest))
        for name, speed in self._parts(velocity, self._features.continuous).items():
            motor = self._motors[name]
            speed = min(1.0, max(-1.0, speed)) if math.isfinite(speed) else 0.0
            motor.speed, motor.until, motor.target = speed * SPEED * (0.5 if name == "zoom" else 1.0), until, None

    def go(self, position: Axes, speed: float | None = None) -> None:
        self._note("go", position, speed)
        self._offered(self._features.absolute, position)
        self._to(position, speed)

    def step(self, way: Axes, speed: float | None = None) -> None:
        self._note("step", way, speed)
        self._offered(self._features.relative, way)
        parts = self._parts(way, self._features.relative)
        self._to(Axes(**{name: self._motors[name].position + part for name, part in parts.items()}), speed)

    def stop(self) -> None:
        self._note("stop")
        for motor in self._motors.values():
            motor.speed, motor.target = 0.0, None

    def status(self) -> PtzStatus:
        self._note("status")
        return PtzStatus(
            self.pose if self._features.tells_position else None, self.moving if self._features.tells_motion else None
        )

    def presets(self) -> tuple[Preset, ...]:
        self._note("presets")
        return tuple(Preset(token, name) for token, (name, _) in self._presets.items())

    def go_preset(self, token: str, speed: float | None = None) -> None:
        self._note("go_preset", token, speed)
        self._to(self._preset(token)[1], speed)

    def set_preset(self, name: str, token: str = "") -> str:
        self._note("set_preset", name, token)
        if token:
            self._preset(token)
        else:
            token = str(max((int(known) for known in self._presets), default=0) + 1)
        self._presets[token] = (name or f"Preset {token}", self.pose)
        return token

    def rename_preset(self, token: str, name: str) -> None:
        self._note("rename_preset", token, name)
        if self.moving or self._preset(token)[1] != self.pose:
            raise Unsupported(self._name, "it renames a preset only where it looks now")
        self._presets[token] = (name, self._preset(token)[1])

    def remove_preset(self, token: str) -> None:
        self._note("remove_preset", token)
        self._preset(token)
        del self._presets[token]

    def go_home(self, speed: float | None = None) -> None:
        self._note("go_home", speed)
        self._to(self._home, speed)

    def set_home(self) -> None:
        self._note("set_home")
        self._home = self.pose

    def auxiliary(self, command: str) -> None:
        self._note("auxiliary", command)
        if command not in self._features.auxiliary:
            raise Unsupported(self._name, "it has no such auxiliary command")

    def _note(self, method: str, *values: object) -> None:
        self._advance()
        self.commands.append((method, values))
        error = getattr(self, f"fail_next_{method}")
        setattr(self, f"fail_next_{method}", None)
        if error is not None:
            raise error

    def _advance(self) -> None:
        before, self._at = self._at, self._mono()
        for motor in self._motors.values():
            motor.advance(before, self._at)

    def _offered(self, axes: frozenset[Axis], wanted: Axes) -> None:
        if not axes & wanted.axes:
            raise Unsupported(self._name, "it has no such moves")

    def _parts(self, wanted: Axes, axes: frozenset[Axis]) -> dict[str, float]:
        parts = {}
        if Axis.PAN_TILT in axes & wanted.axes:
            parts = {"pan": wanted.pan or 0.0, "tilt": wanted.tilt or 0.0}
        if Axis.ZOOM in axes and wanted.zoom is not None:
            parts["zoom"] = wanted.zoom
        return parts

    def _to(self, position: Axes, speed: float | None) -> None:
        if Axis.PAN_TILT in position.axes:
            now = self.pose
            whole = replace(position, pan=now.pan if position.pan is None else position.pan)
            position = replace(whole, tilt=now.tilt if whole.tilt is None else whole.tilt)
        for name, motor in self._motors.items():
            wanted = getattr(position, name)
            if wanted is not None:
                motor.target = min(1.0, max(motor.low, wanted))
                motor.speed = math.copysign(SPEED * (speed or 1.0), motor.target - motor.position)
                motor.until = math.inf
                if motor.target == motor.position:
                    motor.speed = 0.0

    def _preset(self, token: str) -> tuple[str, Axes]:
        if token not in self._presets:
            raise DriverError(self._name, f"it says: no preset {token[:40]!r}")
        return self._presets[token]
