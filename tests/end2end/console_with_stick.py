"""The console as an operator starts it, and a joystick beside it that a test holds.

``python console_with_stick.py SECONDS`` is ``watchfloor --verbose run``. SDL makes the stick up, from there on all is
as with a real one; each line on standard input brings it to that deflection, of 32,767. Lamps may be lit for
``SECONDS`` too, and that is offered first: the shortest time of the window is too long for a test.
"""

from __future__ import annotations

import sys
import threading
import time
import warnings
from typing import Any

from console.__main__ import main
from console.ui.lamps import order_bar

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    import sdl2

SDL: Any = sdl2
SUBSYSTEMS = SDL.SDL_INIT_JOYSTICK | SDL.SDL_INIT_GAMECONTROLLER
PAUSE = 0.02


def hold_a_stick() -> None:
    """Plug it in as soon as the console looks for sticks, and move it once the console has seen it at rest. In a thread
    of its own, as SDL allows for sticks."""
    while SDL.SDL_WasInit(SUBSYSTEMS) != SUBSYSTEMS:
        time.sleep(PAUSE)
    SDL.SDL_LockJoysticks()
    index = SDL.SDL_JoystickAttachVirtual(SDL.SDL_JOYSTICK_TYPE_FLIGHT_STICK, 3, 4, 0)
    key = SDL.SDL_JoystickGetDeviceInstanceID(index)
    SDL.SDL_UnlockJoysticks()
    while not SDL.SDL_JoystickFromInstanceID(key):  # the console opens it and reads it under one lock
        time.sleep(PAUSE)
    stick = SDL.SDL_JoystickFromInstanceID(key)
    for line in sys.stdin:
        SDL.SDL_JoystickSetVirtualAxis(stick, 0, int(line))


if __name__ == "__main__":
    minutes = float(sys.argv[1]) / 60
    order_bar.PRESETS = ((minutes, f"{sys.argv[1]} seconds"), *order_bar.PRESETS)  # type: ignore[assignment]
    order_bar.USUAL = minutes  # type: ignore[assignment]
    threading.Thread(target=hold_a_stick, name="hand", daemon=True).start()
    sys.exit(main(["--verbose", "run"]))
