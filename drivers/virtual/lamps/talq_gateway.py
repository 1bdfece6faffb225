"""The city's TALQ gateway: the gateway side of TALQ 2.7.1 over HTTP on loopback, in front of the lamps of the bank.

It validates strictly, ends overrides by itself (the bank does), calls the management software back when something
changes, and does wrong what ``LampFaults`` names.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from drivers.http_messages import Request, Response
from drivers.http_server import WebServer
from drivers.virtual.lamps import talq_devices as documents
from drivers.virtual.lamps.bank import LampBank, LampFaults
from drivers.virtual.lamps.talq_calls import Caller
from drivers.virtual.lamps.talq_orders import Command, WrongRequestError, as_json, as_uuid, read_body, read_command

OWNER = "talq"
_VERSION = "2.7.1"
_BATCH = 500
_REMEMBERED = 256
_HUGE = 1_000_000_000


def _utc() -> datetime:
    return datetime.now(UTC)


class TalqGateway:
    """One gateway. Its loop only, but for ``bank`` and ``faults``, which any thread may use, also while it runs.

    ``asynchronous``: every override is answered 202 and confirmed by a PATCH, as gateways with slow radio do; else that
    happens only where a lamp does not answer. Clients have to send ``token``; ``cms_token`` goes with what is called
    back. ``now`` tells the time that expirations are counted from."""

    def __init__(
        self,
        bank: LampBank,
        places: documents.Places,
        names: Mapping[str, str] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        cms_url: str = "",
        token: str = "",
        cms_token: str = "",
        asynchronous: bool = False,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self.bank, self.faults = bank, LampFaults()
        self.address = documents.address_of("the gateway itself")
        self.cms_url, self.cms_address = cms_url, ""
        self.asynchronous = asynchronous
        self.requests: deque[str] = deque(maxlen=1000)
        """Method and path of what was asked, for tests."""
        self._now, self._token = now, token
        self._devices = documents.Devices(bank, places, names or {}, _VERSION)
        self._groups = dict(groups or {})
        self._web = WebServer(self._handle, body_limit=4 * 1024 * 1024)
        self._caller = Caller(self.address, cms_token)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._url = ""
        self._unlisten: Callable[[], None] | None = None
        self._quiet = False
        self._dirty: dict[str, None] = {}
        self._flushing: asyncio.TimerHandle | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loggers: dict[str, Any] = {}
        self._known_faults = {each: bank.state(each).faults for each in bank.ids}
        self._answered: OrderedDict[str, Response] = OrderedDict()

    @property
    def url(self) -> str:
        """Its base address; empty while it is not started."""
        return self._url

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self._url = f"http://{host}:{await self._web.start(host, port)}"
        self._unlisten = self.bank.listen(self._changed)

    async def stop(self) -> None:
        """End everything that runs; a second call does nothing."""
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        await self._web.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._url = ""

    @property
    def loggers(self) -> tuple[str, ...]:
        """The loggers that the management software has asked for: the last that it does to introduce itself."""
        return tuple(self._loggers)

    def forget(self, lamp: str) -> None:
        """The device of a lamp leaves, and nobody is told."""
        del self._devices.by_address[documents.address_of(lamp)]

    # --- requests -----------------------------------------------------------------------------------------------------

    async def _handle(self, request: Request) -> Response | None:
        if self.faults.peek("down"):
            return None
        self.requests.append(f"{request.method} {request.path}")
        wrong = self._wrong()
        if wrong is not None:
            return wrong
        try:
            return self._answer(request)
        except WrongRequestError as error:
            return error.response()

    def _wrong(self) -> Response | None:
        """An answer that has nothing to do with what was asked, if a fault wants one."""
        if self.faults.take("html"):
            return Response(200, b"<!DOCTYPE html><title>Maintenance</title>", "text/html")
        size = self.faults.take("huge")
        if size:
            count = int(size) if int(size) > 1 else _HUGE
            return Response(200, b"", "application/json", stream=_blanks(count), length=count)
        if self.faults.take("redirect"):
            return Response(307, b"", "text/plain", {"Location": "http://127.0.0.2:9/elsewhere"})
        return None

    def _answer(self, request: Request) -> Response | None:
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            raise WrongRequestError(401, "headerValueNotValid", "authorization")
        version = request.headers.get("talq-api-version")
        if version is None or not version.startswith("2."):
            raise WrongRequestError(400, "headerMissing" if version is None else "headerValueNotValid")
        query = {name: values[0] for name, values in parse_qs(request.target.partition("?")[2]).items()}
        client = as_uuid(query.get("clientAddress"), "clientAddress")
        if self.cms_address and client != self.cms_address:
            raise WrongRequestError(400, "parameterValueNotValid", "clientAddress")
        segments = [unquote(each) for each in request.path.strip("/").split("/")]
        if request.method == "GET":
            return self._get(segments, query)
        id = as_uuid(query.get("talqRequestId"), "talqRequestId")
        match request.method, segments:
            case "POST", ["override-commands"]:
                if id in self._answered:
                    return self._answered[id]
                response = self._override(read_body(request.body), id)
                if response is not None:
                    self._answered[id] = response
                    while len(self._answered) > _REMEMBERED:
                        self._answered.popitem(last=False)
                return response
            case "PATCH", ["devices", self.address, documents.GATEWAY]:
                self._take_address(read_body(request.body))
                return Response()
            case "POST", ["logger-configs"]:
                config = read_body(request.body)
                if not isinstance(config, dict) or not isinstance(config.get("address"), str):
                    raise WrongRequestError(400, "payloadError", "address")
                if config["address"] in self._loggers:
                    raise WrongRequestError(409, "resourceConflict")
                self._loggers[config["address"]] = config
                return Response(201)
        raise WrongRequestError(404, "resourceNotFound")

    def _get(self, segments: list[str], query: Mapping[str, str]) -> Response:
        now = self._now()
        match segments:
            case ["devices"]:
                addresses: list[str] = [self.address, *self._devices.by_address]
                offset, limit = (_count(query.get(name), name) for name in ("offset", "limit"))
                page = addresses[offset or 0 :][:limit]
                counts = {"count": len(page), "offset": offset or 0, "totalCount": len(addresses)}
                headers = {f"pagination-{name}": str(value) for name, value in counts.items()}
                return as_json([self._device(each, now) for each in page], 200, headers)
            case ["devices", "count"]:
                return as_json(1 + len(self._devices.by_address))
            case ["devices", address] if address == self.address or address in self._devices.by_address:
                return as_json(self._device(address, now))
            case ["groups"]:
                owner = self.cms_address or self.address
                return as_json([documents.group_document(each, owner, self._groups[each]) for each in self._groups])
            case ["services"]:
                return as_json([{"name": "ControlService"}, {"name": "DataCollectService"}])
        raise WrongRequestError(404, "resourceNotFound")

    def _device(self, address: str, now: datetime) -> dict[str, Any]:
        if address == self.address:
            return documents.gateway_device(self.address, self.cms_url, self.cms_address)
        return self._devices.whole(self._devices.by_address[address], now)

    def _take_address(self, data: object) -> None:
        for name in ("cmsUri", "cmsAddress"):
            given = data.get(name) if isinstance(data, dict) else None
            value = given.get("value") if isinstance(given, dict) else None
            if not isinstance(value, str):
                raise WrongRequestError(400, "payloadError", name)
            if name == "cmsUri":
                self.cms_url = value
            else:
                self.cms_address = as_uuid(value, name)

    # --- override commands --------------------------------------------------------------------------------------------

    def _override(self, data: object, id: str) -> Response | None:
        command = read_command(data, self._devices.by_address, self._groups, documents.LAMP, self._now())
        refused = self.faults.take("refuses")
        if refused:
            count = None if refused == "all" else int(refused)
            named = [documents.address_of(each) for each in command.lamps[:count]]
            raise WrongRequestError(422, "overrideCommandNotValid", "not now", named)
        if self.faults.take("lies"):
            return Response(201)
        if self.faults.take("dies"):
            self._carry_out(command, command.lamps[: len(command.lamps) // 2])
            self.faults.set("down")
            return None
        delay = self.faults.take("late")
        if delay:
            self._later(float(delay), lambda: self._finish(command, id))
            return Response(202)
        if self.faults.take("lost_callback"):
            self._carry_out(command, command.lamps, quiet=True)
            return Response(202)
        if self.faults.take("foreign"):
            self._carry_out(command, command.lamps, quiet=True)
            self._confirm(command.lamps[:1], id, address=documents.address_of("a device of another city"))
            return Response(202)
        if self.faults.take("twice"):
            self._finish(command, id)
            self._confirm(command.lamps, id, repeat=True)
            return Response(202)
        if self.asynchronous:
            self._finish(command, id)
            return Response(202)
        if self._carry_out(command, command.lamps):
            return Response(201)
        self._confirm(command.lamps, id)  # some do not answer; the confirmation says which
        return Response(202)

    def _carry_out(self, command: Command, lamps: Iterable[str], quiet: bool = False) -> bool:
        """Do it, lamp by lamp; whether all of them answered. ``quiet``: nobody is told of it."""
        reached = True
        self._quiet = quiet
        try:
            for lamp in lamps:
                if command.target is None:
                    reached &= self.bank.release(lamp, OWNER)
                elif self.bank.order(lamp, command.level, command.seconds, command.ramp, OWNER):
                    self._devices.commands[lamp] = dict(command.target)
                else:
                    reached = False
        finally:
            self._quiet = False
        return reached

    def _finish(self, command: Command, id: str) -> None:
        self._carry_out(command, command.lamps, quiet=True)
        self._confirm(command.lamps, id)

    def _confirm(self, lamps: Sequence[str], origin: str, address: str = "", repeat: bool = False) -> None:
        for start in range(0, len(lamps), _BATCH):
            batch = lamps[start : start + _BATCH]
            self._spawn(self._patch([self._devices.changed(each, self._now(), address) for each in batch], origin))
            if repeat:
                self._spawn(self._patch([self._devices.changed(each, self._now(), address) for each in batch], origin))

    # --- calling back -------------------------------------------------------------------------------------------------

    def _changed(self, ids: Sequence[str]) -> None:
        """The bank's listener: any thread."""
        if not self._quiet and self._loop is not None:
            self._loop.call_soon_threadsafe(self._mark, tuple(ids))

    def _mark(self, ids: Sequence[str]) -> None:
        self._dirty.update(dict.fromkeys(ids))
        if self._flushing is None and self._unlisten is not None:
            self._flushing = self._later(0.05, self._flush)

    def _flush(self) -> None:
        """Tell of everything that changed since the last time."""
        self._flushing = None
        lamps, self._dirty = list(self._dirty), {}
        now = self._now()
        for start in range(0, len(lamps), _BATCH):
            self._spawn(self._patch([self._devices.changed(each, now) for each in lamps[start : start + _BATCH]], ""))
        for lamp in lamps:
            before, after = self._known_faults[lamp], self.bank.state(lamp).faults
            self._known_faults[lamp] = after
            for logger in self._loggers:
                report = documents.event_report(logger, lamp, before, after, now)
                if report is not None:
                    self._spawn(self._report(report))

    async def _patch(self, devices: list[dict[str, Any]], origin: str) -> None:
        await self._call("PATCH", "/devices", devices, origin)

    async def _report(self, report: Any) -> None:
        await self._call("POST", "/log-reports", report)

    async def _call(self, method: str, path: str, data: object, origin: str = "") -> None:
        if self.cms_url and not self.faults.peek("down"):
            await self._caller.call(self.cms_url, method, path, data, origin)

    @property
    def calls(self) -> tuple[str, ...]:
        """Method, path and answer of what was called back, for tests."""
        return tuple(self._caller.calls)

    def _later(self, seconds: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        def run() -> None:
            self._timers.discard(timer)
            work()

        assert self._loop is not None
        timer = self._loop.call_later(seconds, run)
        self._timers.add(timer)
        return timer

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _count(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise WrongRequestError(400, "parameterValueNotValid", name)
    return int(text)


async def _blanks(count: int) -> AsyncIterator[bytes]:
    piece = b" " * 65536
    while count > 0:
        yield piece[:count]
        count -= len(piece)
