"""WS-Discovery messages and addresses from hostile devices."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.discovery.messages import (
    PROBE_TYPES,
    Announcement,
    MalformedError,
    parse,
    probe,
    scope_place,
    scope_value,
)
from drivers.discovery.ranges import MAX_HOSTS, parse_range
from drivers.discovery.ranking import MAX_XADDRS, rank, usable_xaddr
from drivers.types import Credentials, GeoPlace
from drivers.urls import heal_netloc, normal_endpoint, split, strip_credentials

ENDPOINT = "urn:uuid:12345678-1234-1234-1234-123456789abc"


def match(
    inner: str = "",
    kind: str = "ProbeMatches",
    item: str = "ProbeMatch",
    endpoint: str | None = ENDPOINT,
    xaddrs: str = "http://192.0.2.7/onvif/device_service",
) -> bytes:
    reference = f"<a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>" if endpoint else ""
    body = (
        f"{reference}<d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>onvif://www.onvif.org/name/Gate%20%31 onvif://www.onvif.org/hardware/X1</d:Scopes>"
        f"<d:XAddrs>{xaddrs}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>{inner}"
    )
    wrapped = f"<d:{item}>{body}</d:{item}>" if item else body
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="x:a" xmlns:d="x:d" xmlns:dn="x:dn">'
        f'<s:Header><d:AppSequence InstanceId="abc" MessageNumber="-"/></s:Header>'
        f"<s:Body><d:{kind}>{wrapped}</d:{kind}></s:Body></s:Envelope>"
    ).encode()


def test_a_probe_match_with_a_bad_instance_id() -> None:
    (said,) = parse(match())
    assert said.endpoint == ENDPOINT
    assert said.types == ("NetworkVideoTransmitter",)
    assert said.is_onvif
    assert scope_value(said.scopes, "name") == "Gate 1"
    assert scope_value(said.scopes, "hardware") == "X1"


@pytest.mark.parametrize(("kind", "hello", "bye"), [("Hello", True, False), ("Bye", False, True)])
def test_hello_and_bye(kind: str, hello: bool, bye: bool) -> None:
    (said,) = parse(match(kind=kind, item=""))
    assert (said.hello, said.bye, said.endpoint) == (hello, bye, ENDPOINT)


def test_no_endpoint_and_own_probe() -> None:
    assert parse(match(endpoint=None))[0].endpoint == ""
    for types in PROBE_TYPES:
        assert parse(probe(types, uuid.UUID(int=1))) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"hello",
        b"<a/>",
        b"<Envelope/>",
        b"<Envelope><Body/></Envelope>",
        b"<Envelope><Body><Other/></Body></Envelope>",
        b"<Envelope" + b"<a>" * 5000,
        match()[:200],
        b"x" * 70_000,
        b'<!DOCTYPE s [<!ENTITY a "b">]>' + match(),
        b'<!DOCTYPE s SYSTEM "file:///etc/passwd">' + match(),
        b'<?xml version="1.0" encoding="no-such"?>' + match(),
    ],
)
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(data)


def test_entity_bomb_costs_nothing() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(MalformedError):
        parse(f'<!DOCTYPE s [<!ENTITY e0 "boom">{entities}]><Envelope><Body>&e11;</Body></Envelope>'.encode())


def test_lists_are_cut() -> None:
    (said,) = parse(match(xaddrs=" ".join(f"http://192.0.2.7/{n}" for n in range(500)) + " " + "x" * 2000))
    assert len(said.xaddrs) == 64


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except MalformedError:
        pass


@given(st.binary(max_size=60), st.integers(0, 900), st.integers(0, 60))
def test_any_damage_is_survived(junk: bytes, where: int, length: int) -> None:
    data = match()
    try:
        for said in parse(data[:where] + junk + data[where + length :]):
            rank(said.xaddrs, "192.0.2.7")
            scope_place(said.scopes)
    except MalformedError:
        pass


@given(st.lists(st.text(max_size=60), max_size=12), st.sampled_from(["192.0.2.7", "fe80::1%eth0", "127.0.0.1"]))
def test_ranking_takes_anything(xaddrs: list[str], sender: str) -> None:
    ranked = rank(xaddrs, sender)
    assert 1 <= len(ranked) <= MAX_XADDRS
    for xaddr in ranked:
        assert split(xaddr) is not None
        assert "@" not in xaddr.partition("?")[0] or split(xaddr)


def test_ranking_prefers_who_answered() -> None:
    import ipaddress

    ours = [ipaddress.ip_network("192.0.2.0/24")]
    said = (
        "http://169.254.1.1/a",
        "http://198.51.100.9/b",
        "http://192.0.2.9:8080/c",
        "http://u:p@192.0.2.7:81:81/d",
        "ftp://192.0.2.7/",
        "http://192.0.2.7:81/d",
    )
    assert rank(said, "192.0.2.7", ours) == (
        "http://192.0.2.7:81/d",
        "http://192.0.2.9:8080/c",
        "http://198.51.100.9/b",
        "http://169.254.1.1/a",
    )
    assert rank(("http://10.0.0.5:8000/onvif/x",), "192.0.2.7")[0] == "http://192.0.2.7:8000/onvif/x"
    assert rank(("http://10.0.0.5:8000/onvif/x",), "192.0.2.7", ours)[0] == "http://192.0.2.7:8000/onvif/x"
    assert rank(("http://192.0.2.9/x",), "198.51.100.7", ours)[0] == "http://198.51.100.7/x", "behind a NAT"
    assert rank((), "192.0.2.7") == ("http://192.0.2.7/onvif/device_service",)
    assert rank((), "fe80::1") == ("http://[fe80::1]/onvif/device_service",)


@pytest.mark.parametrize(
    ("netloc", "healed"),
    [
        ("h:8106:8106", "h:8106"),
        ("h:80:8106", "h:8106"),
        ("h:", "h"),
        ("h", "h"),
        ("h:99999:80", "h:80"),
        ("h:80:99999", "h"),
        ("[fe80::1]:80:80", "[fe80::1]:80"),
        ("fe80::1", "[fe80::1]"),
        ("u:p@h:1:1", "u:p@h:1"),
    ],
)
def test_healing(netloc: str, healed: str) -> None:
    assert heal_netloc(netloc) == healed


@given(st.text(alphabet="abc.:[]0123456789@%-", max_size=40))
def test_healing_is_stable(netloc: str) -> None:
    once = heal_netloc(netloc)
    assert heal_netloc(once) == once
    parts = split(f"http://{netloc}/x")
    assert parts is None or parts.hostname


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_credentials_come_out_of_urls(user: str, password: str) -> None:
    from urllib.parse import quote

    try:
        url = f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@192.0.2.1:554/a?b=c"
    except UnicodeEncodeError:
        return
    assert strip_credentials(url) == ("rtsp://192.0.2.1:554/a?b=c", Credentials(user, password))


def test_usable_addresses() -> None:
    assert usable_xaddr("http://") == ""
    assert usable_xaddr("http://h:port/") == ""
    assert usable_xaddr("gopher://h/") == ""


def test_endpoints_have_one_spelling() -> None:
    for spelling in (ENDPOINT, ENDPOINT.upper(), ENDPOINT[9:], " uuid:" + ENDPOINT[9:] + "\n"):
        assert normal_endpoint(spelling) == ENDPOINT
    assert normal_endpoint("http://www.w3.org/2005/08/addressing/anonymous") == ""
    assert normal_endpoint("a\x07b") == ""


def test_places_in_scopes() -> None:
    base = "onvif://www.onvif.org/location/"
    scopes = tuple(base + word for word in ("latitude/52.5", "longitude/4.25", "height/6.0", "heading/90.0"))
    assert scope_place(scopes) == GeoPlace(52.5, 4.25, 6.0, 90.0)
    assert scope_place((base + "geo:52.5,4.25",)) == GeoPlace(52.5, 4.25)
    for bad in ("latitude/95", "latitude/nan", "geo:x,y", "city/virtual"):
        assert scope_place((base + bad, base + "longitude/4")) is None


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("192.0.2.4", ["192.0.2.4"]),
        ("192.0.2.0/30", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.9/32", ["192.0.2.9"]),
        ("192.0.2.9-11", ["192.0.2.9", "192.0.2.10", "192.0.2.11"]),
        ("192.0.2.254-192.0.3.0, 192.0.2.255", ["192.0.2.254", "192.0.2.255", "192.0.3.0"]),
        ("fe80::1-fe80::2", ["fe80::1", "fe80::2"]),
    ],
)
def test_ranges(text: str, hosts: list[str]) -> None:
    assert list(parse_range(text)) == hosts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "No address given. Write a range such as"),
        ("camera", "camera is no range of addresses. Write it as"),
        ("192.0.2.9-4", "ends before it begins"),
        ("10.0.0.0/8", f"has 16777214 addresses, and {MAX_HOSTS} is the limit. Give a smaller range."),
        ("::/0", "is the limit"),
    ],
)
def test_ranges_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_range(text)


def test_is_onvif() -> None:
    assert not Announcement(False, False, "", ("Computer",), (), ("http://192.0.2.1:5357/x",)).is_onvif
