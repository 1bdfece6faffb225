"""Our side of TALQ: what a gateway calls back (the CMS API of 2.7.1), as a small HTTP server in a thread of its own.

Everybody on the network may call, so each request is bounded in size and time, calls are counted, and nothing is
believed that does not carry the gateway's address and, where one is set, the token.
"""

from __future__ import annotations

import asyncio
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

from drivers.errors import BadAnswer
from drivers.http_messages import Request, Response
from drivers.http_server import WebServer
from drivers.lamps.talq.config import VERSION, TalqConfig
from drivers.lamps.talq.reading import Device, load, normal_uuid, read_device
from drivers.lamps.talq.writing import encode

BODY_LIMIT = 8 * 1024 * 1024
IDLE = 15.0
RATE, BURST = 100.0, 300.0
"""Requests a second, and how many may come at once."""
_REMEMBERED = 512
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_NAMED = 100


class Desk(Protocol):
    """Who is told. Everything is called in the server's thread."""

    def hears(self, gateway: str) -> bool:
        """Whether that is our gateway's address."""

    def changed(self, devices: Sequence[Device], origin: str) -> list[str]:
        """Devices told something new, because of our request ``origin`` if that is not empty; returns those that are
        not known."""

    def came(self, devices: Sequence[Device]) -> None:
        """Devices were added or replaced."""

    def left(self, address: str) -> bool:
        """A device was removed; False where it is not known."""

    def logged(self, entries: Sequence[object]) -> list[str]:
        """Entries of a log report; returns the devices that are not known."""

    def listing(self) -> list[tuple[str, str, str]]:
        """Address, name and class of the devices that are known."""


class _Flaw(Exception):
    """What is wrong with a request, in TALQ's words."""

    def __init__(self, status: int, key: str, words: str, addresses: tuple[str, ...] = ()) -> None:
        self.status, self.key, self.words, self.addresses = status, key, words, addresses
        super().__init__(words)

    def response(self) -> Response:
        message: dict[str, Any] = {"key": self.key, "description": self.words}
        if self.addresses:
            named = [{"address": {"resource": "devices", "address": each}} for each in self.addresses[:_NAMED]]
            message["references"] = named
        return _json([message], self.status)


class CallbackServer:
    """Listens in a thread of its own. ``start`` and ``stop`` may be called from any thread, one at a time; ``later``
    from any, in between."""

    def __init__(self, config: TalqConfig, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._config, self._desk, self._clock = config, desk, clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"TALQ callbacks of {config.name}")
        self._web: WebServer | None = None
        self._answered: OrderedDict[str, Response] = OrderedDict()
        self._tokens, self._counted = BURST, clock()
        self._thread.start()

    def start(self) -> int:
        """Listen; gives the port. Raises OSError where that address cannot be listened at."""
        assert self._config.listen is not None
        web = WebServer(self._handle, IDLE, BODY_LIMIT, self._config.server_tls())
        port = asyncio.run_coroutine_threadsafe(web.start(*self._config.listen), self._loop).result()
        self._web = web
        return port

    @property
    def listening(self) -> bool:
        """Whether ``start`` has succeeded."""
        return self._web is not None

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in the server's thread after that time, unless it is stopped before."""
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(seconds, work))

    def stop(self) -> None:
        """Cut all connections and end the thread."""
        if self._web is not None:
            asyncio.run_coroutine_threadsafe(self._web.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _handle(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except _Flaw as flaw:
            return flaw.response()

    def _answer(self, request: Request) -> Response:
        self._admit(request)
        query = parse_qs(request.target.partition("?")[2], max_num_fields=20)
        sender = normal_uuid(query.get("clientAddress", [""])[0])
        if not query.get("clientAddress"):
            raise _Flaw(400, "parameterMissing", "clientAddress is missing")
        if not sender or not self._desk.hears(sender):
            raise _Flaw(400, "parameterValueNotValid", "clientAddress is not that of our gateway")
        id = ""
        if request.method in _WRITES:
            id = normal_uuid(query.get("talqRequestId", [""])[0])
            if not id:
                key = "parameterValueNotValid" if query.get("talqRequestId") else "parameterMissing"
                raise _Flaw(400, key, "talqRequestId is a UUID")
            if id in self._answered:  # the gateway did not get our answer: the same again, and nothing happens twice
                return self._answered[id]
        origin = normal_uuid(query.get("talqOriginRequestId", [""])[0])
        try:
            response = self._route(request, origin)
        except BadAnswer as error:
            raise _Flaw(400, "payloadError", error.detail) from None
        if id:
            self._answered[id] = response
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return response

    def _admit(self, request: Request) -> None:
        now = self._clock()
        self._tokens = min(BURST, self._tokens + (now - self._counted) * RATE)
        self._counted = now
        if self._tokens < 1:
            raise _Flaw(HTTPStatus.SERVICE_UNAVAILABLE, "genericError", "too many requests")
        self._tokens -= 1
        if self._config.callback_token:
            given = request.headers.get("authorization", "").encode("latin-1", "replace")
            if not hmac.compare_digest(given, f"Bearer {self._config.callback_token}".encode()):
                raise _Flaw(HTTPStatus.UNAUTHORIZED, "headerValueNotValid", "the access token is not ours")
        version = request.headers.get("talq-api-version")
        if version is None:
            raise _Flaw(400, "headerMissing", "talq-api-version is missing")
        if version.partition(".")[0] != VERSION.partition(".")[0]:
            raise _Flaw(400, "headerValueNotValid", f"talq-api-version is {VERSION} here")

    def _route(self, request: Request, origin: str) -> Response:
        segments = [unquote(each) for each in request.path.strip("/").split("/")]
        match request.method, segments:
            case "GET", ["devices"]:
                return _json([_entry(each) for each in self._desk.listing()])
            case "GET", ["devices", address]:
                found = [each for each in self._desk.listing() if each[0] == normal_uuid(address)]
                if not found:
                    raise _Flaw(404, "resourceNotFound", "no such device", (address[:64],))
                return _json(_entry(found[0]))
            case "PATCH", ["devices"]:
                self._patch(_list(self._body(request)), origin)
                return Response()
            case "PATCH", ["devices", address]:
                self._patch([_addressed(self._body(request), address)], origin)
                return Response()
            case "POST" | "PUT", ["devices"]:
                data = _list(self._body(request))
                self._desk.came(_devices(data))
                return _json(data, 201 if request.method == "POST" else 200)
            case "PUT", ["devices", address]:
                one = _addressed(self._body(request), address)
                self._desk.came(_devices([one]))
                return _json(one)
            case "DELETE", ["devices", address]:
                if not self._desk.left(normal_uuid(address)):
                    raise _Flaw(404, "resourceNotFound", "no such device", (address[:64],))
                return _json({"address": address, "name": "", "class": ""})
            case "POST", ["log-reports"]:
                self._log(self._body(request))
                return Response(201)
            case "POST", ["services" | "device-classes" as kind]:
                data = _list(self._body(request))
                return Response(201) if kind == "services" else _json(data, 201)
            case "PUT", ["device-classes", *_]:
                return _json(self._body(request))
            case "GET", ["groups"]:  # the gateway's own groups are used; of ours there are none
                return _json([])
        raise _Flaw(404, "resourceNotFound", "this is not kept here")

    def _body(self, request: Request) -> Any:
        return load(self._config.name, request.body)

    def _patch(self, data: Sequence[object], origin: str) -> None:
        """Everything that can be read is taken over, also where something beside it is wrong."""
        devices = [device for device in map(read_device, data) if device is not None]
        unknown = self._desk.changed(devices, origin)
        flawed = tuple(each.address for each in devices if any(one.told.flaws for one in each.functions))
        if flawed or len(devices) < len(data):
            raise _Flaw(400, "payloadError", "not as in the data model", flawed)
        if unknown:
            raise _Flaw(404, "resourceNotFound", "no such device", tuple(unknown))

    def _log(self, report: object) -> None:
        entries = report.get("entries", []) if isinstance(report, dict) else None
        if not isinstance(entries, list):
            raise _Flaw(400, "payloadError", "a log report has a list of entries")
        unknown = self._desk.logged(entries)
        if unknown:
            raise _Flaw(422, "relatedResourceNotFound", "no such device", tuple(unknown))


def _list(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise _Flaw(400, "payloadError", "a list is expected")
    return data


def _devices(data: list[Any]) -> list[Device]:
    devices = [read_device(each) for each in data]
    good = [device for device in devices if device is not None]
    if len(good) < len(devices):
        raise _Flaw(400, "payloadError", "a device has an address, a name and a class")
    return good


def _addressed(data: object, address: str) -> dict[str, Any]:
    """A device of the body, which must not be another than that of the path."""
    if not isinstance(data, dict):
        raise _Flaw(400, "payloadError", "a device is expected")
    wanted = normal_uuid(address)
    if not wanted or normal_uuid(data.get("address", wanted)) != wanted:
        raise _Flaw(400, "payloadError", "the address is not that of the path", (address[:64],))
    return {**data, "address": wanted}


def _entry(device: tuple[str, str, str]) -> dict[str, str]:
    address, name, kind = device
    return {"address": address, "name": name, "class": kind}


def _json(data: object, status: int = 200) -> Response:
    return Response(status, encode(data), "application/json")
