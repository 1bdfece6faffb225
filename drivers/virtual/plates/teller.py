"""How one reader tells what it read: in its maker's messages, over its way, with the faults that are set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from drivers.virtual.lamps.mqtt_wire import Publication
from drivers.virtual.plates import event_messages, push_messages
from drivers.virtual.plates.event_messages import Notification
from drivers.virtual.plates.push import FAULTS, Pusher
from drivers.virtual.plates.push_messages import Message
from drivers.virtual.plates.readers import Maker, Reader, Way
from drivers.virtual.plates.reading import Reading, first_glance
from drivers.virtual.state import FaultBox

MARKUP = '<img src=x onerror="alert(1)">'
YEAR_S = 365 * 86_400.0
_MOST_EVENT = 8 * 1024 * 1024
_UPDATE_S, _LOST_S = 0.4, 10.0
"""When AXIS License Plate Verifier tells of a car again, and when it says that it is gone."""
Told = Message | Publication | Notification


class Teller:
    """One reader's voice. One loop only, but for ``faults``. ``publish`` is the way to its broker, ``notify`` to those
    who pull its camera's events or listen to its metadata."""

    def __init__(
        self,
        reader: Reader,
        publish: Callable[[Publication], None] = lambda message: None,
        notify: Callable[[Notification], None] = lambda event: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.reader, self.faults = reader, FaultBox(FAULTS)
        self.pusher = Pusher(self.faults, pause) if reader.way is Way.PUSH else None
        self.told = 0
        """Messages about reads that were sent or queued."""
        self._publish, self._notify = publish, notify
        self._held: list[Told] = []
        self._numbers = 0
        self._cars = 0
        self._later: set[asyncio.TimerHandle] = set()

    def start(self) -> None:
        """Begin to tell."""
        if self.pusher is not None:
            self.pusher.start()

    async def stop(self) -> None:
        """Fall silent."""
        for timer in self._later:
            timer.cancel()
        self._later.clear()
        if self.pusher is not None:
            await self.pusher.stop()

    def clock(self, now: float) -> float:
        """The reader's own time."""
        value = self.faults.peek("clock")
        return now if value is None else now + (YEAR_S if value == "1" else float(value))

    def tell(self, reading: Reading) -> None:
        """Tell of a read; nothing while it is to be silent."""
        if self.faults.take("silent") is not None:
            return
        if self.faults.peek("clock") is not None:
            reading = replace(reading, at=self.clock(reading.at))
            self.faults.take("clock")
        markup = self.faults.take("markup")
        if markup is not None:
            reading = reading.with_text(reading.text + (MARKUP if markup == "1" else markup))
        if self.reader.maker is Maker.AXIS:
            self._axis(reading)
        else:
            self._send(self._message(reading))

    def heartbeat(self, now: float) -> None:
        """Tell that it is there, where its maker's readers do."""
        beat = push_messages.heartbeat(self.reader, self.clock(now))
        if beat is not None and self.pusher is not None and self.faults.peek("silent") is None:
            self.pusher.offer(beat)

    def _axis(self, reading: Reading) -> None:
        """Three events: at once with a worse text, a moment later with the right one, and when the car is gone; the
        last one carries the time of the last capture."""
        self._cars += 1
        car = self._cars

        def event(state: str, seen: Reading, after: float) -> None:
            self._numbers += 1
            shown = replace(seen, at=seen.at + after)
            self._send(push_messages.axis(shown, state, self._numbers, car))

        event("new", first_glance(reading), 0.0)
        self._after(_UPDATE_S, lambda: event("update", reading, _UPDATE_S))
        self._after(_LOST_S, lambda: event("lost", reading, _UPDATE_S))

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        def run() -> None:
            self._later.discard(timer)
            do()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._later.add(timer)

    def _message(self, reading: Reading) -> Told:
        self._numbers += 1
        match self.reader.maker:
            case Maker.REKOR:
                return push_messages.rekor(reading)
            case Maker.PLATE_RECOGNIZER:
                # Streams without pictures to send post plain JSON.
                return push_messages.plate_recognizer(reading, form=bool(reading.look.scene))
            case Maker.HIKVISION:
                return push_messages.hikvision(reading, self._numbers)
            case Maker.FRIGATE:
                return event_messages.frigate(reading)
            case Maker.ONVIF_MQTT:
                return event_messages.onvif_json(reading)
            case _:
                return event_messages.onvif_event(reading)

    def _send(self, told: Told) -> None:
        """Send in the order that the faults want: a read that is held goes after the next."""
        if self.faults.take("reordered") is not None and not self._held:
            self._held.append(told)
            return
        held, self._held = self._held, []
        for each in (told, *held):
            self._out(each)
            if self.faults.take("duplicates") is not None:
                self._out(each)

    def _out(self, told: Told) -> None:
        self.told += 1
        if isinstance(told, Message):
            if self.pusher is not None:
                self.pusher.offer(told)
        elif isinstance(told, Publication):
            self._publish(self._spoilt(told))
        else:
            huge = self.faults.take("huge")
            if huge is not None:
                told = replace(told, data={**told.data, "Image": "A" * _size(huge)})
            cut = self.reader.way is Way.STREAM and self.faults.take("broken") is not None
            self._notify(replace(told, cut=cut))

    def _spoilt(self, message: Publication) -> Publication:
        payload = message.payload
        if self.faults.take("broken") is not None:
            payload = payload[: len(payload) // 2]
        huge = self.faults.take("huge")
        if huge is not None:
            payload = payload.ljust(_size(huge))
        return replace(message, payload=payload)


def _size(value: str) -> int:
    return min(_MOST_EVENT, int(float(value)) if float(value) > 1 else _MOST_EVENT)
