"""A lamp system made of SNMP controllers (NTCIP 1213): a ``LampSystem``, see ``drivers.luminaires``."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from typing import Any

from drivers.errors import DriverError, Refused, Unreachable
from drivers.lamps.snmp.channel import Channel, CommunityChannel
from drivers.lamps.snmp.config import Community, SnmpConfig
from drivers.lamps.snmp.controller import ControllerLink, Target
from drivers.lamps.snmp.lamps import Book, Found, KnownGroup, book, find
from drivers.lamps.snmp.orders import Settings, check, features, ordering, releasing, releasing_group
from drivers.lamps.snmp.reading import state, state_leaves
from drivers.lamps.snmp.user_channel import UserChannel, UserEngine
from drivers.luminaires import LampAnswer, LampGroup, LampNews, LampOrder, Outcome, Progress

_log = logging.getLogger(__name__)
_READY_S = 20.0


def _now() -> datetime:
    return datetime.now(UTC)


class SnmpLamps:
    """One lamp system behind SNMP controllers.

    Threads: one of its own runs the loop in which everything happens; ``heard`` and ``progress`` are called there.
    ``order``, ``release`` and ``refresh`` are called in others and wait for what they put into the loop; ``groups``
    reads one reference. ``_gate`` orders those that come against ``stop``.
    """

    def __init__(self, config: SnmpConfig, wall: Callable[[], datetime] = _now) -> None:
        self.name = config.name
        self.features = features(config.leaves, config.dies_back)
        self._config, self._wall = config, wall
        self._gate = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._book = Book()
        # From here on: the loop's thread alone.
        self._heard: Callable[[LampNews], None] = lambda news: None
        self._links: dict[str, ControllerLink] = {}
        self._found: dict[str, Found] = {}
        self._failures: dict[str, DriverError] = {}
        self._trouble = ""
        self._behind: set[asyncio.Task[None]] = set()
        self._ended, self._looking = asyncio.Event(), asyncio.Lock()

    # --- the protocol: any thread ------------------------------------------------------------------------------------

    def start(self, heard: Callable[[LampNews], None]) -> None:
        """See LampSystem."""
        self._heard = heard
        self._thread = threading.Thread(target=self._run, name=f"snmp-lamps {self.name}", daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """See LampSystem. Raises the first controller's error when none answers."""
        self._call(self._refresh())

    def groups(self) -> tuple[LampGroup, ...]:
        """See LampSystem."""
        known = self._book.groups or {}
        return tuple(each.group for each in known.values()) if self.features.groups else ()

    def order(self, order: LampOrder, progress: Progress) -> None:
        """See LampSystem. Raises Unsupported for an order that these controllers must not get."""
        check(self.name, self._config.leaves, order, self.features, self._wall())
        table = self._config.leaves
        lamps = ordering(table, order, self._wall, group=False)
        group = ordering(table, order, self._wall, group=True) if order.group and self.features.groups else None
        self._call(self._send(order.lamps, lamps, order.group, group, order.reference, progress, order.ramp))

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        """See LampSystem."""
        settings = releasing(self.name, self._config.leaves)
        whole = releasing_group(self._config.leaves) if group and self.features.groups else None
        self._call(self._send(lamps, settings, group, whole, reference, progress, 0.0))

    def stop(self) -> None:
        """See LampSystem."""
        if self._thread is None:
            return
        self._ready.wait(_READY_S)
        with self._gate:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _call[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._thread is not None:
            self._ready.wait(_READY_S)
        with self._gate:
            if self._loop is None:
                work.close()
                raise Unreachable(self.name, "it is not connected", "Start it first.")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise Unreachable(self.name, "the connection was ended", "Start it first.") from None

    # --- the loop's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:  # noqa: BLE001 - the top of a thread: whatever it is must be told, and orders must not wait
            _log.exception("%s: its SNMP thread ended", self.name)
            self._heard(LampNews(self.name, trouble=f"{self.name}: it ended because of a fault in this program."))
        finally:
            with self._gate:
                self._loop = None
            self._ready.set()

    async def _main(self) -> None:
        engine = None if isinstance(self._config.access, Community) else UserEngine(self.name, self._config.access)
        for controller in self._config.controllers:
            source = self.name if len(self._config.controllers) == 1 else f"{self.name}, {controller.label}"
            channel: Channel
            if isinstance(self._config.access, Community):
                channel = CommunityChannel(source, controller, self._config.access)
            else:
                assert engine is not None
                channel = UserChannel(source, controller, engine)
            self._links[controller.label] = ControllerLink(source, self._config, channel)
        with self._gate:
            self._loop = asyncio.get_running_loop()
        self._ready.set()
        polling = asyncio.create_task(self._poll())
        ending = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait([polling, ending], return_when=asyncio.FIRST_COMPLETED)
            if polling.done():
                polling.result()
        finally:
            for task in (polling, ending, *self._behind):
                task.cancel()
            for link in self._links.values():
                link.channel.close()
            if engine is not None:
                engine.close()

    async def _poll(self) -> None:
        while True:
            # A refused password is not tried again by itself; `refresh` and orders, which somebody asked for, try.
            due = [each for each in self._links if not isinstance(self._failures.get(each), Refused)]
            await self._look(due, walk=False)
            await asyncio.sleep(self._config.poll)

    async def _refresh(self) -> None:
        await self._look(list(self._links), walk=True)
        if len(self._failures) == len(self._links):
            raise next(iter(self._failures.values()))

    async def _look(self, labels: Sequence[str], *, walk: bool) -> None:
        """Lamps of the controllers that were not walked yet (or all), then the states of all."""
        async with self._looking:
            async with asyncio.TaskGroup() as group:
                finds = {
                    label: group.create_task(self._find(label)) for label in labels if walk or label not in self._found
                }
            before, now = self._book, book({each: self._found[each] for each in self._links if each in self._found})
            self._book = now
            if now.lamps != before.lamps:
                self._heard(LampNews(self.name, lamps=now.lamps, log=now.log))
            async with asyncio.TaskGroup() as group:
                for label in labels:
                    if label in self._found and (label not in finds or finds[label].result()):
                        group.create_task(self._states(label, tuple(now.where or ())))
            self._tell_trouble()

    async def _find(self, label: str) -> bool:
        try:
            self._found[label] = await find(label, self._config, self._links[label])
        except DriverError as problem:
            self._failures[label] = problem
            return False
        self._failures.pop(label, None)
        return True

    async def _states(self, label: str, ids: Sequence[str]) -> None:
        targets = {id: place[1] for id in ids if (place := self._book.place(id)) is not None and place[0] == label}
        rows = {target.row: id for id, target in targets.items()}
        table = self._config.leaves
        try:
            values = await self._links[label].values(state_leaves(table), tuple(rows))
            self._failures.pop(label, None)
        except DriverError as problem:
            self._failures[label] = problem
            return
        time = self._wall()
        found = tuple(state(table, rows[row], values[row], time) for row in rows if values[row])
        if found:
            self._heard(LampNews(self.name, states=found))

    def _tell_trouble(self) -> None:
        trouble = " ".join(problem.sentence for problem in self._failures.values())
        if trouble != self._trouble:
            self._trouble = trouble
            self._heard(LampNews(self.name, trouble=trouble))

    # --- orders, in the loop's thread --------------------------------------------------------------------------------

    async def _send(
        self,
        lamps: Sequence[str],
        settings: Settings,
        group: str,
        group_settings: Settings | None,
        reference: str,
        progress: Progress,
        ramp: float,
    ) -> None:
        if self._book.where is None:
            async with self._looking:  # the first look is under way
                pass
        if self._book.where is None or (self._failures and not self._book.lamps):
            problem = next(iter(self._failures.values()), None)
            raise problem or Unreachable(self.name, "its lamps are not known yet", "Wait until it is connected.")
        open: dict[str, LampAnswer | None] = dict.fromkeys(lamps)

        def answer(answers: Sequence[LampAnswer]) -> None:
            new = [each for each in answers if open.get(each.id, each) is None]
            open.update((each.id, each) for each in new)
            if new:
                progress(new)

        def late(answers: Sequence[LampAnswer]) -> None:
            wrong = [each for each in answers if (told := open.get(each.id)) is not None and not told.good]
            if wrong:
                self._heard(LampNews(self.name, answers=tuple(wrong), reference=reference))

        try:
            async with asyncio.timeout(self._config.total):
                known = self._book.group(group, lamps) if group_settings is not None else None
                if known is None or not await self._send_group(known, group_settings, answer, late):
                    await self._send_lamps([each for each in open if open[each] is None], settings, answer, late)
        except TimeoutError:
            pass
        answer([LampAnswer(each, Outcome.UNREACHABLE, "not in time") for each, told in open.items() if told is None])
        self._read_back([each for each, told in open.items() if told is not None and told.good], ramp)

    async def _send_lamps(self, lamps: Sequence[str], settings: Settings, answer: Any, late: Any) -> None:
        targets: dict[str, list[Target]] = {}
        strangers = []
        for id in lamps:
            place = self._book.place(id)
            if place is None:
                strangers.append(LampAnswer(id, Outcome.UNKNOWN))
            else:
                targets.setdefault(place[0], []).append(place[1])
        answer(strangers)
        async with asyncio.TaskGroup() as group:
            for label, those in targets.items():
                group.create_task(self._links[label].set(those, settings, answer, late))

    async def _send_group(self, known: KnownGroup, settings: Settings | None, answer: Any, late: Any) -> bool:
        """One message for all. What the controller took it passes on, so lamps are ACCEPTED; a state tells the rest.
        False where the controller refuses the group as such: then nothing happened and lamp by lamp is left."""
        assert settings is not None
        told: list[LampAnswer] = []

        def each_lamp(answers: Sequence[LampAnswer], outcome: Outcome) -> list[LampAnswer]:
            return [LampAnswer(id, outcome, one.detail) for one in answers for id in sorted(known.group.lamps)]

        def came_late(answers: Sequence[LampAnswer]) -> None:
            late(each_lamp(answers, Outcome.ACCEPTED))

        await self._links[known.controller].set([known.target], settings, told.extend, came_late)
        if any(one.outcome in (Outcome.REFUSED, Outcome.UNKNOWN) for one in told):
            return False
        outcome = Outcome.ACCEPTED if all(one.good for one in told) else Outcome.UNREACHABLE
        answer(each_lamp(told, outcome))
        return True

    def _read_back(self, ids: Sequence[str], ramp: float) -> None:
        """Read what became of it, once it can be seen. Nobody waits for that."""

        async def later() -> None:
            await asyncio.sleep(ramp + self._config.settle)
            for label in self._links:
                await self._states(label, ids)
            self._tell_trouble()

        if ids:
            task = asyncio.get_running_loop().create_task(later())
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)
