"""How well alarms serve people: rates, times, floods and the noisiest."""

from __future__ import annotations

from datetime import datetime, timedelta

from alarm_made import NOON, at

from console.model.alarm_figures import Logged, figures, percentile
from console.model.alarms import Priority, What


def came(seconds: float, alarm: str = "a", priority: Priority = Priority.HIGH, key: str = "k") -> Logged:
    return Logged(at(seconds), alarm, What.RAISED, key=key, title=f"title {key}", priority=priority, heard=True)


def taken(seconds: float, alarm: str = "a", who: str = "Anna") -> Logged:
    return Logged(at(seconds), alarm, What.ACKNOWLEDGED, who)


END = NOON + timedelta(hours=2)


def test_nothing_happened() -> None:
    found = figures([], NOON, END)
    assert (found.half, found.most, found.flood, found.noisiest) == (None, None, 0.0, ())
    assert [hour.each for hour in found.hours] == [0.0, 0.0]


def test_rates_are_for_each_operator_of_the_hour() -> None:
    lines = [came(i, f"{i}") for i in range(6)] + [taken(10, "1"), taken(11, "2", "Bert"), came(3700, "z")]
    first, second = figures(lines, NOON, END).hours
    assert (sum(first.alarms.values()), first.operators, first.each) == (6, 2, 3.0)
    assert (second.operators, second.each) == (1, 1.0)


def test_time_to_acknowledge() -> None:
    lines = [each for i in range(20) for each in (came(100 * i, f"{i}"), taken(100 * i + i + 1, f"{i}"))]
    found = figures(lines, NOON, END)
    assert (found.half, found.most) == (10.0, 19.0)
    assert len(found.delays) == 20


def test_time_counts_from_the_first_call_and_not_over_a_shelf() -> None:
    twice = [came(0), came(50), taken(60)]
    assert figures(twice, NOON, END).half == 60.0
    shelf = [
        came(0),
        Logged(at(5), "a", What.SHELVED, "Anna"),
        Logged(at(100), "a", What.UNSHELVED, heard=True),
        taken(130),
    ]
    assert figures(shelf, NOON, END).half == 30.0
    before = [came(-50), taken(10)]
    assert figures(before, NOON, END).half == 60.0


def test_share_in_flood_and_the_noisiest() -> None:
    lines = [came(i, f"{i}", key="camera 3" if i % 3 else "door") for i in range(10)]
    found = figures(lines, NOON, NOON + timedelta(seconds=1192))
    assert found.flood == 596 / 1192
    assert found.noisiest == (("title camera 3", 6), ("title door", 4))


def test_percentiles() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 50) == 2.0
    assert percentile([5.0], 95) == 5.0
    assert percentile([], 95) is None


def test_hours_without_anything_are_there_too() -> None:
    begin = datetime.fromisoformat("2026-11-21T10:30:00+00:00")
    assert len(figures([came(0)], begin, END).hours) == 4
