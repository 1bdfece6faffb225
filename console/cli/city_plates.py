"""The virtual city's plate readers as an installer would set them up: entries of a site file, and where readers push.

What is written here are tables as they stand under ``[[plate_source]]``; passwords go into the vault.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from console.store.credentials import Vault
from drivers.types import Credentials

BROKER_SET_NAME = "city plates"
TOKEN_SET_NAME = "city plate token"
_SECONDS = 10.0
_PATH = "/plates/city/"


def plate_tables(
    told: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], vault: Vault
) -> tuple[dict[str, Any], ...]:
    """The readers that a city told of, as ``[[plate_source]]`` tables. ``numbers`` are those that its cameras have on
    the site, by address (``xaddr``); readers of cameras that are not there are left out. One Frigate is one source,
    whatever cameras it has."""
    tables: list[dict[str, Any]] = []
    frigate: dict[str, Any] | None = None
    for reader in told:
        number = numbers.get(reader["xaddr"])
        if number is None:
            continue
        name, maker = f"{reader['name']} ({reader['device']})", reader["maker"]
        if reader["way"] == "push":
            path = _PATH + reader["device"]
            tables.append({"name": name, "kind": maker, "token": TOKEN_SET_NAME, "path": path, "camera": number})
        elif reader["way"] == "pull":
            tables.append({"name": name, "kind": "onvif_events", "camera": number})
        elif maker == "frigate" and frigate is not None:
            frigate["cameras"][reader["device"]] = number
        else:
            vault.put(BROKER_SET_NAME, Credentials(reader["user"], reader["password"]))
            table = {"name": name, "kind": maker, "credentials": BROKER_SET_NAME, "host": reader["host"]}
            table |= {"port": reader["port"], "prefix": reader["topic"]}
            if maker == "frigate":
                frigate = table = {**table, "name": "Frigate", "cameras": {reader["device"]: number}}
            else:
                table["camera"] = number
            tables.append(table)
    if any("token" in table for table in tables) and vault.get(TOKEN_SET_NAME) is None:
        vault.put(TOKEN_SET_NAME, Credentials("token", secrets.token_urlsafe(24)))
    return tuple(tables)


def aim_readers(
    control: Mapping[str, str], told: Sequence[Mapping[str, Any]], receiver: str, vault: Vault, verify: bool = True
) -> int:
    """Tell the readers that push where the receiver is (``http://HOST:PORT``), as one does at each device; how many
    there were. ``control`` is the city's control API; ``verify`` whether they check its certificate. Blocks. Raises
    OSError where the city does not take it, and LookupError before ``plate_tables`` was asked."""
    login = vault.get(TOKEN_SET_NAME)
    pushing = [reader for reader in told if reader["way"] == "push"]
    if pushing and login is None:
        raise LookupError(TOKEN_SET_NAME)
    for reader in pushing:
        assert login is not None
        url = receiver.rstrip("/") + _PATH + reader["device"]
        body = {"reader": reader["device"], "url": url, "token": login.password, "verify": verify}
        request = urllib.request.Request(f"{control['url']}/plates/targets", json.dumps(body).encode(), method="POST")
        request.add_header("X-City-Token", control["token"])
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
            answer.read()
    return len(pushing)
