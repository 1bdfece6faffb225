"""Hotlists as this console keeps them: who may look and change, each look and change on record before it happens, and
the matcher that all reads are held against, rebuilt in a thread of its own and swapped whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from console.model.hotlists import Diff, EntryEdit, HotEntry, Hotlist, HotlistRefusal, Tier, check_entry, check_list
from console.model.permissions import Actor, Policy, Right, Role
from console.model.plate_matcher import Matcher, MatchRow
from console.services.audit_trail import AuditTrail
from console.store.database import DatabaseError
from console.store.hotlist_csv import BadRow, Look, Plan, Tally, read_entries
from console.store.hotlists import HotlistStore, Staged

log = logging.getLogger(__name__)

KEEPER = Actor("hotlist keeper", Role.AUTOMATION)
"""Who forgets what was kept long enough."""
FOLDER = Actor("hotlist folder", Role.AUTOMATION)
"""Who takes files from the folders that a supervisor named."""
POLL_SECONDS = 10.0
"""How often this console looks whether another one changed a list."""
READY_SECONDS = 2.0
"""How long a batch of reads waits for the first matcher before it is tried again."""
SWEEP_EVERY = timedelta(days=1)


class NotReady(DatabaseError):
    """The lists have not been read yet: try again."""

    def __init__(self) -> None:
        super().__init__("hotlists", "")
        self.args = ("The hotlists are still being read; no plate is matched until they are.",)


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that waits to replace a list: what would change, how many rows were left out and why, and how many stood
    there twice."""

    staged: Staged
    source: str
    diff: Diff
    rows: int
    bad: int
    told: tuple[BadRow, ...]
    twice: int


Progress = Callable[[int, float], bool]
"""Told of rows and of the share that is done (0 to 1); whether to go on."""


class HotlistBook:
    """Any thread but Qt's: calls wait for the disk, and may raise HotlistRefusal and DatabaseError. ``store`` gives the
    store and may open it. ``rebuilt`` is called in the book's thread with each new matcher, ``trouble`` with a sentence
    when lists cannot be read, "" when they can again. ``forget`` removes hits that were kept long enough, once a day.
    """

    def __init__(
        self,
        store: Callable[[], HotlistStore],
        trail: AuditTrail,
        policy: Callable[[], Policy],
        rebuilt: Callable[[Matcher], None] = lambda matcher: None,
        trouble: Callable[[str], None] = lambda sentence: None,
        forget: Callable[[], int] = lambda: 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._trail, self._policy, self._clock = store, trail, policy, clock
        self._rebuilt, self._trouble, self._forget = rebuilt, trouble, forget
        self._changed = threading.Condition()
        self._matcher: Matcher | None = None
        self._seen: tuple[tuple[int, int], ...] | None = None
        self._woken = self._ending = self._bad = False
        self._swept: datetime | None = None
        self._thread = threading.Thread(target=self._run, name="hotlists", daemon=True)

    # Looking

    def may(self, actor: Actor) -> bool:
        """Whether somebody may change lists; any thread, Qt's as well."""
        return self._policy().allows(actor, Right.HOTLISTS)

    def lists(self, actor: Actor) -> tuple[Hotlist, ...]:
        """What lists there are, without their entries."""
        self._looks(actor)
        return self._store().lists()

    def entries(
        self, actor: Actor, list_id: int, search: str = "", after: int = 0, most: int = 500
    ) -> tuple[HotEntry, ...]:
        """See ``HotlistStore.entries``; on record with what was searched."""
        self._looks(actor)
        store = self._store()
        name = store.one(list_id).name
        self._trail.add(actor, "looks at hotlist", name, {"search": search, "after": after}, "done")
        return store.entries(list_id, search, most, after)

    def watched(self) -> tuple[Hotlist, ...]:
        """Lists that are taken from a folder, for whoever looks there."""
        return tuple(each for each in self._store().lists() if each.folder.strip())

    # Changing

    def keep(self, actor: Actor, wanted: Hotlist) -> int:
        """Add a list or change what it is; its number."""
        self._changes(actor)
        check_list(wanted)
        detail = {
            "owner": wanted.owner, "urgency": wanted.urgency.value, "reason": wanted.reason,
            "reach": wanted.reach.value, "starts": wanted.starts, "expires": wanted.expires,
            "keep_days": wanted.keep_days, "enabled": wanted.enabled, "folder": wanted.folder, "id": wanted.id,
        }  # fmt: skip
        verb = "changes hotlist" if wanted.id else "adds hotlist"
        return self._on_record(actor, verb, wanted.name, detail, lambda: self._store().keep(wanted))

    def remove(self, actor: Actor, list_id: int) -> None:
        """A list and its entries go; its hits stay."""
        self._changes(actor)
        listed = self._store().one(list_id)
        detail = {"entries": listed.entries}
        self._on_record(actor, "removes hotlist", listed.name, detail, lambda: self._store().remove(list_id))

    def edit(self, actor: Actor, wanted: EntryEdit) -> EntryEdit:
        """Add, change or remove one entry; as it was done, so that its ``inverse`` takes it back. Refused where
        somebody changed the entry meanwhile."""
        self._changes(actor)
        store = self._store()
        before = None if wanted.before is None else store.find(wanted.list, wanted.before.key)
        if wanted.before is not None and (before is None or not before.same(wanted.before)):
            gone = "It is on the list no longer." if before is None else "Somebody changed it meanwhile. Look again."
            raise HotlistRefusal(f"{wanted.before.plate}: {gone}")
        if wanted.after is None:
            if before is None:
                return wanted
            number = before.id
        else:
            check_entry(wanted.after)
            number = 0 if before is None else before.id
        after = None if wanted.after is None else replace(wanted.after, id=number)

        def work() -> EntryEdit:
            if after is None:
                store.take_out(wanted.list, number, actor.name)
                return EntryEdit(wanted.list, before, None)
            return EntryEdit(wanted.list, before, replace(after, id=store.put(wanted.list, after, actor.name)))

        verb = "adds hotlist entry" if before is None else "changes hotlist entry"
        detail = {"before": _told(before), "after": _told(after)}
        name = store.one(wanted.list).name
        return self._on_record(actor, verb if after is not None else "removes hotlist entry", name, detail, work)

    # Replacing

    def bring(
        self,
        actor: Actor,
        list_id: int,
        look: Look,
        plan: Plan,
        zone: tzinfo | None = None,
        progress: Progress = lambda rows, share: True,
    ) -> Brought | None:
        """Read a file beside the list, and say what would change; None where ``progress`` said stop. Nothing counts
        before ``apply``. Raises HotlistFileError as well."""
        self._changes(actor)
        tally = Tally()

        def go_on(rows: int) -> bool:
            read = min(1.0, tally.bytes / max(1, look.bytes))
            written = rows / max(1, tally.good) if rows < tally.good or read >= 1.0 else 0.0
            return progress(max(rows, tally.rows), 0.5 * read + 0.5 * min(1.0, written)) and not self._ending

        store = self._store()
        staged = store.stage(list_id, read_entries(look, plan, tally, zone), go_on)
        if staged is None:
            return None
        told = tuple(tally.told)
        return Brought(
            staged, look.path.name, store.diff(staged), tally.rows, tally.bad, told, tally.good - staged.rows
        )

    def apply(self, actor: Actor, brought: Brought, taken: str = "", reach: Tier | None = None) -> Hotlist:
        """Put it in place of the list's entries, which match so far from now on (None: as before)."""
        self._changes(actor)
        store = self._store()
        diff = brought.diff
        detail = {
            "file": brought.source, "rows": brought.rows, "added": diff.added, "removed": diff.removed,
            "changed": diff.changed, "bad": brought.bad, **({} if reach is None else {"reach": reach.value}),
        }  # fmt: skip
        name = store.one(brought.staged.list).name
        work = lambda: store.apply(brought.staged, brought.source, taken, reach)  # noqa: E731 -- one of many alike
        return self._on_record(actor, "replaces hotlist", name, detail, work)

    def discard(self, brought: Brought) -> None:
        """Forget a file that was brought in."""
        self._store().discard(brought.staged)

    # The matcher

    @property
    def ready(self) -> bool:
        """Whether there is a matcher; any thread."""
        return self._matcher is not None

    def matcher(self, wait: float = READY_SECONDS) -> Matcher:
        """The present one; waits for the first. Raises NotReady."""
        made = self._matcher
        if made is not None:
            return made
        with self._changed:
            self._changed.wait_for(lambda: self._matcher is not None or self._ending, wait)
            made = self._matcher
        if made is None:
            raise NotReady
        return made

    def start(self) -> None:
        """Read the lists now, and again after each change."""
        self._thread.start()

    @property
    def ending(self) -> bool:
        """Whether the console ends; any thread."""
        return self._ending

    def end(self) -> None:
        """Files that are being read are left, whoever waits for a matcher is let go; returns at once."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()

    def close(self) -> None:
        """``end``, and wait for the thread."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join()

    def refresh(self) -> bool:
        """Make a new matcher where a list changed; whether it did. Raises DatabaseError."""
        store = self._store()
        revision = store.revision()
        if revision == self._seen:
            return False
        made = Matcher(store.lists(), self._while_open(store.match_rows()))
        with self._changed:
            self._matcher, self._seen = made, revision
            self._changed.notify_all()
        self._rebuilt(made)
        return True

    def sweep(self) -> None:
        """Once a day: forget what was kept long enough. Raises DatabaseError."""
        now = self._clock()
        if self._swept is not None and now - self._swept < SWEEP_EVERY:
            return
        about = self._trail.add(KEEPER, "forgets old hits and entries", "hotlists")
        gone = {"hits": self._forget(), "entries": self._store().sweep()}
        self._trail.add(KEEPER, "forgets old hits and entries", "hotlists", gone, "done", about)
        self._swept = now

    # Inside

    def _looks(self, actor: Actor) -> None:
        policy = self._policy()
        if not (policy.allows(actor, Right.HITS) or policy.allows(actor, Right.HOTLISTS)):
            raise HotlistRefusal("You may not look at hotlists. Ask a supervisor.")

    def _changes(self, actor: Actor) -> None:
        if actor != FOLDER and not self._policy().allows(actor, Right.HOTLISTS):
            raise HotlistRefusal("You may not change hotlists. Ask a supervisor.")

    def _on_record[T](
        self, actor: Actor, action: str, target: str, detail: Mapping[str, object], work: Callable[[], T]
    ) -> T:
        about = self._trail.add(actor, action, target, detail)
        try:
            done = work()
        except (HotlistRefusal, DatabaseError) as problem:
            self._trail.add(actor, action, target, {"why": str(problem)}, "refused", about)
            raise
        self._trail.add(actor, action, target, None, "done", about)
        self._wake()
        return done

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _while_open(self, rows: Iterator[MatchRow]) -> Iterator[MatchRow]:
        for number, row in enumerate(rows):
            if number % 1000 == 0 and self._ending:
                raise NotReady
            yield row

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._ending:
                    return
                self._woken = False
            self._step()
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._ending, POLL_SECONDS)

    def _step(self) -> None:
        try:
            self.refresh()
            self.sweep()
        except NotReady:
            return
        except DatabaseError as error:
            if not self._bad:
                self._bad = True
                self._trouble(f"Hotlists cannot be read: {error} Plates are matched with the lists of before.")
        else:
            if self._bad:
                self._bad = False
                self._trouble("")


def _told(entry: HotEntry | None) -> Mapping[str, object] | None:
    if entry is None:
        return None
    return {
        "plate": entry.plate, "state": entry.state, "reason": entry.reason, "case": entry.case, "note": entry.note,
        "starts": entry.starts, "expires": entry.expires,
    }  # fmt: skip


def folder_of(listed: Hotlist) -> Path | None:
    """The folder that a list is taken from each day."""
    return Path(listed.folder) if listed.folder.strip() else None
