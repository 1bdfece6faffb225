"""Everything that can be done to the world, as typed records: what, to which device. The door out
(``console.services.commands``) takes them one by one.

``device`` is a camera's id or a lamp system's name: what has one ordered queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar

from console.model.permissions import Right
from drivers.ptz import Axes, ImagingSettings


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all. ``what`` is the verb of the audit and of messages."""

    device: str

    right: ClassVar[Right] = Right.PTZ
    what: ClassVar[str] = "does"
    leased: ClassVar[bool] = True
    """Whether it needs the device's lease: two hands must not fight for it."""
    urgent: ClassVar[bool] = False
    """Goes ahead of all that waits for the device."""
    safe: ClassVar[bool] = False
    """Makes things safe: it is done though the audit fails, waits for it only shortly, and nothing sweeps it away."""

    def detail(self) -> Mapping[str, object]:
        """What the audit keeps of it beside verb and device."""
        return {key: value for key, value in asdict(self).items() if key != "device" and value is not None}


# Heads. A continuous move is no command of its own: see ``console.services.ptz_hold``, which asks for it with Move.


@dataclass(frozen=True, slots=True)
class Move(Command):
    """Begin to move at a speed; it is the first of a hold, whose others differ in speed alone."""

    velocity: Axes
    what = "moves"


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """Stand still."""

    why: str = "let go"
    what = "stops"
    leased = False
    urgent = safe = True


@dataclass(frozen=True, slots=True)
class GoTo(Command):
    """Go to a position."""

    position: Axes
    speed: float | None = None
    what = "turns to a position"


@dataclass(frozen=True, slots=True)
class StepBy(Command):
    """Go on by a part of the range."""

    way: Axes
    speed: float | None = None
    what = "turns by a step"


@dataclass(frozen=True, slots=True)
class GoPreset(Command):
    """Go to a preset."""

    token: str
    name: str = ""
    speed: float | None = None
    what = "turns to a preset"


@dataclass(frozen=True, slots=True)
class GoHome(Command):
    """Go to the home position."""

    what = "turns home"


@dataclass(frozen=True, slots=True)
class SetPreset(Command):
    """Keep where it looks now."""

    name: str
    token: str = ""
    right = Right.PRESETS
    what = "keeps a preset"


@dataclass(frozen=True, slots=True)
class RenamePreset(Command):
    """Another name for a preset."""

    token: str
    name: str
    right = Right.PRESETS
    what = "renames a preset"


@dataclass(frozen=True, slots=True)
class RemovePreset(Command):
    """Forget a preset."""

    token: str
    name: str = ""
    right = Right.PRESETS
    what = "removes a preset"


@dataclass(frozen=True, slots=True)
class SetHome(Command):
    """Where it looks now is home."""

    right = Right.PRESETS
    what = "sets the home position"


@dataclass(frozen=True, slots=True)
class Auxiliary(Command):
    """Wiper, washer, lamp of the camera."""

    command: str
    what = "switches an auxiliary function"


# Lens and sensor


@dataclass(frozen=True, slots=True)
class Focus(Command):
    """Move the focus at a speed until StopFocus: cameras know no time-out for it."""

    speed: float
    what = "moves the focus"


@dataclass(frozen=True, slots=True)
class FocusStep(Command):
    """Move the focus by a part of its way in [-1, 1], and no further."""

    way: float
    what = "moves the focus by steps"


@dataclass(frozen=True, slots=True)
class StopFocus(Command):
    """Stop the focus where it is. Whoever let go may always do that. It stays behind the Focus that it ends."""

    what = "stops the focus"
    leased = False
    safe = True


@dataclass(frozen=True, slots=True)
class FocusTo(Command):
    """Focus at a position in [0, 1]."""

    position: float
    what = "sets the focus"


@dataclass(frozen=True, slots=True)
class SetImaging(Command):
    """Change how the picture is made."""

    settings: ImagingSettings
    right = Right.IMAGING
    what = "changes the picture settings"

    def detail(self) -> Mapping[str, object]:
        """Only what changes."""
        return {key: str(value) for key, value in asdict(self.settings).items() if value is not None}


# Outputs


@dataclass(frozen=True, slots=True)
class SwitchOutput(Command):
    """Latch an output on or off."""

    token: str
    active: bool
    right = Right.OUTPUTS
    what = "switches an output"
    leased = False


@dataclass(frozen=True, slots=True)
class PulseOutput(Command):
    """Switch an output on; the device switches it off."""

    token: str
    seconds: float
    right = Right.OUTPUTS
    what = "pulses an output"
    leased = False


# Care


@dataclass(frozen=True, slots=True)
class Reboot(Command):
    """Restart the device."""

    right = Right.CARE
    what = "restarts the device"
    leased = False


@dataclass(frozen=True, slots=True)
class SetClock(Command):
    """Set the device's clock to this computer's time when it is done."""

    right = Right.CARE
    what = "sets the clock"
    leased = False


# Lamps


@dataclass(frozen=True, slots=True)
class LightLamps(Command):
    """Bring lamps of one system to a level until a time. ``lease`` is whose wish it serves."""

    lamps: tuple[str, ...]
    level: float
    until: datetime
    ramp: float = 0.0
    group: str = ""
    lease: str = ""
    reason: str = ""
    right = Right.LAMPS
    what = "lights lamps"
    leased = False

    def detail(self) -> Mapping[str, object]:
        """With the number of lamps in full, and the first of their names."""
        return {
            "lamps": list(self.lamps[:MOST_NAMED]),
            "count": len(self.lamps),
            "level": self.level,
            "until": self.until.isoformat(),
            "ramp": self.ramp,
            "group": self.group,
            "lease": self.lease,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class ReleaseLamps(Command):
    """Let lamps of one system go back to their own programme."""

    lamps: tuple[str, ...]
    group: str = ""
    lease: str = ""
    right = Right.LAMPS
    what = "releases lamps"
    leased = False
    urgent = safe = True

    def detail(self) -> Mapping[str, object]:
        """As of LightLamps."""
        named = list(self.lamps[:MOST_NAMED])
        return {"lamps": named, "count": len(self.lamps), "group": self.group, "lease": self.lease}


MOST_NAMED = 50
"""So many lamps stand in an audit entry by name."""
