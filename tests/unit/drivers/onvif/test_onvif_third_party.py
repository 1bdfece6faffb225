"""What ONVIF servers of others answer, and what is odd in it: fields as captured, the envelope ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hostile_devices import CLOCK, LIBRARY, Device, Request, fault, http, serving, soap

from drivers import http_digest
from drivers.errors import BadAnswer, Refused
from drivers.onvif.describe import OnvifDescriber
from drivers.types import CameraDescription, Codec, Credentials

ADA = Credentials("ada", "s3cret")
STREAM = "rtsp://127.0.0.1:8554/cam0"
TRACE = (
    "TypeError: Cannot read properties of undefined (reading 'output')\n"
    "    at p.onopentag (node_modules/soap/lib/wsdl.js:1255:41)\n"
    "    at SAXParser.write (node_modules/sax/lib/sax.js:1558:13)"
)


def clock() -> str:
    return CLOCK.format(datetime.now(UTC))


def services(prefix: str, port: str, *namespaces: str) -> str:
    listed = "".join(
        f"<tds:Service><tds:Namespace>http://www.onvif.org/{name}/wsdl</tds:Namespace>"
        f"<tds:XAddr>http://127.0.0.1:{port}/onvif/{name.partition('/')[2]}_service</tds:XAddr><tds:Version>"
        f"<{prefix}:Major>2</{prefix}:Major><{prefix}:Minor>5</{prefix}:Minor></tds:Version></tds:Service>"
        for name in namespaces
    )
    return f"<tds:GetServicesResponse>{listed}</tds:GetServicesResponse>"


def info(maker: str, model: str, firmware: str, serial: str, hardware: str) -> str:
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{maker}</tds:Manufacturer><tds:Model>{model}</tds:Model>"
        f"<tds:FirmwareVersion>{firmware}</tds:FirmwareVersion><tds:SerialNumber>{serial}</tds:SerialNumber>"
        f"<tds:HardwareId>{hardware}</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def profile(inner: str, token: str) -> str:
    """A profile of media 1; ``inner`` is the prefix of everything in it."""
    fields = (
        '<?:Name>MainStream</?:Name><?:VideoEncoderConfiguration token="encoder"><?:Name>Encoder</?:Name>'
        "<?:UseCount>1</?:UseCount><?:Encoding>H264</?:Encoding><?:Resolution><?:Width>640</?:Width>"
        "<?:Height>360</?:Height></?:Resolution><?:Quality>4</?:Quality><?:RateControl>"
        "<?:FrameRateLimit>15</?:FrameRateLimit><?:EncodingInterval>1</?:EncodingInterval>"
        "<?:BitrateLimit>1024</?:BitrateLimit></?:RateControl><?:H264><?:GovLength>15</?:GovLength>"
        "<?:H264Profile>Main</?:H264Profile></?:H264><?:SessionTimeout>PT1000S</?:SessionTimeout>"
        "</?:VideoEncoderConfiguration>"
    )
    listed = f'<trt:Profiles token="{token}">{fields.replace("?", inner)}</trt:Profiles>'
    return f"<trt:GetProfilesResponse>{listed}</trt:GetProfilesResponse>"


def uri(inner: str) -> str:
    said = f"<{inner}:Uri>{STREAM}</{inner}:Uri><{inner}:Timeout>PT30S</{inner}:Timeout>"
    return f"<trt:GetStreamUriResponse><trt:MediaUri>{said}</trt:MediaUri></trt:GetStreamUriResponse>"


def describe(device: Device) -> CameraDescription:
    return OnvifDescriber(LIBRARY)("Gate", (device.xaddr,), ADA)


def own_port(request: Request) -> str:
    return request.head.partition("Host: 127.0.0.1:")[2].partition("\r")[0]


def rpos(request: Request) -> bytes:
    """RPOS 2.1.0: faults with HTTP 200, and a stack trace with HTTP 200 for an operation that its WSDL lacks."""
    if request.operation != "GetSystemDateAndTime" and not request.with_token:
        return http(fault("ter:NotAuthorized", "Sender not Authorized"))
    answers = {
        "GetSystemDateAndTime": clock(),
        "GetDeviceInformation": info("RPOS Proxy", "PROXY", "2.1.0", "000000000", ""),
        "GetServices": services("tt", own_port(request), "ver10/device", "ver20/imaging", "ver10/media", "ver20/ptz"),
        "GetProfiles": profile("tt", "profile_token"),
        "GetStreamUri": uri("tt"),
        "GetScopes": "<tds:GetScopesResponse><tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>"
        "onvif://www.onvif.org/name/RPOS Proxy</tt:ScopeItem></tds:Scopes></tds:GetScopesResponse>",
    }
    return http(soap(answers[request.operation])) if request.operation in answers else http(TRACE)


def test_rpos_answers_with_stack_traces() -> None:
    with serving(rpos) as device:
        said = describe(device)
    assert (said.name, said.info.manufacturer, said.info.hardware) == ("RPOS Proxy", "RPOS Proxy", "")
    assert said.place is None
    assert said.warnings == ()
    assert [item.uri for item in said.profiles] == [STREAM]
    assert sorted(said.services) == ["device", "imaging", "media", "ptz"]


def test_rpos_refuses_with_http_200() -> None:
    refusal = http(fault("ter:NotAuthorized", "Sender not Authorized"))
    with serving(lambda request: refusal if request.with_token else rpos(request)) as device:
        with pytest.raises(Refused):
            describe(device)
        assert len(device.with_credentials()) == 1


def virtual_onvif(request: Request) -> bytes:
    """virtual-onvif (node-soap 1.1.5): all elements in their service's namespace, JavaScript's words in the faults."""
    answers = {
        "GetSystemDateAndTime": clock().replace("tt:", "tds:"),
        "GetDeviceInformation": info("Onvif", "Cardinal", "1.0.0", "Yard_North-0000", "Yard_North-1001"),
        "GetServices": services("tds", own_port(request), "ver10/device", "ver10/media"),
        "GetProfiles": profile("trt", "main_stream"),
        "GetStreamUri": uri("trt"),
    }
    if request.operation in answers:
        return http(soap(answers[request.operation]))
    return http(fault("InternalServerError", "TypeError: method is not a function"), "500 Internal Server Error")


def test_virtual_onvif_puts_everything_into_one_namespace() -> None:
    with serving(virtual_onvif) as device:
        said = describe(device)
    (main,) = said.profiles
    assert (main.token, main.codec, main.width, main.height, main.fps) == ("main_stream", Codec.H264, 640, 360, 15.0)
    assert (main.gop, main.bitrate_kbps, main.uri) == (15, 1024, STREAM)
    assert (said.info.serial, said.name, said.warnings) == ("Yard_North-0000", "", ())
    assert abs(said.clock_offset) < 30


def test_virtual_onvif_without_its_wsdls_tells_more_than_an_address_where_nothing_is() -> None:
    """It loads its WSDLs from the internet; without one, each question is answered with a stack trace."""
    trace = http("TypeError: method is not a function\n    at Server._process", "500 Internal Server Error")
    with serving(lambda request: trace) as device, pytest.raises(BadAnswer, match=r"plain text instead of SOAP"):
        OnvifDescriber(LIBRARY)("Gate", ("http://127.0.0.1:1/onvif/device_service", device.xaddr), ADA)


def test_onvif_simple_server_does_not_escape() -> None:
    """onvif_simple_server puts its configuration into XML as it is, and wants a password even for its identity."""
    with serving(simple_server) as device:
        said = describe(device)
    assert said.info.manufacturer.startswith("Räumlich")
    assert said.info.model == "Yard Cam"
    (stream,) = said.profiles
    assert (stream.codec, stream.gop, stream.uri) == (Codec.H265, 40, STREAM)


def simple_server(request: Request) -> bytes:
    if request.operation != "GetSystemDateAndTime" and not request.with_token:
        return http(fault("ter:NotAuthorized", "Sender not Authorized"), "400 Bad Request")
    encoder = (
        '<tr2:VideoEncoder GovLength="40" Profile="Main" token="e"><tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>"
        "<tt:Quality>10</tt:Quality></tr2:VideoEncoder>"
    )
    answers = {
        "GetSystemDateAndTime": clock(),
        "GetDeviceInformation": info("Räumlich & Söhne", "Yard Cam", "0.0.1", "SN1234567890", "HWID"),
        "GetServices": services("tt", own_port(request), "ver10/device", "ver10/media", "ver20/media"),
        "GetProfiles": '<tr2:GetProfilesResponse><tr2:Profiles token="Profile_1" fixed="true"><tr2:Name>Profile_1'
        f"</tr2:Name><tr2:Configurations>{encoder}</tr2:Configurations></tr2:Profiles></tr2:GetProfilesResponse>",
        "GetStreamUri": f"<tr2:GetStreamUriResponse><tr2:Uri>{STREAM}</tr2:Uri></tr2:GetStreamUriResponse>",
        "GetGeoLocation": "<tds:GetGeoLocationResponse />",
        "GetScopes": "<tds:GetScopesResponse/>",
    }
    return http(soap(answers[request.operation]))


LIGHTTPD = tuple(
    f'WWW-Authenticate: Digest realm="IP Camera(12345)", charset="UTF-8", algorithm={name}, nonce="{nonce}", qop="auth"'
    for name, nonce in (
        ("SHA-256", "6b010029:05270b483a6e338ad2e6cdcef00902762b6cfbac25c47270e432a519dee09c43"),
        ("MD5", "6b010029:66ece378518a23379c36e7c77f491510"),
    )
)
BASIC = 'WWW-Authenticate: Basic realm="basic of IP Camera(12345)"'


@pytest.mark.parametrize(
    ("challenges", "algorithm"),
    [(LIGHTTPD, "SHA-256"), (LIGHTTPD[::-1], "SHA-256"), ((LIGHTTPD[1], BASIC), "MD5"), ((BASIC, LIGHTTPD[1]), "MD5")],
)
def test_lighttpd_offers_each_way_in_a_header_of_its_own(challenges: tuple[str, ...], algorithm: str) -> None:
    """lighttpd 1.4.69 before a camera's services: whichever header is last must not hide the others."""
    lines = "".join(f"{line}\r\n" for line in challenges)

    def answer(request: Request) -> bytes:
        if not request.with_digest:
            return http("<html>401 Unauthorized</html>", "401 Unauthorized", lines)
        return simple_server(Request(request.head, request.body + "UsernameToken"))

    with serving(answer) as device:
        said = describe(device)
        proofs = [item.head for item in device.requests if item.with_digest]
    assert said.info.model == "Yard Cam"
    assert all(f"algorithm={algorithm}," in head and 'realm="IP Camera(12345)"' in head for head in proofs)
    assert "It does not tell its clock; passwords are sent with the time of this machine." in said.warnings


def test_a_huge_challenge_costs_nothing() -> None:
    long = "Digest " + "a" * 60_000 + ', nonce="x"'
    assert http_digest.read_challenge(long) is None
    assert http_digest.read_challenge('Digest nonce="x", ' + "a" * 60_000) == http_digest.Challenge("", "x")
