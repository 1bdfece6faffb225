"""Who has a camera in hand. Whoever moves one holds it for a while; others see who and for how long, and only a higher
rank takes it away. Pure: times are monotonic seconds that the caller gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.model.permissions import Actor

HOLD_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Lease:
    """Somebody has ``target`` in hand until ``until``."""

    target: str
    actor: Actor
    since: float
    until: float

    def left(self, now: float) -> float:
        """Seconds until it ends by itself."""
        return max(0.0, self.until - now)


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a wish for a lease: the lease, or who else has it; ``lost`` is whose lease it ended."""

    lease: Lease
    granted: bool
    lost: Lease | None = None


class LeaseBook:
    """One thread at a time (the door guards it)."""

    def __init__(self, seconds: float = HOLD_SECONDS) -> None:
        self.seconds = seconds
        self._held: dict[str, Lease] = {}
        self._elsewhere: set[str] = set()
        """Targets whose lease is known from other consoles."""

    def take(self, target: str, actor: Actor, now: float) -> Taken:
        """Hold ``target`` from now on for the usual time, or go on holding it."""
        held = self.holder(target, now)
        if held is not None and held.actor != actor and held.actor.role.rank >= actor.role.rank:
            return Taken(held, granted=False)
        mine = held is not None and held.actor == actor
        since = held.since if held is not None and mine else now
        lease = self._held[target] = Lease(target, actor, since, now + self.seconds)
        self._elsewhere.discard(target)
        return Taken(lease, granted=True, lost=None if mine else held)

    def holder(self, target: str, now: float) -> Lease | None:
        """Who holds it now."""
        held = self._held.get(target)
        if held is not None and held.until <= now:
            del self._held[target]
            return None
        return held

    def give_back(self, target: str, actor: Actor) -> bool:
        """Let go before the time; False for what somebody else holds, or nobody."""
        held = self._held.get(target)
        if held is None or held.actor != actor:
            return False
        del self._held[target]
        return True

    def is_elsewhere(self, target: str) -> bool:
        """Whether another console has it, as far as is known here."""
        return target in self._elsewhere

    def adopt(self, leases: Iterable[Lease]) -> bool:
        """These are held on other consoles, and nothing else is; True if that is news. One that was taken here counts
        until another console has it."""
        fresh = {lease.target: lease for lease in leases}
        gone = [target for target in self._elsewhere if target not in fresh]
        news = bool(gone) or any(_other(self._held.get(target), lease) for target, lease in fresh.items())
        for target in gone:
            self._held.pop(target, None)
        self._held.update(fresh)
        self._elsewhere = set(fresh)
        return news

    def all(self, now: float) -> Mapping[str, Lease]:
        """All leases that hold now, by target."""
        return {target: lease for target in list(self._held) if (lease := self.holder(target, now)) is not None}


def _other(before: Lease | None, after: Lease) -> bool:
    return before is None or before.actor != after.actor
