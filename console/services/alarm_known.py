"""The alarms that stand as the desk of alarms knows them: by id and by key, with when new ones came."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from console.model.alarm_list import in_flood
from console.model.alarms import Alarm
from console.model.wanted_cars import told_key

log = logging.getLogger(__name__)

KEPT_SECONDS = 2 * 3600.0
"""For so long it is known when alarms came, to tell a flood."""


class KnownAlarms:
    """In the desk's thread only, but for ``standing``. ``changed``: there is something to tell since somebody set it to
    False."""

    def __init__(self) -> None:
        self.by_id: dict[str, Alarm] = {}
        self.keys: dict[str, str] = {}
        """Ids by key."""
        self.changed = False
        self._news: deque[datetime] = deque(maxlen=10_000)

    def begin(self, alarms: Sequence[Alarm], news: Iterable[datetime]) -> None:
        """These stand in the database, and new ones came then, lately."""
        self._news.extend(news)
        self.by_id = {each.id: each for each in alarms}
        self.keys = {each.key: each.id for each in alarms}
        self.changed = True

    def take(self, alarms: Sequence[Alarm], now: datetime) -> None:
        """Alarms as they are in the database; what is older than what is known is left."""
        for alarm in alarms:
            before = self.by_id.get(alarm.id)
            if before is None and alarm.closed is not None:
                continue  # what is closed comes once more by the way on which other consoles' changes come
            if before is not None and before.version >= alarm.version:
                continue
            self.changed = True
            if before is None or before.state is not alarm.state:  # never the title: it may name a plate
                log.info("alarm %s (%r, %s): %s", alarm.id, told_key(alarm.key), alarm.priority, alarm.state)
            if alarm.waits and (before is None or before.calls < alarm.calls):
                self._news.append(now)
            if alarm.closed is not None:
                self.by_id.pop(alarm.id, None)
                self._drop(alarm)
                continue
            self.by_id[alarm.id] = alarm
            self.keys[alarm.key] = alarm.id
            if before is not None and before.key != alarm.key:
                self._drop(before)  # its car was read better

    def flood(self, now: datetime) -> bool:
        """Whether too many came for one person."""
        while self._news and now - self._news[0] > timedelta(seconds=KEPT_SECONDS):
            self._news.popleft()
        return in_flood(sorted(self._news), now)

    def named(self, alarm_id: str) -> str:
        """An alarm as the audit calls it."""
        alarm = self.by_id.get(alarm_id)
        return alarm_id if alarm is None else f"{alarm_id} {alarm.cause.title}"[:120]

    def standing(self) -> Standing:
        """The keys for a thread that raises alarms: only ever asked for one key at a time, so from there too."""
        return Standing(self.keys)

    def _drop(self, alarm: Alarm) -> None:
        if self.keys.get(alarm.key) == alarm.id:
            del self.keys[alarm.key]


class Standing:
    """The keys of alarms that stand, and of those that are being raised."""

    def __init__(self, keys: Container[str]) -> None:
        self._keys = keys
        self.fresh: set[str] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._keys or key in self.fresh


def warn(unread: Sequence[str]) -> None:
    """Of alarms that could not be read, a few are told in the log."""
    for sentence in unread[:5]:
        log.warning("%s", sentence)
