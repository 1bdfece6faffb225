"""The site file: what is refused with which sentence, what is kept, what survives a crash."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.site import Camera, Site, Stream
from console.store.site_file import SiteFileError, load_site, parse_site, save_site
from console.store.toml_lines import key_lines
from drivers.types import Codec, DeviceKind, Dewarp, Fit, GeoPlace, Transport, View

HERE = Path("site.toml")
TEXT = """\
# Harbour site, installed by Ada
schema_version = 3
name = "Harbour"

[[camera]]
number = 1          # the gate
name = "Gate"
id = "urn:uuid:1"

[[camera.stream]]
token = "main"
uri = "rtsp://192.0.2.1/main"

[[camera]]
number = 2
name = "Quay"
id = "urn:uuid:2"
place = { latitude = 52.0, longitude = 4.0 }
"""


def site(count: int = 3) -> Site:
    return Site(
        "Harbour",
        tuple(
            Camera(
                number=number,
                name=f"Camera {number}",
                id=f"urn:uuid:{number}",
                kind=DeviceKind.ONVIF if number % 2 else DeviceKind.RTSP,
                address="192.0.2.1",
                xaddrs=("http://192.0.2.1/onvif/device_service",),
                streams=(
                    Stream("main", "rtsp://192.0.2.1/main", "Main", Codec.H265, 1920, 1080, 25.0, 4000, 50),
                    Stream("sub", "rtsp://192.0.2.1/sub"),
                ),
                credentials="operator",
                transport=Transport.UDP if number == 2 else Transport.TCP,
                place=GeoPlace(52.0, 4.25, heading=90.0) if number != 2 else None,
                ptz=number == 3,
                manufacturer='Ac"me',
            )
            for number in range(1, count + 1)
        ),
    )


def test_no_file_is_an_empty_site(tmp_path: Path) -> None:
    assert load_site(tmp_path / "site.toml") == Site()


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "site.toml"
    save_site(path, site())
    assert load_site(path) == site()


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_any_text_survives(name: str, camera_id: str) -> None:
    from console.store.site_file import _fresh, _merged

    try:
        (name + camera_id).encode()
    except UnicodeEncodeError:
        return
    wanted = Site(name, (Camera(1, name, camera_id, manufacturer=name),))
    assert parse_site(_fresh(wanted), HERE) == wanted
    moved = wanted.with_camera(Camera(1, camera_id, camera_id))
    assert parse_site(_merged(_fresh(wanted), moved), HERE) == moved


def test_comments_and_order_stay(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(TEXT)
    known = load_site(path)
    changed = known.without("urn:uuid:2").adding([Camera(7, "Pier", "urn:uuid:7")])
    save_site(path, changed)
    text = path.read_text()
    assert "# Harbour site, installed by Ada" in text
    assert "# the gate" in text
    assert "Quay" not in text
    assert load_site(path) == changed


def test_saving_the_same_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(TEXT)
    before = path.stat()
    save_site(path, load_site(path))
    assert path.stat().st_ino == before.st_ino
    assert path.read_text() == TEXT


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "site.toml"
    path.write_text(TEXT)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="No space"):
        save_site(path, site())
    assert path.read_text() == TEXT
    assert set(os.listdir(tmp_path)) == {"home", "site.toml"}


def test_a_broken_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("schema_version = 3\nnaem = 'x'\n")
    with pytest.raises(SiteFileError):
        save_site(path, site())
    assert "naem" in path.read_text()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("number = 2", "nmber = 2", "site.toml, line 15: unknown key 'nmber' of a camera. Did you mean 'number'?"),
        ('name = "Harbour"', 'nam = "x"', "site.toml, line 3: unknown key 'nam' of the site. Did you mean 'name'?"),
        (
            "number = 2",
            "number = 1",
            "line 15: number 1 is already that of camera 'Gate'. Give this camera another number.",
        ),
        ("number = 2", "number = 0", "line 15: 'number' must be a whole number from 1 to 99999. Correct this line."),
        ("number = 2", 'number = "2"', "line 15: 'number' must be a whole number from 1 to 99999. Correct this line."),
        ("number = 2\n", "", "line 14: key 'number' is missing. Add a line with number = ... here."),
        ("urn:uuid:2", "urn:uuid:1", "line 17: id urn:uuid:1 is already that of camera 'Gate'."),
        ("latitude = 52.0", "latitude = 95.0", "line 18: 'latitude' must be a number from -90 to 90."),
        ("latitude", "lattitude", "line 18: unknown key 'lattitude' of a place. Did you mean 'latitude'?"),
        ('token = "main"', "token = 5", "line 11: 'token' must be text in quotes"),
        ("[[camera.stream]]", "[camera.stream]", "line 10: 'stream' must be a table in double brackets."),
        (
            "rtsp://192",
            "rtsp://admin:pw@192",
            "line 12: 'uri' holds a user name or password, which this file must not.",
        ),
        ("number = 2", "number = = 2", "line 15: not valid TOML: Invalid value. Correct this line."),
        (
            "schema_version = 3",
            "",
            "site.toml: key 'schema_version' is missing. Add schema_version = 3 as its first line.",
        ),
        (
            "schema_version = 3",
            "schema_version = 9",
            "line 2: written by a newer Watchfloor (schema_version 9, this one",
        ),
        ("schema_version = 3", "schema_version = true", "line 2: 'schema_version' must be a whole number."),
        ('name = "Quay"', 'name = "Quay"\nkind = "onwif"', 'line 17: \'kind\' must be one of "onvif", "rtsp"'),
    ],
)
def test_a_typo_is_refused_with_its_line(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(SiteFileError) as caught:
        parse_site(new.join(TEXT.rsplit(old, 1)), HERE)
    assert sentence in str(caught.value)
    assert "pw" not in str(caught.value)


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b"schema_version = 3\nname = '\xff\xfe'\n")
    with pytest.raises(SiteFileError, match="line 2: not UTF-8 text"):
        load_site(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.store.site_file.MAX_BYTES", 16)
    (tmp_path / "site.toml").write_text(TEXT)
    with pytest.raises(SiteFileError, match="cannot be read: larger than"):
        load_site(tmp_path / "site.toml")


def test_nested_too_deep() -> None:
    with pytest.raises(SiteFileError, match=r"site.toml.*not valid TOML"):
        parse_site("schema_version = 3\nname = " + "[" * 5000, HERE)


def test_migration_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    old = 'schema_version = 0\nname = "Yard"\n[cameras]\n"Gate" = "rtsp://192.0.2.1/a"\n"Clip" = "file:///clip.mp4"\n'
    path.write_text(old)
    migrated = load_site(path)
    assert [(camera.number, camera.name, camera.kind) for camera in migrated.cameras] == [
        (1, "Gate", DeviceKind.RTSP),
        (2, "Clip", DeviceKind.URL),
    ]
    assert path.read_text() == old
    save_site(path, migrated)
    assert load_site(path) == migrated
    assert (tmp_path / "site.toml.v0").read_text() == old


def test_lines_are_found_through_strings_and_brackets() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\nlist = [\n  "x = 1", # ]\n]\n[b]\nc.d = 1\n"e f" = 2\n'
    text += "[[g.h]]\nk = 1\n[[g.h]]\nk = 2\n"
    lines = key_lines(text)
    assert lines[("a",)] == 1
    assert lines[("list",)] == 5
    assert lines[("b", "c", "d")] == 9
    assert lines[("b", "e f")] == 10
    assert lines[("g", "h", 1, "k")] == 14
    assert ("x",) not in lines


def test_site_numbers() -> None:
    known = site()
    assert known.next_number() == 4
    assert known.next_number([4, 5]) == 6
    added = known.adding([Camera(1, "New", "urn:uuid:9"), Camera(77, "Again", "urn:uuid:2")])
    assert [(camera.number, camera.name) for camera in added.cameras] == [
        (1, "Camera 1"),
        (2, "Again"),
        (3, "Camera 3"),
        (4, "New"),
    ]
    with pytest.raises(ValueError, match="number 1 is already that of 'Camera 1'"):
        Site("x", (known.cameras[0], Camera(1, "b", "b")))


# --- views and privacy ----------------------------------------------------------------------------------------------

VIEWED = (
    TEXT
    + """
[camera.view]       # turned by the mast
rotate = 90
mirror = true
dewarp = { lens = 185, view = 70.5 }
masks = [
  [[0, 0.2], [0.4, 0.2], [0.4, 0.5]],  # the kindergarten
  [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 1]],
]
"""
)
LOOK = View(
    Fit.FILL,
    270,
    True,
    Dewarp(200.0, -20.0, 10.0, 80.0, (0.4, 0.6), 0.45),
    (((0.0, 0.0), (0.5, 0.0), (0.25, 0.75)), ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2))),
)


def test_views_are_read() -> None:
    quay = parse_site(VIEWED, HERE).cameras[1]
    assert quay.view.rotate == 90
    assert quay.view.mirror
    assert quay.view.fit is Fit.FIT
    assert quay.view.dewarp == Dewarp(lens=185.0, view=70.5)
    assert quay.view.masks[0] == ((0.0, 0.2), (0.4, 0.2), (0.4, 0.5))
    assert len(quay.view.masks) == 2


def test_views_survive_and_usual_ones_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    first, *rest = site().cameras
    viewed = replace(site(), cameras=(replace(first, view=LOOK), *rest), lift_masks=True)
    save_site(path, viewed)
    assert load_site(path) == viewed
    assert path.read_text().count("[camera.view]") == 1
    save_site(path, replace(site(), lift_masks=False))
    assert load_site(path) == site()
    assert "view" not in path.read_text()


def test_comments_of_a_view_stay(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(VIEWED)
    known = load_site(path)
    quay = known.cameras[1]
    changed = known.with_camera(replace(quay, view=replace(quay.view, rotate=180, dewarp=None)))
    save_site(path, changed)
    text = path.read_text()
    assert load_site(path) == changed
    assert "# turned by the mast" in text
    assert "# the kindergarten" in text
    assert "dewarp" not in text


def test_a_site_of_version_1_keeps_its_text_and_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(TEXT.replace("schema_version = 3", "schema_version = 1"))
    before = path.read_text()
    known = load_site(path)
    save_site(path, known)
    assert (tmp_path / "site.toml.v1").read_text() == before
    assert path.read_text() == before.replace("schema_version = 1", "schema_version = 3")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rotate = 90", "rotate = 45", "line 21: 'rotate' must be one of 0, 90, 180, 270. Correct this line."),
        ("rotate = 90", "rotate = true", "line 21: 'rotate' must be one of 0, 90, 180, 270."),
        ("rotate = 90", "rotat = 90", "line 21: unknown key 'rotat' of a view. Did you mean 'rotate'?"),
        ("mirror = true", 'fit = "zoom"', 'line 22: \'fit\' must be one of "fit", "fill", "stretch".'),
        ("mirror = true", "mirror = 1", "line 22: 'mirror' must be true or false."),
        ("lens = 185", "lense = 185", "line 23: unknown key 'lense' of a dewarp. Did you mean 'lens'?"),
        ("lens = 185", "lens = nan", "line 23: 'lens' must be a number from 60 to 280."),
        ("lens = 185", "centre = [0.5]", "line 23: 'centre' must be two numbers from 0 to 1, as in [0.5, 0.5]."),
        ("dewarp = { lens = 185, view = 70.5 }", "dewarp = 3", "line 23: a dewarp must be a table."),
        (
            "[0.4, 0.2], [0.4, 0.5]]",
            "[0.4, 0.2]]",
            "line 24: 'masks' must be a list of masks in which mask 1 has 3 to 64",
        ),
        ("[1, 1]", "[1, 1.5]", "line 24: 'masks' must be a list of masks in which mask 2 has corners of two numbers"),
        ("[1, 1]", "[1, inf]", "in which mask 2 has corners of two numbers from 0 to 1."),
        ("[1, 1]", "[1, 1, 1]", "in which mask 2 has corners of two numbers from 0 to 1."),
        ("[[0, 0.2], [0.4, 0.2], [0.4, 0.5]],", "7,", "in which mask 1 has 3 to 64 corners."),
        ('name = "Harbour"', 'privacy = { lift_masks = "yes" }', "line 3: 'lift_masks' must be true or false."),
        ('name = "Harbour"', "privacy = { lift = true }", "unknown key 'lift' of privacy. Did you mean 'lift_masks'?"),
    ],
)
def test_a_wrong_view_is_refused_with_its_line(old: str, new: str, sentence: str) -> None:
    assert old in VIEWED
    with pytest.raises(SiteFileError) as refused:
        parse_site(VIEWED.replace(old, new), HERE)
    assert sentence in str(refused.value)


def test_too_many_masks_are_refused() -> None:
    mask = "[[0, 0], [1, 0], [1, 1]],"
    with pytest.raises(SiteFileError, match="at most 32 masks"):
        parse_site(VIEWED.replace("masks = [", f"masks = [{mask * 31}"), HERE)


def test_a_camera_that_is_found_again_keeps_its_masks() -> None:
    first = replace(site().cameras[0], view=LOOK)
    known = site().with_camera(first)
    again = known.adding([replace(site().cameras[0], number=0, address="192.0.2.9")])
    assert again.cameras[0].view == LOOK
    assert again.cameras[0].address == "192.0.2.9"
