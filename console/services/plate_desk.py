"""From reads to hits: the follower of the journal that holds each plate against the hotlists, writes what matches, and
tells; and the desk at which a person decides on it before anything goes further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.model.hotlists import Decision, Hit, HitFilter, HotEntry, HotlistRefusal, ReadFacts, Verdict, key_of
from console.model.permissions import Actor, Policy, Right
from console.model.plate_matcher import Match, Matcher
from console.model.same_car import WINDOW, SameCar
from console.services.audit_trail import AuditTrail
from console.store.database import DatabaseError
from console.store.hotlists import HotlistStore
from console.store.plate_hits import ALL_HITS, HitStore
from drivers.events import Event, PlateRead

LONGEST_REASON = 500


class Kept(Protocol):
    """A line of the journal, as far as it is used here."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def event(self) -> Event:
        """What happened."""

    @property
    def received(self) -> datetime:
        """When it came in."""

    @property
    def station(self) -> str:
        """Which console took it in."""


class Pictures(Protocol):
    """JPEG pictures of a read, empty where there is none."""

    @property
    def plate(self) -> bytes:
        """Of the plate."""

    @property
    def scene(self) -> bytes:
        """Of the car and what is around it."""


@dataclass(frozen=True, slots=True)
class HitLook:
    """All that there is to see of a hit. ``now`` is the entry as the list has it today, None where it is gone."""

    hit: Hit
    decisions: tuple[Decision, ...]
    plate_picture: bytes
    scene_picture: bytes
    now: HotEntry | None


class PlateDesk:
    """``handle`` belongs to the follower's thread, all else to any thread but Qt's; calls may raise HotlistRefusal and
    DatabaseError. ``hit`` is called in the follower's thread with each hit when it is on disk, again with each further
    read of the car, and again after a crash: whoever is told must know a hit by its ``id``. ``confirmed`` is called in
    the thread of whoever decided, when a person said that a hit is correct and that is on disk: what goes further hangs
    there. ``decided`` is told of every decision."""

    def __init__(
        self,
        hits: Callable[[], HitStore],
        lists: Callable[[], HotlistStore],
        matcher: Callable[[], Matcher],
        pictures: Callable[[int], Pictures | None],
        trail: AuditTrail,
        policy: Callable[[], Policy],
        hit: Callable[[Hit], None],
        confirmed: Callable[[Hit], None] = lambda hit: None,
        decided: Callable[[Hit], None] = lambda hit: None,
    ) -> None:
        self._hits, self._lists, self._matcher, self._pictures = hits, lists, matcher, pictures
        self._trail, self._policy = trail, policy
        self._hit, self._confirmed, self._decided = hit, confirmed, decided
        self._cars = SameCar()

    # The follower

    def handle(self, entries: Sequence[Kept]) -> None:
        """Match these reads; at least once each, in order. Raises NotReady and DatabaseError: then the same must come
        again."""
        matcher = self._matcher()
        found: list[tuple[int, Hit]] = []
        for entry in entries:
            read = entry.event
            if not isinstance(read, PlateRead):
                continue
            first = self._cars.first(read, entry.seq)
            for match in matcher.match(read, entry.received):
                hit = self._made(entry, read, matcher, match)
                if hit is not None:
                    found.append((first, hit))
        if found:
            for hit in self._hits().add(found, WINDOW):
                self._hit(hit)

    # The desk

    def may(self, actor: Actor) -> bool:
        """Whether somebody may look at hits and decide; any thread, Qt's as well."""
        return self._policy().allows(actor, Right.HITS)

    def hits(
        self, actor: Actor, wanted: HitFilter = ALL_HITS, most: int = 200, before: int = 0, again: bool = False
    ) -> list[Hit]:
        """Hits that the filter lets through, the newest first; on record, unless it is the same look ``again``."""
        self._allowed(actor)
        if not again:
            detail = {
                "text": wanted.text, "list": wanted.list, "tier": wanted.tier, "decided": wanted.decided,
                "since": wanted.since, "until": wanted.until, "before": before,
                "entry": "" if wanted.car is None else wanted.car.entry,
            }  # fmt: skip
            self._trail.add(actor, "lists hits", "hits", detail, "done")
        return self._hits().hits(wanted, most, before)

    def waiting(self) -> int:
        """How many hits nobody decided on."""
        return self._hits().waiting()

    def look(self, actor: Actor, hit_id: int) -> HitLook:
        """One hit with its pictures; on record."""
        self._allowed(actor)
        hit = self._hits().hit(hit_id)
        if hit is None:
            raise HotlistRefusal("The hit is gone: it was kept no longer.")
        detail = {"plate": hit.read.plate, "list": hit.list.name}
        self._trail.add(actor, "looks at hit", f"hit {hit_id}", detail, "done")
        pictures = self._pictures(hit.read.seq)
        plate, scene = (b"", b"") if pictures is None else (pictures.plate, pictures.scene)
        listed = self._listed(hit.list.id, hit.entry.key)
        return HitLook(hit, self._hits().decisions(hit_id), plate, scene, listed)

    def decide(self, actor: Actor, hit_id: int, verdict: Verdict, reason: str = "", seen: int = 0) -> Hit:
        """Put a decision on record; ``seen`` is the number of the newest one that the person saw. The hit with it."""
        self._allowed(actor)
        words = " ".join(reason.split())[:LONGEST_REASON]
        if verdict is Verdict.DISMISSED and not words:
            raise HotlistRefusal("Say why the hit is dismissed.")
        hit = self._hits().hit(hit_id)
        if hit is None:
            raise HotlistRefusal("The hit is gone: it was kept no longer.")
        target, action = f"hit {hit_id}", "decides on hit"
        detail = {
            "verdict": verdict.value, "reason": words, "plate": hit.read.plate, "entry": hit.entry.plate,
            "list": hit.list.name, "tier": hit.tier.value,
        }  # fmt: skip
        about = self._trail.add(actor, action, target, detail)
        try:
            done = self._hits().decide(hit_id, actor, verdict, words, seen)
        except (HotlistRefusal, DatabaseError) as problem:
            self._trail.add(actor, action, target, {"why": str(problem)}, "refused", about)
            raise
        self._decided(done)  # it is on disk: whatever becomes of the last line on record, what hangs on it goes on
        if verdict is Verdict.CORRECT:
            self._confirmed(done)
        self._trail.add(actor, action, target, None, "done", about)
        return done

    # Inside

    def _allowed(self, actor: Actor) -> None:
        if not self.may(actor):
            raise HotlistRefusal("You may not look at hits. Ask a supervisor.")

    def _listed(self, list_id: int, key: str) -> HotEntry | None:
        try:
            return self._lists().find(list_id, key)
        except HotlistRefusal:
            return None

    def _made(self, kept: Kept, read: PlateRead, matcher: Matcher, match: Match) -> Hit | None:
        """A hit of a match; None where the entry is gone since the matcher was made."""
        entry = self._lists().entry(match.entry)
        if entry is None:  # the list was replaced meanwhile: the same plate may still be on it
            entry = self._listed(match.list, key_of(match.plate, match.state))
        if entry is None:
            return None
        facts = ReadFacts(
            seq=kept.seq, source=read.source, event=read.id, at=read.at, received=kept.received, station=kept.station,
            plate=read.plate, region=read.region, confidence=read.confidence, camera=read.camera, place=read.place,
            accuracy=read.accuracy, heading=read.heading, direction=read.direction, speed=read.speed, look=read.look,
        )  # fmt: skip
        return Hit(
            read=facts, list=matcher.lists[match.list], entry=entry, tier=match.tier, regions=match.regions,
            reading=match.reading, weight=match.weight,
        )  # fmt: skip
