"""The acting half of the console as a process of its own, which a test kills: a joystick holds a camera, and lamps are
lit. The stick is one that SDL makes up; from there on everything is as with a real one.

``python acting_console.py CAMERA SECONDS``, with the console's variables for configuration and data; it says "holding"
once the camera moves and every lamp has answered, and holds on until it is killed.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from typing import Any

from console import paths
from console.acting import Acting, Telling
from console.lamp_factory import make_lamp_systems
from console.services.commands import Result
from console.services.site_book import SiteBook
from console.services.sticks import Aim, Sticks, StickTelling
from console.store.credentials import open_vault
from console.store.site_file import load_site, save_site
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.ptz import Axis, PtzFeatures
from drivers.sticks.sdl import SdlSticks
from drivers.types import View

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    import sdl2

SDL: Any = sdl2
DEFLECTED = 12_000
"""Of 32,767: slowly, so that the head does not come to its end."""
PATIENCE = 40.0


def main(number: int, seconds: float) -> None:
    """Hold and light, for ever."""
    config = paths.config_dir()
    site_file = config / "site.toml"
    site = load_site(site_file)
    vault = open_vault(config, os.environ)
    book = SiteBook(site, lambda changed: save_site(site_file, changed), lambda error: say(str(error)))
    telling = Telling(say, lambda device, sentence: say(sentence), lambda: None)
    acting = Acting(book, vault, OnvifDescriber(WsdlLibrary()), paths.data_dir(), "ada", telling, make_lamp_systems)
    acting.start()
    camera = site.by_number(number)
    assert camera is not None

    def failed(result: Result) -> None:
        say(result.sentence)

    sticks = Sticks(SdlSticks, acting.holds, StickTelling(failed=failed, note=say))
    sticks.start()
    aim = Aim(camera.id, acting.actor, PtzFeatures(continuous=frozenset(Axis)), View())
    stick: Any = None
    deadline = time.monotonic() + PATIENCE
    wish, told = "", False
    while True:
        lamps = acting.lamps.lamps()
        ready = lamps and all(view.state is not None for view in lamps) and len(acting.lamps.systems()) == 3
        if not wish and ready and not any(system.trouble or not system.lamps for system in acting.lamps.systems()):
            wish = acting.lamps.light([view.ref for view in lamps], 90.0, seconds, acting.actor, "a test")
        if wish:
            sticks.aim(aim)
            if stick is None:
                index = SDL.SDL_JoystickAttachVirtual(SDL.SDL_JOYSTICK_TYPE_FLIGHT_STICK, 3, 4, 0)
                stick = SDL.SDL_JoystickOpen(index)
            elif sticks.states():  # it was seen at rest
                SDL.SDL_JoystickSetVirtualAxis(stick, 0, DEFLECTED)
        course = next((view for view in acting.lamps.leases() if view.lease.id == wish), None)
        if course is not None and not course.pending and camera.id in acting.holds.held() and not told:
            told = True
            say(f"bad lamps: {dict(course.bad)}" if course.bad else "holding")
        if not told and time.monotonic() > deadline:
            say(str([(system.name, system.trouble) for system in acting.lamps.systems()]))
            deadline += PATIENCE
        time.sleep(0.05)


def say(sentence: str) -> None:
    """A line for the test."""
    if sentence:
        sys.stdout.write(f"{sentence}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
