"""From the site file to the drivers of lamp systems, and what is said where one cannot be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.lamp_factory import leaf_table, make_lamp_systems
from console.model.site import Camera, LampSystemEntry, Site
from console.store.credentials import MemoryVault, Vault
from drivers.luminaires import LampFault, LampNews, Luminaire
from drivers.ptz import Output, OutputDriver
from drivers.types import Credentials, GeoPlace

TALQ = {"url": "http://192.0.2.9/talq", "credentials": "ring road", "listen": "192.0.2.1:8443"}
MQTT = {
    "host": "192.0.2.10",
    "tls": True,
    "lamps": [
        {"dialect": "zigbee2mqtt", "programme": 60.0},
        {"dialect": "tasmota", "discover": "tasmota/discovery"},
        {"dialect": "home_assistant"},
        {"dialect": "template", "lamp": [{"id": "q", "topic": "quay", "place": {"latitude": 1, "longitude": 2}}]},
    ],
}
LEAVES = {"level": {"oid": "3.2.1.3", "high": 100}, "status": {"oid": "3.2.1.4"}, "bits": {"4": "power"}}
SNMP = {"version": "2c", "community": "old town", "controller": [{"host": "192.0.2.20"}], "leaves": LEAVES}
RELAYS = {"lamp": [{"camera": "urn:1", "output": "r1", "name": "Yard"}, {"camera": "urn:1", "output": "r2"}]}


class Relays:
    """Two relays that pulse."""

    def __init__(self) -> None:
        self.did: list[object] = []

    def outputs(self) -> tuple[Output, ...]:
        return Output("r1"), Output("r2")

    def set(self, token: str, active: bool) -> None:
        self.did.append((token, active))

    def pulse(self, token: str, seconds: float) -> None:
        self.did.append((token, seconds))


def vault() -> MemoryVault:
    kept = MemoryVault()
    kept.put("ring road", Credentials("cms", "talq-secret"))
    kept.put("old town", Credentials("", "snmp-secret"))
    return kept


def site(*entries: tuple[str, str, dict[str, Any]]) -> Site:
    camera = Camera(4, "Yard", "urn:1", place=GeoPlace(52.0, 4.0))
    return Site(cameras=(camera,), lamp_systems=tuple(LampSystemEntry(*entry) for entry in entries))


def make(of: Site, with_vault: Vault | None = None, outputs: OutputDriver | None = None) -> Any:
    relays = outputs or Relays()
    return make_lamp_systems(of, with_vault or vault(), lambda camera: relays)


def test_one_of_each_kind() -> None:
    systems, problems = make(
        site(("T", "talq", TALQ), ("M", "mqtt", MQTT), ("S", "snmp", SNMP), ("R", "relays", RELAYS))
    )
    assert problems == []
    assert [system.name for system in systems] == ["T", "M", "S", "R"]
    assert [system.features.levels for system in systems] == [True, True, True, False]
    assert "secret" not in repr([vars(system) for system in systems if system.name in ("T", "S")])


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("talq", {**TALQ, "credentials": "gone"}, "the credentials 'gone' (credentials) are not on this computer"),
        ("talq", {**TALQ, "client": "me"}, "client must be a UUID"),
        ("talq", {**TALQ, "listen": "8443"}, "listen must be an address and a port"),
        ("talq", {**TALQ, "ca_file": "gone.pem"}, "there is no file gone.pem (ca_file)"),
        ("mqtt", {**MQTT, "credentials": "gone"}, "the credentials 'gone'"),
        ("snmp", {**SNMP, "version": "3"}, "credentials must name those of the SNMP v3 user"),
        ("snmp", {**SNMP, "community": ""}, "community must name credentials"),
        ("snmp", {**SNMP, "controller": [{"host": "a"}, {"host": "a"}]}, "controllers are named"),
        ("snmp", {**SNMP, "leaves": {"level": {"oid": "x"}}}, "not an object identifier"),
        ("relays", {"lamp": [RELAYS["lamp"][0]] * 2}, "two lamps have the same id or the same relay"),
        ("relays", {"lamp": [{"camera": "urn:9", "output": "1"}]}, "no camera has the id 'urn:9'"),
    ],
)
def test_what_cannot_be_made_keeps_nothing_else_away(kind: str, settings: dict[str, Any], words: str) -> None:
    systems, (problem,) = make(site(("Bad", kind, settings), ("Good", "relays", RELAYS)))
    assert [system.name for system in systems] == ["Good"]
    assert problem.startswith("Lamp system 'Bad' is left out: ")
    assert words in problem
    assert problem.endswith("Correct its part of the site file, and start again.")


def test_paths_lie_beside_the_site_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    of = site(("T", "talq", {**TALQ, "ca_file": "ca.pem"}))
    systems, problems = make_lamp_systems(of, vault(), lambda camera: Relays(), folder=tmp_path)
    assert (len(systems), problems) == (1, [])


def test_leaves_are_as_the_file_has_them() -> None:
    table = leaf_table({**LEAVES, "root": "1.3.6.1.4.1.9", "power": {"oid": ".1.3.6", "kind": "gauge", "scale": 0.1}})
    assert table.level.high == 100
    assert table.power is not None
    assert table.power.scale == 0.1
    assert table.bits == ((4, LampFault.POWER),)
    assert table.root == "1.3.6.1.4.1.9"


def test_lamps_of_relays_are_called_and_placed_by_their_camera() -> None:
    (system,), _ = make(site(("R", "relays", RELAYS)))
    heard: list[LampNews] = []
    system.start(heard.append)
    system.refresh()
    system.stop()
    lamps = next(news.lamps for news in heard if news.lamps is not None)
    assert lamps[0] == Luminaire("4/r1", "Yard", GeoPlace(52.0, 4.0), dimmable=False)
    assert lamps[1].name == "Yard, relay r2"


def test_a_kind_that_is_new_is_no_crash_of_the_others() -> None:
    of = site(("R", "relays", RELAYS))
    systems, problems = make(replace(of, lamp_systems=(LampSystemEntry("X", "dali", {}), *of.lamp_systems)))
    assert [each.name for each in systems] == ["R"]
    assert "there is no kind 'dali'" in problems[0]
