"""Reads of one car within seconds are one: readers send a car again as it moves, and as they read its plate better."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from console.model.plates import fold, normal
from drivers.events import PlateRead

WINDOW = timedelta(seconds=10)
"""Reads of one plate at one camera that are no farther apart are of one passage."""
CAR_WINDOW = timedelta(seconds=120)
"""The same where the reader itself names the car: it may stand before a red light."""
MOST_CARS = 20_000

_Key = tuple[str, str, str, str]


class SameCar:
    """One thread. Remembers the last ``most`` cars."""

    def __init__(self, window: timedelta = WINDOW, car_window: timedelta = CAR_WINDOW, most: int = MOST_CARS) -> None:
        self._window, self._car_window, self._most = window, car_window, most
        self._seen: OrderedDict[_Key, tuple[int, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def first(self, read: PlateRead, seq: int) -> int:
        """The number of the first read of this passage; ``seq`` itself where this one is the first. Reads may come in
        any order, and again."""
        keys: list[tuple[_Key, timedelta]] = []
        if read.car:
            keys.append(((read.source, read.camera, "car", read.car), self._car_window))
        keys.append(((read.source, read.camera, "plate", fold(normal(read.plate))), self._window))
        known = [seen[0] for key, window in keys if (seen := self._at(key, read.at, window)) is not None]
        first = min([seq, *known])
        for key, _ in keys:
            old = self._seen.pop(key, None)
            newest = read.at if old is None or old[1] < read.at else old[1]
            self._seen[key] = (first, newest)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return first

    def _at(self, key: _Key, at: datetime, window: timedelta) -> tuple[int, datetime] | None:
        seen = self._seen.get(key)
        return seen if seen is not None and abs(at - seen[1]) <= window else None
