"""Tasmota: lamps by ``tasmota/discovery/MAC/config``, commands by ``cmnd/TOPIC/...``, states by ``stat`` and ``tele``.

Source: the project's documentation, "MQTT", "Commands", "Rules". An order ends on the lamp itself by a rule timer: the
rule brings the dimmer to what variable ``Var`` holds. Only a lamp that confirmed its rule counts as ending by itself.
"""

from __future__ import annotations

from drivers.lamps.mqtt.config import TasmotaLamps
from drivers.lamps.mqtt.dialect import Dialect, Heard, Message, Reading, Wanted, Wire, named_lamp
from drivers.lamps.mqtt.home_assistant import available
from drivers.lamps.mqtt.wire import BadPayloadError, number, read_object, topic_name
from drivers.luminaires import Luminaire
from drivers.words import clean

_LONGEST_TIMER = 65535.0
_LIGHT = 2
"""What ``rl`` says of a relay that is a light."""
_ONLINE = ("Online", "Offline")


class TasmotaDialect(Dialect):
    """Lamps of one ``TasmotaLamps``."""

    power = True

    def __init__(self, lamps: TasmotaLamps) -> None:
        if lamps.rule not in (0, 1, 2, 3) or not 1 <= lamps.timer <= 8:
            raise ValueError("Tasmota has rules 1 to 3 and timers 1 to 8")
        super().__init__(lamps.lamps, lamps.programme)
        self._prefix, self._rule, self._timer = lamps.discover, lamps.rule, lamps.timer
        self.expires = lamps.rule > 0
        self.armed: set[str] = set()
        """Lamps that have confirmed their rule."""
        for each in lamps.lamps:
            wire = _wire(named_lamp(each), each.topic, lamps.full_topic, ("cmnd", "stat", "tele"), _ONLINE, "")
            if wire is None:
                raise ValueError(f"{each.topic!r} is no topic")
            self.add(Wire(wire.lamp, wire.command, wire.listens, 100.0, self.programme_of(each), _ONLINE), Heard())

    @property
    def filters(self) -> tuple[str, ...]:
        """Announcements."""
        return (f"{self._prefix}/+/config",) if self._prefix else ()

    def announced(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Take ``PREFIX/MAC/config``; an empty payload takes the lamp away."""
        if not self._prefix or not (topic.startswith(f"{self._prefix}/") and topic.endswith("/config")):
            return False
        if not payload:
            self.remove_source(topic, heard)
            return True
        config = read_object(payload)
        relays = config.get("rl")
        kinds = relays if isinstance(relays, list) else []
        if not any(not isinstance(each, bool) and each in (1, _LIGHT) for each in kinds):
            return True  # a sensor
        names, own = config.get("fn"), config.get("t")
        first = names[0] if isinstance(names, list) and names else None
        id = clean(config.get("mac"))
        if not id or not isinstance(own, str):
            raise BadPayloadError("a lamp needs a mac and a topic")
        prefixes = config.get("tp")
        words = (str(config.get("onln", _ONLINE[0]))[:40], str(config.get("ofln", _ONLINE[1]))[:40])
        lamp = Luminaire(id, clean(first) or clean(config.get("dn")) or id, dimmable=_LIGHT in kinds)
        full = config.get("ft", "%prefix%/%topic%/")
        wire = _wire(
            lamp,
            own,
            full if isinstance(full, str) else "",
            tuple(prefixes) if isinstance(prefixes, list) and len(prefixes) == 3 else ("cmnd", "stat", "tele"),
            words,
            topic,
        )
        if wire is None:
            raise BadPayloadError("its topics cannot be used")
        self.add(self.dress(wire, own), heard)
        return True

    def read(self, wire: Wire, kind: str, payload: bytes) -> Reading | None:
        """RESULT and STATE tell the level, LWT whether it is there, SENSOR power and energy."""
        id = wire.lamp.id
        if kind == "available":
            here = available(payload, wire.words)
            if here is False:
                self.armed.discard(id)  # it may come back with another firmware, or none of its rules
            return None if here is None else Reading(id, here=here)
        found = read_object(payload)
        if kind == "sensor":
            status = found.get("StatusSNS", found)
            meter = status.get("ENERGY") if isinstance(status, dict) else None
            if not isinstance(meter, dict):
                return None
            power, total = meter.get("Power"), meter.get("Total")
            return Reading(id, power=number(power, 0, 1e5), energy=number(total, 0, 1e9))
        self._armour(id, found)
        if found.get("Command") in ("Unknown", "Error"):
            return Reading(id, refused="it does not know the command")
        level = _level(found, wire.lamp.dimmable)
        return None if level is None else Reading(id, level=level)

    def ends(self, wire: Wire, wanted: Wanted) -> bool:
        """Where its rule is in place and its timer long enough."""
        return wire.lamp.id in self.armed and wanted.seconds <= _LONGEST_TIMER

    def command(self, wire: Wire, wanted: Wanted) -> list[Message]:
        """One Backlog: first the end, then the light."""
        light = _light(wanted.level, wire.lamp.dimmable)
        if not self.ends(wire, wanted):
            # A timer of an earlier, shorter order must not end this one.
            early = f"RuleTimer{self._timer} 0;" if self._rule else ""
            return [Message(f"{wire.command}Backlog0", early + light)]
        back = round(wanted.back)
        timer = f"Var{self._timer} {back};RuleTimer{self._timer} {max(1, round(wanted.seconds))};"
        return [Message(f"{wire.command}Backlog0", timer + light)]

    def back(self, wire: Wire, level: float) -> list[Message]:
        """Stop the timer, light the programme's level."""
        early = f"RuleTimer{self._timer} 0;" if self._rule else ""
        return [Message(f"{wire.command}Backlog0", early + _light(level, wire.lamp.dimmable))]

    def ask(self, wire: Wire) -> list[Message]:
        """The state, the meter, and the rule, which is set again: the lamp writes it only where it differs."""
        asked = [Message(f"{wire.command}State", ""), Message(f"{wire.command}Status", "10")]
        if self._rule:
            act = "Dimmer" if wire.lamp.dimmable else "Power1"
            text = f"ON Rules#Timer={self._timer} DO {act} %Var{self._timer}% ENDON"
            asked += [
                Message(f"{wire.command}Rule{self._rule}", text),
                Message(f"{wire.command}Rule{self._rule}", "1"),
            ]
        return asked

    def _armour(self, id: str, found: dict[str, object]) -> None:
        rule = found.get(f"Rule{self._rule}") if self._rule else None
        if not isinstance(rule, dict):
            return
        text = str(rule.get("Rules", "")).lower()
        if rule.get("State") == "ON" and f"rules#timer={self._timer} " in text and f"%var{self._timer}%" in text:
            self.armed.add(id)
        else:
            self.armed.discard(id)


def _light(level: float, dimmable: bool) -> str:
    """Dimmer 0 and Dimmer N switch as well; a plain relay knows on and off."""
    return f"Dimmer {round(level) or (1 if level > 0 else 0)}" if dimmable else f"Power1 {1 if level > 0 else 0}"


def _level(found: dict[str, object], dimmable: bool) -> float | None:
    power = found.get("POWER", found.get("POWER1"))
    dimmer = number(found.get("Dimmer"), 0, 100)
    if power == "OFF":
        return 0.0
    if not dimmable:
        return 100.0 if power == "ON" else None
    return dimmer


def _wire(
    lamp: Luminaire, own: str, full: str, prefixes: tuple[object, ...], words: tuple[str, str], source: str
) -> Wire | None:
    """The topics of a lamp by its full topic; None where they cannot be."""
    made: list[str] = []
    for prefix in prefixes:
        topic = full.replace("%prefix%", str(prefix)).replace("%topic%", own)
        topic = topic if topic.endswith("/") else topic + "/"
        if "%" in topic or topic_name(topic) is None:
            return None
        made.append(topic)
    command, stat, tele = made
    listens = {
        f"{stat}RESULT": "state",
        f"{tele}STATE": "state",
        f"{tele}LWT": "available",
        f"{tele}SENSOR": "sensor",
        f"{stat}STATUS10": "sensor",
    }
    return Wire(lamp, command, tuple(listens.items()), 100.0, None, words, source) if len(set(made)) == 3 else None
