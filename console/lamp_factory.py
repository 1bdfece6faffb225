"""Makes the drivers of a site's lamp systems. With ``acting``, ``engine`` and ``app`` the only place of the console
that picks concrete drivers; each is imported when a site has such a system.

What cannot be made is said in a sentence that names the system, and keeps none of the others away.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from console.model.site import Camera, LampSystemEntry, Site
from console.store.credentials import Vault, VaultError
from drivers.lamp_leaves import Leaf, LeafKind, LeafTable
from drivers.luminaires import LampFault, LampSystem, Luminaire
from drivers.ptz import OutputDriver
from drivers.types import Credentials, GeoPlace

OutputsOf = Callable[[Camera], OutputDriver]
"""A camera's relays, for a thread that is not the camera's own."""
_CLIENTS = uuid.UUID("5b0d6c6e-52f1-4cf0-9d0c-0f6c2e1f7a11")
"""Our own addresses at TALQ gateways are made from this and the gateway's: the same after each start."""
_FAULTS = {
    "lamp": LampFault.LAMP,
    "control": LampFault.CONTROL,
    "power": LampFault.POWER,
    "communication": LampFault.COMMUNICATION,
    "other": LampFault.OTHER,
}


class LampSetupError(ValueError):
    """A lamp system cannot be made as the site file describes it."""


def make_lamp_systems(
    site: Site, vault: Vault, outputs: OutputsOf, folder: Path | None = None
) -> tuple[list[LampSystem], list[str]]:
    """The drivers, and sentences about those that could not be made. Blocks: the vault may take its time. Relative
    paths of certificates are within ``folder``, that of the site file."""
    systems: list[LampSystem] = []
    problems: list[str] = []
    for entry in site.lamp_systems:
        try:
            if entry.kind not in _MAKERS:
                raise LampSetupError(f"there is no kind {entry.kind!r}")
            systems.append(_MAKERS[entry.kind](entry, _Finder(entry, site, vault, outputs, folder)))
        except (ValueError, VaultError) as problem:  # what drivers' settings say of themselves, and the vault
            words = str(problem).removeprefix(f"{entry.name}: ").rstrip(".")
            problems.append(
                f"Lamp system {entry.name!r} is left out: {words}. Correct its part of the site file, and start again."
            )
    return systems, problems


class _Finder:
    """What a maker needs beside the settings."""

    def __init__(
        self, entry: LampSystemEntry, site: Site, vault: Vault, outputs: OutputsOf, folder: Path | None
    ) -> None:
        self.site, self.outputs = site, outputs
        self._settings, self._vault, self._folder = entry.settings, vault, folder

    def login(self, key: str) -> Credentials | None:
        """The credential set that the setting ``key`` names, None where it names none. Raises LampSetupError."""
        name = self._settings.get(key, "")
        if not name:
            return None
        login = self._vault.get(name)
        if login is None:
            raise LampSetupError(f"the credentials {name!r} ({key}) are not on this computer")
        return login

    def secret(self, key: str) -> str:
        """Only the password of such a set; empty where there is none."""
        login = self.login(key)
        return "" if login is None else login.password

    def path(self, key: str) -> str:
        """A file, empty where none is named. Raises LampSetupError where it is not there."""
        name = self._settings.get(key, "")
        if not name:
            return ""
        path = Path(name) if self._folder is None else self._folder / name
        if not path.is_file():
            raise LampSetupError(f"there is no file {path} ({key})")
        return str(path)


def _some(settings: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The settings that are there; the others are as the driver has them by itself."""
    return {name: settings[name] for name in names if name in settings}


def _place(settings: Mapping[str, Any]) -> GeoPlace | None:
    place = settings.get("place")
    return None if place is None else GeoPlace(**{key: float(value) for key, value in place.items()})


def _talq(entry: LampSystemEntry, find: _Finder) -> LampSystem:
    from drivers.lamps.talq.config import TalqConfig
    from drivers.lamps.talq.system import TalqLamps

    s = entry.settings
    return TalqLamps(
        TalqConfig(
            entry.name,
            s["url"],
            _uuid(s["client"], "client") if s.get("client") else str(uuid.uuid5(_CLIENTS, f"{s['url']} {entry.name}")),
            gateway=_uuid(s["gateway"], "gateway") if s.get("gateway") else "",
            credentials=find.login("credentials"),
            token=find.secret("token"),
            ca_file=find.path("ca_file"),
            listen=_listen(s.get("listen", "127.0.0.1:0")),
            certificate=find.path("certificate"),
            key=find.path("key"),
            callback_token=find.secret("callback_token"),
            **_some(s, ("public_url", "timeout", "confirm", "reread")),
        )
    )


def _uuid(text: str, key: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise LampSetupError(f"{key} must be a UUID, as gateways of TALQ have it") from None


def _listen(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port[:6]) > 65_535:
        raise LampSetupError('listen must be an address and a port, as in "192.0.2.1:8443"')
    return host.strip("[]"), int(port)


def _mqtt(entry: LampSystemEntry, find: _Finder) -> LampSystem:
    from drivers.lamps.mqtt.config import Broker, MqttConfig, Tls
    from drivers.lamps.mqtt.driver import MqttLamps

    s = entry.settings
    ca = find.path("ca_file")
    tls = None
    if s.get("tls", bool(ca) or "verify" in s):
        tls = Tls(Path(ca) if ca else None, s.get("verify", True))
    broker = Broker(
        entry.name,
        s["host"],
        s.get("port", 1883 if tls is None else 8883),
        find.login("credentials"),
        tls,
        s.get("client_id", ""),
        s.get("keepalive", 15),
    )
    times = {name: float(s[key]) for key, name in (("confirm", "confirm_s"), ("late", "late_s")) if key in s}
    return MqttLamps(MqttConfig(broker, tuple(_lamp_set(each) for each in s["lamps"]), **times))


def _lamp_set(settings: Mapping[str, Any]) -> Any:
    from drivers.lamps.mqtt import config

    kinds = {
        "home_assistant": config.HomeAssistantLamps,
        "zigbee2mqtt": config.ZigbeeLamps,
        "tasmota": config.TasmotaLamps,
        "template": config.TemplateLamps,
    }
    lamps = tuple(
        config.ConfiguredLamp(
            lamp["id"],
            lamp.get("name") or lamp["id"],
            lamp["topic"],
            _place(lamp),
            **_some(lamp, ("dimmable", "rated_power", "programme")),
        )
        for lamp in settings.get("lamp", ())
    )
    rest = {key: value for key, value in settings.items() if key not in ("dialect", "lamp")}
    return kinds[settings["dialect"]](lamps=lamps, **rest)


def _snmp(entry: LampSystemEntry, find: _Finder) -> LampSystem:
    from drivers.lamps.snmp.config import Auth, Community, Controller, LampRow, SnmpConfig, SnmpUser
    from drivers.lamps.snmp.system import SnmpLamps

    s = entry.settings
    access: Community | SnmpUser
    if s.get("version", "3") == "2c":
        community = find.secret("community")
        if not community:
            raise LampSetupError("community must name credentials, whose password is the community")
        access = Community(community)
    else:
        login = find.login("credentials")
        if login is None:
            raise LampSetupError('credentials must name those of the SNMP v3 user (or say version = "2c")')
        access = SnmpUser(login.user, login.password, Auth(s.get("auth", "SHA-256")), find.secret("privacy"))
    rows = tuple(
        LampRow(
            row["controller"],
            row["index"],
            row["id"],
            row.get("name", ""),
            _place(row),
            tuple(row.get("groups", ())),
            row.get("rated_power"),
        )
        for row in s.get("row", ())
    )
    more = ("max_bytes", "max_binds", "window", "timeout", "retries", "total", "poll", "settle", "max_lamps")
    controllers = tuple(Controller(**_some(each, ("host", "port", "name"))) for each in s["controller"])
    return SnmpLamps(SnmpConfig(entry.name, controllers, access, leaf_table(s["leaves"]), rows, **_some(s, more)))


def leaf_table(settings: Mapping[str, Any]) -> LeafTable:
    """The leaves as the site file has them. Raises ValueError."""
    made: dict[str, Any] = {}
    for name, value in settings.items():
        if name in ("root", "release_value", "overridden_bit"):
            made[name] = value
        elif name in ("bits", "values"):
            made[name] = tuple((int(number), _FAULTS[fault]) for number, fault in value.items())
        else:
            kind = LeafKind(value.get("kind", "integer"))
            made[name] = Leaf(value["oid"], kind, **_some(value, ("scale", "offset", "low", "high")))
    return LeafTable(**made)


def _relays(entry: LampSystemEntry, find: _Finder) -> LampSystem:
    from drivers.lamps.relays import RelayLamp, RelayLamps

    lamps = []
    devices: dict[str, Callable[[], OutputDriver]] = {}
    for each in entry.settings["lamp"]:
        camera = find.site.by_id(each["camera"])
        if camera is None:
            raise LampSetupError(f"no camera has the id {each['camera']!r}")
        id = each.get("id") or f"{camera.number}/{each['output']}"
        name = each.get("name") or f"{camera.name}, relay {each['output']}"
        place = _place(each) or camera.place
        lamp = Luminaire(id, name, place, dimmable=False, rated_power=each.get("rated_power"))
        lamps.append(RelayLamp(lamp, camera.id, each["output"]))
        devices[camera.id] = lambda camera=camera: find.outputs(camera)  # type: ignore[misc]
    return RelayLamps(entry.name, lamps, devices)


_MAKERS: Mapping[str, Callable[[LampSystemEntry, _Finder], LampSystem]] = {
    "talq": _talq,
    "mqtt": _mqtt,
    "snmp": _snmp,
    "relays": _relays,
}
