"""From the site file to the feeds of plate sources, and what is said where one cannot be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from console.feed_factory import make_feeds
from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.model.site import Camera, Site, Stream
from console.store.credentials import MemoryVault
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.events import PullPointFeed
from drivers.onvif.wsdl import WsdlLibrary
from drivers.plates.mqtt import MqttFeed
from drivers.plates.receiver import PushFeed
from drivers.types import Credentials
from drivers.video.rtsp.metadata import MetadataFeed

CAMERAS = (
    Camera(1, "Bridge", "urn:1", xaddrs=("http://192.0.2.5/onvif/device_service",), credentials="cams"),
    Camera(2, "Lane", "urn:2", streams=(Stream("main", "rtsp://192.0.2.6/main"),)),
)
SOURCES = (
    PlateSource("Rekor", PlateKind.REKOR, token="t"),
    PlateSource("Stream", PlateKind.PLATE_RECOGNIZER, credentials="cams", rate=3.0),
    PlateSource("Hik", PlateKind.HIKVISION, credentials="cams"),
    PlateSource("Axis", PlateKind.AXIS, token="t", path="/axis"),
    PlateSource("Frigate", PlateKind.FRIGATE, host="192.0.2.7", time_zone="Europe/Vienna"),
    PlateSource("City", PlateKind.ONVIF_MQTT, host="192.0.2.7", prefix="city"),
    PlateSource("Other", PlateKind.ONVIF_MQTT, host="192.0.2.8"),
    PlateSource("Bridge plates", PlateKind.ONVIF_EVENTS, camera=1),
    PlateSource("Lane plates", PlateKind.ONVIF_METADATA, camera=2),
)
VAULT = MemoryVault({"t": Credentials("", "sesame"), "cams": Credentials("u", "secret")})


def describer() -> OnvifDescriber:
    return OnvifDescriber(WsdlLibrary())


def test_every_kind() -> None:
    feeds, problems = make_feeds(Site(cameras=CAMERAS, plate_sources=SOURCES), VAULT, describer(), "desk-1")
    assert problems == []
    assert [each.name for each in feeds] == [each.name for each in SOURCES]
    assert [type(each) for each in feeds] == [PushFeed] * 4 + [MqttFeed] * 3 + [PullPointFeed, MetadataFeed]
    pushed = [each for each in feeds if isinstance(each, PushFeed)]
    assert len({each._receiver for each in pushed}) == 1
    assert [each.source.where for each in pushed] == ["/plates/Rekor", "/plates/Stream", "/plates/Hik", "/axis"]
    brokered = [each for each in feeds if isinstance(each, MqttFeed)]
    assert brokered[0]._client is brokered[1]._client is not brokered[2]._client
    assert [each.source.filter for each in brokered] == [
        "frigate/tracked_object_update",
        "city/onvif-ej/#",
        "onvif-ej/#",
    ]
    assert all("secret" not in repr(vars(each)) and "sesame" not in repr(vars(each)) for each in feeds)


def test_what_cannot_be_made_keeps_none_away(tmp_path: Path) -> None:
    bad = (
        replace(SOURCES[0], token="gone"),
        replace(SOURCES[1], name="Clash", path="/axis"),
        replace(SOURCES[4], ca_file="ca.pem"),
        replace(SOURCES[7], camera=2),
        replace(SOURCES[8], camera=1),
    )
    feeds, problems = make_feeds(
        Site(cameras=CAMERAS, plate_sources=(SOURCES[3], *bad)), VAULT, describer(), folder=tmp_path
    )
    assert [each.name for each in feeds] == ["Axis"]
    for problem, words in zip(
        problems,
        (
            "'Rekor' is left out: the credentials 'gone' (token) are not on this computer.",
            "'Clash' is left out: another source posts to /axis already.",
            "'Frigate' is left out: there is no file ",
            "'Bridge plates' is left out: no ONVIF camera has the number 2.",
            "'Lane plates' is left out: its camera has no stream; add a line uri",
        ),
        strict=True,
    ):
        assert words in problem
    entry = ReceiverEntry(certificate="none.pem")
    feeds, problems = make_feeds(Site(plate_sources=SOURCES[:1], receiver=entry), VAULT, describer(), folder=tmp_path)
    assert feeds == []
    assert "there is no file" in problems[0]
    entry = ReceiverEntry(certificate="x" * 300)
    feeds, problems = make_feeds(
        Site(cameras=CAMERAS, plate_sources=(SOURCES[0], SOURCES[7]), receiver=entry), VAULT, describer()
    )
    assert [each.name for each in feeds] == ["Bridge plates"], "a file that cannot be looked at keeps no other away"
    assert "(certificate) cannot be read: File name too long" in problems[0]
