"""All that is known of the devices behind one gateway. Pure state: no lock, no clock, no wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from drivers.lamps.talq.reading import Device, Function, Told, faults_of
from drivers.luminaires import LampGroup, LampState, Luminaire
from drivers.types import GeoPlace
from drivers.words import clean

MAX_LAMPS = 20_000
_MAX_FUNCTIONS = 64


@dataclass(slots=True)
class _Held:
    """A device, each function with all that it ever told."""

    name: str
    kind: str
    functions: dict[str, Function]
    heard: datetime

    @property
    def lamps(self) -> list[Function]:
        return [each for each in self.functions.values() if each.lamp]

    @property
    def place(self) -> GeoPlace | None:
        return next((each.place for each in self.functions.values() if each.place), None)

    @property
    def label(self) -> str:
        return next((each.name for each in self.functions.values() if each.name), self.name)


@dataclass(frozen=True, slots=True)
class GatewaySelf:
    """The gateway's own function: where it stands, the gateway's address, and where it thinks that we are."""

    device: str
    function: str
    address: str
    cms: str


class Fleet:
    """Devices by address, and the gateway's groups. One thread at a time."""

    def __init__(self) -> None:
        self._devices: dict[str, _Held] = {}
        self._groups: dict[str, tuple[tuple[str, str], ...]] = {}
        self._in: dict[str, tuple[str, ...]] = {}

    def __contains__(self, address: str) -> bool:
        return address in self._devices

    def devices(self) -> list[tuple[str, str, str]]:
        """Address, name and class of each device."""
        return [(address, held.name, held.kind) for address, held in self._devices.items()]

    def replace(self, devices: Iterable[Device], heard: datetime) -> None:
        """These are all devices. What a device does not tell this time is forgotten."""
        self._devices = {}
        for device in devices:
            self.put(device, heard)

    def put(self, device: Device, heard: datetime) -> None:
        """Add a device, or replace what was known of it. Beyond ``MAX_LAMPS`` devices nothing is added."""
        if device.address in self._devices or len(self._devices) < MAX_LAMPS:
            functions = {each.id: each for each in device.functions[:_MAX_FUNCTIONS]}
            self._devices[device.address] = _Held(device.name, device.kind, functions, heard)

    def patch(self, device: Device, heard: datetime) -> None:
        """Take over what a part of a device tells: functions are matched by their id. Raises KeyError for a device that
        is not known."""
        held = self._devices[device.address]
        held.heard = heard
        held.name = device.name or held.name
        for new in device.functions:
            old = held.functions.get(new.id)
            if old is not None:
                held.functions[new.id] = _joined(old, new)
            elif len(held.functions) < _MAX_FUNCTIONS:
                held.functions[new.id] = new

    def tell(self, address: str, function: str, told: Told, heard: datetime) -> None:
        """Take over what a log report says of a function, or of a device as a whole. Raises KeyError as ``patch``."""
        held = self._devices[address]
        old = held.functions.get(function)
        if old is None:  # of the device: kept beside its functions under a name that no function can have
            old = held.functions.get("", Function("", "", Told()))
        held.functions[old.id] = replace(old, told=told.over(old.told))
        held.heard = heard

    def remove(self, address: str) -> None:
        """The device left. Raises KeyError as ``patch``."""
        del self._devices[address]

    def lamp_ids(self, reference: str) -> tuple[str, ...]:
        """The lamps that an address means: a device's, a function's, or an attribute's of a function."""
        address, _, rest = reference.partition("/")
        function = rest.partition("/")[0]
        held = self._devices.get(address.lower())
        if held is None:
            return ()
        return tuple(f"{address.lower()}/{each.id}" for each in held.lamps if function in ("", each.id))

    def knows(self, lamp: str) -> bool:
        """Whether there is this lamp."""
        address, _, function = lamp.partition("/")
        held = self._devices.get(address)
        found = held.functions.get(function) if held else None
        return found is not None and found.lamp

    def told(self, lamp: str) -> Told:
        """What the lamp's own function told last. Raises KeyError for a lamp that is not there."""
        address, _, function = lamp.partition("/")
        return self._devices[address].functions[function].told

    def lamps(self) -> tuple[Luminaire, ...]:
        """Every lamp."""
        made = []
        for address, held in self._devices.items():
            lamps, place, label = held.lamps, held.place, held.label
            for each in lamps:
                id = f"{address}/{each.id}"
                name = (label or address) if len(lamps) == 1 else f"{label or address} {clean(each.id, 30)}"
                made.append(Luminaire(id, name, place, self._in.get(id, ())))
        return tuple(made)

    def states(self, lamps: Iterable[str] | None = None) -> tuple[LampState, ...]:
        """The states of these lamps that are known, or of all."""
        if lamps is None:
            return tuple(self._states())
        return tuple(self._state(lamp) for lamp in lamps if self.knows(lamp))

    def gateway(self) -> GatewaySelf | None:
        """What the gateway says of itself, if it does."""
        for address, held in self._devices.items():
            for each in held.functions.values():
                if each.type == "GatewayFunction":
                    told = each.addresses
                    return GatewaySelf(address, each.id, told.get("gatewayAddress", ""), told.get("cmsUri", ""))
        return None

    def set_groups(self, groups: Mapping[str, tuple[tuple[str, str], ...]]) -> None:
        """The gateway's groups by address, with the references of their members."""
        self._groups = dict(groups)
        inside: dict[str, list[str]] = {}
        for group in self.groups():
            for lamp in group.lamps:
                inside.setdefault(lamp, []).append(group.id)
        self._in = {lamp: tuple(found) for lamp, found in inside.items()}

    def groups(self) -> tuple[LampGroup, ...]:
        """The groups that hold lamps."""
        made = (LampGroup(id, clean(id) or "group", frozenset(self._members(id))) for id in self._groups)
        return tuple(group for group in made if group.lamps)

    def _members(self, group: str) -> Iterator[str]:
        seen, waiting = {group}, [group]
        while waiting:
            for resource, address in self._groups.get(waiting.pop(), ()):
                if resource == "devices":
                    yield from self.lamp_ids(address)
                elif resource == "groups" and address not in seen:
                    seen.add(address)
                    waiting.append(address)

    def _states(self) -> Iterator[LampState]:
        for address, held in self._devices.items():
            for each in held.lamps:
                yield self._state(f"{address}/{each.id}")

    def _state(self, lamp: str) -> LampState:
        address, _, function = lamp.partition("/")
        held = self._devices[address]
        own = held.functions[function]
        alone = len(held.lamps) == 1
        beside = [e for e in held.functions.values() if not e.lamp and e.actuator in ("", function)]
        meters = [e.told for e in beside if alone or e.actuator == function]
        told = [own.told, *(each.told for each in beside)]
        times = [each.time for each in told if each.time is not None]
        level = own.told.level if own.told.level is not None else own.told.wanted
        power = next((each.power for each in meters if each.power is not None), None)
        energy = next((each.energy for each in meters if each.energy is not None), None)
        time = max(times) if times else held.heard
        return LampState(lamp, time, level, power, energy, faults_of(told), own.told.overridden)


def _joined(old: Function, new: Function) -> Function:
    return Function(
        old.id,
        new.type or old.type,
        new.told.over(old.told),
        new.actuator or old.actuator,
        new.name or old.name,
        new.place or old.place,
        {**old.addresses, **{name: value for name, value in new.addresses.items() if value}},
    )
