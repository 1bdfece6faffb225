"""Lamps of any other kind, by topics and payloads of the site file. Placeholders are filled in, never evaluated."""

from __future__ import annotations

import json
from datetime import UTC

from drivers.lamps.mqtt.config import TemplateLamps
from drivers.lamps.mqtt.dialect import Dialect, Heard, Message, Reading, Wanted, Wire, named_lamp
from drivers.lamps.mqtt.home_assistant import available
from drivers.lamps.mqtt.wire import (
    BadPayloadError,
    brightness,
    check_template,
    decode,
    fill,
    follow,
    number,
    read_json,
    share,
    topic_name,
)

_PAYLOAD = frozenset({"level", "brightness", "on", "seconds", "until", "id"})
_TOPIC = frozenset({"topic", "id"})


class TemplateDialect(Dialect):
    """Lamps of one ``TemplateLamps``. Raises ValueError for a template with unknown placeholders."""

    def __init__(self, lamps: TemplateLamps) -> None:
        super().__init__(lamps.lamps, lamps.programme)
        self._set = lamps
        self.expires = _timed(lamps.payload)
        check_template(lamps.payload, _PAYLOAD)
        check_template(lamps.release, _PAYLOAD - {"seconds", "until"})
        if self.expires and not lamps.release:
            raise ValueError("a payload that tells the lamp when to end needs a release")
        for template in (lamps.command, lamps.state, lamps.availability):
            check_template(template, _TOPIC)
        for each in lamps.lamps:
            values = {"topic": each.topic, "id": each.id}
            listens = [(fill(lamps.state, values), "state")]
            if lamps.availability:
                listens.append((fill(lamps.availability, values), "available"))
            command = fill(lamps.command, values)
            if topic_name(command) is None:
                raise ValueError(f"{command!r} is no topic")
            words = (lamps.online, lamps.offline)
            wire = Wire(named_lamp(each), command, tuple(listens), lamps.scale, self.programme_of(each), words)
            self.add(wire, Heard())

    @property
    def filters(self) -> tuple[str, ...]:
        """Nothing announces such lamps."""
        return ()

    def announced(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Nothing announces such lamps."""
        return False

    def read(self, wire: Wire, kind: str, payload: bytes) -> Reading | None:
        """The level at its path; a plain number or one of the words for on and off will do as well."""
        if kind == "available":
            here = available(payload, wire.words)
            return None if here is None else Reading(wire.lamp.id, here=here)
        if not self._set.level_path and decode(payload) in (self._set.on_word, self._set.off_word):
            found: object = decode(payload)
        else:
            found = follow(read_json(payload), self._set.level_path)
        if found == self._set.off_word:
            return Reading(wire.lamp.id, level=0.0)
        if found == self._set.on_word:
            return None if wire.lamp.dimmable else Reading(wire.lamp.id, level=100.0)
        value = number(found, 0, wire.scale)
        if value is None:
            raise BadPayloadError(f"there is no {self._set.level_path!r} in it")
        return Reading(wire.lamp.id, level=share(value, wire.scale))

    def ends(self, wire: Wire, wanted: Wanted) -> bool:
        """Where the payload says until when."""
        return self.expires

    def command(self, wire: Wire, wanted: Wanted) -> list[Message]:
        """The payload with the order in it."""
        values = self._values(wire, wanted.level)
        values["seconds"] = str(max(1, round(wanted.seconds)))
        values["until"] = wanted.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [Message(wire.command, fill(self._set.payload, values))]

    def back(self, wire: Wire, level: float) -> list[Message]:
        """The release, or the payload with the programme's level."""
        return [Message(wire.command, fill(self._set.release or self._set.payload, self._values(wire, level)))]

    def _values(self, wire: Wire, level: float) -> dict[str, str]:
        return {
            "level": f"{level:g}",
            "brightness": str(brightness(level, self._set.scale)),
            "on": self._set.on_word if level > 0 else self._set.off_word,
            "id": json.dumps(wire.lamp.id)[1:-1],
        }


def _timed(payload: str) -> bool:
    return "{seconds}" in payload or "{until}" in payload
