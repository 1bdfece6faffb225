"""What servers of others say in their ProbeMatches, and what is odd in it: fields as captured, the envelope ours."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

from drivers.discovery.messages import parse, scope_value
from drivers.discovery.table import DeviceTable
from drivers.types import Discovered, FoundBy

OURS = [ipaddress.ip_network("10.77.0.0/24"), ipaddress.ip_network("10.78.0.0/24")]
BASE = "onvif://www.onvif.org"


def heard(endpoint: str, scopes: str, xaddrs: str, sender: str) -> Discovered:
    """The device that ``sender`` tells of in one ProbeMatch."""
    message = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Body><d:ProbeMatches><d:ProbeMatch>'
        f"<a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>"
        f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    )
    (said,) = parse(message.encode())
    device = DeviceTable(FoundBy.WS_DISCOVERY).take(said, sender, OURS, datetime(2026, 11, 21, tzinfo=UTC), 1)
    assert device is not None
    return device


def test_virtual_onvif_server_answers_from_the_first_of_its_addresses() -> None:
    """One machine serves a camera on each of its addresses and answers probes from the first one, whichever camera
    speaks. Asked there, with the same port, the first camera's picture would appear under the second one's name."""
    scopes = "\n    ".join(
        ("", *(f"{BASE}/{end}" for end in ("type/video_encoder", "hardware/Onvif", "name/Cardinal", "location/")), "")
    )
    endpoint = "urn:uuid:1714a629-ebe5-4bb8-a430-c18ffd8fa5f6"
    device = heard(endpoint, scopes, "http://10.77.0.11:8081/onvif/device_service", "10.77.0.10")
    assert (device.id, device.name, device.address) == (endpoint, "Cardinal", "10.77.0.10")
    assert device.xaddrs == (
        "http://10.77.0.11:8081/onvif/device_service",
        "http://10.77.0.10:8081/onvif/device_service",
    )


SIMPLE_SERVER = (
    f"{BASE}/type/video_encoder {BASE}/type/ptz {BASE}/hardware/HW-1 {BASE}/name/Yard Cam {BASE}/location/anywhere "
    f"{BASE}/Profile/Streaming"
)


def simple_server(scopes: str) -> Discovered:
    endpoint = "urn:uuid:d1648f5c-1b4c-5ad7-b70d-9376f72b7545"
    return heard(endpoint, scopes, "http://10.78.0.20:8090/onvif/device_service", "10.78.0.20")


def test_onvif_simple_server_puts_its_model_into_a_scope_as_it_is() -> None:
    device = simple_server(SIMPLE_SERVER)
    assert device.name == "Yard Cam"
    assert scope_value(device.scopes, "location") == "anywhere"
    assert len(device.scopes) == 6


def test_a_scope_of_endless_words_is_dropped() -> None:
    device = simple_server(SIMPLE_SERVER.replace("Yard Cam", "a " * 20_000))
    assert device.name == "HW-1"
    assert len(device.scopes) == 5
