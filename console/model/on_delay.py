"""What must last before it is worth an alarm (the on-delay of ISA-18.2): a broker that is being connected to, a reader
that starts again."""

from __future__ import annotations


class OnDelay:
    """One thread at a time calls it. Times in seconds on one monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[str, tuple[float, str]] = {}
        self._told: set[str] = set()

    def say(self, source: str, sentence: str, now: float) -> str | None:
        """What is wrong with a source now, "" for nothing. Returns what is to be told at once, if anything: the end of
        what was told, or other words for it."""
        if not sentence:
            self._waiting.pop(source, None)
            if source in self._told:
                self._told.discard(source)
                return ""
            return None
        if source in self._told:
            return sentence
        since = self._waiting[source][0] if source in self._waiting else now
        self._waiting[source] = (since, sentence)
        return None

    def due(self, now: float) -> list[tuple[str, str]]:
        """What has lasted long enough, in its newest words."""
        ripe = [source for source, (since, _) in self._waiting.items() if now - since >= self._seconds]
        self._told.update(ripe)
        return [(source, self._waiting.pop(source)[1]) for source in ripe]
