"""A virtual camera's head over real sockets, with the clock in the test's hand, and the driver for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onvif_rig import Clock, served, spec

from drivers.onvif.controls import OnvifControls
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.ptz import Axes, PtzDriver
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.state import CameraState

LIBRARY = WsdlLibrary()
"""One for all tests, as the product has one for all cameras."""


@dataclass
class Rig:
    """One virtual camera and what controls it. ``clock`` is the device's; only the test moves it."""

    camera: OnvifServer
    controls: OnvifControls
    clock: Clock

    @property
    def ptz(self) -> PtzDriver:
        return self.controls.ptz()

    @property
    def pose(self) -> Axes:
        pose = self.camera.mover.advance()
        return Axes(pose.pan, pose.tilt, pose.zoom)

    @property
    def moving(self) -> bool:
        self.camera.mover.advance()
        return any(self.camera.mover.moving)

    def fault(self, name: str, value: str = "1", times: int | None = None) -> None:
        self.camera.context.state.faults.set(name, value, times)

    def mend(self) -> None:
        self.camera.context.state.faults.clear()


@contextmanager
def controlled(state: CameraState | None = None, profile: str = "", **options: Any) -> Iterator[Rig]:
    """A rig for the length of a block; ``options`` are those of OnvifServer."""
    clock = Clock(1000.0)
    with served(state or CameraState(spec()), mono=clock, **options) as camera:
        credentials = camera.context.spec.credentials
        describer = OnvifDescriber(LIBRARY)
        controls = OnvifControls(describer, "Gate", (camera.xaddr,), credentials, camera.context.spec.uuid, profile)
        try:
            yield Rig(camera, controls, clock)
        finally:
            controls.close()
