"""What people do by hand, done for the demo: a technician logs in to the cameras of the city, puts them on the wall and
writes its lamp systems and plate readers into the site; a supervisor brings in a hotlist."""

from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from console.app import Console
from console.cli.city_plates import aim_readers, plate_sources, receiver_url, send_car, wanted_plates
from console.cli.city_process import CityProcess, lamp_entries
from console.model.hotlists import EntryEdit, HotEntry, Hotlist
from console.model.monitor import showing
from console.model.plate_sources import ReceiverEntry
from console.services.onboarding import Outcome, Progress
from console.services.onboarding_input import from_discovered
from console.store.credentials import MemoryVault
from console.store.database import DatabaseError
from drivers.types import Credentials, Discovered

LAST_CALL = 1.5
"""Seconds after the city is up from which those cameras are added that have answered so far."""
LIST_NAME = "Demo: wanted cars"
FIRST_HIT_SECONDS = 30.0
"""After the hotlist is there until one of its cars is sent past a reader: they come by themselves too, but nobody
should have to wait for minutes to see what a hit is."""
PAINTED = re.compile(r"city: pictures of (\d+) of (\d+) cameras ready")


class DemoGuide(QObject):
    """Lives on the Qt thread; waits for the city in a thread of its own. Only devices that the city says it serves get
    the city's password: real cameras on the same machine's networks are none of the demo's business."""

    def __init__(self, console: Console, city: CityProcess, vault: MemoryVault, set_name: str) -> None:
        super().__init__()
        self._console, self._city, self._vault, self._set = console, city, vault, set_name
        self._serves: set[str] = set()
        self._asked: set[str] = set()
        self._ready_at: float | None = None
        self._filled = False
        self.failure = ""
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._look)
        self._first_hit = QTimer(self)
        self._first_hit.setSingleShot(True)
        self._first_hit.setInterval(round(1000 * FIRST_HIT_SECONDS))
        self._first_hit.timeout.connect(self._send)
        self._wanted = ""
        """The plate of the car that is sent."""
        console.bridge.site_changed.connect(self._fill)

    def start(self) -> None:
        """Begin to wait for the city."""
        self._console.status.note("The virtual city is starting …")
        self._city.listen(self._heard)
        threading.Thread(target=self._wait, name="demo city", daemon=True).start()

    def stop(self) -> None:
        """Look no more; the program ends."""
        self._timer.stop()
        self._first_hit.stop()

    def _heard(self, line: str) -> None:
        """In the thread that reads the city's lines. The first start of a city paints its pictures before its cameras
        answer, and whoever waits wants to know why."""
        done = PAINTED.match(line)
        if done is not None:
            over = done[1] == done[2]
            words = f"First start: the streets of {done[1]} of {done[2]} cameras are painted. Later starts are quick."
            self._console.bridge.call.emit(lambda: self._console.expect("" if over else words))

    def _wait(self) -> None:
        try:
            self._city.wait()
        except RuntimeError as error:
            sentence = str(error)
            self._console.bridge.call.emit(lambda: self._fail(sentence))
        else:
            self._console.bridge.call.emit(self._ready)

    def _fail(self, sentence: str) -> None:
        self.failure = sentence
        self._console.status.note(sentence)

    def _ready(self) -> None:
        first = self._city.devices[0]
        self._vault.put(self._set, Credentials(first["user"], first["password"]))
        self._add_lamps()
        self._serves = {device["xaddr"] for device in self._city.devices}
        self._ready_at = time.monotonic()
        self._console.status.note("Searching the virtual city …")
        self._console.devices.search_again()
        self._timer.start()

    def _add_lamps(self) -> None:
        """As the site file would name them."""
        entries = lamp_entries(self._city.lamp_systems, self._vault)
        self._console.book.change(lambda site: replace(site, lamp_systems=(*site.lamp_systems, *entries)))
        self._console.engine.acting.connect_lamps()

    def _add_readers(self) -> None:
        """As the site file would name them; then each is told where to push, as at the device."""
        cameras = self._console.book.site.cameras
        numbers = {address: camera.number for camera in cameras for address in camera.xaddrs}
        sources = plate_sources(self._city.readers, numbers, self._vault)
        receiver = ReceiverEntry(port=_free_port())
        self._console.book.change(lambda site: replace(site, plate_sources=sources, receiver=receiver))
        threading.Thread(target=self._aim, args=(receiver,), name="demo readers", daemon=True).start()

    def _aim(self, receiver: ReceiverEntry) -> None:
        try:
            aim_readers(self._city.control, self._city.readers, receiver_url(receiver), self._vault)
        except OSError as error:
            self._console.bridge.trouble.emit(f"The city's plate readers were not set up: {error}")
        try:
            self._bring_list()
        except (OSError, ValueError, DatabaseError) as problem:
            self._console.bridge.trouble.emit(f"The hotlist of the demo was not brought in: {problem}")

    def _bring_list(self) -> None:
        """As a supervisor adds a list and its entries: on record, and matched from then on. Raises OSError, ValueError
        (HotlistRefusal is one), DatabaseError."""
        book, actor = self._console.engine.wanted.lists, self._console.engine.acting.actor
        wanted = wanted_plates(self._city.control)
        entries = [
            *(HotEntry(plate=plate, reason="Seen near several incidents") for plate in wanted.suspects),
            *(HotEntry(plate=plate, reason="Drives in a convoy") for plate in wanted.convoy),
        ]
        number = book.keep(actor, Hotlist(name=LIST_NAME, owner="The virtual city"))
        for entry in entries:
            book.edit(actor, EntryEdit(number, None, entry))
        if entries:
            self._console.bridge.call.emit(lambda: self._soon(entries[0].plate))

    def _soon(self, plate: str) -> None:
        self._wanted = plate
        self._first_hit.start()

    def _send(self) -> None:
        threading.Thread(target=self._drive, args=(self._wanted,), name="demo car", daemon=True).start()

    def _drive(self, plate: str) -> None:
        try:
            send_car(self._city.control, plate, self._city.readers[0]["device"])
        except OSError as error:
            self._console.bridge.trouble.emit(f"The city did not send a car: {error}")

    def _look(self) -> None:
        found = [d for d in self._console.devices.found() if self._ours(d) and d.id not in self._asked]
        late = self._ready_at is not None and time.monotonic() - self._ready_at > LAST_CALL
        if found and (late or len(found) + len(self._asked) >= len(self._serves)):
            self._asked |= {device.id for device in found}
            candidates = [from_discovered(device) for device in found]
            self._console.devices.onboard(candidates, [self._set], self._told)
        if len(self._asked) >= len(self._serves):
            self._timer.stop()

    def _ours(self, device: Discovered) -> bool:
        return bool(self._serves.intersection(device.xaddrs))

    def _told(self, event: Progress) -> None:
        """In a worker."""
        if event.outcome in (Outcome.REFUSED, Outcome.FAILED):
            self._console.bridge.trouble.emit(event.sentence)
        elif event.outcome is Outcome.ADDED:
            self._console.bridge.trouble.emit("")

    def _fill(self) -> None:
        """Cameras in the order of their numbers while they come in; after that the wall is the operator's."""
        if self._filled:
            return
        numbers = tuple(camera.number for camera in self._console.book.site.cameras)
        self._filled = len(numbers) >= len(self._serves) > 0
        if self._filled:
            self._add_readers()
        wall = self._console.wall
        wall.start_with(showing(wall.state.layout, numbers).chosen(wall.state.selected))


def _free_port() -> int:
    """One that nobody else has now, so that two demos do not disturb each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
