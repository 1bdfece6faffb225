"""A site that knows the cameras of a city, made as the console makes it: asked over ONVIF, written by the store."""

from __future__ import annotations

from pathlib import Path

from control_room import City, site_folder

from console.cli.run import one_monitor
from console.model.layout import grid_for
from console.model.monitor import empty_monitor
from console.model.site import Site
from console.services.onboarding import Onboarder, RefusalMemory
from console.services.onboarding_input import from_text
from console.store.credentials import Vault, open_vault
from console.store.site_file import save_site
from console.store.walls_file import save_walls
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.types import Credentials
from drivers.video.source import open_stream

SET_NAME = "city"
LIBRARY = WsdlLibrary()
"""One for all sites: parsing is slow."""


def learn(city: City, home: Path, layout_for: int = 0) -> tuple[Site, Vault, dict[str, str]]:
    """Onboard all cameras, put them on the wall in order, save everything. Gives the site, the vault and the variables
    for the console."""
    config, data, variables = site_folder(home)
    vault = open_vault(config, variables)
    first = city.devices[0]
    vault.put(SET_NAME, Credentials(first["user"], first["password"]))
    onboarder = Onboarder(OnvifDescriber(LIBRARY), open_stream, vault, RefusalMemory())
    candidates = [from_text(device["xaddr"])[0] for device in city.devices]
    run = onboarder.start(candidates, [SET_NAME], Site(), lambda event: None)
    assert run.wait(60)
    cameras = run.cameras()
    assert len(cameras) == len(city.devices), [result.sentence for result in run.results()]
    site = Site("City", cameras)
    save_site(config / "site.toml", site)
    wall = empty_monitor(grid_for(layout_for or len(cameras)))
    save_walls(data / "wall.json", one_monitor(wall.filled([camera.number for camera in site.cameras])))
    return site, vault, variables
