"""The drivers of each camera, made when first needed and kept: a warm session is what makes a hand quick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from console.model.site import Camera, Site
from console.store.credentials import Vault, VaultError
from drivers.errors import Refused, Unsupported
from drivers.ptz import DeviceControls
from drivers.types import Credentials, DeviceKind

Make = Callable[[Camera, Credentials | None], DeviceControls]
"""Makes a camera's drivers; connects to nothing yet."""


@dataclass(frozen=True, slots=True)
class _Kept:
    access: tuple[object, ...]
    controls: DeviceControls


class DeviceControlBook:
    """Called in device workers, one at a time for each device; the vault may take its time. When address, endpoint or
    credentials of a camera change its drivers are made anew."""

    def __init__(self, site: Callable[[], Site], vault: Vault, make: Make) -> None:
        self._site, self._vault, self._make = site, vault, make
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._stale: dict[str, list[DeviceControls]] = {}
        """Drivers that are not used any more; they are closed in the device's worker, where they were used."""

    def __call__(self, device: str) -> DeviceControls:
        """The drivers of the camera with this id. Raises DriverError."""
        camera = self._site().by_id(device)
        with self._lock:
            kept = self._kept.get(device)
        if camera is None and kept is not None:
            return kept.controls  # it was taken off the site while it moved: it can still be stopped
        if camera is None:
            raise Unsupported(device, "it is not part of the site any more", "Add it again.")
        if camera.kind is not DeviceKind.ONVIF:
            raise Unsupported(camera.name, "it was added as a stream, and nothing can be told to a stream")
        access = (camera.xaddrs, camera.credentials, camera.name)
        if kept is not None and kept.access == access:
            return kept.controls
        if kept is not None:
            self.forget(device)
        with self._lock:
            stale = self._stale.pop(device, ())
        for old in stale:
            old.close()
        controls = self._make(camera, self._login(camera))
        with self._lock:
            self._kept[device] = _Kept(access, controls)
        return controls

    def forget(self, device: str) -> None:
        """Make its drivers anew at the next command: the operator gave other credentials, or wants another try."""
        with self._lock:
            kept = self._kept.pop(device, None)
            if kept is not None:
                self._stale.setdefault(device, []).append(kept.controls)

    def close(self) -> None:
        """Let go of every connection; when no worker runs any more."""
        with self._lock:
            found = [kept.controls for kept in self._kept.values()]
            found += [each for stale in self._stale.values() for each in stale]
            self._kept.clear()
            self._stale.clear()
        for each in found:
            each.close()

    def _login(self, camera: Camera) -> Credentials | None:
        if not camera.credentials:
            return None
        try:
            login = self._vault.get(camera.credentials)
        except VaultError as error:
            raise Refused(camera.name, str(error), "Open the vault, then try again.") from error
        if login is None:
            raise Refused(camera.name, f"the credentials {camera.credentials!r} are not on this computer")
        return login
