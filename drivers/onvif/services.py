"""Where a camera's services are: GetServices, and GetCapabilities for devices from before it."""

from __future__ import annotations

from typing import Any

from drivers.errors import DriverError, Refused, Unreachable
from drivers.onvif.reading import get, items, service_address, text
from drivers.onvif.session import OnvifSession, service_of

_CAPABILITIES = {"Media": "media", "PTZ": "ptz", "Imaging": "imaging", "Events": "events"}
_MORE_CAPABILITIES = {"DeviceIO": "deviceio", "Recording": "recording", "Search": "search", "Replay": "replay"}


def find_services(session: OnvifSession) -> list[str]:
    """Fill ``session.addresses``; returns what the technician should know of them (sentences, some may be empty).
    Raises DriverError."""
    device = session.service("device")
    try:
        listed = [
            (service_of(text(item, "Namespace")), get(item, "XAddr"))
            for item in items(device.GetServices(IncludeCapability=False))
        ]
    except (Refused, Unreachable):
        raise
    except DriverError:
        listed = _capabilities(session)
    warnings = []
    for service, xaddr in listed:
        if service and service != "device":
            address, warning = service_address(xaddr, session.xaddr, service)
            warnings.append(warning)
            if address:
                session.addresses[service] = address
    return warnings


def _capabilities(session: OnvifSession) -> list[tuple[str, Any]]:
    """What devices before GetServices say."""
    answer = session.service("device").GetCapabilities(Category=["All"])
    found = [(service, get(answer, f"{key}.XAddr")) for key, service in _CAPABILITIES.items()]
    found += [(service, get(answer, f"Extension.{key}.XAddr")) for key, service in _MORE_CAPABILITIES.items()]
    return [(service, xaddr) for service, xaddr in found if xaddr]
