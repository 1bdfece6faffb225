"""Asking a camera for a key frame now (SetSynchronizationPoint), so that a stream just opened need not wait for one."""

from __future__ import annotations

from drivers.errors import DriverError, Refused, Unreachable
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.services import find_services
from drivers.types import Credentials


class KeyFrameAsker:
    """Any number of threads; one call asks one camera, over a connection of its own."""

    def __init__(self, describer: OnvifDescriber) -> None:
        self._describer = describer

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str, token: str
    ) -> None:
        """Ask for a key frame on the profile ``token``, by media2 where the camera has it, else by media.
        Raises DriverError."""
        session = self._describer.connect(name, xaddrs, credentials, expect_endpoint).session
        find_services(session)
        if "media2" in session.addresses:
            try:
                session.service("media2").SetSynchronizationPoint(ProfileToken=token)
                return
            except (Refused, Unreachable):
                raise
            except DriverError:
                pass  # the profile may be one that only media knows
        session.service("media").SetSynchronizationPoint(ProfileToken=token)
