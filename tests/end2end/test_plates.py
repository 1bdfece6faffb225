"""A wanted car drives through the city. Readers of all makes tell of it, the console matches, alarms and shows it, a
person decides and searches by keys; then the console dies while reads come in, and nothing that it took is lost."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from control_room import PATIENCE, City, Console
from hands import Hands, wait_until
from site_of_city import learn

from console.acting import alarms_of, audit_of
from console.cli.city_plates import aim_readers, plate_sources, receiver_url
from console.incoming import journal_of
from console.model.alarms import AlarmState, What
from console.model.hotlists import Hit, HitFilter, Verdict
from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.services.plate_search import SEARCH as SEARCHED
from console.store.audit import Entry
from console.store.database import open_database, sqlite_url
from console.store.plate_hits import HitStore
from console.store.site_file import save_site
from console.store.walls_file import load_walls
from console.wanted import DATABASE as HOTLISTS
from console.wanted import KIND
from drivers.events import EventKind, PlateRead

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

CAMERAS, READERS = 10, 8
"""One reader of each maker; ONVIF comes in three ways."""
WANTED, SECOND = "WTC4821", "KRL5903"
OTHERS = ("BNE1267", "DGP3394", "FJX7718", "LOM9046", "ZUH2580")
"""Plates that differ from each other, and from those that are wanted, by more than a reader's mistake."""
AGAIN_SECONDS = 8.0
"""After which another car is sent to readers that were not heard: some connect a moment later than others."""
PRESS_AGAIN_SECONDS = 1.5
MIDST = 8
"""Reads that were acknowledged when the console dies; more than twice as many come in all."""
DESK, HITS, SEARCH = "^Watchfloor$", "^Hits on hotlists", "^Search plates"
LISTS, NEW_LIST, FILE, IMPORT = "^Hotlists", "^New hotlist", "^Import a hotlist", "^Import into Stolen"
REASON = "Case 12"


def test_a_wanted_car_is_read_matched_shown_and_searched_and_nothing_is_lost_when_the_console_dies(
    tmp_path: Path, display: str, hands: Hands
) -> None:
    with City(CAMERAS, 1127, "--readers", str(READERS)) as city:
        house = House(city, tmp_path)
        with Console(["run"], display, **house.variables) as console:
            aimed = house.aim(console)
            the_list_is_imported(house, console, hands, tmp_path / "stolen.csv")
            every_source_brings_a_hit(house, console, WANTED)
            taken = an_alarm_is_taken(house, console, hands)
            decided = a_hit_is_found_correct(house, hands)
            standing = house.alarms(but=decided.id)
            wait_until(lambda: house.alarms() == standing, "who decided on a hit has not taken its alarm")
            the_car_is_searched(house, hands)
            verdict = house.asks("journal", "verify")
            house.reads_come_in()
            assert verdict()["ok"]
            console.dies()
            no_car_is_named(console)
        house.what_was_acknowledged_is_on_disk(aimed)
        with Console(["run"], display, **house.variables) as console:
            house.aim(console)  # told again they try at once, and not when their pause is over
            house.all_that_was_pushed_arrives(aimed)
            assert set(standing.items()) <= set(house.alarms().items()), "alarms are not what they were"
            assert taken not in house.alarms()
            house.a_car_is_one_hit(SECOND)
            every_source_brings_a_hit(house, console, WANTED)
            verdicts = {hit.id: hit.decided for hit in house.hits(WANTED)}
            assert verdicts[decided.id] == decided.decided
            console.quits_on_sigterm()
            no_car_is_named(console)
        answers = [house.asks(*words) for words in (("journal", "verify"), ("audit", "verify"), ("audit", "list"))]
        journal, audit, entries = [answer() for answer in answers]
        assert journal["ok"]
        assert audit["ok"]
        assert {"replaces hotlist", "alarm: acknowledge", "decides on hit", SEARCHED} <= {
            entry["action"] for entry in entries
        }


class House:
    """The site of a city with plate readers, and what lies on its disk."""

    def __init__(self, city: City, home: Path) -> None:
        self.city = city
        site, self._vault, self.variables = learn(city, home, layout_for=4)
        numbers = {address: camera.number for camera in site.cameras for address in camera.xaddrs}
        sources = plate_sources(city.readers, numbers, self._vault)
        assert {source.kind for source in sources} == set(PlateKind)
        self.receiver = ReceiverEntry(port=free_port())
        save_site(home / "config" / "site.toml", replace(site, plate_sources=sources, receiver=self.receiver))
        self.data = home / "data"
        self.readers = {named(source, city.readers): source.name for source in sources}
        """Sources by what their reader calls itself."""
        self.cameras = {source.name: source.camera or next(iter(source.cameras.values())) for source in sources}
        self.pushing = [source.name for source in sources if source.kind.pushes]

    def aim(self, console: Console) -> float:
        """The readers that push are told where to, once somebody listens there; gives the time from which
        on they all do, Unix seconds."""
        wait_until(lambda: self._listens() or console.process.poll() is not None, "nothing listens for readers")
        assert aim_readers(self.city.control, self.city.readers, receiver_url(self.receiver), self._vault) == 4
        return time.time()

    def passes(self, plate: str, which: str = "all") -> None:
        """A car with this plate comes by these readers."""
        self.city.call("POST", "/plates/pass", {"plate": plate, "reader": which})

    def reads_come_in(self) -> None:
        """Many; this is the midst of them."""
        before = self._acknowledged()
        for plate in (*OTHERS[:3], SECOND, *OTHERS[3:]):
            self.passes(plate)
            time.sleep(0.3)
        wait_until(lambda: sum(self._acknowledged().values()) >= sum(before.values()) + MIDST, "no reads come in")

    def what_was_acknowledged_is_on_disk(self, aimed: float) -> None:
        """The console is dead. Those that push keep what was not taken, in order; so all before that was taken."""
        acknowledged, kept, checked = self._acknowledged(), self.reads(), 0
        for device, source in self.readers.items():
            if device in acknowledged:
                told = [row for row in self._truth(0.0) if self._device(row) == device][: acknowledged[device]]
                taken = {(source, row["read"]) for row in told if row["posix"] > aimed}
                assert taken <= kept, f"{source}: {len(taken - kept)} reads were acknowledged and are not on disk"
                checked += len(taken)
        assert checked >= MIDST

    def all_that_was_pushed_arrives(self, aimed: float) -> None:
        """What came while nobody listened, too."""
        pushing = {device: source for device, source in self.readers.items() if source in self.pushing}

        def missing() -> set[tuple[str, str]]:
            rows = [(self._device(row), row["read"]) for row in self._truth(aimed)]
            return {(pushing[device], read) for device, read in rows if device in pushing} - self.reads()

        wait_until(lambda: not missing(), f"reads never arrived: {missing()}")

    def a_car_is_one_hit(self, plate: str) -> None:
        """It passed each reader once. What the console did not come to before it died it makes up for now."""

        def sources() -> list[str]:
            return sorted(hit.read.source for hit in self.hits(plate) if hit.read.source in self.pushing)

        wait_until(lambda: set(sources()) == set(self.pushing), "reads were taken and never matched")
        assert sources() == sorted(self.pushing)

    # What lies on the disk

    def reads(self) -> set[tuple[str, str]]:
        """Source and plate of all that the journal has; some makers' readers write small letters."""
        found: set[tuple[str, str]] = set()
        with closing(journal_of(self.data)) as journal:
            seq = 0
            while entries := journal.after(seq, kinds=frozenset({EventKind.PLATE})):
                seq = entries[-1].seq
                events = [entry.event for entry in entries]
                found |= {(event.source, event.plate.upper()) for event in events if isinstance(event, PlateRead)}
        return found

    def alarms(self, but: int = 0) -> dict[str, tuple[str, AlarmState]]:
        """What the alarms of hits that are not closed are about and how they are, by their ids; without that of the
        hit ``but``."""
        with closing(alarms_of(self.data)) as store:
            found = store.standing().alarms
        of_hits = [alarm for alarm in found if alarm.cause.kind == KIND and alarm.cause.hit_number != but]
        return {alarm.id: (alarm.cause.title, alarm.state) for alarm in of_hits}

    def life(self, alarm_id: str) -> list[What]:
        """What became of an alarm."""
        with closing(alarms_of(self.data)) as store:
            return [line.what for line in store.life(alarm_id)]

    def hits(self, plate: str) -> list[Hit]:
        """On entries with this plate."""
        with self._hits() as store:
            return store.hits(HitFilter(text=plate))

    def audited(self, action: str) -> list[Entry]:
        """Entries of the audit about this, the oldest first."""
        with closing(audit_of(self.data)) as audit:
            return [entry for entry in audit.newest(500)[::-1] if entry.action == action]

    def asks(self, *words: str) -> Callable[[], Any]:
        """Ask a command of the product something; what is given waits for its answer."""
        most = ("--most", "500") if words[-1] == "list" else ()
        asked = subprocess.Popen(
            [sys.executable, "-m", "console", *words, *most, "--json"],
            env={**os.environ, **self.variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

        def answer() -> Any:
            told, complaint = asked.communicate(timeout=PATIENCE)
            assert asked.returncode == 0, complaint
            return json.loads(told)

        return answer

    @contextmanager
    def _hits(self) -> Iterator[HitStore]:
        engine = open_database(sqlite_url(self.data / HOTLISTS))
        try:
            yield HitStore(engine)
        finally:
            engine.dispose()

    # What the city knows

    def _listens(self) -> bool:
        with socket.socket() as door:
            return door.connect_ex((self.receiver.address, self.receiver.port)) == 0

    def _acknowledged(self) -> dict[str, int]:
        """How many reads those that push are rid of, since they exist; by device. Without AXIS readers, which tell of a
        car several times."""
        states = self.city.call("GET", "/plates/readers")
        once = [each for each in states if each["way"] == "push" and each["maker"] != PlateKind.AXIS]
        return {each["device"]: each["told"] - each["waiting"] for each in once}

    def _truth(self, since: float) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.city.call("GET", f"/plates/truth?since={since}")
        return [row for row in found if row["told"]]

    def _device(self, row: dict[str, Any]) -> str:
        (device,) = {each["device"] for each in self.city.readers if each["camera"] == row["camera"]}
        return str(device)


def the_list_is_imported(house: House, console: Console, hands: Hands, file: Path) -> None:
    """By the keys of a supervisor."""
    file.write_text(f"plate,reason,case\n{WANTED},stolen,C-1\n{SECOND},stolen,C-2\n", "utf-8")
    console.says(r"camera 4 .*: LIVE")
    hands.takes(DESK)
    hands.open("ctrl+shift+k", LISTS)
    hands.open("ctrl+n", NEW_LIST)
    hands.types("Stolen")
    hands.press("Return")
    on_record(house, "adds hotlist")
    hands.takes(LISTS)
    hands.open("ctrl+i", FILE)
    hands.types(str(file))
    hands.open("Return", IMPORT)
    on_record(house, "replaces hotlist", lambda: hands.press("Return"))  # compares, and then replaces
    hands.takes(LISTS)
    hands.press("Escape")


def every_source_brings_a_hit(house: House, console: Console, plate: str) -> None:
    """The same car at all readers; again at those that were not connected yet."""
    began = time.monotonic()
    waiting = dict(house.readers)
    while waiting:
        assert time.monotonic() - began < PATIENCE, f"no hit came from {sorted(waiting.values())}\n{console.log}"
        for device in waiting:
            house.passes(plate, device)
        sent = time.monotonic()
        while waiting and time.monotonic() - sent < AGAIN_SECONDS:
            time.sleep(0.1)
            waiting = {device: name for device, name in waiting.items() if not hits_from(console, name)}


def hits_from(console: Console, source: str) -> bool:
    return bool(console.said(rf"^hit \d+ of list 'Stolen' by {re.escape(repr(source))}: exact"))


def an_alarm_is_taken(house: House, console: Console, hands: Hands) -> str:
    """Space selects the worst and shows its camera, A takes it; and with that it is over, as a read is. Its id."""
    before = house.alarms()
    assert set(before.values()) == {(f"{WANTED}: Stolen", AlarmState.UNACKNOWLEDGED)}
    assert len(before) >= READERS
    hands.takes(DESK)
    hands.press("space", "a")
    line = console.says(r"^alarm \w+ \('hit:\d+', high\): closed")
    (taken,) = before.keys() - house.alarms().keys()
    assert taken in line.text
    assert house.life(taken) == [What.RAISED, What.ACKNOWLEDGED, What.CLOSED]
    (device,) = [hit.read.source for hit in house.hits(WANTED) if f"'hit:{hit.id}'" in line.text]
    camera = house.cameras[device]
    wall = house.data / "wall.json"

    def shown() -> bool:
        state = load_walls(wall).monitors[0].state
        return state.camera(state.selected) == camera

    wait_until(shown, f"camera {camera} is not what the wall has selected")
    return taken


def a_hit_is_found_correct(house: House, hands: Hands) -> Hit:
    """The newest, which the window shows by itself."""
    hands.open("ctrl+shift+h", HITS)
    on_record(house, "looks at hit")
    hands.press("c")
    entries = on_record(house, "decides on hit")
    (asked,) = [entry for entry in entries if entry.outcome == "asked"]
    assert json.loads(asked.detail)["verdict"] == Verdict.CORRECT.value
    hands.press("Escape")
    (decided,) = [hit for hit in house.hits(WANTED) if hit.decided is not None]
    assert asked.target == f"hit {decided.id}"
    return decided


def the_car_is_searched(house: House, hands: Hands) -> None:
    """With a reason, and it is found."""
    hands.takes(DESK)
    hands.open("ctrl+shift+f", SEARCH)
    hands.types(REASON)
    hands.press("ctrl+f")
    hands.types(WANTED)
    hands.press("Return")
    asked, done = on_record(house, SEARCHED)
    assert json.loads(asked.detail)["reason"] == REASON
    assert WANTED in asked.target
    found = re.match(r"(\d+) ", done.outcome)
    assert found is not None, done
    assert int(found[1]) >= READERS
    hands.press("Escape")


def on_record(house: House, action: str, press: Callable[[], None] = lambda: None) -> list[Entry]:
    """Wait until something is on record with what became of it; ``press`` now and then until it is."""
    found: list[Entry] = []
    pressed = float("-inf")

    def there() -> bool:
        nonlocal pressed
        found[:] = house.audited(action)
        if found and found[-1].outcome != "asked":
            return True
        if time.monotonic() - pressed > PRESS_AGAIN_SECONDS:
            pressed = time.monotonic()
            press()
        return False

    wait_until(there, f"{action!r} is not on record")
    return found


def no_car_is_named(console: Console) -> None:
    """The log is for technicians; who looked at which plate is on record elsewhere."""
    assert not [plate for plate in (WANTED, SECOND, *OTHERS) if plate in console.log.upper()]


def named(source: PlateSource, readers: list[dict[str, Any]]) -> str:
    """What the reader of a source calls itself."""
    if source.cameras:
        (device,) = source.cameras
        return device
    (found,) = [each["device"] for each in readers if f"({each['device']})" in source.name]
    return str(found)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
