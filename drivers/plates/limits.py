"""How much is taken from whom: rates, and addresses from which wrong passwords come. Pure but for the given clock.

One thread.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable

_MOST_PEERS = 4096
_FAILURES, _FORGIVEN = 20.0, 0.2
"""Wrong passwords from an address until it is only told to wait, and how many are forgiven a second."""


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


class Peers:
    """What is known of addresses: how much they sent, and how often without a right password. Addresses of IPv6 count
    by their network, of which one sender has 2^64. Only the last few thousand are remembered."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._seen: OrderedDict[str, tuple[Bucket, Bucket]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def wait(self, peer: str) -> float:
        """Seconds that an address must wait before it sends more; 0: it is taken."""
        return self._of(peer)[0].take(self._clock())

    def failed(self, peer: str) -> float:
        """An address had no right password; seconds that it should wait, 0 while it fails seldom."""
        return self._of(peer)[1].take(self._clock())

    def _of(self, peer: str) -> tuple[Bucket, Bucket]:
        known = self._seen.get(peer)
        if known is not None:
            return known
        key = network_of(peer)
        found = self._seen.get(key)
        if found is None:
            now = self._clock()
            found = self._seen[key] = (Bucket(self._rate, self._burst, now), Bucket(_FORGIVEN, _FAILURES, now))
            if len(self._seen) > _MOST_PEERS:
                self._seen.popitem(last=False)
        return found


def network_of(peer: str) -> str:
    """The address, or the /64 of one of IPv6."""
    if ":" not in peer:
        return peer
    try:
        return str(ipaddress.IPv6Network((peer.partition("%")[0], 64), strict=False))
    except ValueError:
        return peer


def seconds(wait: float) -> str:
    """For ``Retry-After``."""
    return str(max(1, min(3600, math.ceil(wait))))
