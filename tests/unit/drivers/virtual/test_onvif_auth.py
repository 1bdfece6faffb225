"""Credentials, as cameras check them: clock, replays, lock-out, both ways of proving a password."""

from __future__ import annotations

import base64
import hashlib
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
import requests
import zeep
from onvif_rig import NOW, Clock, client, served, spec

from drivers.types import Credentials
from drivers.virtual.onvif.auth import ATTEMPTS, LOCK_SECONDS, Accepts, Guard, NotAuthorized
from drivers.virtual.onvif.wire import read_xml
from drivers.virtual.state import CameraState

RIGHT = Credentials("operator", "correct horse")


def header(
    password: str = RIGHT.password, at: float = NOW, nonce: bytes = b"once", user: str = "operator"
) -> ET.Element:
    created = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return read_xml(
        f"""<h><Security><UsernameToken><Username>{user}</Username><Password Type="#PasswordDigest">{digest}</Password>
        <Nonce>{base64.b64encode(nonce).decode()}</Nonce><Created>{created}</Created></UsernameToken></Security></h>
        """.encode()
    )


def check(guard: Guard, element: ET.Element | None = None, authorization: str = "") -> None:
    guard.check("POST", "/onvif/device_service", authorization, element)


@pytest.fixture
def clocks() -> tuple[Clock, Clock]:
    return Clock(NOW), Clock(1000.0)


def test_a_token_is_good_once_and_near_the_device_clock(clocks: tuple[Clock, Clock]) -> None:
    guard = Guard(RIGHT, *clocks)
    check(guard, header(at=NOW - 4.9))
    with pytest.raises(NotAuthorized, match="nonce used before"):
        check(guard, header(at=NOW - 4.9))
    for seconds in (-5.5, 5.5):
        with pytest.raises(NotAuthorized, match="device's clock"):
            check(guard, header(at=NOW + seconds, nonce=b"late"))
    assert not guard.locked


def test_five_wrong_passwords_lock_the_account_for_half_an_hour(clocks: tuple[Clock, Clock]) -> None:
    guard = Guard(RIGHT, *clocks)
    for attempt in range(ATTEMPTS):
        with pytest.raises(NotAuthorized, match="wrong") as refused:
            check(guard, header("wrong", nonce=b"%d" % attempt))
        assert refused.value.status == 400
    with pytest.raises(NotAuthorized, match="locked") as refused:
        check(guard, header(nonce=b"right but late"))
    assert refused.value.status == 403
    clocks[1].now += LOCK_SECONDS - 1
    assert guard.locked
    clocks[1].now += 2
    check(guard, header(nonce=b"after"))


def test_a_right_password_forgives_wrong_ones(clocks: tuple[Clock, Clock]) -> None:
    guard = Guard(RIGHT, *clocks)
    for attempt in range(3 * ATTEMPTS):
        if attempt % (ATTEMPTS - 1) == 0:
            check(guard, header(nonce=b"right %d" % attempt))
        with pytest.raises(NotAuthorized, match="wrong"):
            check(guard, header("wrong", nonce=b"%d" % attempt))
    assert not guard.locked


def test_clear_text_unknown_users_and_broken_tokens_are_refused(clocks: tuple[Clock, Clock]) -> None:
    guard = Guard(RIGHT, *clocks)
    text = read_xml(
        b"<h><Security><UsernameToken><Username>operator</Username><Password>correct horse</Password></UsernameToken>"
        b"</Security></h>"
    )
    with pytest.raises(NotAuthorized, match="only PasswordDigest"):
        check(guard, text)
    with pytest.raises(NotAuthorized, match="wrong user name"):
        check(guard, header(user="admin"))
    broken = header()
    next(broken.iter("Created")).text = "yesterday"
    with pytest.raises(NotAuthorized, match="not understood"):
        check(guard, broken)


def test_no_more_nonces_than_memory_allows(clocks: tuple[Clock, Clock], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.virtual.onvif.auth.NONCES", 2)
    guard = Guard(RIGHT, *clocks)
    check(guard, header(nonce=b"1"))
    check(guard, header(nonce=b"2"))
    with pytest.raises(NotAuthorized, match="nonce"):
        check(guard, header(nonce=b"3"))
    clocks[1].now += 11
    check(guard, header(nonce=b"3"))


def test_http_digest_over_the_wire() -> None:
    with (
        served(accepts=Accepts.DIGEST) as camera,
        client(camera.xaddr, "tds", None, requests.auth.HTTPDigestAuth("operator", "correct horse")) as device,
    ):
        for _ in range(3):
            assert device.GetDeviceInformation().Manufacturer == "Watchfloor"
        with client(camera.xaddr, "tds") as by_token, pytest.raises(zeep.exceptions.Fault):
            by_token.GetDeviceInformation()
        wrong = requests.auth.HTTPDigestAuth("operator", "wrong")
        with client(camera.xaddr, "tds", None, wrong) as refused, pytest.raises(zeep.exceptions.Fault, match="wrong"):
            refused.GetDeviceInformation()
        forged = 'Digest username="operator", nonce="1000.0-00", uri="/onvif/device_service", nc=00000001, qop=auth'
        with pytest.raises(NotAuthorized, match="challenge"):
            check(camera.guard, authorization=forged)
        with pytest.raises(NotAuthorized, match="challenge"):
            check(camera.guard, authorization="Digest nonsense")


def test_refusal_looks_as_cameras_do_it() -> None:
    with served() as camera, requests.Session() as session:
        session.trust_env = False
        body = (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetUsers '
            'xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
        )
        answer = session.post(camera.xaddr, data=body)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Digest ")
        assert "ter:NotAuthorized" in answer.text


def test_the_device_clock_is_what_counts() -> None:
    wall = Clock(NOW)
    with served(CameraState(spec(offset=-3600.0)), wall=wall) as camera:
        with client(camera.xaddr, "tds", None) as device:
            date = device.GetSystemDateAndTime().UTCDateTime
        seen = datetime(
            date.Date.Year,
            date.Date.Month,
            date.Date.Day,
            date.Time.Hour,
            date.Time.Minute,
            date.Time.Second,
            tzinfo=UTC,
        )
        assert seen.timestamp() == NOW - 3600
        guard = camera.guard
        check(guard, header(at=NOW - 3600))
        camera.context.state.faults.set("time_jump", "60")
        with pytest.raises(NotAuthorized, match="clock"):
            check(guard, header(at=NOW - 3600, nonce=b"after the jump"))
        check(guard, header(at=NOW - 3540, nonce=b"with the jump"))
        assert "correct" not in repr(camera.context.state.spec)


def test_somebody_sets_the_clock() -> None:
    with served() as camera, client(camera.xaddr, "tds") as device:
        date = {"Year": 2030, "Month": 2, "Day": 31}
        time = {"Hour": 3, "Minute": 4, "Second": 5}
        with pytest.raises(zeep.exceptions.Fault, match="valid UTC"):
            device.SetSystemDateAndTime("Manual", False, None, {"Date": date, "Time": time})
        device.SetSystemDateAndTime("Manual", False, None, {"Date": {**date, "Day": 3}, "Time": time})
        assert camera.clock.now().isoformat().startswith("2030-02-03T03:04:0")
        with pytest.raises(zeep.exceptions.Fault, match="clock"):
            device.SetSystemDateAndTime("NTP", False)
