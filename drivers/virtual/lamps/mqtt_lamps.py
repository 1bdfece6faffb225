"""The city's lamps over MQTT: a broker of its own, and lamps behind it in three dialects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from drivers.types import Credentials
from drivers.virtual.lamps.bank import BankState, LampBank, LampFaults
from drivers.virtual.lamps.broker import Broker
from drivers.virtual.lamps.mqtt_dialects import AWAY, Act, FieldDialect, HomeAssistantField, TasmotaField, ZigbeeField
from drivers.virtual.lamps.mqtt_wire import PUBLISH, Publication

TICK_S = 0.1
OWNER = "mqtt"
_GATHER_S = 0.05
"""Commands that come this close to each other are one order: that is what a fault strikes."""
_GHOST = "L9999"
_HUGE = 64 * 1024 * 1024


class FieldLamps:
    """The lamps of a bank as MQTT devices, whatever broker they are at: ``publish`` is how they speak, ``take`` how
    they hear. Everything belongs to one asyncio loop, but for changes of the bank, which any thread may make."""

    def __init__(
        self,
        bank: LampBank,
        publish: Callable[[Publication], None],
        faults: LampFaults,
        dialects: Sequence[str] = ("zigbee", "tasmota", "home_assistant"),
        clock: Callable[[], float] = time.monotonic,
        cut: Callable[[], None] = lambda: None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Lamps take turns with ``dialects``. ``clock`` is the one of the bank; ``cut`` breaks all connections."""
        self.bank, self.faults = bank, faults
        self._publish, self._clock, self._cut = publish, clock, cut
        self.dialects: dict[str, FieldDialect] = {}
        for at, name in enumerate(dialects):
            lamps = bank.ids[at :: len(dialects)]
            if name == "zigbee":
                self.dialects[name] = ZigbeeField(lamps, self._level)
            elif name == "tasmota":
                self.dialects[name] = TasmotaField(lamps, self._level, clock)
            else:
                self.dialects[name] = HomeAssistantField(lamps, self._level)
            self.dialects[name].names = names or {}
        self._of = {lamp: each for each in self.dialects.values() for lamp in each.lamps}
        self._away = {lamp: self._gone(lamp) for lamp in bank.ids}
        self._quiet: set[str] = set()
        self._gathered: list[Act] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._later: set[asyncio.TimerHandle] = set()
        self._changes: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._unlisten: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """What a client that carries these lamps subscribes to."""
        return tuple(each for dialect in self.dialects.values() for each in dialect.filters)

    def start(self) -> None:
        """Announce all lamps and tell their states; then live."""
        self._loop = asyncio.get_running_loop()
        self._unlisten = self.bank.listen(self._changed)
        self.announce()
        self._task = self._loop.create_task(self._live())

    def announce(self) -> None:
        """Tell everything, as after a broker's restart."""
        for dialect in self.dialects.values():
            for message in dialect.announce():
                self._publish(message)
            for lamp in dialect.lamps:
                self._publish(dialect.presence(lamp, not self._away[lamp]))
                self._tell(lamp)

    async def stop(self) -> None:
        """Fall silent."""
        if self._unlisten is not None:
            self._unlisten()
        for timer in (*self._later, *(() if self._gathering is None else (self._gathering,))):
            timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def take(self, message: Publication) -> None:
        """Somebody published something."""
        for dialect in self.dialects.values():
            read = dialect.read(message)
            if read is None:
                continue
            for answer in read.answers:
                self._publish(answer)
            for lamp in read.asked:
                self._tell(lamp)
            if read.acts and self.faults.active() and self._loop is not None:
                self._gather(read.acts)
            else:
                for act in read.acts:
                    self._do(act)
            return

    # --- orders and faults -------------------------------------------------------------------------------------------

    def _gather(self, acts: list[Act]) -> None:
        assert self._loop is not None
        self._gathered += acts
        if self._gathering is not None:
            self._gathering.cancel()
        self._gathering = self._loop.call_later(_GATHER_S, self._strike)

    def _strike(self) -> None:
        """Do one order as the faults want it."""
        acts, self._gathered, self._gathering = self._gathered, [], None
        refused = self.faults.take("refuses")
        if refused:
            count = len(acts) if refused == "all" else int(refused)
            for act in acts[:count]:
                for message in self._of[act.lamp].refuse(act.lamp, self.bank.state(act.lamp)):
                    self._publish(message)
            acts = acts[count:]
        if self.faults.take("dies"):
            for act in acts[: len(acts) // 2]:
                self._do(act, silent=True)
            self.faults.set("down")
            self._cut()
            return
        late = self.faults.take("late")
        if late:
            self._after(float(late), acts)
            return
        lies, lost = self.faults.take("lies"), self.faults.take("lost_callback")
        foreign, twice = self.faults.take("foreign"), self.faults.take("twice")
        for act in acts:
            if lies:
                self._claim(act)
                continue
            self._do(act, silent=bool(lost or foreign))
            if foreign:
                self._tell(act.lamp, _GHOST)
            elif twice:
                self._tell(act.lamp)

    def _after(self, seconds: float, acts: list[Act]) -> None:
        assert self._loop is not None

        def run() -> None:
            self._later.discard(timer)
            for act in acts:
                self._do(act)

        timer = self._loop.call_later(seconds, run)
        self._later.add(timer)

    def _do(self, act: Act, silent: bool = False) -> None:
        """Bring a lamp to a level; at its programme's own it simply follows its programme again."""
        lamp, programme = act.lamp, self.bank.state(act.lamp).programme
        self._quiet.add(lamp)
        try:
            if abs(act.level - programme) < 0.6:  # a brightness of 255 steps is not exact
                reached = self.bank.release(lamp, OWNER)
            else:
                reached = self.bank.order(lamp, act.level, act.seconds, act.ramp, OWNER)
        finally:
            self._quiet.discard(lamp)
        if not reached:
            for message in self._of[lamp].unreached(lamp):
                self._publish(message)
        elif not silent:
            self._tell(lamp)

    def _claim(self, act: Act) -> None:
        """Say that it is done."""
        real = self.bank.state(act.lamp)
        state = BankState(act.level, real.programme, True, real.power, real.energy, real.faults)
        for message in self._of[act.lamp].tell(act.lamp, state):
            self._publish(message)

    # --- what lamps tell ---------------------------------------------------------------------------------------------

    def _tell(self, lamp: str, name: str = "") -> None:
        state = self.bank.state(lamp)
        if AWAY & set(state.faults):
            return
        for message in self._of[lamp].tell(lamp, state, name):
            self._publish(message)

    def _changed(self, lamps: Sequence[str]) -> None:
        """Something happened in the bank; any thread."""
        heard = [each for each in lamps if each not in self._quiet]
        if heard and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changes.update, heard)

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if self.faults.peek("down"):
                self._cut()
            self.bank.tick()
            now = self._clock()
            for dialect in self.dialects.values():
                for act in dialect.tick(now):
                    self._do(act)
            await asyncio.sleep(0)
            changes, self._changes = self._changes, set()
            for lamp in sorted(changes):
                away = self._gone(lamp)
                if away != self._away[lamp]:
                    self._away[lamp] = away
                    self._publish(self._of[lamp].presence(lamp, not away))
                self._tell(lamp)

    def _gone(self, lamp: str) -> bool:
        return bool(AWAY & set(self.bank.state(lamp).faults))

    def _level(self, lamp: str) -> float:
        return self.bank.state(lamp).level


class MqttCity:
    """A broker with the bank's lamps behind it. ``bank`` and ``faults`` may be used by any thread, the rest belongs to
    the loop that starts it. Faults of the wire (``down``, ``html``, ``huge``) strike new connections."""

    def __init__(
        self,
        bank: LampBank,
        credentials: Credentials | None = None,
        dialects: Sequence[str] = ("zigbee", "tasmota", "home_assistant"),
        clock: Callable[[], float] = time.monotonic,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.bank, self.credentials, self.faults = bank, credentials, LampFaults()
        self.broker = Broker(credentials, self._take, self._greet)
        self.lamps = FieldLamps(bank, self.broker.publish, self.faults, dialects, clock, self.broker.cut, names)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port while it runs."""
        return self.broker.host, self.broker.port

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Serve; the port. Raises OSError."""
        port = await self.broker.start(host, port)
        self.lamps.start()
        return port

    async def stop(self) -> None:
        """Cut everything."""
        await self.lamps.stop()
        await self.broker.stop()

    def _take(self, message: Publication) -> None:
        self.lamps.take(message)

    def _greet(self) -> bytes | None:
        if self.faults.peek("down"):
            return b""
        if self.faults.take("html"):
            return b"HTTP/1.1 400 Bad Request\r\n\r\n<!DOCTYPE html><title>Broker</title>"
        size = self.faults.take("huge")
        if size:
            return _huge(int(size) if int(size) > 1 else _HUGE)
        return None


def _huge(size: int) -> bytes:
    """A good welcome, and the head of a message of ``size`` bytes of which little more comes."""
    digits = bytearray()
    left = min(size, 268_435_455)
    while True:
        left, digit = divmod(left, 128)
        digits.append(digit | (0x80 if left else 0))
        if not left:
            break
    return b"\x20\x02\x00\x00" + bytes([PUBLISH << 4]) + bytes(digits) + b"\x00\x04huge" + bytes(4096)
