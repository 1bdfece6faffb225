"""The desk of alarms: everything that raises one, everybody who takes one, and everybody who looks at them meet here.

What happened is on disk before it is told, what a person does to an alarm is in the audit before it is done, and
several consoles on one database see each other's hands within a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched

from console.model import alarm_life as life
from console.model.alarm_causes import Naming, Reported, alarms_of, feed_trouble, may_move, unknown
from console.model.alarm_figures import Figures, Logged, figures
from console.model.alarm_list import waiting
from console.model.alarm_rules import AlarmRule, ruled
from console.model.alarms import Alarm, AlarmRefusal, Cause, Over, Step
from console.model.on_delay import OnDelay
from console.model.permissions import Actor, Policy, Right
from console.model.schedule import SystemZone
from console.model.wanted_cars import told_key
from console.services.alarm_batch import Moment, apply, parts
from console.services.alarm_known import KEPT_SECONDS, KnownAlarms, warn
from console.services.alarm_queue import AlarmQueue
from console.services.alarm_view import AlarmsView, AlarmViews, Listener
from console.services.audit_trail import AuditTrail
from console.store.alarms import AlarmStore
from console.store.database import DatabaseError

log = logging.getLogger(__name__)

FEED_SECONDS = 10.0
"""A feed that cannot be heard for so long is an alarm; each connection begins with not being there."""
READ_SECONDS = 1.0
"""Between two looks at what other consoles did, and at what is due."""
RULES_SECONDS = 30.0
"""Between two looks at the rules, whose times begin and end."""
MOST_IN_ONE = 50
"""Alarms that are written in one transaction: hands on cameras wait for the same database."""
LOST = "the console ends and could not keep an alarm: %r"
"""With its key alone: a title may name a plate, which no log keeps."""
LONGEST_SHELF = 7 * 24 * 3600.0
"""Seconds; for longer an alarm is taken out of service, which somebody has to answer for."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an order: for how many alarms it was done, and sentences about the others."""

    count: int
    refused: tuple[str, ...] = ()


class AlarmDesk:
    """Any thread calls everything; only ``handle`` and ``close`` wait. One thread of the desk's own does all work with
    the database, in order. Listeners are called in it, with immutable views, the newest only. ``opener`` opens the
    alarms in that thread and raises DatabaseError; ``policy``, ``rules`` and ``naming`` are asked for the site as it is
    now; ``trouble`` takes a sentence, "" when it is over."""

    def __init__(
        self,
        opener: Callable[[], AlarmStore],
        trail: AuditTrail,
        station: str,
        trouble: Callable[[str], None],
        policy: Callable[[], Policy] = Policy,
        rules: Callable[[], Sequence[AlarmRule]] = tuple,
        naming: Naming = unknown,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        local: Callable[[], datetime] = lambda: datetime.now(SystemZone()),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opener, self._trail, self._station, self._trouble = opener, trail, station, trouble
        self._policy, self._rules, self._naming = policy, rules, naming
        self._utc, self._local, self._clock = utc, local, clock
        self._lock = threading.RLock()
        """Guards ``_jobs``, ``_feeds`` and what is under way."""
        self._feeds = OnDelay(FEED_SECONDS)
        self._later = AlarmQueue()
        self._jobs = 0
        self._views = AlarmViews()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="alarms")
        self._closing = False
        self._ticking = False
        # In the desk's thread only:
        self._store: AlarmStore | None = None
        self._known = KnownAlarms()
        self._version = 0
        self._ready = False
        self._bad = ""
        self._ruled = float("-inf")
        self._last_rules: tuple[AlarmRule, ...] = ()

    # Looking

    @property
    def view(self) -> AlarmsView:
        """Everything as it is now."""
        return self._views.now

    def listen(self, listener: Listener) -> None:
        """Be told of each new view, in the desk's thread. A listener must not wait."""
        self._views.listen(listener)

    def life(self, alarm_id: str) -> Future[tuple[Logged, ...]]:
        """The log of an alarm. The future raises DatabaseError."""
        return self._do(lambda: self._open().life(alarm_id))

    def figures(self, begin: datetime, end: datetime) -> Future[Figures]:
        """How alarms served people between two moments. The future raises DatabaseError."""

        def work() -> Figures:
            now = self._utc()
            stale = sum(each.stale(now) for each in self._known.by_id.values())
            return figures(self._open().log(begin, end), begin, end, stale)

        return self._do(work)

    # What the world does

    def handle(self, entries: Sequence[Reported]) -> None:
        """Raise and end what these journal entries say; returns when it is on disk. Entries that were handled before
        change nothing. Raises DatabaseError: hand them in again then."""
        if not self._ready:
            self._do(self._load).result()
        standing = self._known.standing()
        events: list[Cause | Over] = []
        for entry in entries:
            for event in alarms_of(entry, standing, self._naming):
                events.append(event)
                standing.fresh.add(event.key)
        if events:
            self._do(lambda: self._apply(events)).result()

    def raise_(self, cause: Cause) -> Future[str]:
        """Raise an alarm. The future gives its id when it is on disk; until the database can be used it waits, and is
        not lost while the console runs."""
        return self._happened(cause)

    def over(self, end: Over) -> Future[str]:
        """What raised an alarm is over; the future gives "" when that is on disk."""
        return self._happened(end)

    def feed_trouble(self, source: str, sentence: str) -> None:
        """A feed says what is wrong with it, "" when it is over. It is an alarm once it has lasted for a while."""
        with self._lock:
            told = self._feeds.say(source, sentence, self._clock())
        if told is not None:
            self._happened(feed_trouble(source, told, self._utc()))

    def may_move(self, device: str, sentence: str) -> None:
        """A Stop was not confirmed, "": it was after all."""
        self._happened(may_move(device, sentence, self._utc(), self._naming))

    # What people do

    def acknowledge(self, ids: Sequence[str], actor: Actor, note: str = "", hit: str = "") -> Future[Done]:
        """Take these alarms; with ``hit`` only where they still stand at this one. The future raises AlarmRefusal where
        it was done for none, DatabaseError where it cannot be put on record; so do those below."""
        return self._order("acknowledge", ids, actor, note, lambda each, now: life.acknowledged(
            each, actor.name, now, note, hit))  # fmt: skip

    def close_alarms(self, ids: Sequence[str], actor: Actor, why: str = "") -> Future[Done]:
        """Be done with alarms that stand until somebody says so."""
        return self._order("close", ids, actor, why, lambda each, now: life.closed(each, actor.name, now, why))

    def shelve(self, ids: Sequence[str], actor: Actor, why: str, seconds: float) -> Future[Done]:
        """Off the list for so long, at most ``LONGEST_SHELF``."""
        span = timedelta(seconds=min(seconds, LONGEST_SHELF))
        return self._order("shelve", ids, actor, why, lambda each, now: life.shelved(
            each, actor.name, why, now + span, now), seconds=span.total_seconds())  # fmt: skip

    def take_out(self, ids: Sequence[str], actor: Actor, why: str) -> Future[Done]:
        """Out of service until somebody brings them back."""
        return self._order("take out of service", ids, actor, why, lambda each, now: life.taken_out(
            each, actor.name, why, now))  # fmt: skip

    def bring_back(self, ids: Sequence[str], actor: Actor) -> Future[Done]:
        """Unshelve, or put back into service."""
        return self._order("bring back", ids, actor, "", lambda each, now: life.brought_back(each, actor.name, now))

    # Life

    def start(self) -> None:
        """Read what stands; returns at once."""
        self._quietly(self._second)

    def tick(self, now: float) -> float:
        """For the ticker: what is due, and what other consoles did. Never waits."""
        with self._lock:
            due = [] if self._closing else self._feeds.due(self._clock())
        for source, sentence in due:
            self._happened(feed_trouble(source, sentence, self._utc()))
        with self._lock:
            if self._ticking or self._closing:
                return now + READ_SECONDS
            self._ticking = True
            self._quietly(self._second)
        return now + READ_SECONDS

    def close(self) -> None:
        """Write what waits, end the thread, let go of the database. The ticker has ended before."""
        with self._lock:
            self._closing = True
        self._pool.shutdown(wait=True)
        if self._store is not None:
            self._store.close()
        while lost := self._later.take():
            for event, told in lost:
                log.error(LOST, told_key(event.key))
                told.cancel()

    # In the desk's thread

    def _do[Result](self, work: Callable[[], Result]) -> Future[Result]:
        """Run it in the desk's thread, then tell what changed."""

        def job() -> Result:
            try:
                return work()
            finally:
                with self._lock:
                    self._jobs -= 1
                    more = self._jobs > 0
                self._publish(more)

        with self._lock:
            self._jobs += 1
        return self._pool.submit(job)

    def _quietly(self, work: Callable[[], None]) -> None:
        """The same for what nobody waits for; its trouble is told."""

        def job() -> None:
            try:
                work()
            except DatabaseError as error:
                self._say(str(error))
            else:
                self._say("")

        self._do(job).add_done_callback(_told)

    def _happened(self, event: Cause | Over) -> Future[str]:
        with self._lock:  # ``close`` waits for what is put in before it begins
            if not self._closing:
                told = self._later.put(event)
                self._quietly(self._keep_later)
                return told
        log.error(LOST, told_key(event.key))
        told = Future()
        told.cancel()
        return told

    def _keep_later(self) -> None:
        self._load()
        while some := self._later.take():
            try:
                self._apply([event for event, _ in some])
            except DatabaseError:
                self._later.put_back(some)
                raise
            for event, told in some:
                if told.set_running_or_notify_cancel():
                    told.set_result(self._known.keys.get(event.key, ""))

    def _apply(self, events: Sequence[Cause | Over]) -> None:
        for some in parts(events, MOST_IN_ONE):
            with self._open().changing() as book:
                moment = Moment(self._utc(), self._local(), tuple(self._rules()))
                written = apply(book, some, moment, self._station, self._known.by_id.values())
            self._take(written)

    def _order(
        self, verb: str, ids: Sequence[str], actor: Actor, why: str, step: Callable[[Alarm, datetime], Step],
        **more: object,
    ) -> Future[Done]:  # fmt: skip
        wanted = list(dict.fromkeys(ids))

        def work() -> Done:
            self._load()
            action = f"alarm: {verb}"
            target = wanted[0] if len(wanted) == 1 else f"{len(wanted)} alarms"
            detail = {"alarms": [self._known.named(each) for each in wanted[:200]], "why": why, **more}
            if not self._policy().allows(actor, Right.ALARMS):
                self._trail.add(actor, action, target, detail, "refused: not allowed")
                raise AlarmRefusal(f"{actor.role.value} may not do this", "Ask an operator, or a supervisor.")
            asked = self._trail.add(actor, action, target, detail)
            done = self._change(wanted, step)
            outcome = f"done: {done.count}" if done.count else f"refused: {'; '.join(done.refused)[:300]}"
            self._trail.add(actor, action, target, {}, outcome, asked)
            if not done.count:
                raise AlarmRefusal(done.refused[0].rstrip(".") if done.refused else "There is no such alarm")
            return done

        return self._do(work)

    def _change(self, ids: Sequence[str], step: Callable[[Alarm, datetime], Step]) -> Done:
        """Take each alarm a step on, from what it is in the database."""
        now, count, refused = self._utc(), 0, list[str]()
        for some in batched(ids, MOST_IN_ONE):
            written = []
            with self._open().changing() as book:
                for alarm_id in some:
                    before = book.by_id(alarm_id)
                    if before is None:
                        refused.append("There is no such alarm.")
                        continue
                    try:
                        after = step(before, now)
                    except AlarmRefusal as refusal:
                        refused.append(f"{before.cause.title}: {refusal}")
                        continue
                    if after.lines:
                        written.append(book.put(after.alarm, after.lines, after.news))
            self._take(written)
            count += len(written)
        return Done(count, tuple(refused))

    def _second(self) -> None:
        with self._lock:
            self._ticking = False
        self._load()
        self._keep_later()
        changes = self._open().since(self._version)
        self._take(changes.alarms)
        self._version = max(self._version, changes.version)
        warn(changes.unread)
        now = self._utc()
        timed = [each for each in self._known.by_id.values() if life.has_time(each)]
        due = [each.id for each in timed if life.timed_out(each, now).lines]
        if due:
            self._change(due, life.timed_out)
        rules, clock = tuple(self._rules()), self._clock()
        if rules != self._last_rules or clock >= self._ruled + RULES_SECONDS:
            self._ruled, self._last_rules = clock, rules
            self._rule(rules)
        if self.view.flood != self._known.flood(now):
            self._known.changed = True

    def _rule(self, rules: Sequence[AlarmRule]) -> None:
        """Bring all alarms to what the rules say now."""
        local = self._local()

        def step(alarm: Alarm, now: datetime) -> Step:
            return ruled(alarm, rules, now, local)

        now = self._utc()
        due = [each.id for each in self._known.by_id.values() if step(each, now).lines]
        if due:
            self._change(due, step)

    def _load(self) -> None:
        """Read what stands, once."""
        if self._ready:
            return
        store, now = self._open(), self._utc()
        changes = store.standing()
        recent = store.log(now - timedelta(seconds=KEPT_SECONDS), now + timedelta(seconds=1))
        self._known.begin(changes.alarms, [each.at for each in recent if each.heard])
        self._version = changes.version
        warn(changes.unread)
        self._ready = True
        log.info("alarms that stand: %d, of which %d wait", len(changes.alarms), waiting(changes.alarms))

    def _take(self, alarms: Sequence[Alarm]) -> None:
        """Alarms as they are in the database."""
        self._known.take(alarms, self._utc())

    def _publish(self, more: bool) -> None:
        known, clock = self._known, self._clock()
        if known.changed and self._views.due(clock, more):
            known.changed = False
            self._views.tell(clock, tuple(known.by_id.values()), known.flood(self._utc()), self._ready, self._bad)

    def _say(self, sentence: str) -> None:
        if sentence == self._bad:
            return
        self._bad, self._known.changed = sentence, True
        log.warning("alarms: %s", sentence or "the database can be used again")
        self._trouble(f"Alarms cannot be kept: {sentence}" if sentence else "")

    def _open(self) -> AlarmStore:
        if self._store is None:
            self._store = self._opener()
        return self._store


def _told(future: Future[None]) -> None:
    """A fault of the program, which nobody waits for, must not vanish."""
    error = None if future.cancelled() else future.exception()
    if error is not None:
        log.error("the desk of alarms failed inside the console", exc_info=error)
