"""The virtual city's plate readers as an installer would set them up: sources of a site, and where readers push.

Passwords go into the vault; what is returned stands in a site file as ``[[plate_source]]``.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.store.credentials import Vault
from drivers.types import Credentials

BROKER_SET_NAME = "city plates"
TOKEN_SET_NAME = "city plate token"
_SECONDS = 10.0
_PATH = "/plates/city/"


def plate_sources(
    told: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], vault: Vault
) -> tuple[PlateSource, ...]:
    """The readers that a city told of, as a site has them. ``numbers`` are those that its cameras have on the site, by
    address (``xaddr``); readers of cameras that are not there are left out. One Frigate is one source, whatever cameras
    it has."""
    found: list[PlateSource] = []
    watched: dict[str, int] = {}
    """Frigate's cameras."""
    for reader in told:
        number = numbers.get(reader["xaddr"])
        if number is None:
            continue
        device = reader["device"]
        name = f"{reader['name']} ({device})"
        if reader["way"] == "push":
            kind = PlateKind(reader["maker"])
            found.append(PlateSource(name, kind, token=TOKEN_SET_NAME, path=_PATH + device, camera=number))
        elif reader["way"] == "pull":
            found.append(PlateSource(name, PlateKind.ONVIF_EVENTS, camera=number))
        elif reader["way"] == "stream":
            found.append(PlateSource(name, PlateKind.ONVIF_METADATA, camera=number))
        elif reader["maker"] == PlateKind.FRIGATE:
            watched[device] = number
            if len(watched) == 1:
                found.append(_behind_broker("Frigate", PlateKind.FRIGATE, reader, vault, cameras=watched))
        else:
            found.append(_behind_broker(name, PlateKind.ONVIF_MQTT, reader, vault, camera=number))
    if any(source.token for source in found) and vault.get(TOKEN_SET_NAME) is None:
        vault.put(TOKEN_SET_NAME, Credentials("token", secrets.token_urlsafe(24)))
    return tuple(found)


def _behind_broker(name: str, kind: PlateKind, reader: Mapping[str, Any], vault: Vault, **cameras: Any) -> PlateSource:
    vault.put(BROKER_SET_NAME, Credentials(reader["user"], reader["password"]))
    where = {"host": reader["host"], "port": reader["port"], "prefix": reader["topic"]}
    return PlateSource(name, kind, credentials=BROKER_SET_NAME, **where, **cameras)


def receiver_url(entry: ReceiverEntry | None) -> str:
    """Where a site's receiver is."""
    entry = entry or ReceiverEntry()
    host = f"[{entry.address}]" if ":" in entry.address else entry.address
    return f"{'https' if entry.certificate else 'http'}://{host}:{entry.port}"


def aim_readers(
    control: Mapping[str, str], told: Sequence[Mapping[str, Any]], receiver: str, vault: Vault, verify: bool = True
) -> int:
    """Tell the readers that push where the receiver is (see ``receiver_url``), as one does at each device; how many
    there were. ``control`` is the city's control API; ``verify`` whether they check its certificate. Blocks. Raises
    OSError where the city does not take it, and LookupError before ``plate_sources`` was asked."""
    login = vault.get(TOKEN_SET_NAME)
    pushing = [reader for reader in told if reader["way"] == "push"]
    if pushing and login is None:
        raise LookupError(TOKEN_SET_NAME)
    for reader in pushing:
        assert login is not None
        url = receiver.rstrip("/") + _PATH + reader["device"]
        body = {"reader": reader["device"], "url": url, "token": login.password, "verify": verify}
        _call(control, "POST", "/plates/targets", body)
    return len(pushing)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Plates that a hotlist of the city may have: of the car that was near every incident, and of those that drive
    together. All of them come by again and again."""

    suspects: tuple[str, ...]
    convoy: tuple[str, ...]


def wanted_plates(control: Mapping[str, str]) -> Wanted:
    """Ask the city. Blocks. Raises OSError, ValueError."""
    incidents = json.loads(_call(control, "GET", "/plates/incidents"))
    convoy = json.loads(_call(control, "GET", "/plates/convoy"))
    return Wanted(tuple(dict.fromkeys(str(each["plate"]) for each in incidents)), tuple(map(str, convoy)))


def send_car(control: Mapping[str, str], plate: str, reader: str) -> None:
    """Have a car with this plate drive past a reader, within seconds. Blocks. Raises OSError."""
    _call(control, "POST", "/plates/pass", {"plate": plate, "reader": reader})


def _call(control: Mapping[str, str], method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(control["url"] + path, data, method=method)
    request.add_header("X-City-Token", control["token"])
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
        found: bytes = answer.read()
        return found
