# ruff: noqa: E501 -- a table reads best with a case on a line
"""What devices answer instead of SOAP, and how much of it is taken."""

from __future__ import annotations

import gzip
import itertools
import logging
from datetime import UTC, datetime, timedelta

import pytest
from hostile_devices import CLOCK, INFO, LIBRARY, Answer, Device, Request, fault, http, serving, soap

from drivers import http_digest
from drivers.errors import BadAnswer, DriverError, LockedOut, Refused, TimedOut, Unreachable, Unsupported
from drivers.http_wire import MAX_BYTES
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.session import OnvifSession
from drivers.types import Codec, Credentials

ADA = Credentials("ada", "s3cret")
DIGEST = 'WWW-Authenticate: Digest realm="cam", qop="auth", nonce="abc", algorithm=MD5\r\n'
BOMB = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + soap("&b;")


def ask(device: Device, seconds: float = 5.0, credentials: Credentials | None = ADA) -> object:
    session = OnvifSession("Gate", device.xaddr, LIBRARY, credentials, call_seconds=seconds)
    return session.service("device").GetDeviceInformation()


HTML = "<html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (http(HTML), BadAnswer, "Gate: answered with something that cannot be understood: an HTML page instead of SOAP. "
         "Check that the address leads to the device itself and that its firmware is current."),
        (http("<!DOCTYPE html>" + HTML, "500 Oops"), BadAnswer, "an HTML page instead of SOAP (HTTP 500). Check"),
        (http(BOMB), BadAnswer, "XML with a DTD, which is not read. Check"),
        (http(BOMB.encode("utf-16")), BadAnswer, "XML with a DTD, which is not read. Check"),
        (http(soap(INFO)[:400]), BadAnswer, "its answer was cut off. Check"),
        (http(soap(INFO)).replace(b"Content-Length: ", b"Content-Length: 1"), BadAnswer, "its answer was cut off. Check"),
        (http(b""), BadAnswer, "an empty answer. Check"),
        (http("ok"), BadAnswer, "plain text instead of SOAP. Check"),
        (http("<a></a>"), BadAnswer, "XML that is not SOAP. Check"),
        (http(b"a" * (MAX_BYTES + 1)), BadAnswer, "an answer of more than 4096 KiB. Check"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (MAX_BYTES + 1), BadAnswer, "an answer of more than 4096 KiB. Check"),
        (http(gzip.compress(b"a" * (MAX_BYTES + 1)), headers="Content-Encoding: gzip\r\n"), BadAnswer, "more than 4096 KiB"),
        (http("x", headers="Content-Encoding: gzip\r\n"), BadAnswer, "its compressed answer is damaged"),
        (http("x", headers="Content-Encoding: br\r\n"), BadAnswer, "compressed in an unknown way"),
        (http("", "307 Moved", "Location: http://198.51.100.1/steal?p=1\r\n"), BadAnswer,
         "it sends us on to 198.51.100.1 (HTTP 307). Redirects are not followed; give the device's own address."),
        (b"SSH-2.0-OpenSSH\r\n", BadAnswer, "not HTTP (BadStatusLine). Check"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000, BadAnswer, "not HTTP (LineTooLong)"),
        (b"", Unreachable, "Gate: not reachable: it closed the connection without an answer. Check its power"),
        (http("", "404 Not Found"), BadAnswer, "an empty answer (HTTP 404)"),
        (http("<a>nothing</a>", "404 Not Found"), Unsupported, "no such service at its address (HTTP 404)"),
        (http(fault("ter:ActionNotSupported", "Not\nhere"), "500 X"), Unsupported, "does not offer this: Not here. See"),
        (http(fault("ter:Action", "Busy."), "500 X"), DriverError, "Gate: failed: it says: Busy. Try again"),
        (http(fault("ter:NotAuthorized"), "400 X"), Refused,
         "Gate: user name or password refused. Enter other credentials; it is not tried again until they change."),
        (http(fault("undeclared:NotAuthorized").replace("<s:Code>", "<x:Code>"), "400 X"), Refused, "refused"),
        (http("Unauthorized", "401 X"), Refused, "refused"),
        (http(HTML, "403 Forbidden"), Refused, "refused"),
        (http(fault("ter:NotAuthorized", "account locked for 1800 s"), "403 X"), LockedOut,
         "Gate: account locked by the device. Wait until the device unlocks it"),
        (http("", "423 Locked"), LockedOut, "account locked"),
        (http(soap("<tds:GetUsersResponse/>")), BadAnswer, "SOAP that is no answer to GetDeviceInformation. Check"),
        (http('<s:Envelope xmlns:s="x"></s:Envelope>'), BadAnswer, "SOAP that is no answer to GetDeviceInformation"),
        (http('<s:Envelope xmlns:s="x">GetDeviceInformationResponse</s:Envelope>'), BadAnswer, "SOAP that does not fit"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_bad_answers_have_a_sentence(answer: bytes, error: type[DriverError], sentence: str) -> None:
    with serving(lambda request: answer) as device, pytest.raises(error) as caught:
        ask(device)
    assert type(caught.value) is error
    assert sentence in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("whole", [soap(INFO), "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + soap(INFO)])
def test_a_drip_ends_at_the_deadline(whole: str) -> None:
    pieces: Answer = [letter.encode() for letter in whole]
    if not whole.startswith("HTTP"):
        pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", *pieces]
    sentence = r"Gate: no answer in time. Check the network between here and the device"
    with serving(lambda request: pieces) as device, pytest.raises(TimedOut, match=sentence):
        ask(device, 0.5)


def test_a_silent_device() -> None:
    with serving(lambda request: [b"", b""] * 40) as device, pytest.raises(TimedOut):
        ask(device, 0.3)


def test_nobody_there() -> None:
    with serving(lambda request: b"") as device:
        pass
    with pytest.raises(
        Unreachable, match=r"Gate: not reachable: Connection refused. Check its power, cable and address"
    ):
        ask(device)


def test_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with serving(lambda request: http(soap(INFO))) as device:
        assert ask(device).Model == "X1"  # type: ignore[attr-defined]
        assert "Accept-Encoding: identity" in device.requests[0].head


def test_odd_but_whole_answers_are_read() -> None:
    latin = soap(INFO.replace("Acme", "Acmé")).replace('"1.0"?', '"1.0" encoding="iso-8859-1"?').encode("latin-1")
    swapped = soap(
        INFO.replace("<tds:Model>X1</tds:Model>", "").replace(
            "</tds:HardwareId>", "</tds:HardwareId><tds:Model>X1</tds:Model>"
        )
    )
    chunked = soap(INFO).encode()
    for answer in (
        http(latin),
        http(swapped),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(chunked), chunked),
        http(gzip.compress(chunked), headers="Content-Encoding: gzip\r\n"),
    ):
        with serving(lambda request, answer=answer: answer) as device:  # type: ignore[misc]
            assert ask(device).Model == "X1"  # type: ignore[attr-defined]


# --- passwords ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_sent_once() -> None:
    with serving(lambda request: http(fault("ter:NotAuthorized"), "400 X")) as device:
        session = OnvifSession("Gate", device.xaddr, LIBRARY, ADA)
        for _ in range(3):
            with pytest.raises(Refused):
                session.service("device").GetDeviceInformation()
        assert len(device.requests) == 1


def test_digest_is_the_second_and_last_try() -> None:
    with serving(lambda request: http("", "401 X", DIGEST)) as device:
        session = OnvifSession("Gate", device.xaddr, LIBRARY, ADA)
        for _ in range(3):
            with pytest.raises(Refused):
                session.service("device").GetDeviceInformation()
        assert [(item.with_token, item.with_digest) for item in device.requests] == [(True, False), (False, True)]


def test_a_locked_account_gets_no_second_try() -> None:
    with serving(lambda request: http("account is locked", "401 X", DIGEST)) as device:
        with pytest.raises(LockedOut):
            ask(device)
        assert len(device.requests) == 1


def test_digest_only_devices_work_and_stale_nonces_are_renewed() -> None:
    nonces = iter(["one", "two"])

    def answer(request: Request) -> bytes:
        if 'nonce="one"' in request.head and "nc=00000002" not in request.head:
            return http(soap(INFO))
        if 'nonce="two"' in request.head:
            return http(soap(INFO))
        stale = ", stale=true" if request.with_digest else ""
        challenge = (
            f'WWW-Authenticate: Basic realm="x", Digest realm="cam", nonce="{next(nonces)}", qop="auth,auth-int"{stale}'
        )
        return http("", "401 X", challenge + "\r\n")

    with serving(answer) as device:
        session = OnvifSession("Gate", device.xaddr, LIBRARY, ADA)
        for _ in range(3):
            assert session.service("device").GetDeviceInformation().Model == "X1"
        assert [item.with_token for item in device.requests] == [True, False, False, False, False]


def test_digest_by_the_book() -> None:
    """The example of RFC 7616, 3.9.1."""
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    challenge = http_digest.read_challenge(header)
    assert challenge is not None
    mufasa = Credentials("Mufasa", "Circle of Life")
    proof = http_digest.answer(
        challenge, mufasa, "GET", "/dir/index.html", 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    )
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in proof
    sha = http_digest.read_challenge(header + ", " + header.replace("MD5", "SHA-256"))
    assert sha is not None
    proof = http_digest.answer(sha, mufasa, "GET", "/dir/index.html", 1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in proof
    for bad in (
        "",
        "Basic realm=x",
        "Digest realm=x",
        'Digest nonce="a", algorithm=MD4',
        'Digest nonce="a", qop="auth-int"',
    ):
        assert http_digest.read_challenge(bad) is None


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda request: http(soap("<a/>"))) as device, pytest.raises(BadAnswer):
        ask(device)
    assert "s3cret" not in caplog.text
    assert "UsernameToken" not in caplog.text


def test_our_own_mistakes_are_not_the_devices() -> None:
    with serving(lambda request: http(soap(INFO))) as device:
        session = OnvifSession("Gate", device.xaddr, LIBRARY, ADA)
        with pytest.raises(TypeError):
            session.service("device").GetDeviceInformation(Nonsense=1)
        with pytest.raises(Unsupported, match="it has no ptz service"):
            session.service("ptz")


# --- describing -----------------------------------------------------------------------------------------------------

PROFILES = (
    '<trt:GetProfilesResponse><trt:Profiles token="a" fixed="true"><tt:Name>Main</tt:Name>'
    '<tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name><tt:Encoding>H264</tt:Encoding>'
    "<tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution><tt:RateControl>"
    "<tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>4000</tt:BitrateLimit></tt:RateControl>"
    "<tt:H264><tt:GovLength>50</tt:GovLength></tt:H264></tt:VideoEncoderConfiguration></trt:Profiles>"
    '<trt:Profiles token="audio"><tt:Name>Audio</tt:Name></trt:Profiles></trt:GetProfilesResponse>'
)


class Camera:
    """An old camera: no GetServices, media of version 1, odd addresses."""

    def __init__(self) -> None:
        self.uri = "rtsp://root:pw@10.1.2.3:8554:8554/live?x=1"
        self.xaddr = "http://10.1.2.3/onvif/media"
        self.guid = "urn:uuid:12345678-1234-1234-1234-123456789abc"
        self.now = datetime.now(UTC) + timedelta(hours=2)

    def __call__(self, request: Request) -> bytes:
        identity = f"<tds:GUID>{self.guid}</tds:GUID>"
        uri = f"<trt:MediaUri><tt:Uri>{self.uri}</tt:Uri></trt:MediaUri>"
        answers = {
            "GetSystemDateAndTime": CLOCK.format(self.now),
            "GetEndpointReference": f"<tds:GetEndpointReferenceResponse>{identity}</tds:GetEndpointReferenceResponse>",
            "GetDeviceInformation": INFO,
            "GetCapabilities": "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>"
            f"{self.xaddr}</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>",
            "GetProfiles": PROFILES,
            "GetStreamUri": f"<trt:GetStreamUriResponse>{uri}</trt:GetStreamUriResponse>",
        }
        inner = answers.get(request.operation)
        return http(soap(inner)) if inner else http(fault("ter:ActionNotSupported"), "500 X")


def test_an_old_camera_with_odd_addresses() -> None:
    camera = Camera()
    with serving(camera) as device:
        said = OnvifDescriber(LIBRARY)("Gate", ("http://127.0.0.1:1/x", device.xaddr), ADA, camera.guid)
        credentials_sent = [item.operation for item in device.with_credentials()]
    (profile,) = said.profiles
    assert profile.uri == "rtsp://127.0.0.1:8554/live?x=1"
    assert (profile.codec, profile.width, profile.fps, profile.gop) == (Codec.H264, 1280, 25.0, 50)
    assert said.endpoint == camera.guid
    assert abs(said.clock_offset - 7200) < 5
    assert said.services["media"] == f"http://127.0.0.1:{device.port}/onvif/media"
    assert said.services["device"] == device.xaddr
    assert said.warnings[1:] == (
        "The address of its media service names another host (10.1.2.3); 127.0.0.1 is used instead.",
        "The stream address of profile Main names another host (10.1.2.3); 127.0.0.1 is used instead.",
    )
    assert said.warnings[0].startswith("Its clock is 7200 s ahead; set it") or "719" in said.warnings[0]
    assert "GetSystemDateAndTime" not in credentials_sent
    assert "GetEndpointReference" not in credentials_sent


def test_another_device_gets_no_credentials() -> None:
    camera = Camera()
    with serving(camera) as device:
        with pytest.raises(BadAnswer, match=r"another device answers at its address. No credentials were sent."):
            OnvifDescriber(LIBRARY)("Gate", (device.xaddr,), ADA, "urn:uuid:00000000-0000-0000-0000-000000000001")
        assert device.with_credentials() == []


def test_tokens_carry_the_devices_time() -> None:
    camera = Camera()
    with serving(camera) as device:
        OnvifDescriber(LIBRARY)("Gate", (device.xaddr,), ADA)
        created = device.with_credentials()[0].body.partition("Created>")[2].partition("<")[0]
    assert created.endswith("Z")
    assert abs((datetime.fromisoformat(created) - camera.now).total_seconds()) < 30


def test_no_address_and_nothing_usable() -> None:
    with pytest.raises(Unreachable, match="it has no address to ask"):
        OnvifDescriber(LIBRARY)("Gate", (), None)
    camera = Camera()
    camera.uri = "ftp://x/"
    with (
        serving(camera) as device,
        pytest.raises(Unsupported, match=r"it lists no profile with video.*Add its stream by URL"),
    ):
        OnvifDescriber(LIBRARY)("Gate", (device.xaddr,), ADA)


def test_documents_are_parsed_once() -> None:
    before = LIBRARY.parses
    assert LIBRARY.document("device") is LIBRARY.document("device")
    assert LIBRARY.parses <= before + 1
