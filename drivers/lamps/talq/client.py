"""Requests to the gateway. Each is bounded in time and size, follows no redirect, and answered or raises DriverError.

Reading is tried once more when the connection breaks. An override command never is: the API files of TALQ 2.7.1 call
``talqRequestId`` a "unique request identifier created by the CMS as client" and say nowhere that a gateway must know
one again, so a second one could undo what happened in between.
"""

from __future__ import annotations

import base64
import ssl
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlencode

from drivers.errors import BadAnswer, Refused, TimedOut, Unreachable
from drivers.http_wire import Answer, exchange
from drivers.lamps.talq import writing
from drivers.lamps.talq.config import VERSION, TalqConfig
from drivers.lamps.talq.fleet import MAX_LAMPS, GatewaySelf
from drivers.lamps.talq.reading import Device, Refusal, load, read_device, read_references, read_refusals

PAGE = 500
LIST_BYTES = 48 * 1024 * 1024
"""A gateway that knows no pages sends 10,000 devices at once."""
_ANSWER_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listing:
    """What ``devices`` read: how many entries were no devices, and the gateway's clock minus ours in seconds."""

    devices: tuple[Device, ...]
    flawed: int
    clock: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gateway said to an override command."""

    done: bool = False
    accepted: bool = False
    refusals: tuple[Refusal, ...] = ()


class TalqClient:
    """One gateway, from any thread: nothing is shared between calls."""

    def __init__(self, config: TalqConfig, tls: ssl.SSLContext | None) -> None:
        self._config, self._tls = config, tls
        self._name = config.name
        self.closed = False
        """Set it, and every further request fails; one that is on its way has its own deadline."""

    def devices(self) -> Listing:
        """Every device, page by page where the gateway has pages (parameters ``offset`` and ``limit``)."""
        found: dict[str, Device] = {}
        flawed, offset, clock = 0, 0, None
        while len(found) < MAX_LAMPS:
            answer = self._get("/devices", {"offset": str(offset), "limit": str(PAGE)}, LIST_BYTES)
            clock = _clock(answer.headers.get("date", "")) if clock is None else clock
            page = self._list(answer)
            before = len(found)
            for each in page[:MAX_LAMPS]:
                device = read_device(each)
                if device is None:
                    flawed += 1
                else:
                    found.setdefault(device.address, device)
            offset += len(page)
            total = answer.headers.get("pagination-totalcount", "")
            more = int(total) > offset if total.isascii() and total.isdigit() and len(total) < 9 else len(page) == PAGE
            if not more or len(found) == before:  # a gateway without pages sends the same again
                break
        return Listing(tuple(found.values())[:MAX_LAMPS], flawed, clock)

    def groups(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """The gateway's groups by address, with their members. Gateways need not have any."""
        answer = self._get("/groups", {}, LIST_BYTES, missing=True)
        if answer.status_code != HTTPStatus.OK:
            return {}
        made = {}
        for each in self._list(answer):
            if isinstance(each, dict):
                address = each.get("address")
                if isinstance(address, str) and 0 < len(address) <= 200 and address.isprintable():
                    made[address] = read_references(each.get("members"))
        return made

    def override(self, body: bytes, request: str, sending: Callable[[], None]) -> Verdict:
        """Send an override command or a release; ``sending`` as in ``exchange``. Never sent twice."""
        answer = self._send("POST", "/override-commands", body, request, sending)
        if answer.status_code == HTTPStatus.ACCEPTED:
            return Verdict(accepted=True)
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            if answer.content.strip():  # TALQ sends nothing here; what is no JSON comes from something else on the way
                load(self._name, answer.content)
            return Verdict(done=True)
        return Verdict(refusals=self._refusals(answer))

    def introduce(self, gateway: GatewaySelf, url: str) -> None:
        """Tell the gateway where it finds us."""
        body = writing.callback_address(gateway.function, url, self._config.client)
        answer = self._send("PATCH", f"/devices/{gateway.device}/{gateway.function}", body, str(uuid.uuid4()))
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
            words = self._refusals(answer)[0].words
            raise BadAnswer(self._name, f"it does not take our address: {words}", "Enter it at the gateway itself.")

    def ask_events(self) -> None:
        """Ask for a log report of each event. One that is there already will do."""
        body = writing.event_logger(self._config.client)
        answer = self._send("POST", "/logger-configs", body, str(uuid.uuid4()))
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT):
            words = self._refusals(answer)[0].words
            advice = "Faults are then known when the lamps are read again."
            raise BadAnswer(self._name, f"it makes no log of its events: {words}", advice)

    def _get(self, path: str, query: dict[str, str], limit: int, missing: bool = False) -> Answer:
        try:
            answer = self._exchange("GET", path, query, b"", limit)
        except TimedOut:
            raise
        except Unreachable:
            answer = self._exchange("GET", path, query, b"", limit)
        if answer.status_code == HTTPStatus.OK or (missing and answer.status_code == HTTPStatus.NOT_FOUND):
            return answer
        raise BadAnswer(self._name, f"it does not tell its {path.strip('/')}: {self._refusals(answer)[0].words}")

    def _send(
        self, method: str, path: str, body: bytes, request: str, sending: Callable[[], None] = lambda: None
    ) -> Answer:
        return self._exchange(method, path, {"talqRequestId": request}, body, _ANSWER_BYTES, sending)

    def _exchange(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: bytes,
        limit: int,
        sending: Callable[[], None] = lambda: None,
    ) -> Answer:
        if self.closed:
            raise Unreachable(self._name, "we let go of it")
        url = f"{self._config.url.rstrip('/')}{path}?{urlencode({'clientAddress': self._config.client, **query})}"
        headers = {"talq-api-version": VERSION, "Accept": "application/json", **self._authorization()}
        if body:
            headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + self._config.timeout
        answer = exchange(self._name, method, url, body, headers, deadline, self._tls, limit, sending)
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Refused(self._name)
        return answer

    def _authorization(self) -> dict[str, str]:
        if self._config.token:
            return {"Authorization": f"Bearer {self._config.token}"}
        who = self._config.credentials
        if who is None:
            return {}
        pair = base64.b64encode(f"{who.user}:{who.password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def _list(self, answer: Answer) -> Sequence[object]:
        data = load(self._name, answer.content)
        if not isinstance(data, list):
            raise BadAnswer(self._name, "its JSON is no list")
        return data

    def _refusals(self, answer: Answer) -> tuple[Refusal, ...]:
        """The errors that it tells; one of our own words where it tells none."""
        status = f"HTTP {answer.status_code}"
        if answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY) and answer.content:
            return read_refusals(load(self._name, answer.content)) or (Refusal(status, ()),)
        return (Refusal(status, ()),)


def _clock(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
