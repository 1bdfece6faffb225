"""Cameras whose plates the console reads, in the site file: read, refused with their line, and kept when saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.model.plate_cameras import CPU_SHARE, PlateCamera, PlateReading
from console.paths import resources
from console.store.site_file import SiteFileError, load_site, parse_site, save_site

HERE = Path("site.toml")
CAMERAS = """\
schema_version = 3

[[camera]]
number = 1
name = "Gate"
id = "urn:uuid:1"

[[camera.stream]]
token = "sub"
uri = "rtsp://192.0.2.1/sub"

[[camera]]
number = 2
name = "Quay"
id = "urn:uuid:2"
"""
WHOLE = (
    CAMERAS
    + """
[plate_reading]
cpu_share = 1.5  # a large computer

[[plate_reader]]
camera = "urn:uuid:1"  # the gate
pictures_per_second = 8.0
stream = "sub"
regions = [
  [[0.0, 0.4], [0.6, 0.4], [0.6, 1.0]],
]

[[plate_reader]]
camera = "urn:uuid:2"
"""
)


def test_all_of_it_is_read() -> None:
    reading = parse_site(WHOLE, HERE).plate_reading
    region = ((0.0, 0.4), (0.6, 0.4), (0.6, 1.0))
    assert reading == PlateReading((PlateCamera("urn:uuid:1", (region,), 8.0, "sub"), PlateCamera("urn:uuid:2")), 1.5)
    assert parse_site(CAMERAS, HERE).plate_reading == PlateReading((), CPU_SHARE)


def test_what_is_saved_is_read_again_and_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(WHOLE)
    site = parse_site(WHOLE, HERE)
    chosen = (*site.plate_reading.cameras[:1], PlateCamera("urn:uuid:2", (), 2.0))
    changed = replace(site, plate_reading=PlateReading(chosen, 1.5))
    save_site(file, changed)
    assert load_site(file) == changed
    assert "# the gate" in file.read_text()
    assert "# a large computer" in file.read_text()
    bare = changed.without("urn:uuid:2")
    save_site(file, replace(bare, plate_reading=PlateReading(bare.plate_reading.cameras)))
    assert "cpu_share" not in file.read_text()
    assert [each.camera for each in load_site(file).plate_reading.cameras] == ["urn:uuid:1"]


def test_a_new_file_holds_it_and_names_the_cameras(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    site = parse_site(WHOLE, HERE)
    save_site(file, site)
    assert load_site(file) == site
    assert "# 2 Quay" in file.read_text()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[plate_reading]\ncpu_share = 0', "'cpu_share' must be a number from 0.05 to 16"),
        ('[plate_reading]\ncpus = 1', "unknown key 'cpus'"),
        ("[plate_reader]\ncamera = 1", "double brackets"),
        ("[[plate_reader]]", "key 'camera' is missing"),
        ('[[plate_reader]]\ncamera = "urn:uuid:9"', "no camera has the id 'urn:uuid:9'"),
        ('[[plate_reader]]\ncamera = "urn:uuid:1"\nstream = "main"', "the camera has no stream 'main'"),
        ('[[plate_reader]]\ncamera = "urn:uuid:1"\npictures_per_second = 100', "a number from 0.2 to 30"),
        ('[[plate_reader]]\ncamera = "urn:uuid:1"\nregions = [[[0, 0]]]', "region 1 has 3 to"),
        ('[[plate_reader]]\ncamera = "urn:uuid:1"\nregions = [[[0, 0], [1, 0], [2, 1]]]', "numbers from 0 to 1"),
        ('[[plate_reader]]\ncamera = "urn:uuid:1"\n[[plate_reader]]\ncamera = "urn:uuid:1"', "are read already"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(more: str, said: str) -> None:
    with pytest.raises(SiteFileError, match=said):
        parse_site(f"{CAMERAS}\n{more}\n", HERE)


def test_the_example_of_the_help_page_is_right() -> None:
    page = (resources() / "help" / "plate-reading.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0].replace("urn:uuid:...", "urn:uuid:1").replace("...", "sub")
    (reader,) = parse_site(CAMERAS + example, HERE).plate_reading.cameras
    assert len(reader.regions) == 1
