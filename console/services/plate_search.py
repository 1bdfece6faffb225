"""Searching plates, as people may: with a right, with a stated reason, on record before anything is looked at.
Questions run in workers, can be taken back, and end by themselves after a while."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from console.model.named_cameras import CameraWords, own_words
from console.model.permissions import Actor, Policy, Right
from console.model.plate_company import track_of
from console.model.plate_pattern import Pattern
from console.model.plate_queries import ConvoyQuery, Found, IncidentsQuery, PlateQuery, Ranked, Track
from console.services.audit_trail import AuditTrail
from console.services.plate_words import Answer, Question, as_csv, asked_words, found_words, table
from console.services.threads import lower_priority
from console.store.bounded_read import Limit, ReadStopped
from console.store.database import DatabaseError
from console.store.files import save_atomically
from console.store.plate_store import PlateStore

log = logging.getLogger(__name__)

LONGEST_SECONDS = 20.0
MOST_TRACK = 2000
SHORTEST_REASON = 3
LONGEST_REASON = 500
SEARCH, EXPORT = "search plates", "export plates"


class SearchRefused(Exception):
    """A search does not begin; the sentence says what is missing."""


class PlatePictures(Protocol):
    """What a reader sent along with a read, JPEG, empty where there is none."""

    @property
    def plate(self) -> bytes:
        """The plate alone."""

    @property
    def scene(self) -> bytes:
        """All that the camera saw."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a search: an answer, or a sentence that says why there is none. ``seconds`` it took."""

    answer: Answer | None
    sentence: str = ""
    cancelled: bool = False
    seconds: float = 0.0


Then = Callable[[Outcome], None]


class SearchRun:
    """A search on its way. Any thread."""

    def __init__(self, question: Question, reason: str) -> None:
        self.question, self.reason = question, reason
        self.progress = (0, 0)
        """Steps that are done, and how many there are; 0 where a question has one step only."""
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Nobody wants the answer any more; ``then`` is still called, soon."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was taken back."""
        return self._cancelled.is_set()

    def step(self, done: int, of: int) -> None:
        """Called by the worker."""
        self.progress = (done, of)


class PlateSearch:
    """The methods come from any thread and return at once; ``then`` is called in a worker. ``opener`` opens the
    database for reading and raises DatabaseError; it is tried again at the next search. ``pictures`` gets what came
    with an entry of the journal, None where it is not open; it raises DatabaseError. ``names`` says, in
    workers, what people call a camera."""

    def __init__(
        self,
        opener: Callable[[], PlateStore],
        trail: AuditTrail,
        policy: Callable[[], Policy],
        pictures: Callable[[int], PlatePictures | None] = lambda seq: None,
        seconds: float = LONGEST_SECONDS,
        names: CameraWords = own_words,
    ) -> None:
        self._opener, self._trail, self._policy, self._pictures = opener, trail, policy, pictures
        self._seconds, self._names = seconds, names
        self._opening = threading.Lock()
        self._store: PlateStore | None = None
        self._running: set[SearchRun] = set()
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(2, "plate search", lower_priority)
        self._painters = ThreadPoolExecutor(1, "plate pictures", lower_priority)
        self._closed = False

    def may(self, actor: Actor) -> bool:
        """Whether somebody may search at all."""
        return self._policy().allows(actor, Right.SEARCH_PLATES)

    # Questions

    def search(self, actor: Actor, reason: str, query: PlateQuery, then: Then) -> SearchRun:
        """Reads, the newest first. Raises SearchRefused; so do all that follow."""
        return self._begin(actor, reason, query, then, lambda store, run, limit: store.reads.search(query, limit))

    def convoy(self, actor: Actor, reason: str, query: ConvoyQuery, then: Then) -> SearchRun:
        """Who drives with a car."""

        def look(store: PlateStore, run: SearchRun, limit: Limit) -> Answer:
            return store.company.convoy(query, limit, run.step)

        return self._begin(actor, reason, query, then, look)

    def incidents(self, actor: Actor, reason: str, query: IncidentsQuery, then: Then) -> SearchRun:
        """Who was near several incidents."""

        def look(store: PlateStore, run: SearchRun, limit: Limit) -> Answer:
            return store.company.incidents(query, limit, run.step)

        return self._begin(actor, reason, query, then, look)

    def track(self, actor: Actor, reason: str, plate: Pattern, begin: datetime, end: datetime, then: Then) -> SearchRun:
        """Where one plate was read, in order; the newest MOST_TRACK reads of it."""
        query = PlateQuery(begin, end, plate, most=MOST_TRACK)

        def look(store: PlateStore, run: SearchRun, limit: Limit) -> Answer:
            return track_of(plate.text, store.reads.search(query, limit).rows)

        return self._begin(actor, reason, query, then, look)

    def export(
        self, actor: Actor, reason: str, question: Question, answer: Answer, path: Path, then: Callable[[str], None]
    ) -> None:
        """Write an answer as CSV; ``then`` gets "" or what went wrong, in a worker. Raises SearchRefused."""
        why = self._allowed(actor, reason)

        def write() -> str:
            try:
                about = self._trail.add(
                    actor,
                    EXPORT,
                    asked_words(question),
                    {"reason": why, "file": str(path), "found": found_words(answer)},
                )
            except DatabaseError as error:
                return f"Nothing was exported, because it cannot be put on record: {error}"
            try:
                save_atomically(path, as_csv(table(answer, self._names)))
            except OSError as error:
                problem = f"{path}: it could not be written: {error.strerror or error}."
                self._ended(actor, EXPORT, asked_words(question), problem, about)
                return problem
            self._ended(actor, EXPORT, asked_words(question), "done", about)
            return ""

        with self._lock:
            if self._closed:
                raise SearchRefused("The console is ending.")
            self._workers.submit(lambda: then(write()))

    def picture(self, answer: Answer, seq: int, then: Callable[[PlatePictures | None], None]) -> None:
        """The pictures of a read that an answer holds: whoever was given the answer may look at them. ``then`` gets
        them in a worker, None where there are none. Raises SearchRefused for others."""
        if seq not in seqs_of(answer):
            raise SearchRefused(f"Read {seq} is none of this answer's.")

        def look() -> PlatePictures | None:
            try:
                return self._pictures(seq)
            except DatabaseError as error:
                log.warning("the pictures of read %d cannot be had: %s", seq, error)
                return None

        with self._lock:
            if not self._closed:
                self._painters.submit(lambda: then(look()))

    def close(self) -> None:
        """Take back what runs and end every thread."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for run in running:
            run.cancel()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._painters.shutdown(wait=True, cancel_futures=True)
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    # Inside

    def _allowed(self, actor: Actor, reason: str) -> str:
        """The reason, tidied."""
        why = " ".join(reason.split())
        if not self.may(actor):
            raise SearchRefused(f"A {actor.role.value} may not search plates. Ask a supervisor.")
        if len(why) < SHORTEST_REASON or not any(each.isalnum() for each in why):
            raise SearchRefused("Say why you search: a case number, who asked for it. It is put on record.")
        if len(why) > LONGEST_REASON:
            raise SearchRefused(f"The reason has {len(why)} characters. Say it in at most {LONGEST_REASON}.")
        return why

    def _begin(
        self,
        actor: Actor,
        reason: str,
        question: Question,
        then: Then,
        look: Callable[[PlateStore, SearchRun, Limit], Answer],
    ) -> SearchRun:
        why = self._allowed(actor, reason)
        run = SearchRun(question, why)

        def work() -> None:
            begun = time.monotonic()
            try:
                answer, sentence = self._look(actor, run, look)
            finally:
                with self._lock:
                    self._running.discard(run)
            then(Outcome(answer, sentence, run.cancelled, time.monotonic() - begun))

        with self._lock:
            if self._closed:
                raise SearchRefused("The console is ending.")
            self._running.add(run)
            self._workers.submit(work)
        return run

    def _look(
        self, actor: Actor, run: SearchRun, look: Callable[[PlateStore, SearchRun, Limit], Answer]
    ) -> tuple[Answer | None, str]:
        words = asked_words(run.question)
        limit = Limit(self._seconds, lambda: run.cancelled)
        if run.cancelled:
            return None, str(limit.stopped())
        try:
            about = self._trail.add(actor, SEARCH, words, {"reason": run.reason})
        except DatabaseError as error:
            return None, f"Nothing was searched, because it cannot be put on record: {error}"
        answer: Answer | None = None
        try:
            answer = look(self._opened(), run, limit)
            sentence, ended = "", found_words(answer)
        except ReadStopped as stopped:
            sentence, ended = str(stopped), "cancelled" if stopped.cancelled else "took too long"
        except DatabaseError as error:
            sentence, ended = str(error), "failed"
        self._ended(actor, SEARCH, words, ended, about)
        return answer, sentence

    def _ended(self, actor: Actor, action: str, words: str, outcome: str, about: int) -> None:
        """How it ended; that it was asked stands on record already."""
        try:
            self._trail.add(actor, action, words, None, outcome, about)
        except DatabaseError as error:
            log.warning("how entry %d of the audit ended is not on record: %s", about, error)

    def _opened(self) -> PlateStore:
        with self._opening:
            if self._store is None:
                self._store = self._opener()
            return self._store


def seqs_of(answer: Answer) -> frozenset[int]:
    """The journal's numbers of all reads that an answer shows."""
    if isinstance(answer, Found):
        return frozenset(row.seq for row in answer.rows)
    if isinstance(answer, Track):
        return frozenset(point.read.seq for point in answer.points)
    assert isinstance(answer, Ranked)
    seqs: set[int] = set()
    for row in answer.rows:
        for item in row.evidence:
            if isinstance(item, tuple):
                seqs.update(read.seq for read in item[1])
            else:
                seqs.update((item.asked.seq, item.other.seq))
    return frozenset(seqs)
