"""All that onboarding wants to know of one camera, asked in the order that keeps passwords safe: clock and identity
without credentials, then everything else."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from drivers.errors import BadAnswer, DriverError, Refused, Unreachable, Unsupported
from drivers.onvif.reading import (
    device_host,
    device_info,
    device_time,
    geo_place,
    get,
    items,
    profile1,
    profile2,
    scope_name,
    stream_address,
    text,
    unique,
)
from drivers.onvif.services import find_services
from drivers.onvif.session import OnvifSession
from drivers.onvif.wsdl import WsdlLibrary
from drivers.types import CameraDescription, Credentials, StreamProfile
from drivers.urls import normal_endpoint

TOTAL_SECONDS = 40.0
CALL_SECONDS = 8.0
_CLOCK_WARNING_SECONDS = 60.0


class OnvifDescriber:
    """A Describer (see ``drivers.interfaces``) for ONVIF cameras. Any number of threads; one call serves one camera and
    takes at most ``total_seconds``. ``wall`` and ``library`` are shared by all."""

    def __init__(
        self,
        library: WsdlLibrary,
        total_seconds: float = TOTAL_SECONDS,
        call_seconds: float = CALL_SECONDS,
        tls: ssl.SSLContext | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._library = library
        self._total_seconds = total_seconds
        self._call_seconds = call_seconds
        self._tls = tls
        self._wall = wall

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str = ""
    ) -> CameraDescription:
        """See Describer. Raises Refused or LockedOut after one attempt, Unreachable, BadAnswer, Unsupported."""
        return _Interview(self.connect(name, xaddrs, credentials, expect_endpoint)).describe()

    def connect(
        self,
        name: str,
        xaddrs: tuple[str, ...],
        credentials: Credentials | None,
        expect_endpoint: str = "",
        seconds: float | None = None,
    ) -> Connected:
        """Find the address that answers, set the clock offset and check the identity. No credentials are sent. All
        calls of the session, these included, end after ``seconds`` (the describer's ``total_seconds``)."""
        deadline = time.monotonic() + (self._total_seconds if seconds is None else seconds)
        failure: DriverError | None = None
        for xaddr in xaddrs:
            session = OnvifSession(name, xaddr, self._library, credentials, deadline, self._call_seconds, self._tls)
            try:
                clock_said = self._read_clock(session)
            except (Unreachable, BadAnswer) as error:
                # what answered at all tells more than an address where nothing is
                if failure is None or (isinstance(failure, Unreachable) and isinstance(error, BadAnswer)):
                    failure = error
                continue
            endpoint = _identity(session)
            known = normal_endpoint(expect_endpoint)
            if known and endpoint and known != endpoint:
                advice = "No credentials were sent. Search again, or add this device as a new one."
                raise BadAnswer(name, "another device answers at its address", advice)
            return Connected(session, endpoint, clock_said)
        raise failure or Unreachable(name, "it has no address to ask")

    def _read_clock(self, session: OnvifSession) -> bool:
        """Set the session's clock offset from the device's clock; False where it does not tell it."""
        before = self._wall()
        try:
            said = device_time(session.service("device", authenticate=False).GetSystemDateAndTime())
        except (Unreachable, BadAnswer):
            raise
        except DriverError:  # it speaks SOAP and keeps its clock to itself
            return False
        if said is None:
            return False
        # its clock has whole seconds: on average half a second more than it says
        middle = before + (self._wall() - before) / 2
        session.clock_offset = (said - middle).total_seconds() + 0.5
        return True


class Connected:
    """A session whose clock and identity are known. ``endpoint`` is empty where the device does not tell it."""

    def __init__(self, session: OnvifSession, endpoint: str, clock_said: bool) -> None:
        self.session = session
        self.endpoint = endpoint
        self.clock_said = clock_said


class _Interview:
    """The questions with credentials."""

    def __init__(self, connected: Connected) -> None:
        self._session = connected.session
        self._endpoint = connected.endpoint
        self._host = device_host(self._session.xaddr)
        self._warnings: list[str] = []
        if not connected.clock_said:
            self._warnings.append("It does not tell its clock; passwords are sent with the time of this machine.")
        elif abs(self._session.clock_offset) > _CLOCK_WARNING_SECONDS:
            ahead = "ahead" if self._session.clock_offset > 0 else "behind"
            self._warnings.append(
                f"Its clock is {abs(self._session.clock_offset):.0f} s {ahead}; set it, so that recordings agree."
            )

    def describe(self) -> CameraDescription:
        device = self._session.service("device")
        info = device_info(device.GetDeviceInformation())
        self._warnings += find_services(self._session)
        profiles = self._profiles()
        profiles.sort(key=lambda profile: profile.width * profile.height, reverse=True)
        return CameraDescription(
            info=info,
            profiles=tuple(profiles),
            services=dict(self._session.addresses),
            clock_offset=self._session.clock_offset,
            place=self._optional(lambda: geo_place(device.GetGeoLocation())),
            name=self._optional(lambda: scope_name(device.GetScopes())) or "",
            endpoint=self._endpoint,
            warnings=unique(self._warnings),
        )

    def _profiles(self) -> list[StreamProfile]:
        failure: DriverError | None = None
        for ask in (self._media2, self._media):
            try:
                profiles = ask()
            except (Refused, Unreachable):
                raise
            except DriverError as error:
                failure = error
                continue
            if profiles:
                return profiles
        if isinstance(failure, Unsupported) or failure is None:
            raise Unsupported(
                self._session.name, "it lists no profile with video", "Add its stream by URL instead."
            ) from failure
        raise failure

    def _media2(self) -> list[StreamProfile]:
        media = self._session.service("media2")
        found = [profile2(item) for item in items(media.GetProfiles(Type=["All"]))]
        return self._with_addresses(found, lambda token: media.GetStreamUri(Protocol="RTSP", ProfileToken=token), "Uri")

    def _media(self) -> list[StreamProfile]:
        media = self._session.service("media")
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        found = [profile1(item) for item in items(media.GetProfiles())]
        return self._with_addresses(
            found, lambda token: media.GetStreamUri(StreamSetup=setup, ProfileToken=token), "Uri"
        )

    def _with_addresses(
        self, found: list[StreamProfile | None], ask: Callable[[str], Any], field: str
    ) -> list[StreamProfile]:
        profiles: list[StreamProfile] = []
        failure: DriverError | None = None
        for profile in found:
            if profile is None:
                continue
            try:
                answer = ask(profile.token)
            except (Refused, Unreachable):
                raise
            except DriverError as error:  # one broken profile must not cost the others
                failure = error
                self._warnings.append(f"Profile {profile.name} has no stream address: {error.detail or error.what}.")
                continue
            uri, warning = stream_address(
                answer if isinstance(answer, str) else get(answer, field), self._host, profile.name
            )
            self._warnings.append(warning)
            if uri:
                profiles.append(replace(profile, uri=uri))
        if not profiles and failure is not None:
            raise failure
        return profiles

    def _optional[Result](self, ask: Callable[[], Result]) -> Result | None:
        """What only some devices tell; an error here is no news."""
        try:
            return ask()
        except Unreachable:
            raise
        except DriverError:
            return None


def _identity(session: OnvifSession) -> str:
    try:
        answer = session.service("device", authenticate=False).GetEndpointReference()
    except DriverError:
        return (
            ""  # it wants credentials for this, does not know it or stumbles; the next question shows whether it lives
        )
    return normal_endpoint(text(answer if isinstance(answer, str) else get(answer, "GUID")))
