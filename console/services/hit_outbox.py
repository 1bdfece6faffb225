"""Confirmed hits on their way further: what was decided before a crash is told after it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from console.model.hotlists import Hit
from console.store.database import DatabaseError
from console.store.plate_hits import HitStore

log = logging.getLogger(__name__)

AGAIN_SECONDS = 30.0


class HitOutbox:
    """A hit is in the outbox from the transaction that decided it is correct until ``confirmed`` has returned for it.
    So ``confirmed`` may be told of a hit more than once, also by another console on the same database, and knows it by
    its ``id``; it may raise DatabaseError, then it is told again.

    ``send`` is called in the thread of whoever decided; a thread of its own, from ``start`` to ``close``, tells what is
    left over from before, and what could not be told. One is told at a time."""

    def __init__(
        self,
        hits: Callable[[], HitStore],
        confirmed: Callable[[Hit], None],
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self._hits, self._confirmed, self._again = hits, confirmed, again_seconds
        self._telling = threading.Lock()
        self._changed = threading.Condition()
        self._left = True
        """Whether something may be left to tell: so at the start."""
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="hits confirmed", daemon=True)

    def start(self) -> None:
        """Begin with what is left over; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End after the hit in hand; the rest is told at the next start."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def send(self, hit: Hit) -> None:
        """Tell of a hit that was just found correct. What cannot be told now is told later."""
        if not self._told(hit.id):
            with self._changed:
                self._left = True
                self._changed.notify_all()

    # Inside

    def _told(self, hit_id: int) -> bool:
        """Tell of a hit, if it still is in the outbox; whether nothing is left to do about it."""
        try:
            with self._telling:
                store = self._hits()
                hit = store.hit(hit_id) if store.waits_to_be_told(hit_id) else None
                if hit is not None:
                    self._confirmed(hit)
                store.told_of(hit_id)
        except DatabaseError as error:
            log.warning("the confirmed hit %d could not be passed on yet: %s", hit_id, error)
            return False
        return True

    def _all_told(self) -> bool:
        try:
            left = self._hits().to_be_told()
        except DatabaseError as error:
            log.warning("confirmed hits could not be read yet: %s", error)
            return False
        done = True
        for hit_id in left:
            if self._ending:
                return False
            done &= self._told(hit_id)  # one that cannot be told holds up no other
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._left or self._ending)
                if self._ending:
                    return
                self._left = False
            if not self._all_told():
                with self._changed:
                    self._left = True
                    self._changed.wait_for(lambda: self._ending, self._again)
