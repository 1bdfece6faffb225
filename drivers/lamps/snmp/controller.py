"""One SNMP controller: its tables read, its lamps set, many objects a message. In the driver's loop alone.

All that a controller can make us do is bounded: how many rows a walk brings, how many messages are under way, and how
often an order that it does not like is cut into smaller ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.errors import BadAnswer, DriverError, Refused, TimedOut
from drivers.lamp_leaves import Leaf, Oid
from drivers.lamps.snmp.channel import Channel, ask
from drivers.lamps.snmp.config import SnmpConfig
from drivers.lamps.snmp.messages import Nothing, Reply, Request, Trouble, Value, Verb, bind_bytes
from drivers.luminaires import LampAnswer, Outcome

_WALK_STEP = 25
_STRIKES = 3
"""After so many lamps of one message were refused singly, the rest goes lamp by lamp."""
_READ_BYTES = 24
"""What a value takes in an answer, guessed; a controller that finds it too big says so."""
_WORDS = {
    Trouble.BAD_VALUE: "the controller does not take this value",
    Trouble.READ_ONLY: "the controller does not let this be set",
    Trouble.NO_ACCESS: "the controller does not let this user set it",
    Trouble.WRONG_TYPE: "the leaf has another type",
    Trouble.WRONG_VALUE: "the controller does not take this value",
    Trouble.INCONSISTENT_VALUE: "the controller does not take this value now",
    Trouble.COMMIT_FAILED: "the controller could not do it",
    Trouble.UNDO_FAILED: "the controller did it in part",
    Trouble.AUTHORIZATION: "the controller does not let this user set it",
    Trouble.NOT_WRITABLE: "the controller does not let this be set",
}
_GONE = (Trouble.NO_SUCH_NAME, Trouble.NO_CREATION, Trouble.INCONSISTENT_NAME)


@dataclass(frozen=True, slots=True)
class Target:
    """What is set together and answered together: a lamp (or a group) and its row."""

    id: str
    row: Oid


Setting = Sequence[tuple[Oid, Any]]
"""Columns and the values that they get, the same for all rows."""
Answers = Callable[[Sequence[LampAnswer]], None]


class ControllerLink:
    """See the module. ``table`` methods raise DriverError; ``set`` answers lamp by lamp."""

    def __init__(self, source: str, config: SnmpConfig, channel: Channel) -> None:
        self.source, self._config, self.channel = source, config, channel
        self._slots = asyncio.Semaphore(config.window)
        self._bytes = config.max_bytes

    async def rows(self, leaf: Leaf) -> tuple[Oid, ...]:
        """The rows that a column has, in order. Raises BadAnswer for a walk that goes backwards or does not end."""
        column = leaf.path(self._config.leaves.root)
        found: list[Oid] = []
        last = column
        while True:
            step = Request(Verb.BULK, ((last, None),), _WALK_STEP)
            reply = await self._ask(lambda step=step: step)  # type: ignore[misc]
            if reply.status == Trouble.NO_SUCH_NAME:
                return tuple(found)
            if reply.status:
                raise BadAnswer(self.source, f"walking its lamps brought error {reply.status}")
            for name, value in reply.binds:
                if value is Nothing.END or name[: len(column)] != column:
                    return tuple(found)
                if name <= last:
                    raise BadAnswer(self.source, "walking its lamps went backwards")
                last = name
                found.append(name[len(column) :])
                if len(found) > self._config.max_lamps:
                    raise BadAnswer(self.source, f"walking its lamps brought more than {self._config.max_lamps}")

    async def values(self, leaves: Iterable[str], rows: Sequence[Oid]) -> dict[Oid, dict[str, Value]]:
        """The values of some leaves for some rows; what does not exist is left out. Raises DriverError when a part of
        it could not be had."""
        table = self._config.leaves
        columns = {name: leaf.path(table.root) for name, leaf in table.leaves().items() if name in frozenset(leaves)}
        found: dict[Oid, dict[str, Value]] = {row: {} for row in rows}
        wanted = {column + row: (row, name) for row in rows for name, column in columns.items()}

        async def part(names: Sequence[Oid]) -> None:
            request = Request(Verb.GET, tuple((name, None) for name in names))
            reply = await self._ask(lambda: request)
            if reply.status == Trouble.TOO_BIG and len(names) > 1:
                self._shrink()
                await _all([part(names[: len(names) // 2]), part(names[len(names) // 2 :])])
            elif reply.status:
                raise BadAnswer(self.source, f"reading its lamps brought error {reply.status}")
            for name, value in reply.binds:
                row, leaf = wanted[name]
                if not isinstance(value, Nothing):
                    found[row][leaf] = value

        await _all(part(names) for names in self._parts(list(wanted), lambda name: bind_bytes(name, _READ_BYTES)))
        return found

    async def set(
        self, targets: Sequence[Target], setting: Callable[[], Setting | None], answer: Answers, late: Answers
    ) -> None:
        """Set all targets, many a message. ``setting`` is asked anew for each try, None: it is too late now. Each
        target is answered once; ``late`` hears of those that did it after we gave up on them."""
        values = setting()
        if not targets or values is None:
            answer([LampAnswer(each.id, Outcome.REFUSED, "its time is over") for each in targets])
            return
        size = sum(bind_bytes(column, 5) for column, _ in values)

        async def part(those: Sequence[Target], strikes: int = 0) -> None:
            def make() -> Request | None:
                values = setting()
                if values is None:
                    return None
                return Request(
                    Verb.SET, tuple((column + each.row, value) for each in those for column, value in values)
                )

            def came_late(reply: Reply) -> None:
                if reply.status == Trouble.NONE:
                    late([LampAnswer(each.id, Outcome.DONE, "the answer came late") for each in those])

            try:
                reply = await self._ask(make, came_late)
            except Refused as problem:
                answer([LampAnswer(each.id, Outcome.REFUSED, problem.detail) for each in those])
                return
            except DriverError as problem:
                words = "the controller does not answer" if isinstance(problem, TimedOut) else problem.detail
                answer([LampAnswer(each.id, Outcome.UNREACHABLE, words) for each in those])
                return
            await self._settle(reply, those, len(values), strikes, answer, part)

        width = len(values)
        cut = self._parts(list(targets), lambda each: size + sum(5 if n > 127 else 1 for n in each.row) * width, width)
        await _all(part(those) for those in cut)

    async def _settle(
        self, reply: Reply, those: Sequence[Target], width: int, strikes: int, answer: Answers, part: Any
    ) -> None:
        """What a reply to a SET means. A SET that is refused has changed nothing at all, so the lamps that were not
        what was wrong with it are sent again without the one that was."""
        if reply.status == Trouble.NONE:
            answer([LampAnswer(each.id, Outcome.DONE) for each in those])
            return
        if reply.status == Trouble.TOO_BIG:
            self._shrink()
        if len(those) == 1 or reply.status == Trouble.UNDO_FAILED:
            answer([_refusal(each, reply.status) for each in those])
        elif reply.status == Trouble.TOO_BIG or reply.index == 0:
            half = len(those) // 2
            await _all([part(those[:half], strikes), part(those[half:], strikes)])
        else:
            wrong = min((reply.index - 1) // width, len(those) - 1)
            answer([_refusal(those[wrong], reply.status)])
            rest = [*those[:wrong], *those[wrong + 1 :]]
            if strikes + 1 < _STRIKES:
                await part(rest, strikes + 1)
            else:
                await _all(part([each]) for each in rest)

    async def _ask(self, make: Callable[[], Request | None], late: Callable[[Reply], None] | None = None) -> Reply:
        await self.channel.open()
        async with self._slots:
            return await ask(self.channel, self.source, make, self._config.timeout, self._config.retries, late)

    def _shrink(self) -> None:
        self._bytes = max(484, self._bytes // 2)

    def _parts[Item](self, items: list[Item], size: Callable[[Item], int], width: int = 1) -> list[list[Item]]:
        """Cut into messages that fit, ``width`` objects an item. At least one item each."""
        room = self._bytes - self.channel.overhead
        most = max(1, (self._config.max_binds or self._bytes) // width)
        parts: list[list[Item]] = []
        left = 0
        for item in items:
            need = size(item)
            if not parts or need > left or len(parts[-1]) >= most:
                parts.append([])
                left = room
            parts[-1].append(item)
            left -= need
        return parts


def _refusal(target: Target, status: int) -> LampAnswer:
    if status in _GONE:
        return LampAnswer(target.id, Outcome.UNKNOWN, "the controller does not know this lamp any more")
    if status == Trouble.RESOURCE_UNAVAILABLE:
        return LampAnswer(target.id, Outcome.UNREACHABLE, "the controller does not reach the lamp")
    try:
        words = _WORDS.get(Trouble(status), "")
    except ValueError:
        words = ""
    return LampAnswer(target.id, Outcome.REFUSED, words or f"the controller refused it (error {status})")


async def _all(parts: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them side by side; the first error ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
