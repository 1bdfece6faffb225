"""`watchfloor bench intake`: what the door in takes, what searching costs meanwhile, and what the screens feel of it.

The console's own parts are used: a maker's parser, the door in, the journal with its hash chain on this computer's disk
(flushed for each batch), the search tables in the same transaction, and a follower that matches each read against
100,000 hotlist entries. What is left out are the sockets of the readers: their messages are made before the clock
starts, and handed to the parser by threads of this process.

A timer of 33 ms on the Qt thread stands for the screens: ``tick_ms`` is the time from one tick to the next. Searches
run in a thread beside it, one after another, while reads come in (``search_ms``; not in the burst), and once more when
none do. All reads
that were acknowledged are looked for on the disk at the end, with another connection: ``lost`` counts those that are
not there.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from console import paths
from console.cli.bench_fill import Filled, filled, plate_of
from console.cli.bench_searches import Questions, answer
from console.cli.bench_senders import Senders
from console.cli.run import keep_what_is_built
from console.incoming import DATABASE, journal_of, plates_of
from console.model.hotlists import Hotlist
from console.model.journal import JournalEntry
from console.model.plate_matcher import Matcher, MatchRow
from console.services.feed_pool import SWITCH_INTERVAL
from console.services.intake import Intake
from console.services.threads import lower_priority
from console.store.bounded_read import ReadStopped
from console.store.database import DatabaseError
from console.store.plate_index import PlateIndex
from console.store.plate_store import PlateStore
from drivers.events import EventKind, PlateRead

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

TICK_MS = 33
ENTRIES = 100_000
BURST_SECONDS = 10.0
PAUSE_SECONDS = 0.2
"""Between two searches while reads come in: an operator looks at an answer for longer."""
QUIET_ROUNDS = 5
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class IntakeBench:
    """What to measure: ``rate`` reads a second for ``seconds``, then a burst of ``burst`` a second, in a database of
    ``reads`` reads."""

    rate: int
    seconds: int
    burst: int
    reads: int


@dataclass(slots=True)
class _Searched:
    """Milliseconds of each search, by kind."""

    took: dict[str, list[float]] = field(default_factory=dict)

    def add(self, kind: str, milliseconds: float) -> None:
        """One more."""
        self.took.setdefault(kind, []).append(milliseconds)

    @property
    def every(self) -> list[float]:
        """Of all kinds."""
        return [value for values in self.took.values() for value in values]


def measure_intake(wanted: IntakeBench, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if something does not come."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    database = filled(paths.cache_dir() / "bench", wanted.reads, tell)
    root = paths.data_dir()
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=root) as kept:
        folder = Path(kept)
        tell("The database is copied …")
        shutil.copyfile(database.path, folder / DATABASE)
        return _measure(
            wanted, Filled(folder / DATABASE, database.reads, database.begin, database.end, database.cameras), tell
        )


def _measure(wanted: IntakeBench, database: Filled, tell: Callable[[str], None]) -> dict[str, Any]:
    from PySide6.QtCore import QCoreApplication

    sys.setswitchinterval(SWITCH_INTERVAL)  # as the console's feeds do
    app = QCoreApplication.instance() or QCoreApplication(["watchfloor"])
    folder = database.path.parent
    questions = Questions(database)
    intake = Intake(partial(journal_of, folder, "", (PlateIndex(),)), tell)
    matching = _Matching()
    intake.follow("bench", matching.take, frozenset({EventKind.PLATE}))
    intake.start()
    busy, ticks, burst_ticks = _Searched(), Ticks(), Ticks()
    senders = Senders(intake, database.cameras, uuid.uuid4().hex[:12])
    store = plates_of(folder)
    try:
        if not intake.wait_open(60.0):
            raise RuntimeError("The journal was not opened within a minute.")
        alive = partial(live, app)
        keep_what_is_built()  # as the console after its start
        with ticking(ticks), _searching(store, questions, busy):
            tell(f"{wanted.rate} reads a second for {wanted.seconds} s …")
            sustained, sustained_s = senders.send(wanted.rate, wanted.seconds, alive)
        with ticking(burst_ticks):
            tell(f"{wanted.burst} reads a second for {BURST_SECONDS:.0f} s …")
            burst, burst_s = senders.send(wanted.burst, BURST_SECONDS, alive)
        quiet = _Searched()
        tell("Searches alone …")
        endless = questions.endless()
        for _ in range(QUIET_ROUNDS * len(questions.kinds())):
            kind, question = next(endless)
            quiet.add(kind, answer(store, question))
    finally:
        gc.unfreeze()
        store.close()
        intake.close()
    lost, journal = _lost(database.path, senders.acknowledged)
    return {
        "sustained_per_s": round(sustained / sustained_s, 1),
        "burst_per_s": round(burst / burst_s, 1),
        "lost": lost,
        "match_us": percentiles(matching.took, (50, 95)),
        "search_ms": percentiles(busy.every, (50, 95)),
        "search_alone_ms": percentiles(quiet.every, (50, 95)),
        "search_alone_p95_by_kind": {kind: percentiles(took, (95,))["p95"] for kind, took in quiet.took.items()},
        "tick_ms": percentiles([*ticks.between, *burst_ticks.between], (50, 99)),
        "tick_sustained_ms": percentiles(ticks.between, (50, 99)),
        "tick_burst_ms": percentiles(burst_ticks.between, (50, 99)),
        "searches": len(busy.every),
        "reads": wanted.reads,
        "acknowledged": len(senders.acknowledged),
        "refused": senders.refused,
        "journal": journal,
    }


class _Matching:
    """Follows the journal as the plate desk does, and matches; microseconds of each read."""

    def __init__(self) -> None:
        chance = random.Random(31)
        rows = [MatchRow(number, 1, plate_of(chance)) for number in range(1, ENTRIES + 1)]
        self._matcher = Matcher([Hotlist(id=1, name="bench")], rows)
        self.took: list[float] = []

    def take(self, entries: Sequence[JournalEntry]) -> None:
        """In the follower's thread."""
        now = datetime.now(UTC)
        for entry in entries:
            if isinstance(entry.event, PlateRead):
                begun = time.perf_counter()
                self._matcher.match(entry.event, now)
                self.took.append((time.perf_counter() - begun) * 1e6)


@dataclass(slots=True)
class Ticks:
    """Milliseconds from one tick to the next."""

    between: list[float] = field(default_factory=list)
    last: float = 0.0

    def tick(self) -> None:
        """On the Qt thread."""
        now = time.perf_counter()
        if self.last:
            self.between.append((now - self.last) * 1000)
        self.last = now


@contextmanager
def ticking(ticks: Ticks) -> Iterator[None]:
    """A timer on the Qt thread, meanwhile."""
    from PySide6.QtCore import Qt, QTimer

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(ticks.tick)
    timer.start(TICK_MS)
    try:
        yield
    finally:
        timer.stop()


@contextmanager
def _searching(store: PlateStore, questions: Questions, searched: _Searched) -> Iterator[None]:
    """Searches one after another in a thread, until the end."""
    end = threading.Event()
    failed: list[Exception] = []

    def search() -> None:
        lower_priority()  # as the console's own searches
        try:
            for kind, question in questions.endless():
                searched.add(kind, answer(store, question))
                if end.wait(PAUSE_SECONDS):
                    return
        except (DatabaseError, ReadStopped) as error:  # it is raised where the bench waits
            failed.append(error)

    thread = threading.Thread(target=search, name="searches")
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
    if failed:
        raise RuntimeError(f"A search failed: {failed[0]}")


def live(app: QCoreApplication, done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the Qt thread live as it does in the console until something holds. Raises RuntimeError where it does not
    within ``patience`` seconds."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, end = QEventLoop(), time.monotonic() + patience
    look = QTimer()
    look.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > end else None)
    look.start(100)
    loop.exec()
    look.stop()
    if not done():
        raise RuntimeError(f"What was sent was not on disk within {patience:.0f} s.")


def _lost(path: Path, acknowledged: Sequence[bytes]) -> tuple[int, int]:
    """How many that were acknowledged are not on disk as entry and as searchable read, and how many entries there are;
    read with a connection of its own."""
    database = sqlite3.connect(path)
    try:
        there = {
            bytes(row[0])
            for row in database.execute(
                "SELECT event FROM journal WHERE seq IN (SELECT seq FROM plate_read WHERE seq > 0)"
            )
        }
        (entries,) = database.execute("SELECT count(*) FROM journal").fetchone()
    finally:
        database.close()
    return len(set(acknowledged) - there), int(entries)


def percentiles(values: Sequence[float], wanted: Sequence[int]) -> dict[str, float]:
    """Some of them; raises RuntimeError where nothing was measured."""
    if not values:
        raise RuntimeError("Nothing was measured. Measure for longer.")
    found = np.percentile(np.array(values), list(wanted))
    return {f"p{q}": round(float(value), 2) for q, value in zip(wanted, found, strict=True)}
