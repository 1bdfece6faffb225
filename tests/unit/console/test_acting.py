"""What acts on the world, wired: lamps that were faulty when the console last ran."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_lamps import FakeLampSystem, luminaires

from console.acting import Acting, Telling
from console.model.alarms import Cause, Over, Priority
from console.model.lamp_watch import LampChange
from console.model.site import LampSystemEntry, Site
from console.services.site_book import SiteBook
from console.store.credentials import MemoryVault
from drivers.events import EventKind
from drivers.luminaires import LampFault, LampNews
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary

WAIT = 30.0
SITE = Site(lamp_systems=(LampSystemEntry("North", "talq"),))


class Street(FakeLampSystem):
    """Says when it was started."""

    def __init__(self) -> None:
        super().__init__("North", luminaires(3))
        self.started = threading.Event()

    def start(self, heard: Callable[[LampNews], None]) -> None:
        super().start(heard)
        self.started.set()


class Run:
    """A console from its start to its end, with one system of three lamps."""

    def __init__(self, folder: Path) -> None:
        self.system = Street()
        self.changes: queue.Queue[Sequence[LampChange]] = queue.Queue()
        self.troubles: list[str] = []
        self.book = SiteBook(SITE, lambda site: None, lambda error: None)
        self.acting = Acting(
            self.book, MemoryVault(), OnvifDescriber(WsdlLibrary()), folder, "anna",
            Telling(self.troubles.append, lambda device, sentence: None, lambda: None, self.changes.put),
            lambda site, vault, outputs: ([self.system], []),
        )  # fmt: skip

    def fault(self, lamp: str, source: str = "North", kind: str = EventKind.LAMP) -> None:
        cause = Cause(
            key=f"{kind}:{source}:{lamp}", kind=kind, priority=Priority.LOW, title=lamp, why="", at=datetime.now(UTC),
            source=source, device=lamp,
        )  # fmt: skip
        assert self.acting.alarms.raise_(cause).result(WAIT)

    def close(self) -> None:
        self.acting.close()
        self.book.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    runs: list[Run] = []

    def begin() -> Run:
        runs.append(Run(tmp_path))
        return runs[-1]

    yield begin
    for each in runs:
        each.close()


def test_a_lamp_that_was_mended_while_the_console_was_off_is_told(run: Callable[[], Run]) -> None:
    first = run()
    for lamp in ("Lamp 1", "Lamp 2", "Lamp 3"):
        first.fault(lamp)
    first.fault("Lamp 2", source="South")
    first.fault("Lamp 2", kind="door")
    first.acting.alarms.over(Over(key="lamp:North:Lamp 3", at=datetime.now(UTC))).result(WAIT)
    first.close()
    second = run()
    second.acting.start()
    assert second.system.started.wait(WAIT)
    second.acting.alarms.figures(datetime.now(UTC), datetime.now(UTC)).result(WAIT)  # the alarms are read
    second.system.fault("L0001", LampFault.LAMP)
    heard: dict[str, str] = {}
    while heard.get("Lamp 1") != "lamp failed" or "Lamp 2" not in heard:
        heard.update((change.lamp, change.fault) for change in second.changes.get(timeout=WAIT))
    assert heard == {"Lamp 1": "lamp failed", "Lamp 2": ""}
    assert second.troubles == []


def test_while_alarms_are_not_read_nobody_knows_and_nobody_waits(run: Callable[[], Run]) -> None:
    acting = run().acting
    assert acting._faulty_before("North") is None
    acting.alarms.start()
    acting.alarms.figures(datetime.now(UTC), datetime.now(UTC)).result(WAIT)
    with acting.lamps._lock:  # as a driver holds it when it asks
        assert acting._faulty_before("North") == frozenset()
