"""The bench's plate readers: each sends messages of Rekor's kind at a rate of its own, as webhooks bring them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from console.cli.bench_fill import plate_of
from console.services.intake import Intake
from console.store.event_codec import event_key
from drivers.feeding import Incoming
from drivers.plates.rekor import read_rekor

SENDERS = 2
"""As the console has them: one loop for all that push, a thread for a broker."""
KNOWN = 20_000
"""Cars that come again; half of all reads are of them."""
_TURN = 0.005
"""Seconds of a sender's turn: it sends what is due, then waits for the next."""
_MESSAGE = (
    '{"data_type":"alpr_group","version":2,"epoch_start":%d,"epoch_end":%d,"camera_id":%d,"agent_uid":"bench",'
    '"best_uuid":"%s","best_plate_number":"%s","best_confidence":94.1,"best_region":"eu-de","country":"eu",'
    '"gps_latitude":%.6f,"gps_longitude":%.6f,"travel_direction":%d,"img_width":1280,"img_height":720,'
    '"best_plate":{"plate":"%s","confidence":94.1,"coordinates":[{"x":402,"y":310},{"x":498,"y":312},'
    '{"x":497,"y":338},{"x":401,"y":336}]},"candidates":[{"plate":"%s","confidence":94.1,"matches_template":1},'
    '{"plate":"%s","confidence":81.5,"matches_template":0},{"plate":"%s","confidence":77.2,"matches_template":0}],'
    '"vehicle":{"color":[{"name":"silver-gray","confidence":70.1}],"make":[{"name":"ford","confidence":60.2}],'
    '"make_model":[{"name":"ford_focus","confidence":50.0}],"body_type":[{"name":"sedan-compact","confidence":81.0}]}}'
)


class Senders:
    """Several threads that send together ``rate`` reads a second for ``seconds``. What was acknowledged as being on
    disk is kept by its key; what was refused, is counted."""

    def __init__(self, intake: Intake, cameras: tuple[tuple[str, float, float], ...], run: str) -> None:
        self._intake, self._cameras, self._run = intake, cameras, run
        self._lock = threading.Lock()
        self.acknowledged: list[bytes] = []
        self.sent = self.refused = 0
        self.last_acknowledged = 0.0
        self._turn = 0
        chance = random.Random(21)
        self._known = [plate_of(chance) for _ in range(KNOWN)]

    def send(self, rate: int, seconds: float, live: Callable[[Callable[[], bool]], None]) -> tuple[int, float]:
        """How many were put on disk of those that were sent, and the seconds from the first sent to the last on disk.
        ``live`` lets the application live until something holds."""
        each = int(rate * seconds / SENDERS) + 1
        self._turn += 1
        waiting = [self._messages(number, each) for number in range(SENDERS)]
        before = len(self.acknowledged)
        with self._lock:
            settled_before = len(self.acknowledged) + self.refused
        sent_before, begun = self.sent, time.monotonic()
        threads = [
            threading.Thread(
                target=self._sender,
                args=(number, waiting[number], rate / SENDERS, begun + seconds),
                name=f"reader {number}",
            )
            for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        live(lambda: not any(thread.is_alive() for thread in threads))
        for thread in threads:
            thread.join()
        live(lambda: len(self.acknowledged) + self.refused - settled_before >= self.sent - sent_before)
        return len(self.acknowledged) - before, self.last_acknowledged - begun

    def _messages(self, number: int, count: int) -> list[bytes]:
        chance = random.Random(f"{self._run} {number} {self._turn}")
        return [self._message(chance, f"{self._run}-{self._turn}-{number}-{each}") for each in range(count)]

    def _sender(self, number: int, messages: list[bytes], rate: float, end: float) -> None:
        source = f"bench {number}"
        begun, sent = time.monotonic(), 0
        while (now := time.monotonic()) < end:
            due = min(int((now - begun) * rate) + 1, len(messages))
            for body in messages[sent:due]:
                self._one(source, body)
            sent = due
            time.sleep(_TURN)
        with self._lock:
            self.sent += sent

    def _one(self, source: str, body: bytes) -> None:
        """As the receiver does: parse what came, hand it in, answer when it is on disk."""
        events = read_rekor(Incoming(source, body, datetime.now(UTC)))
        keys = [event_key(event) for event in events]

        def done(good: bool) -> None:
            with self._lock:
                if good:
                    self.acknowledged += keys
                    self.last_acknowledged = time.monotonic()
                else:
                    self.refused += len(keys)

        self._intake.deliver(events).then(done)

    def _message(self, chance: random.Random, name: str) -> bytes:
        plate = chance.choice(self._known) if chance.random() < 0.5 else plate_of(chance)
        number = chance.randrange(len(self._cameras))
        _, latitude, longitude = self._cameras[number]
        now = int(time.time() * 1000)
        other = f"{plate[:-1]}{chance.randrange(10)}"
        text = _MESSAGE % (
            *(now - 400, now, number, name, plate, latitude, longitude, chance.randrange(360)),
            *(plate, plate, other, plate[1:]),
        )
        return text.encode()
