"""The city's SNMP lamp controller on loopback, for the contract of lamp systems."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from lamp_rig import PATIENCE, LampRig

from drivers.lamps.snmp.config import Community, Controller, SnmpConfig, SnmpUser
from drivers.lamps.snmp.system import SnmpLamps
from drivers.virtual.lamps.bank import LampFaults
from drivers.virtual.lamps.snmp_agent import CITY_LEAVES, COMMUNITY, USER, SnmpLampAgent

_ACCESS: dict[str, Community | SnmpUser] = {
    "v2c": Community(COMMUNITY),
    "v3": SnmpUser(USER.user, USER.password, privacy=USER.password),
}


class SnmpRig(LampRig):
    """See LampRig; one controller with all lamps, in a loop of its own."""

    does = frozenset({"refuses", "late", "dies"})

    def __init__(self, version: str, count: int = 4, names: Sequence[str] = ()) -> None:
        super().__init__(count, names)
        self.faults = LampFaults()
        self._version = version
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="snmp-agent")

    @property
    def ids(self) -> tuple[str, ...]:
        """The agency's own numbers, which the controller tells."""
        return self.bank.ids

    def open(self) -> None:
        """See LampRig."""
        self._thread.start()
        port = self._run(self._start())
        # A thousand lamps on two busy cores take longer than 0.5 s, one dead controller should not.
        timeout = 0.5 if len(self.bank.ids) < 100 else 5.0
        config = SnmpConfig(
            name="street lamps",
            controllers=(Controller("127.0.0.1", port),),
            access=_ACCESS[self._version],
            leaves=CITY_LEAVES,
            timeout=timeout,
            retries=1,
            poll=0.2,
            settle=0.0,
        )
        self.system = SnmpLamps(config)
        super().open()

    def close(self) -> None:
        """See LampRig."""
        super().close()
        self._run(self._agent.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _start(self) -> int:
        self._agent = SnmpLampAgent(self.bank, self.clock, faults=self.faults, names=self.names)
        return await self._agent.start()

    def _run[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


def snmp_rig(version: str) -> Callable[..., LampRig]:
    """Rigs of one version of the protocol."""
    return lambda **settings: SnmpRig(version, **settings)
