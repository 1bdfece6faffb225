"""The beginning and the end of lamp systems: none is ended before it began, and who tells of lamps is connected."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from console.services.lamps import Lamps
from drivers.luminaires import LampFeatures, LampNews, Luminaire


class System:
    """A lamp system that is slow to start."""

    features = LampFeatures(expires=True)

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[str] = []
        self.starting, self.go = threading.Event(), threading.Event()
        self.heard: Callable[[LampNews], None] = lambda news: None

    def start(self, heard: Callable[[LampNews], None]) -> None:
        self.heard = heard
        self.starting.set()
        assert self.go.wait(20)
        self.calls.append("started")

    def stop(self) -> None:
        self.calls.append("stopped")

    def groups(self) -> tuple[Any, ...]:
        return ()


def made() -> Lamps:
    commands: Any = None  # nothing is sent here
    return Lamps(commands, lambda: None)


def test_an_end_in_the_middle_of_the_beginning() -> None:
    lamps, first, second = made(), System("A"), System("B")
    systems: list[Any] = [first, second]
    beginning = threading.Thread(target=lamps.start, args=(systems,))
    beginning.start()
    assert first.starting.wait(20)
    end = threading.Thread(target=lamps.close)
    end.start()
    while not lamps._closed:
        threading.Event().wait(0.001)
    first.go.set()
    beginning.join(20)
    end.join(20)
    assert first.calls == ["started", "stopped"]
    assert second.calls == [], "what has not begun needs no end"


def test_who_tells_of_its_lamps_is_connected() -> None:
    lamps, system = made(), System("A")
    system.go.set()
    systems: list[Any] = [system]
    lamps.start(systems)
    assert lamps.systems()[0].trouble == "not connected yet"
    system.heard(LampNews("A", lamps=(Luminaire("1", "One"),)))
    assert lamps.systems()[0].trouble == ""
    system.heard(LampNews("A", trouble="A: not reachable."))
    system.heard(LampNews("A", lamps=()))
    assert lamps.systems()[0].trouble == "A: not reachable.", "only who says so has no trouble any more"
    lamps.close()
