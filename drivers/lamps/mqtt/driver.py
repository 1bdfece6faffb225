"""Lamps behind an MQTT broker as one ``LampSystem``.

Orders go out at once or not at all: without a connection they fail, and what a broken connection did not deliver is
dropped. Lamps that cannot end an order themselves are ordered only when the keeper (``keeper.py``) has confirmed that
it will. An order counts as done when the lamp tells the level.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from drivers.errors import DriverError
from drivers.lamps.mqtt.answers import Aim, LateBook, Round, aim_of
from drivers.lamps.mqtt.config import HomeAssistantLamps, LampSet, MqttConfig, TasmotaLamps, ZigbeeLamps
from drivers.lamps.mqtt.dialect import Dialect, Heard, Message, Reading, Wanted, Wire
from drivers.lamps.mqtt.guard import Guard
from drivers.lamps.mqtt.holds import Hold, Known
from drivers.lamps.mqtt.home_assistant import HomeAssistantDialect
from drivers.lamps.mqtt.keeping import KEEPER_COMMAND, Keeper
from drivers.lamps.mqtt.link import Link
from drivers.lamps.mqtt.tasmota import TasmotaDialect
from drivers.lamps.mqtt.template import TemplateDialect
from drivers.lamps.mqtt.zigbee import ZigbeeDialect
from drivers.luminaires import (
    LampAnswer,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    Luminaire,
    Outcome,
    Progress,
)

_MAX_LOG = 50
_RETRY_S = 5.0


def _dialect(lamps: LampSet) -> Dialect:
    if isinstance(lamps, HomeAssistantLamps):
        return HomeAssistantDialect(lamps)
    if isinstance(lamps, ZigbeeLamps):
        return ZigbeeDialect(lamps)
    return TasmotaDialect(lamps) if isinstance(lamps, TasmotaLamps) else TemplateDialect(lamps)


@dataclass(frozen=True, slots=True)
class _Task:
    """One lamp of an order: what to send, the level that shows it, and what holds it from then on."""

    id: str
    send: tuple[Message, ...]
    aim: Aim
    hold: Hold | None
    away: bool


class MqttLamps:
    """One broker with its lamps. ``order`` and ``release`` come from one thread, the rest from any; ``heard`` is called
    in the connection's thread. One lock guards what is known; nobody waits for the network while holding it."""

    def __init__(
        self,
        config: MqttConfig,
        keeper_command: Sequence[str] = KEEPER_COMMAND,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first_delay: float = 1.0,
    ) -> None:
        """Raises ValueError for a template that cannot work."""
        self.name = config.name
        self._config, self._clock = config, clock
        self._dialects = tuple(_dialect(each) for each in config.sets)
        self._lock = threading.Condition(threading.RLock())
        self._known, self._late = Known(), LateBook()
        self._round: Round | None = None
        self._broken = False
        self._news: dict[str, list[LampAnswer]] = {}
        self._log: list[str] = []
        self._lamps_changed = True
        self._heard: Callable[[LampNews], None] = lambda news: None
        self._link = Link(config.broker, self, first_delay)
        self._guard = Guard(Keeper(config.broker, self._keeper_changed, command=keeper_command), self._log_line)
        self._needs_keeper = not all(each.expires for each in self._dialects)
        self.features = self._features()

    def start(self, heard: Callable[[LampNews], None]) -> None:
        """Start the connection and, where a lamp needs it, the keeper."""
        self._heard = heard
        if self._needs_keeper:
            self._guard.start()
        self._link.start()

    def stop(self) -> None:
        """Disconnect. The keeper goes on for as long as it keeps something."""
        self._link.stop()
        with self._lock:
            self._broken = True
            self._lock.notify_all()
        self._guard.stop()

    def refresh(self) -> None:
        """Ask for everything again; a connection that waits for its next try is tried now. Raises DriverError."""
        self._link.retry(_RETRY_S)
        with self._lock:
            filters = self._filters()
            asked = [message for dialect, wire in self._all() for message in dialect.ask(wire)]
        self._link.subscribe(filters)
        self._link.publish(asked)

    def groups(self) -> tuple[LampGroup, ...]:
        """Groups of Zigbee2MQTT."""
        with self._lock:
            return tuple(group for dialect in self._dialects for group in dialect.groups())

    def order(self, order: LampOrder, progress: Progress) -> None:
        """Hand the ends to the keeper, send, and wait for the lamps' word. Raises DriverError without a connection."""
        self._check_link()
        now = self._clock()
        with self._lock:
            why, held = _absurd(order, now), dict(self._known.holds)
            if why:
                tasks: list[_Task] = []
                answers = [LampAnswer(id, Outcome.REFUSED, why) for id in dict.fromkeys(order.lamps)]
                group = None
            else:
                group = self._group(order.group, order.lamps, order.level, order.ramp, order.until)
                tasks, answers = self._plan(order, now, group is not None)
                if group is not None and answers:  # not all of the group may be told
                    group = None
                    tasks, answers = self._plan(order, now, False)
        ends = {each.id: each.hold for each in tasks if each.hold is not None and each.hold.send}
        why = self._guard.keep(ends)
        if why:
            answers += [LampAnswer(id, Outcome.REFUSED, why) for id in ends]
            tasks, group = [each for each in tasks if each.id not in ends], None
        try:
            self._run(tasks, group, answers, order.reference, order.ramp, progress)
        except DriverError:
            self._guard.keep({id: held[id] for id in ends if id in held and held[id].send})
            self._guard.drop([id for id in ends if id not in held])
            raise
        self._guard.drop([each.id for each in tasks if each.id not in ends and each.id in held and held[each.id].send])

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        """Bring lamps back now. Raises DriverError without a connection."""
        self._check_link()
        now = self._clock()
        tasks: list[_Task] = []
        answers: list[LampAnswer] = []
        with self._lock:
            for id in dict.fromkeys(lamps):
                found = self._find(id)
                if found is None:
                    answers.append(LampAnswer(id, Outcome.UNKNOWN))
                    continue
                dialect, wire = found
                held = self._known.held(id, now)
                back = held.back if held is not None else wire.programme
                if back is None:
                    answers.append(LampAnswer(id, Outcome.DONE, "no order holds it"))
                    continue
                tasks.append(_Task(id, tuple(dialect.back(wire, back)), aim_of(wire, back), None, self._known.away(id)))
            levels = {each.aim.level for each in tasks}
        message = None
        if len(levels) == 1 and len(tasks) == len(set(lamps)):
            with self._lock:
                message = self._group(group, lamps, levels.pop(), 0.0, now)
        self._guard.drop(self._run(tasks, message, answers, reference, 0.0, progress))

    @property
    def keeper_pid(self) -> int:
        """The keeper's process, 0 where none was started: for the doctor, and for tests."""
        return self._guard.pid

    @property
    def armed(self) -> frozenset[str]:
        """Lamps with Tasmota that have confirmed the rule with which they end orders themselves."""
        with self._lock:
            return frozenset(id for d in self._dialects if isinstance(d, TasmotaDialect) for id in d.armed)

    # --- what the link tells, in its thread --------------------------------------------------------------------------

    def connected(self) -> None:
        """Subscribe, and ask the lamps of which nothing is known."""
        with self._lock:
            filters = self._filters()
            asked = [
                message
                for dialect, wire in self._all()
                if isinstance(dialect, TasmotaDialect) or self._unknown(wire)
                for message in dialect.ask(wire)
            ]
            self._lamps_changed = True
        self._link.subscribe(filters)
        self._link.publish(asked)
        self._heard(LampNews(self.name, trouble=""))

    def lost(self, error: DriverError) -> None:
        """Whoever waits for answers waits in vain."""
        with self._lock:
            self._broken = True
            self._lock.notify_all()
        self._flush()
        self._heard(LampNews(self.name, trouble=error.sentence))

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Something was published on a topic that was subscribed to. Only what is told now answers an order."""
        heard = Heard()
        with self._lock:
            for dialect in self._dialects:
                if dialect.hear(topic, payload, heard):
                    break
            now = self._clock()
            for reading in heard.readings:
                self._known.take(reading, now)
                if not retained:
                    self._answer(reading)
            self._lamps_changed |= heard.lamps
            self._log += heard.log[: max(0, _MAX_LOG - len(self._log))]
        if heard.subscribe:
            self._link.subscribe(heard.subscribe)
        if heard.send:
            self._link.publish(heard.send)

    def acknowledged(self, number: int) -> None:
        """The broker has a message."""
        with self._lock:
            if self._round is not None:
                self._round.receipt(number)

    def denied(self) -> None:
        """A subscription is not allowed."""
        with self._lock:
            self._log.append("the broker does not let this user read some of the topics")

    def tick(self, now: float) -> None:
        """Tell what has gathered, and look after the keeper."""
        with self._lock:
            for reference, answer in self._late.overdue(now):
                self._news.setdefault(reference, []).append(answer)
            self._known.expire(self._clock())
        self._flush()
        if self._needs_keeper:
            self._guard.tick(now, self._live_holds)

    # --- orders ------------------------------------------------------------------------------------------------------

    def _check_link(self) -> None:
        error = self._link.error
        if error is not None:
            raise error

    def _plan(self, order: LampOrder, now: datetime, grouped: bool) -> tuple[list[_Task], list[LampAnswer]]:
        """What to do for each lamp. A message to a whole group reaches those as well that seemed to be away."""
        tasks: list[_Task] = []
        answers: list[LampAnswer] = []
        seconds = (order.until - now).total_seconds()
        for id in dict.fromkeys(order.lamps):
            found = self._find(id)
            if found is None:
                answers.append(LampAnswer(id, Outcome.UNKNOWN))
                continue
            dialect, wire = found
            back = self._known.back(id, wire.programme, now)
            away = self._known.away(id)
            if away and not grouped:
                answers.append(LampAnswer(id, Outcome.UNREACHABLE, "it left the network"))
            elif back is None:
                why = "nothing is known to go back to: it told no state, and has no programme set"
                answers.append(LampAnswer(id, Outcome.REFUSED, why))
            else:
                wanted = Wanted(order.level, seconds, order.until, order.ramp, back)
                send = () if dialect.ends(wire, wanted) else tuple(dialect.back(wire, back))
                aim = aim_of(wire, order.level)
                hold = Hold(order.until, back, aim, now + timedelta(seconds=order.ramp), send)
                tasks.append(_Task(id, tuple(dialect.command(wire, wanted)), aim, hold, away))
        return tasks, answers

    def _group(
        self, group: str, lamps: Iterable[str], level: float, ramp: float, until: datetime
    ) -> list[Message] | None:
        """The one message for a group; None where it holds other lamps than these."""
        ids = frozenset(lamps)
        wanted = Wanted(level, 0.0, until, ramp, 0.0)
        for dialect in self._dialects if group else ():
            if ids <= dialect.wires.keys() and not dialect.expires:
                return dialect.group_command(group, ids, wanted)
        return None

    def _run(
        self,
        tasks: list[_Task],
        group: list[Message] | None,
        answers: list[LampAnswer],
        reference: str,
        ramp: float,
        progress: Progress,
    ) -> list[str]:
        """Send and wait; the lamps for which the broker has everything."""
        if not tasks:
            if answers:
                progress(answers)
            return []
        at_once = Round({each.id: each.aim for each in tasks})
        with self._lock:
            self._late.forget(at_once.open)
            self._round, self._broken = at_once, False
        try:
            numbers = self._publish(tasks, group)
            with self._lock:
                at_once.sent(numbers)
                for each in tasks:
                    if each.away or self._known.away(each.id):
                        at_once.answer(LampAnswer(each.id, Outcome.UNREACHABLE, "it left the network"))
                now = self._clock()
                for each in tasks:
                    if each.hold is not None and any(number is not None for number in numbers[each.id]):
                        self._known.hold(each.id, each.hold, now)
            if answers:
                progress(answers)
            self._wait(at_once, reference, ramp, progress)
        finally:
            with self._lock:
                self._round = None
        with self._lock:
            done = [each.id for each in tasks if at_once.delivered(each.id)]
            for each in tasks:
                if each.hold is None and each.id in done:
                    self._known.hold(each.id, None, now)
            return done

    def _publish(self, tasks: list[_Task], group: list[Message] | None) -> dict[str, Iterable[int | None]]:
        if group is not None:
            sent = self._link.publish(group)
            return {each.id: sent for each in tasks}
        flat = self._link.publish([message for each in tasks for message in each.send])
        numbers: dict[str, Iterable[int | None]] = {}
        at = 0
        for each in tasks:
            numbers[each.id] = flat[at : at + len(each.send)]
            at += len(each.send)
        return numbers

    def _wait(self, at_once: Round, reference: str, ramp: float, progress: Progress) -> None:
        deadline = time.monotonic() + self._config.confirm_s + ramp
        while True:
            with self._lock:
                if not self._broken and at_once.open:
                    self._lock.wait(max(0.0, deadline - time.monotonic()))
                over = self._broken or not at_once.open or time.monotonic() >= deadline
                if over:
                    late = at_once.finish(self._broken)
                    self._late.add(late, time.monotonic() + self._config.late_s, reference)
                fresh = at_once.fresh()
            if fresh:
                progress(fresh)
            if over:
                return

    def _answer(self, reading: Reading) -> None:
        """A lamp told something just now; the lock is held."""
        if self._round is not None and reading.id in self._round.open:
            self._round.hear(reading)
            if reading.id not in self._round.open:
                self._lock.notify_all()
            return
        late = self._late.hear(reading)
        if late is not None:
            self._news.setdefault(late[0], []).append(late[1])

    def _keeper_changed(self) -> None:
        """In the keeper's reading thread."""
        with self._lock:
            self.features = self._features()

    def _live_holds(self) -> dict[str, Hold]:
        now = self._clock()
        with self._lock:
            return {id: hold for id, hold in self._known.holds.items() if hold.send and hold.until > now}

    def _log_line(self, line: str) -> None:
        with self._lock:
            self._log.append(line)

    def _features(self) -> LampFeatures:
        expires = not self._needs_keeper
        return LampFeatures(
            expires=expires,
            ramps=all(each.ramps for each in self._dialects),
            groups=any(each.has_groups for each in self._dialects),
            power=any(each.power for each in self._dialects),
            dies_back=not expires and self._guard.ready,
        )

    # --- what is known -----------------------------------------------------------------------------------------------

    def _all(self) -> list[tuple[Dialect, Wire]]:
        return [(dialect, wire) for dialect in self._dialects for wire in dialect.wires.values()]

    def _lamps(self) -> tuple[Luminaire, ...]:
        """Every lamp once, with its groups."""
        groups: dict[str, list[str]] = {}
        for group in self.groups():
            for id in group.lamps:
                groups.setdefault(id, []).append(group.id)
        found: dict[str, Luminaire] = {}
        for _, wire in self._all():
            found.setdefault(wire.lamp.id, replace(wire.lamp, groups=tuple(groups.get(wire.lamp.id, ()))))
        return tuple(found.values())

    def _find(self, id: str) -> tuple[Dialect, Wire] | None:
        for dialect in self._dialects:
            wire = dialect.wires.get(id)
            if wire is not None:
                return dialect, wire
        return None

    def _filters(self) -> list[str]:
        return [topic for dialect in self._dialects for topic in (*dialect.filters, *dialect.topics)]

    def _unknown(self, wire: Wire) -> bool:
        state = self._known.states.get(wire.lamp.id)
        return wire.programme is None and (state is None or state.level is None)

    def _flush(self) -> None:
        """Tell what has gathered since the last time."""
        news: list[LampNews] = []
        with self._lock:
            if self._lamps_changed:
                self._lamps_changed = False
                lamps = self._lamps()
                self._known.forget(self._known.states.keys() - {each.id for each in lamps})
                news.append(LampNews(self.name, lamps=lamps))
            states = tuple(self._known.states[id] for id in sorted(self._known.changed) if id in self._known.states)
            log = tuple(self._log)
            if states or log:
                news.append(LampNews(self.name, states=states, log=log))
            self._known.changed.clear()
            self._log.clear()
            news += [LampNews(self.name, answers=tuple(each), reference=ref) for ref, each in self._news.items()]
            self._news.clear()
        for each in news:
            self._heard(each)


def _absurd(order: LampOrder, now: datetime) -> str:
    """Why an order can be obeyed by no lamp, or ""."""
    if not math.isfinite(order.level) or not 0 <= order.level <= 100:
        return "its level is not between 0 and 100 %"
    if not math.isfinite(order.ramp) or not 0 <= order.ramp <= 3600:
        return "its ramp is not between 0 and an hour"
    if order.until <= now:
        return "its end is past"
    return ""
