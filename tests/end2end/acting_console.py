"""The acting half of the console as a process of its own, which a test kills: it holds a camera and lights lamps.

``python acting_console.py CAMERA SECONDS``, with the console's variables for configuration and data; it says "holding"
once the camera moves and every lamp has answered, and holds on until it is killed.
"""

from __future__ import annotations

import os
import sys
import time

from console import paths
from console.acting import Acting, Telling
from console.lamp_factory import make_lamp_systems
from console.services.commands import Result
from console.services.site_book import SiteBook
from console.store.credentials import open_vault
from console.store.site_file import load_site, save_site
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.ptz import Axes

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

    def held(result: Result) -> None:
        say(result.sentence)

    deadline = time.monotonic() + PATIENCE
    wish, told = "", False
    while True:
        lamps = acting.lamps.lamps()
        ready = lamps and all(view.state is not None for view in lamps) and len(acting.lamps.systems()) == 3
        if not wish and ready and not any(system.trouble or not system.lamps for system in acting.lamps.systems()):
            wish = acting.lamps.light([view.ref for view in lamps], 90.0, seconds, acting.actor, "a test")
        if wish:
            acting.holds.hold(camera.id, Axes(pan=0.1, tilt=0.0), acting.actor, held)
        course = next((view for view in acting.lamps.leases() if view.lease.id == wish), None)
        if course is not None and not course.pending and not told:
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
