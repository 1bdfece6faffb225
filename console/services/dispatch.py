"""What each command does at a driver. In the device's worker; raises DriverError."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from console.model import commands as c
from drivers.errors import Unsupported
from drivers.ptz import DeviceControls

MOVE_SECONDS = 1.0
"""The time-out of a continuous move: what a camera does at most after the last word from here."""


def carry_out(
    command: c.Command, controls: DeviceControls, utc: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> object:
    """Do it; gives what there is to give (a preset's token, the settings as they are now)."""
    match command:
        case c.Move():
            controls.ptz().move(command.velocity, MOVE_SECONDS)
        case c.Stop():
            controls.ptz().stop()
        case c.GoTo():
            controls.ptz().go(command.position, command.speed)
        case c.StepBy():
            controls.ptz().step(command.way, command.speed)
        case c.GoPreset():
            controls.ptz().go_preset(command.token, command.speed)
        case c.GoHome():
            controls.ptz().go_home()
        case c.SetPreset():
            return controls.ptz().set_preset(command.name, command.token)
        case c.RenamePreset():
            controls.ptz().rename_preset(command.token, command.name)
        case c.RemovePreset():
            controls.ptz().remove_preset(command.token)
        case c.SetHome():
            controls.ptz().set_home()
        case c.Auxiliary():
            controls.ptz().auxiliary(command.command)
        case c.Focus():
            controls.imaging().focus(command.speed)
        case c.FocusStep():
            controls.imaging().focus_step(command.way)
        case c.StopFocus():
            controls.imaging().stop_focus()
        case c.FocusTo():
            controls.imaging().focus_to(command.position)
        case c.SetImaging():
            return controls.imaging().set(command.settings)
        case c.SwitchOutput():
            controls.outputs().set(command.token, command.active)
        case c.PulseOutput():
            controls.outputs().pulse(command.token, command.seconds)
        case c.Reboot():
            return controls.care().reboot()
        case c.SetClock():
            controls.care().set_clock(utc())
        case _:
            raise Unsupported(command.device, f"{type(command).__name__} is no command for a camera")
    return None
