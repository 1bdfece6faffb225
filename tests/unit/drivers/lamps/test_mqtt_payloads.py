"""What lamps announce and tell over MQTT, and what they are told, payload by payload."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from drivers.lamps.mqtt.config import ConfiguredLamp, HomeAssistantLamps, TasmotaLamps, TemplateLamps, ZigbeeLamps
from drivers.lamps.mqtt.dialect import MAX_LAMPS, Dialect, Heard, Wanted
from drivers.lamps.mqtt.home_assistant import HomeAssistantDialect
from drivers.lamps.mqtt.tasmota import TasmotaDialect
from drivers.lamps.mqtt.template import TemplateDialect
from drivers.lamps.mqtt.wire import BadPayloadError, fill, number, read_json, topic_name
from drivers.lamps.mqtt.zigbee import ZigbeeDialect

UNTIL = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)
LAMP = ConfiguredLamp("gate", "Gate", "gate", programme=40.0)


def wanted(level: float = 80.0, seconds: float = 600.0, ramp: float = 0.0, back: float = 40.0) -> Wanted:
    return Wanted(level, seconds, UNTIL, ramp, back)


def hear(dialect: Dialect, topic: str, payload: object) -> Heard:
    heard = Heard()
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    assert dialect.hear(topic, data, heard)
    return heard


def test_home_assistant_announces_with_abbreviations() -> None:
    dialect = HomeAssistantDialect(HomeAssistantLamps(discover="homeassistant"))
    config = {
        "~": "street/7",
        "name": "North\u202e gate\n",
        "uniq_id": "ab-7",
        "schema": "json",
        "cmd_t": "~/set",
        "stat_t": "~/state",
        "bri_scl": 100,
        "brightness": True,
        "avty": [{"t": "~/here", "pl_avail": "yes", "pl_not_avail": "no"}],
    }
    heard = hear(dialect, "homeassistant/light/ab-7/config", config)
    wire = dialect.wires["ab-7"]
    assert heard.lamps
    assert heard.subscribe == ["street/7/state", "street/7/here"]
    assert wire.lamp.name == "North gate"
    assert [m.payload for m in dialect.command(wire, wanted(ramp=4))] == [
        '{"state": "ON", "brightness": 80, "transition": 4}'
    ]
    assert hear(dialect, "street/7/state", {"state": "ON", "brightness": 55}).readings[0].level == 55.0
    assert hear(dialect, "street/7/here", b"no").readings[0].here is False
    assert hear(dialect, "homeassistant/light/ab-7/config", b"").lamps
    assert not dialect.wires


def test_zigbee_lists_devices_groups_and_complaints() -> None:
    dialect = ZigbeeDialect(ZigbeeLamps())
    light = {"exposes": [{"type": "light", "features": [{"name": "state"}, {"name": "brightness"}]}]}
    devices = [
        {"ieee_address": "0x1", "friendly_name": "street/a", "definition": light},
        {"ieee_address": "0x2", "friendly_name": "b", "definition": {"exposes": [{"type": "light", "features": []}]}},
        {"ieee_address": "0x3", "friendly_name": "door", "definition": {"exposes": [{"type": "binary"}]}},
        {"ieee_address": "0x4", "friendly_name": "evil/#", "definition": light},
        {"ieee_address": "0x5", "friendly_name": "e\u202evil", "definition": light},
        7,
    ]
    heard = hear(dialect, "zigbee2mqtt/bridge/devices", devices)
    assert set(dialect.wires) == {"0x1", "0x2"}
    assert "zigbee2mqtt/street/a/availability" in heard.subscribe
    groups = [{"friendly_name": "row", "members": [{"ieee_address": "0x1"}, {"ieee_address": "0x2"}]}, None]
    hear(dialect, "zigbee2mqtt/bridge/groups", groups)
    assert dialect.groups()[0].lamps == {"0x1", "0x2"}
    both = frozenset({"0x1", "0x2"})
    found = dialect.group_command("row", both, wanted(0))
    assert found is not None
    assert (found[0].topic, found[0].payload) == ("zigbee2mqtt/row/set", '{"state": "OFF"}')
    assert dialect.group_command("row", frozenset({"0x1"}), wanted()) is None
    told = hear(dialect, "zigbee2mqtt/street/a", {"state": "ON", "brightness": 127, "power": 31.5, "energy": 2})
    assert (told.readings[0].level, told.readings[0].power, told.readings[0].energy) == (50.0, 31.5, 2.0)
    line = "z2m: Publish 'set' 'state' to 'street/a' failed: 'Error: no network route'"
    complaint = hear(dialect, "zigbee2mqtt/bridge/logging", {"level": "error", "message": line})
    assert complaint.readings[0].lost
    hear(dialect, "zigbee2mqtt/bridge/devices", devices[1:])
    assert set(dialect.wires) == {"0x2"}


def test_zigbee_ends_by_itself_only_in_darkness() -> None:
    dialect = ZigbeeDialect(ZigbeeLamps((LAMP,), on_time=True, programme=0))
    wire = dialect.wires["gate"]
    assert not dialect.ends(wire, wanted())
    assert not dialect.ends(wire, wanted(seconds=7000, back=0))
    messages = [json.loads(m.payload) for m in dialect.command(wire, wanted(back=0))]
    assert messages == [{"state": "ON", "on_time": 600}, {"brightness": 203}]


def test_tasmota_ends_by_a_rule_that_it_confirmed() -> None:
    dialect = TasmotaDialect(TasmotaLamps(discover="tasmota/discovery", rule=2, timer=5))
    config = {"mac": "AA11", "t": "lamp1", "fn": ["Gate"], "ft": "%topic%/%prefix%/", "rl": [2, 0]}
    heard = hear(dialect, "tasmota/discovery/AA11/config", config | {"tp": ["cmnd", "stat", "tele"]})
    wire = dialect.wires["AA11"]
    assert [m.topic for m in heard.send][2:] == ["lamp1/cmnd/Rule2", "lamp1/cmnd/Rule2"]
    assert not dialect.ends(wire, wanted())
    assert dialect.command(wire, wanted())[0].payload == "RuleTimer5 0;Dimmer 80"
    text = heard.send[2].payload
    hear(dialect, "lamp1/stat/RESULT", {"Rule2": {"State": "ON", "Rules": text}})
    assert dialect.ends(wire, wanted())
    assert not dialect.ends(wire, wanted(seconds=70_000))
    assert dialect.command(wire, wanted())[0].payload == "Var5 40;RuleTimer5 600;Dimmer 80"
    assert dialect.back(wire, 40)[0].payload == "RuleTimer5 0;Dimmer 40"
    hear(dialect, "lamp1/tele/LWT", b"Offline")
    assert not dialect.ends(wire, wanted())
    meter = hear(dialect, "lamp1/tele/SENSOR", {"ENERGY": {"Total": 3.25, "Power": 68}}).readings[0]
    assert (meter.power, meter.energy) == (68.0, 3.25)
    assert hear(dialect, "lamp1/stat/RESULT", {"POWER": "OFF", "Dimmer": 30}).readings[0].level == 0.0
    assert hear(dialect, "lamp1/stat/RESULT", {"Command": "Unknown"}).readings[0].refused


def test_a_template_is_filled_in_and_never_evaluated() -> None:
    lamp = ConfiguredLamp('a"{level}', "A", "yard/1")
    payload = '{"lamp":"{id}","pct":{level},"raw":{brightness},"on":"{on}","for":{seconds},"until":"{until}"}'
    lamps = TemplateLamps((lamp,), payload=payload, release='{"auto":1}', scale=10, level_path="out.0.pct")
    dialect = TemplateDialect(lamps)
    wire = next(iter(dialect.wires.values()))
    assert json.loads(dialect.command(wire, wanted(44))[0].payload) == {
        "lamp": 'a"{level}',
        "pct": 44,
        "raw": 4,
        "on": "ON",
        "for": 600,
        "until": "2026-11-26T22:30:00Z",
    }
    assert dialect.back(wire, 40)[0].payload == '{"auto":1}'
    assert dialect.ends(wire, wanted())
    assert hear(dialect, "yard/1/state", {"out": [{"pct": 7}]}).readings[0].level == 70.0
    with pytest.raises(ValueError, match="no placeholder"):
        TemplateDialect(TemplateLamps((lamp,), payload="{level} {config}"))
    with pytest.raises(ValueError, match="needs a release"):
        TemplateDialect(TemplateLamps((lamp,), payload="{level} {seconds}"))
    assert fill("{on.__class__} {on!r}", {"on": "x"}) == "{on.__class__} {on!r}"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b'{"state":"ON","brightness":NaN}',
        b'{"state":"ON","brightness":1e9}',
        b'{"state":"ON","brightness":"200"}',
        b'{"state":"ON","brightness":true}',
        b'{"state":"ON","brightness":' + b"9" * 5000 + b"}",
        b'{"state":7}',
        b"[]",
        b"null",
        b'"ON"',
        b" " * 70_000,
    ],
)
def test_a_hostile_state_changes_nothing_and_is_told_of(payload: bytes) -> None:
    dialect = HomeAssistantDialect(HomeAssistantLamps((LAMP,)))
    heard = hear(dialect, "gate", payload)
    assert not heard.readings
    assert len(heard.log) == 1
    assert "'gate'" in heard.log[0]


@pytest.mark.parametrize("config", [{}, {"schema": "json"}, {"schema": "json", "cmd_t": "a/#", "stat_t": "b"}, [], 3])
def test_a_hostile_announcement_makes_no_lamp(config: object) -> None:
    dialect = HomeAssistantDialect(HomeAssistantLamps(discover="homeassistant"))
    assert hear(dialect, "homeassistant/light/x/config", config).log
    assert not dialect.wires


def test_there_is_an_end_to_lamps_that_announce_themselves() -> None:
    dialect = HomeAssistantDialect(HomeAssistantLamps(discover="homeassistant"))
    heard = Heard()
    for at in range(MAX_LAMPS + 5):
        config = {"schema": "json", "uniq_id": f"u{at}", "cmd_t": f"c/{at}", "stat_t": f"s/{at}"}
        dialect.hear(f"homeassistant/light/{at}/config", json.dumps(config).encode(), heard)
    assert len(dialect.wires) == MAX_LAMPS
    assert len(heard.log) == 5


def test_one_lamp_cannot_speak_for_another() -> None:
    dialect = HomeAssistantDialect(HomeAssistantLamps((LAMP,), discover="homeassistant"))
    config = {"schema": "json", "uniq_id": "thief", "cmd_t": "x", "stat_t": "gate"}
    assert hear(dialect, "homeassistant/light/thief/config", config).log
    assert set(dialect.wires) == {"gate"}


def test_an_announced_lamp_that_is_named_keeps_its_name() -> None:
    lamp = ConfiguredLamp("P-17", "Church street 17", "deep", programme=30.0)
    dialect = ZigbeeDialect(ZigbeeLamps((lamp,)))
    light = {"exposes": [{"type": "light", "features": [{"name": "brightness"}]}]}
    hear(dialect, "zigbee2mqtt/bridge/devices", [{"ieee_address": "0x9", "friendly_name": "deep", "definition": light}])
    assert {w.lamp.id: (w.lamp.name, w.programme) for w in dialect.wires.values()} == {
        "P-17": ("Church street 17", 30.0)
    }


def test_topics_that_may_not_be_published_to() -> None:
    for bad in ("", "a/+", "#", "$SYS/x", "a\0b", "x" * 300, None, 7, "a\u202eb"):
        assert topic_name(bad) is None
    with pytest.raises(ValueError, match="is no topic"):
        HomeAssistantDialect(HomeAssistantLamps((ConfiguredLamp("a", "A", "a/#"),)))


def test_numbers_and_json_are_strict() -> None:
    with pytest.raises(BadPayloadError):
        read_json(b"Infinity")
    with pytest.raises(BadPayloadError):
        number(float("inf"), 0, 1)
    with pytest.raises(BadPayloadError):
        number(10**400, 0, 1)
    assert number(None, 0, 1) is None
