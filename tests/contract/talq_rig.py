"""TALQ lamps against the city's gateway, on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from lamp_rig import LampRig

from drivers.lamps.talq.config import TalqConfig
from drivers.lamps.talq.system import TalqLamps
from drivers.virtual.lamps.talq_devices import LAMP, address_of
from drivers.virtual.lamps.talq_gateway import TalqGateway

CMS = "4a8a0f3c-7f0e-4b52-9d0e-0a6f2f6d9a11"
NORTH = "north side"


class TalqRig(LampRig):
    """See ``LampRig``. ``asynchronous``: the gateway accepts everything and confirms it later."""

    does = frozenset({"refuses", "late", "lies", "lost_callback", "dies", "down", "foreign", "twice", "html", "huge"})

    def __init__(self, count: int = 4, names: Sequence[str] = (), asynchronous: bool = False, **settings: Any) -> None:
        super().__init__(count, names)
        places = {lamp: (52.0 + number / 10_000, 4.3) for number, lamp in enumerate(self.bank.ids)}
        groups = {NORTH: self.bank.ids[: max(1, count // 2)]}
        self.gateway = TalqGateway(
            self.bank,
            places,
            self.names,
            groups,
            token="let me in",
            cms_token=settings.get("callback_token", ""),
            asynchronous=asynchronous,
            now=self.now,
        )
        self.faults = self.gateway.faults
        self.settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateway")

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(f"{address_of(lamp)}/{LAMP}" for lamp in self.bank.ids)

    def open(self) -> None:
        self.serve()
        super().open()
        self.until(lambda: bool(self.gateway.loggers))  # else a fault could strike what the system does at first

    def serve(self) -> None:
        """Start the gateway, and make the system without starting it."""
        self._thread.start()
        self.run(self.gateway.start())
        settings = {"confirm": 0.3, "public_url": "http://127.0.0.1:{port}", "token": "let me in", **self.settings}
        self.lamps_of = TalqLamps(TalqConfig("Ring road", self.gateway.url, CMS, **settings))
        self.system = self.lamps_of

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.run(self.gateway.stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(20)
            self._loop.close()

    def run[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def asked(self, path: str) -> int:
        """How many requests for that path the gateway got."""
        return sum(each.endswith(f" {path}") for each in self.gateway.requests)


def slow_rig(**settings: Any) -> Callable[..., TalqRig]:
    """Rigs whose gateway confirms later."""
    return lambda count=4, names=(): TalqRig(count, names, asynchronous=True, **settings)
