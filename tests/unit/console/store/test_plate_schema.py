"""Plate sources in the site file: read, written, refused with a line, and what they add to reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry, camera_of, located
from console.model.site import Camera, Site
from console.store.site_file import SiteFileError, load_site, parse_site, save_site
from drivers.events import PlateRead
from drivers.types import GeoPlace

QUAY = GeoPlace(48.2, 16.3, heading=10.0)
SITE = Site(
    "Harbour",
    (Camera(12, "Gate", "urn:12", place=QUAY), Camera(13, "Lot", "urn:13")),
    plate_sources=(
        PlateSource(
            "North gate",
            PlateKind.REKOR,
            token="north gate",
            cameras={"407216223": 12},
            headings={"407216223": 90.0},
            heading=270.0,
            place=GeoPlace(48.0, 16.0),
            region="us-dc",
            time_zone="America/New_York",
            path="/hook",
            rate=5.0,
        ),
        PlateSource("Drive", PlateKind.FRIGATE, host="192.0.2.7", tls=True, prefix="frigate2", camera=13),
        PlateSource("Bridge", PlateKind.ONVIF_EVENTS, camera=12),
        PlateSource("Metadata", PlateKind.ONVIF_METADATA, camera=12, uri="rtsp://192.0.2.9/meta"),
    ),
    receiver=ReceiverEntry("192.0.2.1", 8443, "receiver.pem", "receiver.key"),
)
CAMERA = 'schema_version = 3\n[[camera]]\nnumber = 12\nname = "Gate"\nid = "urn:12"\n'


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    save_site(path, SITE)
    assert load_site(path) == SITE
    text = path.read_text()
    path.write_text(text.replace('name = "Bridge"', 'name = "Bridge" # the old one'))
    save_site(path, SITE)
    assert "# the old one" in path.read_text()
    save_site(path, replace(SITE, plate_sources=(), receiver=None))
    assert "plate_source" not in path.read_text()
    assert "receiver" not in path.read_text()


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ('name = "A"', 6, "key 'kind' is missing"),
        ('kind = "rekor"\ntoken = "t"', 6, "key 'name' is missing"),
        ('name = "A"\nkind = "cats"', 8, "'kind' must be one of"),
        ('name = "A"\nkind = "rekor"', 6, "must prove itself"),
        (
            'name = "A"\nkind = "rekor"\ntoken = "t"\nhost = "x"',
            10,
            "unknown key 'host' of a plate source",
        ),
        ('name = "A"\nkind = "frigate"', 6, "key 'host' is missing"),
        ('name = "A"\nkind = "onvif_events"', 6, "key 'camera' is missing"),
        ('name = "A"\nkind = "onvif_events"\ncamera = 99', 9, "no camera has the number 99"),
        ('name = "A"\nkind = "rekor"\ntoken = "t"\ncameras = { "1" = 99 }', 10, "no camera has the number 99"),
        ('name = "A"\nkind = "rekor"\ntoken = "t"\ntime_zone = "Mars/Base"', 10, "'time_zone' must be a time zone"),
        ('name = "A"\nkind = "rekor"\ntoken = "t"\npath = "hook?token=x"', 10, "'path' must be a path"),
        ('name = " "\nkind = "rekor"\ntoken = "t"', 7, "is empty, or taken"),
        ('name = "A"\nkind = "onvif_metadata"\nuri = "rtsp://u:p@192.0.2.1/"', 9, "holds a user name or password"),
        ('name = "A"\nkind = "rekor"\ntoken = "t"\nplace = { latitude = 91, longitude = 1 }', 10, "'latitude' must be"),
    ],
)
def test_what_does_not_fit(lines: str, line: int, problem: str) -> None:
    with pytest.raises(SiteFileError, match=problem) as caught:
        parse_site(f"{CAMERA}[[plate_source]]\n{lines}\n", Path("site.toml"))
    assert caught.value.line == line


def test_two_of_a_kind() -> None:
    one = '[[plate_source]]\nname = "{}"\nkind = "axis"\ntoken = "t"\npath = "{}"\n'
    with pytest.raises(SiteFileError, match="the name 'A' is empty, or taken"):
        parse_site(CAMERA + one.format("A", "/a") + one.format("A", "/b"), Path("site.toml"))
    with pytest.raises(SiteFileError, match="another source posts to /a already"):
        parse_site(CAMERA + one.format("A", "/a") + one.format("B", "/a/"), Path("site.toml"))
    with pytest.raises(SiteFileError, match="a key without a certificate"):
        parse_site(CAMERA + '[receiver]\nkey = "k"\n', Path("site.toml"))


def read(**more: object) -> PlateRead:
    values = {"source": "North gate", "id": "1", "at": datetime(2026, 1, 1, tzinfo=UTC), "plate": "A1", **more}
    return PlateRead(**values)  # type: ignore[arg-type]


def test_what_a_read_does_not_say_itself() -> None:
    known = located(read(camera="407216223"), SITE)
    assert (known.place, known.heading, known.region) == (QUAY, 90.0, "us-dc")
    camera = camera_of(known, SITE)
    assert camera is not None
    assert camera.number == 12
    other = located(read(camera="?"), SITE)
    assert (other.place, other.heading) == (GeoPlace(48.0, 16.0), 270.0)
    says = read(camera="407216223", place=GeoPlace(1, 2), heading=0.0, region="us-md")
    assert located(says, SITE) is says
    stranger = read(source="?")
    assert located(stranger, SITE) is stranger
    assert camera_of(stranger, SITE) is None
    no_place = located(read(source="Drive", camera="driveway"), SITE)
    assert (no_place.place, no_place.heading) == (None, None)
    assert camera_of(no_place, SITE) == SITE.by_number(13)
