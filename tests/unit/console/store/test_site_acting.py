"""Permissions, patrols and lamp systems in the site file: what is read, refused with its line, and kept when saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.model.keeping import Keeping
from console.model.patrol import Patrol, PatrolStep
from console.model.permissions import Policy, Right, Role
from console.model.site import Camera, LampSystemEntry, Site
from console.store.site_file import SiteFileError, load_site, parse_site, save_site
from drivers.events import EventKind

HERE = Path("site.toml")
CAMERAS = """\
schema_version = 3

[[camera]]
number = 1
name = "Gate"
id = "urn:uuid:1"

[[camera]]
number = 2
name = "Quay"
id = "urn:uuid:2"
"""
WHOLE = (
    CAMERAS
    + """
[permissions]
role = "operator"  # nobody logs in yet

[permissions.rights]
viewer = ["ptz"]
operator = ["ptz", "lamps"]

[[patrol]]
camera = "urn:uuid:1"  # the gate
name = "Night round"
on = false
steps = [
  { preset = "1", dwell = 12.0 },
  { preset = "4", dwell = 5, speed = 0.5 },
]

# the old town
[[lamp_system]]
name = "Ring road"
kind = "talq"
url = "https://192.0.2.9/talq"
credentials = "ring road"
listen = "192.0.2.1:8443"

[[lamp_system]]
name = "Harbour"
kind = "mqtt"
host = "192.0.2.10"

[[lamp_system.lamps]]
dialect = "zigbee2mqtt"
programme = 60.0

[[lamp_system.lamps]]
dialect = "template"
payload = '{"dim": {level}, "for": {seconds}}'

[[lamp_system.lamps.lamp]]
id = "q1"
topic = "quay/1"
place = { latitude = 52.0, longitude = 4.0 }

[[lamp_system]]
name = "Old town"
kind = "snmp"
version = "2c"
community = "old town"

[[lamp_system.controller]]
host = "192.0.2.20"

[lamp_system.leaves]
level = { oid = "3.2.1.3", high = 100 }
seconds = { oid = "3.2.1.5" }
bits = { 1 = "lamp", 4 = "power" }

[[lamp_system]]
name = "Yard"
kind = "relays"

[[lamp_system.lamp]]
camera = "urn:uuid:2"
output = "RelayOutputToken"
name = "Yard lamp"
"""
)


def test_everything_is_read() -> None:
    site = parse_site(WHOLE, HERE)
    assert site.role is Role.OPERATOR
    assert site.policy.of(Role.VIEWER) == {Right.PTZ}
    assert site.policy.of(Role.OPERATOR) == {Right.PTZ, Right.LAMPS}
    assert site.policy.of(Role.ADMINISTRATOR) == frozenset(Right)
    steps = (PatrolStep("1", 12.0), PatrolStep("4", 5.0, 0.5))
    assert site.patrols == (Patrol("urn:uuid:1", "Night round", steps, on=False),)
    assert [(each.name, each.kind) for each in site.lamp_systems] == [
        ("Ring road", "talq"), ("Harbour", "mqtt"), ("Old town", "snmp"), ("Yard", "relays"),
    ]  # fmt: skip
    assert site.lamp_systems[2].settings["leaves"]["level"] == {"oid": "3.2.1.3", "high": 100}


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path, site = tmp_path / "site.toml", parse_site(WHOLE, HERE)
    save_site(path, site)
    assert load_site(path) == site
    assert "# 1 Gate" in path.read_text(), "a patrol says whose it is"


def test_the_users_text_stays(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(WHOLE)
    save_site(path, load_site(path))
    assert path.read_text() == WHOLE
    site = load_site(path)
    changed = site.with_patrol("urn:uuid:1", replace(site.patrols[0], on=True))
    save_site(path, changed)
    assert load_site(path) == changed
    text = path.read_text()
    for comment in ("# nobody logs in yet", "# the gate", "# the old town"):
        assert comment in text


def test_a_patrol_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(CAMERAS)
    site = load_site(path)
    with_patrol = site.with_patrol("urn:uuid:2", Patrol("urn:uuid:2", "Round", (PatrolStep("1"),)))
    save_site(path, with_patrol)
    assert load_site(path) == with_patrol
    save_site(path, site)
    assert load_site(path) == site


def test_permissions_and_systems_change(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(WHOLE)
    site = load_site(path)
    relays = LampSystemEntry("Yard", "relays", {"lamp": [{"camera": "urn:uuid:1", "output": "1"}]})
    changed = replace(site, role=Role.VIEWER, policy=Policy({}), lamp_systems=(relays,))
    save_site(path, changed)
    assert load_site(path) == changed
    save_site(path, replace(changed, role=Site().role, lamp_systems=()))
    assert "permissions" not in path.read_text()


def test_the_version_before_means_what_it_meant(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(CAMERAS.replace("schema_version = 3", "schema_version = 2  # by Ada"))
    site = load_site(path)
    assert site == Site(cameras=(Camera(1, "Gate", "urn:uuid:1"), Camera(2, "Quay", "urn:uuid:2")))
    save_site(path, site)
    assert path.read_text().startswith("schema_version = 3  # by Ada")
    assert (tmp_path / "site.toml.v2").exists()


@pytest.mark.parametrize(
    ("old", "new", "line_of", "words"),
    [
        ('role = "operator"', 'role = "boss"', "boss", "'role' must be one of"),
        ('role = "operator"', 'role = "automation"', "automation", "that of a person"),
        ('viewer = ["ptz"]', 'viewer = ["fly"]', "fly", "a list of rights"),
        ('viewer = ["ptz"]', 'wiever = ["ptz"]', "wiever", "Did you mean 'viewer'?"),
        ('camera = "urn:uuid:1"  #', 'camera = "urn:uuid:9"  #', "urn:uuid:9", "no camera has the id 'urn:uuid:9'"),
        ('name = "Night round"', 'nam = "Night round"', "nam =", "Did you mean 'name'?"),
        ("dwell = 5,", "dwell = 1,", "steps", "'dwell' must be a number from 3"),
        ('name = "Harbour"', 'name = "Ring road"', None, "taken already"),
        ('kind = "talq"', 'kind = "talk"', '"talk"', "'kind' must be one of"),
        ('listen = "192.0.2.1:8443"', 'lissen = "x"', "lissen", "Did you mean 'listen'?"),
        ("https://192.0.2.9", "https://me:secret@192.0.2.9", "me:secret", "holds a user name or password"),
        ('host = "192.0.2.10"', 'hist = "192.0.2.10"', "hist", "Did you mean 'host'?"),
        ('dialect = "zigbee2mqtt"', 'dialect = "zigbee"', '"zigbee"', "'dialect' must be one of"),
        ("programme = 60.0", "programme = 600.0", "600", "from 0 to 100"),
        ('topic = "quay/1"\n', "", 'id = "q1"', "key 'topic' is missing"),
        ("seconds = { oid", "secunds = { oid", "secunds", "Did you mean 'seconds'?"),
        ('4 = "power"', '4 = "pover"', "bits", "numbers with what they mean"),
        ("high = 100", 'high = "x"', "level =", "'high' must be a whole number"),
        ('camera = "urn:uuid:2"\noutput', 'camera = "urn:uuid:3"\noutput', "urn:uuid:3", "no camera has the id"),
        ('[[lamp_system.controller]]\nhost = "192.0.2.20"\n', "", None, "key 'controller' is missing"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(old: str, new: str, line_of: str | None, words: str) -> None:
    assert old in WHOLE
    text = WHOLE.replace(old, new, 1)
    with pytest.raises(SiteFileError) as raised:
        parse_site(text, HERE)
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)
    if line_of is not None:
        lines = [number for number, line in enumerate(text.split("\n"), start=1) if line_of in line]
        assert abs(raised.value.line - lines[0]) <= 1
    assert raised.value.line > 0


def test_a_second_patrol_of_a_camera_is_refused() -> None:
    again = '\n[[patrol]]\ncamera = "urn:uuid:1"\nname = "x"\nsteps = []\n'
    with pytest.raises(SiteFileError, match="has a patrol already"):
        parse_site(WHOLE + again, HERE)


def test_a_name_of_a_camera_is_written_on_one_line(tmp_path: Path) -> None:
    site = Site(cameras=(Camera(1, "Ga\nte\x7f", "a"),)).with_patrol("a", Patrol("a", "p", ()))
    save_site(tmp_path / "site.toml", site)
    assert load_site(tmp_path / "site.toml") == site


@pytest.mark.parametrize(("line", "seconds"), [("", 15.0), ("lease_seconds = 30", 30.0), ("lease_seconds = 3.0", 3.0)])
def test_how_long_a_camera_is_held(tmp_path: Path, line: str, seconds: float) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f"schema_version = 3\n[permissions]\n{line}\n", encoding="utf-8")
    site = load_site(path)
    assert site.lease_seconds == seconds
    save_site(path, site)
    assert load_site(path).lease_seconds == seconds


@pytest.mark.parametrize("value", ["0", "1e9", '"long"', "true"])
def test_a_lease_that_cannot_be_is_refused_with_its_line(tmp_path: Path, value: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f"schema_version = 3\n[permissions]\nlease_seconds = {value}\n", encoding="utf-8")
    with pytest.raises(SiteFileError, match="line 3"):
        load_site(path)


def test_how_long_events_are_kept_stands_in_the_site_file(tmp_path: Path) -> None:
    site = parse_site(CAMERAS + "\n[retention]\nplate = 14\nshot = 0  # for ever\n", HERE)
    assert site.keeping == Keeping({EventKind.PLATE: 14.0, EventKind.SHOT: 0.0})
    assert site.keeping.of(EventKind.VEHICLE) == 30.0
    file = tmp_path / "site.toml"
    file.write_text(CAMERAS + "\n[retention]\nplate = 14.0\nshot = 0.0  # for ever\n")
    save_site(file, load_site(file))
    assert "# for ever" in file.read_text()
    save_site(file, replace(load_site(file), keeping=Keeping()))
    assert "retention" not in file.read_text()
    save_site(file, replace(load_site(file), keeping=Keeping(alarms=90.0)))
    assert "alarms = 90.0" in file.read_text()
    assert load_site(file).keeping == Keeping(alarms=90.0)
    assert Keeping().alarms == 365.0


@pytest.mark.parametrize(
    "line", ["plates = 3", "plate = -1", "alarms = -1", "alarms = []", 'plate = "long"', "plate = nan"]
)
def test_a_retention_that_is_none_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(SiteFileError, match="line 14"):
        parse_site(CAMERAS + f"\n[retention]\n{line}\n", HERE)
