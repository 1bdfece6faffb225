"""The city's lamps as three systems, a third of the lamps each: a TALQ gateway, lamps behind an MQTT broker, and an
SNMP controller. All of them act on the levels that the city's pictures are painted with.

``settings`` and ``credentials`` of each are what stands in a site file for it, so that whoever starts a city can write
them down as an installer would.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.lamp_leaves import LeafKind
from drivers.luminaires import LampFault
from drivers.types import Credentials, GeoPlace
from drivers.virtual.lamps.bank import PROGRAMME, BankState, LampBank, LampFaults
from drivers.virtual.lamps.mqtt_lamps import MqttCity
from drivers.virtual.lamps.snmp_agent import CITY_LEAVES, SnmpLampAgent
from drivers.virtual.lamps.talq_gateway import TalqGateway
from drivers.virtual.plan import Lamp, Plan
from drivers.virtual.state import Lamps

MAX_LAMPS = 20_000
TICK_S = 0.1
_APART = 30.0
"""Metres between the lamps that are in no picture."""
_ROW = 40
NAMES = {"talq": "Ring road (TALQ)", "mqtt": "Harbour (MQTT)", "snmp": "Old town (SNMP)"}


@dataclass(frozen=True, slots=True)
class Served:
    """One system: its lamps, and what it was told to do wrong."""

    kind: str
    bank: LampBank
    faults: LampFaults
    server: TalqGateway | MqttCity | SnmpLampAgent


def all_lamps(plan: Plan, wanted: int) -> tuple[Lamp, ...]:
    """The plan's lamps, and so many more east of the city that there are ``wanted`` of them."""
    made = list(plan.lamps)
    east, south = plan.xs[-1] + 200.0, plan.ys[0]
    for number in range(max(0, wanted - len(made))):
        column, row = divmod(number, _ROW)
        made.append(Lamp(f"L{len(made) + 1:04d}", east + column * _APART, south + row * _APART, (0.0, 1.0)))
    return tuple(made)


def lamp_names(plan: Plan, lamps: Sequence[Lamp]) -> dict[str, str]:
    """What the lamps are called: their street, and their number there."""
    counts: dict[str, int] = {}
    names = {}
    for lamp in lamps[: len(plan.lamps)]:
        street = min(plan.streets, key=lambda each: _aside(each.start, each.end, lamp))
        counts[street.name] = number = counts.get(street.name, 0) + 1
        names[lamp.id] = f"{street.name} {number}"
    for number, lamp in enumerate(lamps[len(plan.lamps) :], start=1):
        names[lamp.id] = f"East road {number}"
    return names


def _aside(start: tuple[float, float], end: tuple[float, float], lamp: Lamp) -> float:
    """How far a lamp stands from a straight street, metres."""
    along = end[0] - start[0], end[1] - start[1]
    across = along[0] * (lamp.y - start[1]) - along[1] * (lamp.x - start[0])
    return abs(across) / math.hypot(*along)


class CityLamps:
    """All lamp systems of a city. Its loop only, but for banks and faults, which any thread may use."""

    def __init__(
        self, plan: Plan, levels: Lamps, lamps: Sequence[Lamp], clock: Callable[[], float] = time.monotonic
    ) -> None:
        rng = random.Random(f"lamps {plan.seed}")
        password = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(16))
        self._login = login = Credentials("console", password)
        self.names = names = lamp_names(plan, lamps)
        places = {lamp.id: plan.geo(lamp.x, lamp.y) for lamp in lamps}
        third = -(-len(lamps) // 3)
        parts = [tuple(lamp.id for lamp in lamps[start : start + third]) for start in (0, third, 2 * third)]
        talq, mqtt, snmp = (LampBank(levels, ids, clock) for ids in parts)
        gateway = TalqGateway(talq, places, names, _streets(talq.ids, names), token=password)
        broker = MqttCity(mqtt, login, clock=clock, names=names)
        spots = {id: GeoPlace(round(place[0], 7), round(place[1], 7)) for id, place in places.items()}
        agent = SnmpLampAgent(snmp, clock, places=spots, community=password, user=login, names=names)
        self.systems = {
            "talq": Served("talq", talq, gateway.faults, gateway),
            "mqtt": Served("mqtt", mqtt, broker.faults, broker),
            "snmp": Served("snmp", snmp, agent.faults, agent),
        }
        self._of = {id: served for served in self.systems.values() for id in served.bank.ids}
        self._ticking: asyncio.Task[None] | None = None
        self._running: list[TalqGateway | MqttCity | SnmpLampAgent] = []
        self._host = ""

    async def start(self, host: str, first_port: int = 0) -> None:
        """Serve all three at the ports from ``first_port`` on, or at others where somebody has those. Raises OSError
        where one of them cannot be served at all."""
        for place, served in enumerate(self.systems.values()):
            try:
                await served.server.start(host, first_port + place if first_port else 0)
            except OSError:
                await served.server.start(host, 0)
            self._running.append(served.server)
        self._host = host
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def stop(self) -> None:
        """End everything; orders end with the lamps. May be called without ``start``."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        for server in reversed(self._running):
            await server.stop()
        self._running.clear()

    async def _tick(self) -> None:
        while True:
            for served in self.systems.values():
                served.bank.tick()
            await asyncio.sleep(TICK_S)

    def system_of(self, lamp: str) -> str:
        """Which system a lamp belongs to. Raises KeyError."""
        return self._of[lamp].kind

    def state(self, lamp: str) -> BankState:
        """A lamp as it is. Raises KeyError."""
        return self._of[lamp].bank.state(lamp)

    def set_fault(self, lamp: str, fault: LampFault | None) -> None:
        """Break a lamp, or mend it. Raises KeyError."""
        self._of[lamp].bank.set_fault(lamp, fault)

    def states(self) -> dict[str, dict[str, Any]]:
        """Each lamp: what it does, whose it is, and when the last command for it came in (monotonic nanoseconds, 0 for
        never)."""
        found = {}
        for kind, served in self.systems.items():
            came = served.bank.came
            for id in served.bank.ids:
                state = served.bank.state(id)
                found[id] = {
                    "system": kind,
                    "level": state.level,
                    "programme": state.programme,
                    "overridden": state.overridden,
                    "power": state.power,
                    "faults": [fault.name.lower() for fault in state.faults],
                    "came": came.get(id, 0),
                }
        return found

    def describe(self) -> list[dict[str, Any]]:
        """What ``watchfloor city --json`` prints of the lamp systems while they run."""
        return [
            {
                "name": NAMES[kind],
                "kind": kind,
                "lamps": len(served.bank.ids),
                "user": self._login.user,
                "password": self._login.password,
                **self._address(served),
            }
            for kind, served in self.systems.items()
        ]

    def _address(self, served: Served) -> dict[str, Any]:
        """Where it is, and its settings as a site file has them, where ``city lamps`` names the credentials."""
        server = served.server
        if isinstance(server, TalqGateway):
            settings: dict[str, Any] = {"url": server.url, "token": SET_NAME}
            settings["public_url"] = f"http://{self._host}:{{port}}"
            return {"address": server.url, "settings": settings}
        if isinstance(server, MqttCity):
            host, port = server.address
            sets = [
                {"dialect": "zigbee2mqtt", "programme": PROGRAMME},
                {"dialect": "tasmota", "discover": "tasmota/discovery", "programme": PROGRAMME},
                {"dialect": "home_assistant", "discover": "homeassistant", "programme": PROGRAMME},
            ]
            settings = {"host": host, "port": port, "credentials": SET_NAME, "lamps": sets}
            return {"address": f"{host}:{port}", "settings": settings}
        settings = {
            "version": "2c",
            "community": SET_NAME,
            "controller": [{"host": self._host, "port": server.port, "name": "City controller"}],
            "leaves": leaf_settings(),
        }
        return {"address": f"{self._host}:{server.port}", "settings": settings}


SET_NAME = "city lamps"
"""The name of the credential set in ``settings``."""


def leaf_settings() -> dict[str, Any]:
    """The city's leaves as a site file has them."""
    table: dict[str, Any] = {"root": CITY_LEAVES.root}
    for name, leaf in CITY_LEAVES.leaves().items():
        entry: dict[str, Any] = {"oid": leaf.oid}
        if leaf.kind is not LeafKind.INTEGER:
            entry["kind"] = leaf.kind.value
        if leaf.scale != 1.0:
            entry["scale"] = leaf.scale
        if leaf.high != 2**31 - 1:
            entry["high"] = leaf.high
        table[name] = entry
    table["bits"] = {str(bit): fault.name.lower() for bit, fault in CITY_LEAVES.bits}
    table["overridden_bit"] = CITY_LEAVES.overridden_bit
    return table


def _streets(ids: Sequence[str], names: Mapping[str, str]) -> dict[str, list[str]]:
    """Lamps by the street of their names: the gateway's groups."""
    groups: dict[str, list[str]] = {}
    for id in ids:
        groups.setdefault(names[id].rpartition(" ")[0], []).append(id)
    return groups
