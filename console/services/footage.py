"""What was seen, as packets on the time line of this computer's clock: the door to replay buffers and recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.types import Gop


@dataclass(frozen=True, slots=True)
class Span:
    """Footage without a gap; ``start`` and ``end`` in UTC seconds since 1970."""

    start: float
    end: float


class Footage(Protocol):
    """The kept packets of one camera. Any thread may call it; what it returns is immutable. It may read a disk, so the
    Qt thread calls nothing but ``spans``, which answers from memory."""

    def spans(self) -> tuple[Span, ...]:
        """Where there is something, in order."""

    def gop_at(self, when: float) -> Gop | None:
        """The GOP that was under way at ``when``: the last that began at or before it; before the first one, the first.
        None where there is nothing at all."""

    def gop_after(self, start: float) -> Gop | None:
        """The GOP that follows the one which began at ``start``."""

    def gop_before(self, start: float) -> Gop | None:
        """The GOP before the one which began at ``start``."""
