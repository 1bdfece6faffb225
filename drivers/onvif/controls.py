"""Everything that can be moved, set and switched at one ONVIF camera, over one session."""

from __future__ import annotations

from typing import Any

from drivers.errors import DriverError, Refused, Unreachable, Unsupported
from drivers.onvif.care import OnvifCare
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.imaging import OnvifImaging
from drivers.onvif.link import Link, absent
from drivers.onvif.outputs import OnvifOutputs
from drivers.onvif.ptz import OnvifPtz, PtzProfile
from drivers.onvif.reading import get, items, text
from drivers.ptz import CareDriver, ImagingDriver, OutputDriver, PtzDriver
from drivers.types import Credentials


class OnvifControls:
    """The drivers of one camera, made at their first use and kept. One thread at a time (the device's queue) for this
    and all that it hands out. ``close`` lets go of the connection; everything may be used again after it.

    ``profile`` is the media profile that is moved (the first one that has PTZ where it is empty or has none),
    ``source`` the video source whose picture is set (that of the profile). The first use connects, as does the first
    command after a connection broke; each method raises DriverError for that too.
    """

    def __init__(
        self,
        describer: OnvifDescriber,
        name: str,
        xaddrs: tuple[str, ...],
        credentials: Credentials | None,
        endpoint: str = "",
        profile: str = "",
        source: str = "",
    ) -> None:
        self._link = Link(describer, name, xaddrs, credentials, endpoint)
        self._profile = profile
        self._source = source
        self._ptz: OnvifPtz | None = None
        self._imaging: OnvifImaging | None = None
        self._outputs = OnvifOutputs(self._link)
        self._care = OnvifCare(self._link)

    def ptz(self) -> PtzDriver:
        """The head. Raises Unsupported where the camera has none that a profile moves."""
        if self._ptz is None:
            if not self._link.has("ptz"):
                raise absent(self._link.name, "PTZ service")
            self._ptz = OnvifPtz(self._link, self._moving_profile())
        return self._ptz

    def imaging(self) -> ImagingDriver:
        """Lens and sensor. Raises Unsupported where the camera lets nobody set them."""
        if self._imaging is None:
            if not self._link.has("imaging"):
                raise absent(self._link.name, "imaging service")
            self._imaging = OnvifImaging(self._link, self._source or self._video_source())
        return self._imaging

    def outputs(self) -> OutputDriver:
        """Relays and digital outputs; a device without any has an empty list of them."""
        return self._outputs

    def care(self) -> CareDriver:
        """Restart and clock."""
        return self._care

    def close(self) -> None:
        """Let go of the connection."""
        self._link.forget()

    def _moving_profile(self) -> PtzProfile:
        found = []
        for profile, configurations in self._profiles():
            ptz = get(configurations, "PTZ") or get(profile, "PTZConfiguration")
            token = get(profile, "token")
            if ptz is not None and isinstance(token, str) and token:
                found.append(PtzProfile(token, _token(ptz, "token"), _token(ptz, "NodeToken")))
        if not found:
            raise Unsupported(self._link.name, "none of its profiles moves it", "Add PTZ to a profile at the camera.")
        return next((profile for profile in found if profile.token == self._profile), found[0])

    def _video_source(self) -> str:
        found: dict[str, str] = {}
        for profile, configurations in self._profiles():
            source = get(configurations, "VideoSource") or get(profile, "VideoSourceConfiguration")
            token = _token(source, "SourceToken")
            if token:
                found.setdefault(str(get(profile, "token")), token)
        if not found:
            raise Unsupported(self._link.name, "none of its profiles has a video source")
        return found.get(self._profile) or next(iter(found.values()))

    def _profiles(self) -> list[tuple[Any, Any]]:
        """All profiles with their configurations (None for those of the older service), by media2 where that works."""
        if self._link.has("media2"):
            try:
                listed = self._link.call("media2", "GetProfiles", {"Type": ["All"]})
                return [(profile, get(profile, "Configurations")) for profile in items(listed)]
            except (Refused, Unreachable):
                raise
            except DriverError:
                pass  # some list it and stumble; the older one tells the same tokens
        return [(profile, None) for profile in items(self._link.call("media", "GetProfiles"))]


def _token(value: Any, path: str) -> str:
    found = get(value, path)
    return str(found) if isinstance(found, str) and text(found) else ""
