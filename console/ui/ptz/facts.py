"""What the cameras can do and keep, asked once each in their workers and remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from console.services.commands import Commands
from drivers.errors import DriverError, Unsupported
from drivers.ptz import DeviceControls, ImagingFeatures, Preset, PtzFeatures

Call = Callable[[Callable[[], None]], None]
"""Runs a function on the Qt thread, soon; from any thread."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a camera offers. ``error``: why nothing is known of it, "" if all is; ``asking`` until it answered."""

    features: PtzFeatures = field(default_factory=PtzFeatures)
    imaging: ImagingFeatures = field(default_factory=ImagingFeatures)
    presets: tuple[Preset, ...] = ()
    iris: float | None = None
    """As it was when the camera was asked."""
    error: str = ""
    asking: bool = False

    @property
    def turns(self) -> bool:
        """Whether it can be moved in any way."""
        features = self.features
        return bool(features.continuous or features.absolute or features.relative or features.presets)


class FactBook:
    """Only the Qt thread. ``told`` gets a camera's id when more is known of it."""

    def __init__(self, commands: Commands, call: Call, told: Callable[[str], None]) -> None:
        self._commands, self._call, self._told = commands, call, told
        self._known: dict[str, Facts] = {}

    def of(self, camera: str) -> Facts:
        """What is known; asked for where nothing is."""
        known = self._known.get(camera)
        if known is None:
            known = self._known[camera] = Facts(asking=True)
            self.ask(camera)
        return known

    def ask(self, camera: str) -> None:
        """Ask a camera (again) for all."""
        self._known[camera] = replace(self._known.get(camera, Facts()), asking=True)

        def came(facts: Facts | None, error: DriverError | None) -> None:
            self._call(lambda: self._keep(camera, facts or Facts(error="" if error is None else error.sentence)))

        if not self._commands.ask(camera, read_facts, came):
            self._keep(camera, Facts(error="The console ends."))

    def ask_presets(self, camera: str) -> None:
        """Its presets have changed."""

        def came(presets: tuple[Preset, ...] | None, error: DriverError | None) -> None:
            if presets is not None:
                self._call(lambda: self._keep(camera, replace(self.of(camera), presets=presets)))

        self._commands.ask(camera, lambda device: device.ptz().presets(), came)

    def _keep(self, camera: str, facts: Facts) -> None:
        self._known[camera] = facts
        self._told(camera)


def read_facts(device: DeviceControls) -> Facts:
    """In the camera's worker. Raises DriverError; what a camera lacks is left out."""
    features = PtzFeatures()
    presets: tuple[Preset, ...] = ()
    try:
        head = device.ptz()
        features = head.features()
        presets = head.presets() if features.presets else ()
    except Unsupported:
        pass  # a camera that cannot move, which is no fault
    imaging, iris = ImagingFeatures(), None
    try:
        lens = device.imaging()
        imaging = lens.features()
        iris = lens.settings().iris if "iris" in imaging.settings else None
    except Unsupported:
        pass
    return Facts(features, imaging, presets, iris)
