"""How much is taken from whom: rates, and addresses from which wrong passwords come. Pure but for the given clock.

One thread.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from drivers.http_door import network_of

_MOST_PEERS, _MOST_PROVED = 4096, 1024
_CALM = 60.0
"""Seconds after the last that was too much."""


class Rate(NamedTuple):
    """So many a second, and so many at once."""

    each_second: float
    burst: float


_FAILURES = Rate(0.2, 20.0)
"""Wrong passwords from an address until it is only told to wait, and how many are forgiven a second."""
_MISTAKES = Rate(20.0, 200.0)
"""What is turned away, from all addresses, without being a siege."""


class Bucket:
    """So many a second, and so many at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> float:
        """Seconds to wait for the next one; 0 where this one is taken."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate

    def empty(self, now: float) -> bool:
        """Whether the next one would have to wait. Takes nothing."""
        return self._left + (now - self._at) * self._rate < 1


@dataclass(slots=True)
class _Peer:
    messages: Bucket
    arrivals: Bucket
    failures: Bucket


class Peers:
    """What is known of addresses: how much they sent, how often without a right password, and how often they came.
    Those that had a right password come at ``arrivals``, all others together at no more than ``strangers`` beside: what
    thousands of addresses send keeps no reader out. Addresses of IPv6 count by their network. Only the last few
    thousand are remembered."""

    def __init__(self, messages: Rate, arrivals: Rate, strangers: Rate, clock: Callable[[], float]) -> None:
        self._messages, self._arrivals, self._clock = messages, arrivals, clock
        self._strangers = Bucket(*strangers, clock())
        self._seen: OrderedDict[str, _Peer] = OrderedDict()
        self._proved: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def wait(self, peer: str) -> float:
        """Seconds that an address must wait before it sends more; 0: it is taken."""
        return self._of(peer).messages.take(self._clock())

    def arrives(self, peer: str) -> bool:
        """One more connection from an address; False where they are too many."""
        now = self._clock()
        if self._of(peer).arrivals.take(now):
            return False
        return self.known(peer) or not self._strangers.take(now)

    def known(self, peer: str) -> bool:
        """Whether an address had a right password."""
        return network_of(peer) in self._proved

    def proved(self, peer: str) -> None:
        """An address had a right password."""
        key = network_of(peer)
        self._proved[key] = None
        self._proved.move_to_end(key)
        if len(self._proved) > _MOST_PROVED:
            self._proved.popitem(last=False)

    def failed(self, peer: str) -> float:
        """An address had no right password; seconds that it should wait, 0 while it fails seldom."""
        return self._of(peer).failures.take(self._clock())

    def fails(self, peer: str) -> bool:
        """Whether an address has failed so often that it should wait."""
        known = self._seen.get(network_of(peer))
        return known is not None and known.failures.empty(self._clock())

    def _of(self, peer: str) -> _Peer:
        key = network_of(peer)
        found = self._seen.get(key)
        if found is None:
            now = self._clock()
            found = self._seen[key] = _Peer(
                Bucket(*self._messages, now), Bucket(*self._arrivals, now), Bucket(*_FAILURES, now)
            )
            if len(self._seen) > _MOST_PEERS:
                self._seen.popitem(last=False)
        return found


class Siege:
    """Whether far more is turned away than mistakes bring, until that has been over for a while. One thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._bucket = Bucket(*_MISTAKES, clock())
        self._since = self._last = 0.0
        self._count = 0
        self.lasts = False

    def turned_away(self) -> bool:
        """One more; True where a siege begins with it."""
        now = self._clock()
        self._count += self.lasts
        if not self._bucket.take(now):
            return False
        self._last = now
        if self.lasts:
            return False
        self.lasts, self._since, self._count = True, now, int(_MISTAKES.burst)
        return True

    def over(self) -> tuple[int, float] | None:
        """Where it has just ended: how many were turned away, and within how many seconds."""
        if not self.lasts or self._clock() - self._last < _CALM:
            return None
        self.lasts = False
        return self._count, self._last - self._since


def seconds(wait: float) -> str:
    """For ``Retry-After``."""
    return str(max(1, min(3600, math.ceil(wait))))
