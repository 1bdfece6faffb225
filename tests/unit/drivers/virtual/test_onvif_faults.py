"""What broken and hostile devices answer, and what this one does with broken and hostile requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests
import zeep
from hypothesis import given
from hypothesis import strategies as st
from onvif_rig import client, served

from drivers.virtual.onvif.context import PATHS
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.onvif.wire import SoapFault, duration, number, read_call, read_xml, tag

ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
DATE = ENVELOPE.format('<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>')


@pytest.fixture(scope="module")
def module_camera() -> Iterator[OnvifServer]:
    with served(rtsp_port=5540) as server:
        yield server


@pytest.fixture
def camera(module_camera: OnvifServer) -> Iterator[OnvifServer]:
    yield module_camera
    module_camera.context.state.faults.clear()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def ask(
    camera: OnvifServer, session: requests.Session, body: str | bytes = DATE, **options: object
) -> requests.Response:
    return session.post(camera.xaddr, data=body, timeout=10, allow_redirects=False, **options)


def test_faults_strike_as_often_as_told(camera: OnvifServer, session: requests.Session) -> None:
    faults = camera.context.state.faults
    faults.set("soap_500", times=2)
    assert [ask(camera, session).status_code for _ in range(3)] == [500, 500, 200]
    faults.set("soap_html", times=1)
    assert ask(camera, session).headers["Content-Type"] == "text/html"
    faults.set("soap_bomb", times=1)
    assert b"<!ENTITY" in ask(camera, session).content
    faults.set("soap_truncated", times=1)
    assert not ask(camera, session).text.endswith("Envelope>")
    faults.set("redirect", "198.51.100.7:8080", times=1)
    answer = ask(camera, session)
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://198.51.100.7:8080/onvif/device_service")
    assert ask(camera, session).ok


def test_huge_and_slow_answers_are_whole(camera: OnvifServer, session: requests.Session) -> None:
    plain = ask(camera, session).text
    camera.context.state.faults.set("huge", "3000000", times=1)
    huge = ask(camera, session)
    assert len(huge.content) == 3_000_000
    assert read_xml(huge.content) is not None
    camera.context.state.faults.set("slow", "0.05", times=1)
    assert len(ask(camera, session).text) == len(plain)


def test_silent_accepts_and_says_nothing(camera: OnvifServer, session: requests.Session) -> None:
    camera.context.state.faults.set("silent", times=1)
    with pytest.raises(requests.ReadTimeout):
        session.post(camera.xaddr, data=DATE, timeout=0.2)
    assert ask(camera, session).ok


def test_addresses_lie_on_demand(camera: OnvifServer) -> None:
    faults = camera.context.state.faults
    with client(camera.xaddr, "tds", None) as device:
        faults.set("wrong_xaddr", "10.99.0.1", times=1)
        assert all("//10.99.0.1:" in service.XAddr for service in device.GetServices(False))
        assert device.GetServices(False)[0].XAddr == camera.xaddr
        faults.set("wrong_xaddr", "10.99.0.2")
        assert "//10.99.0.2:" in camera.identity().xaddr
        assert "//10.99.0.2:" in device.GetCapabilities(["All"]).Media.XAddr
    with client(camera.context.xaddr(PATHS["tr2"]), "tr2") as media:
        faults.set("wrong_uri", "10.99.0.3", times=1)
        assert media.GetStreamUri("RTSP", "sub") == "rtsp://10.99.0.3:5540/sub"
        assert media.GetStreamUri("RTSP", "sub") == "rtsp://127.0.0.1:5540/sub"


def test_without_media2_and_without_status(camera: OnvifServer) -> None:
    faults = camera.context.state.faults
    faults.set("no_media2")
    with client(camera.xaddr, "tds", None) as device:
        assert not any("ver20/media" in service.Namespace for service in device.GetServices(False))
    with (
        client(camera.context.xaddr(PATHS["tr2"]), "tr2") as media,
        pytest.raises(zeep.exceptions.Fault, match="not offered"),
    ):
        media.GetProfiles()
    faults.set("no_ptz_status", times=1)
    with client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz:
        assert ptz.GetStatus("main").Position is None
        assert ptz.GetStatus("main").Position.PanTilt.x == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not xml", 400),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", 400),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + DATE.encode(), 400),
        (b"<a/>", 400),
        (ENVELOPE.format("").encode(), 400),
        (ENVELOPE.format("<a>" * 60 + "</a>" * 60).encode(), 400),
        (ENVELOPE.format('<Nonsense xmlns="http://www.onvif.org/ver10/device/wsdl"/>').encode(), 401),
        (b'<?xml version="1.0" encoding="utf-7"?>' + DATE.encode(), 400),
        (b" " * 300_000, 413),
    ],
)
def test_hostile_bodies(camera: OnvifServer, session: requests.Session, body: bytes, status: int) -> None:
    assert ask(camera, session, body).status_code == status
    assert ask(camera, session).ok


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET /nowhere HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /onvif/device_service HTTP/1.1\r\n\r\n", b"405"),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\nA: b\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_hostile_http(camera: OnvifServer, raw: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", camera.context.port), timeout=10) as connection:
        connection.sendall(raw)
        assert connection.recv(4096).split()[1] == status


def test_stop_frees_the_port() -> None:
    with served() as camera:
        port = camera.context.port
    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT5S", 5), ("PT1M30.5S", 90.5), ("P1DT1H", 90000), ("PT0S", 0), ("P99999999D", 1e8)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "5", "PT-5S", "P1Y", "PT5"])
def test_no_durations(text: str) -> None:
    with pytest.raises(SoapFault):
        duration(text)


@pytest.mark.parametrize("text", ["nan", "inf", "2", "-1.5", "", "x"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(SoapFault):
        number(text, -1, 1)


def test_text_cannot_become_markup() -> None:
    assert tag("a", "<b>&", x='"<') == "<a x='\"&lt;'>&lt;b&gt;&amp;</a>"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_call_or_a_fault(data: bytes) -> None:
    try:
        read_call(data)
    except SoapFault:
        pass


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_survives_writing_and_reading(text: str, attribute: str) -> None:
    kept = [part for part in (text, attribute) if all(c in "\t\n" or c >= " " for c in part)]
    for part in kept:
        if not any("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" for c in part):
            assert (read_xml(tag("a", part).encode()).text or "") == part


def test_stills_want_the_password_too() -> None:
    pictures = {"main": b"\xff\xd8main", "sub": None}
    auth = requests.auth.HTTPDigestAuth("operator", "correct horse")
    with served(snapshot=lambda profile: pictures[profile.token]) as camera, requests.Session() as session:
        session.trust_env = False
        base = f"http://127.0.0.1:{camera.context.port}/snapshot/"
        assert session.get(base + "main").status_code == 401
        assert session.get(base + "main", auth=auth).content == b"\xff\xd8main"
        assert session.get(base + "sub", auth=auth).status_code == 503
        assert session.get(base + "none", auth=auth).status_code == 404
