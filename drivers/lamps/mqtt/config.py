"""What a lamp system over MQTT is made of: the broker and sets of lamps, each set with its dialect.

A lamp goes back to its **programme** when an order ends. MQTT lamps mostly know no such thing: it is the level that is
configured (for one lamp or its whole set), else the level that the lamp told last before it was ordered. A lamp of
which neither is known is not ordered at all. A programme that changes while an order holds is not seen: configure the
level that is right for the whole night, or let the lamp's own schedule run again afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.mqtt_link import Broker as Broker
from drivers.mqtt_link import Tls as Tls
from drivers.types import GeoPlace


@dataclass(frozen=True, slots=True)
class ConfiguredLamp:
    """A lamp that the site file names. ``topic`` is its own part of the set's topics. Where the same topic is announced
    too, the lamp keeps this id, name and place, and what it can comes from the announcement."""

    id: str
    name: str
    topic: str
    place: GeoPlace | None = None
    dimmable: bool = True
    rated_power: float | None = None
    programme: float | None = None


@dataclass(frozen=True, slots=True)
class HomeAssistantLamps:
    """Lights of Home Assistant's JSON schema. ``discover`` is the prefix of announcements, mostly ``homeassistant``;
    empty: only the lamps that are named. ``command``, ``state`` and ``availability`` make topics of named lamps."""

    lamps: tuple[ConfiguredLamp, ...] = ()
    discover: str = ""
    command: str = "{topic}/set"
    state: str = "{topic}"
    availability: str = "{topic}/availability"
    brightness_scale: int = 255
    programme: float | None = None


@dataclass(frozen=True, slots=True)
class ZigbeeLamps:
    """Lamps behind Zigbee2MQTT; ``topic`` of a named lamp is its friendly name. ``on_time`` says that these lamps obey
    "on with timed off": they then end orders by themselves, by going off, where 0 is their programme."""

    lamps: tuple[ConfiguredLamp, ...] = ()
    base: str = "zigbee2mqtt"
    discover: bool = True
    on_time: bool = False
    programme: float | None = None


@dataclass(frozen=True, slots=True)
class TasmotaLamps:
    """Lamps with Tasmota. ``discover`` is the prefix of announcements, mostly ``tasmota/discovery``.

    ``rule`` (1 to 3; 0: none) gives one of the lamp's three rules to this console, for ending orders on the lamp itself
    with rule timer ``timer``; the rule that was there is lost. PulseTime is not used: it stays in the lamp after the
    order and would switch it off after each later start of its own programme. A lamp that loses its power while an
    order holds forgets the timer and starts as its PowerOnState says.
    """

    lamps: tuple[ConfiguredLamp, ...] = ()
    discover: str = ""
    full_topic: str = "%prefix%/%topic%/"
    rule: int = 0
    timer: int = 8
    programme: float | None = None


@dataclass(frozen=True, slots=True)
class TemplateLamps:
    """Any other lamp. Topics may hold ``{topic}`` and ``{id}``; payloads ``{level}`` (0 to 100), ``{brightness}`` (0 to
    ``scale``), ``{on}`` (``on_word`` or ``off_word``), ``{seconds}``, ``{until}`` (ISO 8601, UTC) and ``{id}``.

    A payload with ``{seconds}`` or ``{until}`` tells the lamp when to end, and then it is the lamp that ends the order.
    ``release`` is sent to end one now; empty: ``payload`` with the programme's level. ``level_path`` finds the
    level in the state (``a.b.0``; empty: the payload itself is the number), as a share of ``scale``.
    """

    lamps: tuple[ConfiguredLamp, ...] = ()
    command: str = "{topic}/set"
    payload: str = '{"level": {level}}'
    release: str = ""
    state: str = "{topic}/state"
    level_path: str = "level"
    scale: float = 100.0
    availability: str = ""
    online: str = "online"
    offline: str = "offline"
    on_word: str = "ON"
    off_word: str = "OFF"
    programme: float | None = None


LampSet = HomeAssistantLamps | ZigbeeLamps | TasmotaLamps | TemplateLamps


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """One lamp system. ``confirm_s`` is how long an order waits for states; ``late_s`` how long after it a lamp that
    said nothing may still answer before it counts as unreachable."""

    broker: Broker
    sets: tuple[LampSet, ...] = field(default=())
    confirm_s: float = 5.0
    late_s: float = 60.0

    @property
    def name(self) -> str:
        """What the system is called."""
        return self.broker.name
