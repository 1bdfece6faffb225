"""Lamps behind an MQTT broker as one ``LampSystem``.

Orders go out at once or not at all: without a connection they fail, and what a broken connection did not deliver is
dropped. Lamps that cannot end an order themselves are ordered only when the keeper (``keeper.py``) has confirmed that
it will. An order counts as done when the lamp tells the level.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from drivers.errors import DriverError
from drivers.lamps.mqtt.answers import LateBook, Round
from drivers.lamps.mqtt.config import MqttConfig
from drivers.lamps.mqtt.dialect import Heard, Message, Reading
from drivers.lamps.mqtt.fleet import Fleet, Task
from drivers.lamps.mqtt.guard import Guard
from drivers.lamps.mqtt.holds import Hold, Known
from drivers.lamps.mqtt.keeping import KEEPER_COMMAND, Keeper
from drivers.lamps.mqtt.tasmota import TasmotaDialect
from drivers.luminaires import (
    LampAnswer,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    Outcome,
    Progress,
)
from drivers.mqtt_link import Link

_MAX_LOG = 50
_RETRY_S = 5.0


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
        self._known, self._late = Known(), LateBook()
        self._fleet = Fleet(config.sets, self._known)
        self._dialects = self._fleet.dialects
        self._lock = threading.Condition(threading.RLock())
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
            filters = self._fleet.filters()
            asked = [message for dialect, wire in self._fleet.all() for message in dialect.ask(wire)]
        self._link.subscribe(filters)
        self._link.publish(asked)

    def groups(self) -> tuple[LampGroup, ...]:
        """Groups of Zigbee2MQTT."""
        with self._lock:
            return self._fleet.groups()

    def order(self, order: LampOrder, progress: Progress) -> None:
        """Hand the ends to the keeper, send, and wait for the lamps' word. Raises DriverError without a connection."""
        self._check_link()
        now = self._clock()
        with self._lock:
            held = dict(self._known.holds)
            tasks, answers, group = self._fleet.plan_order(order, now)
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
        with self._lock:
            tasks, answers = self._fleet.plan_release(lamps, now)
            levels = {each.aim.level for each in tasks}
        message = None
        if len(levels) == 1 and len(tasks) == len(set(lamps)):
            with self._lock:
                message = self._fleet.group_message(group, lamps, levels.pop(), 0.0, now)
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
            filters = self._fleet.filters()
            asked = [
                message
                for dialect, wire in self._fleet.all()
                if isinstance(dialect, TasmotaDialect) or self._fleet.unknown(wire)
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

    def _run(
        self,
        tasks: list[Task],
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

    def _publish(self, tasks: list[Task], group: list[Message] | None) -> dict[str, Iterable[int | None]]:
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

    def _flush(self) -> None:
        """Tell what has gathered since the last time."""
        news: list[LampNews] = []
        with self._lock:
            if self._lamps_changed:
                self._lamps_changed = False
                lamps = self._fleet.lamps()
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
