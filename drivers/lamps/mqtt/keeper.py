"""The keeper: a small process beside the console that ends orders which the lamps cannot end themselves.

``python -m drivers.lamps.mqtt.keeper`` lives in a session of its own, so that neither the end of the console nor that
of its terminal reaches it. It is told everything on its standard input, one JSON object a line, and answers likewise:

    {"broker": {...}}                                        first; {"ready": true} when the broker has taken it
    {"keep": N, "ends": [{"lamp", "at", "send": [[topic, payload], ...]}]}   {"kept": N}, or {"kept": N, "why": "..."}
    {"drop": N, "lamps": [...]}                              {"dropped": N}

and by itself {"pid": N} at the start, {"ended": [lamps]}, {"lost": "..."} and {"ready": true}. A lamp has one end: the
newest. Each is sent at its time (seconds since 1970), again after a lost connection until the broker has it. The
process ends when its input is closed and nothing is left to end; told to terminate, as at a shut-down of the computer,
it ends everything at once.

What it cannot do: end an order when *this computer* loses its power or is cut off from the broker. An MQTT will would
be no help: there is one a connection, for one topic, and it would strike at each short loss of the network, in the
middle of orders. Where that matters, let the lamps end orders themselves (see ``LampFeatures.expires``).
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from drivers.errors import DriverError, Refused
from drivers.lamps.mqtt.config import Broker, Tls
from drivers.lamps.mqtt.dialect import MAX_LAMPS, Message
from drivers.mqtt_link import Link
from drivers.types import Credentials

MAX_LINE = 16 * 1024 * 1024
GIVE_UP_S = 24 * 3600.0
"""How long an end that cannot be delivered is tried after its time."""
_LONGEST_WAIT_S = 1.0
"""Clocks are set now and then: no wait is trusted for longer."""


@dataclass(slots=True)
class _End:
    at: float
    send: list[Message]
    waiting: set[int]
    sent: bool = False


def broker_json(broker: Broker) -> dict[str, Any]:
    """A broker as the keeper reads it. It holds the password: for a pipe only."""
    login, tls = broker.credentials, broker.tls
    return {
        "name": broker.name,
        "host": broker.host,
        "port": broker.port,
        "keepalive": broker.keepalive_s,
        "user": None if login is None else login.user,
        "password": None if login is None else login.password,
        "tls": tls is not None,
        "ca": None if tls is None or tls.ca is None else str(tls.ca),
        "verify": tls is None or tls.verify,
    }


def read_broker(found: dict[str, Any]) -> Broker:
    """The other way round. The id at the broker is made anew: the console has its own."""
    tls = Tls(None if found["ca"] is None else Path(found["ca"]), bool(found["verify"])) if found["tls"] else None
    login = None if found["user"] is None else Credentials(found["user"], found["password"])
    return Broker(found["name"], found["host"], found["port"], login, tls, "", found["keepalive"])


class Keeping:
    """What is kept and when it ends. One thread calls ``run``; the link's and the reader's only put into the queue."""

    def __init__(self, say: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.time) -> None:
        self._say, self._clock = say, clock
        self._ends: dict[str, _End] = {}
        self._waiting: dict[int, str] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._link: Link | None = None
        self._up = False
        self._open = True
        self._hopeless = False

    def run(self) -> None:
        """Work until nothing is left to do."""
        try:
            while (self._open or self._ends) and not self._hopeless:
                try:
                    self._inbox.get(timeout=self._wait())()
                except queue.Empty:
                    pass
                while not self._inbox.empty():
                    self._inbox.get()()
                self._end_what_is_due()
        finally:
            if self._link is not None:
                self._link.stop()

    def put(self, work: Callable[[], None]) -> None:
        """Have something done in the thread of ``run``; any thread, signal handlers too."""
        self._inbox.put(work)

    def take(self, line: bytes) -> None:
        """One line of the console. Raises ValueError or KeyError for what is none."""
        found = json.loads(line)
        if "broker" in found:
            if self._link is None:
                self._link = Link(read_broker(found["broker"]), _Ears(self))
                self._link.start()
        elif "keep" in found:
            self._keep(found)
        elif "drop" in found:
            for lamp in found["lamps"]:
                self._forget(lamp)
            self._say({"dropped": found["drop"]})

    def close(self) -> None:
        """No more lines will come."""
        self._open = False

    def terminate(self) -> None:
        """End everything now, and then this process."""
        self._open = False
        for end in self._ends.values():
            end.at = min(end.at, self._clock())

    def connected(self) -> None:
        """The broker took the connection."""
        self._up = True
        self._say({"ready": True})

    def lost(self, error: DriverError) -> None:
        """It broke: what was not confirmed is sent again."""
        self._up = False
        self._waiting.clear()
        for end in self._ends.values():
            end.sent = False
            end.waiting.clear()
        self._say({"lost": error.detail or error.what})
        if isinstance(error, Refused) and not self._ends:
            self._hopeless = True

    def acknowledged(self, number: int) -> None:
        """The broker has a message."""
        lamp = self._waiting.pop(number, None)
        end = None if lamp is None else self._ends.get(lamp)
        if lamp is None or end is None:
            return
        end.waiting.discard(number)
        if end.sent and not end.waiting:
            del self._ends[lamp]
            self._say({"ended": [lamp]})

    def _keep(self, found: dict[str, Any]) -> None:
        ends = {each["lamp"]: _end(each) for each in found["ends"]}
        why = ""
        if not self._up:
            why = "it has no connection to the broker"
        elif len(self._ends.keys() | ends.keys()) > MAX_LAMPS:
            why = "it keeps too many orders already"
        else:
            for lamp in ends:
                self._forget(lamp)
            self._ends.update(ends)
        self._say({"kept": found["keep"], "why": why} if why else {"kept": found["keep"]})

    def _forget(self, lamp: str) -> None:
        end = self._ends.pop(lamp, None)
        for number in end.waiting if end is not None else ():
            self._waiting.pop(number, None)

    def _wait(self) -> float:
        times = [each.at for each in self._ends.values() if not each.sent]
        return min(_LONGEST_WAIT_S, max(0.0, min(times) - self._clock())) if times and self._up else _LONGEST_WAIT_S

    def _end_what_is_due(self) -> None:
        now = self._clock()
        for lamp in [lamp for lamp, end in self._ends.items() if now >= end.at + GIVE_UP_S]:
            self._forget(lamp)
        if not self._up or self._link is None:
            return
        for lamp, end in self._ends.items():
            if end.sent or end.at > now:
                continue
            try:
                numbers = self._link.publish(end.send)
            except DriverError:
                return  # the link tells why in a moment, and all of it is tried again then
            end.waiting = {each for each in numbers if each is not None}
            end.sent = len(end.waiting) == len(numbers)
            self._waiting.update(dict.fromkeys(end.waiting, lamp))


class _Ears:
    """Takes what the link tells into the keeper's thread."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def connected(self) -> None:
        self._keeping.put(self._keeping.connected)

    def lost(self, error: DriverError) -> None:
        self._keeping.put(lambda: self._keeping.lost(error))

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        return  # nothing is subscribed

    def acknowledged(self, number: int) -> None:
        self._keeping.put(lambda: self._keeping.acknowledged(number))

    def denied(self) -> None:
        return

    def tick(self, now: float) -> None:
        return


def _end(found: dict[str, Any]) -> _End:
    return _End(float(found["at"]), [Message(str(topic), str(payload)) for topic, payload in found["send"]], set())


class _Mouth:
    """Writes answers as long as somebody reads them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream: IO[bytes] | None = stream

    def say(self, answer: dict[str, Any]) -> None:
        """One line."""
        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(answer).encode() + b"\n")
            self._stream.flush()
        except OSError:
            self._stream = None  # the console is gone; the work goes on

    def close(self) -> None:
        """Let the console see that no more comes: its reading thread can end while this process lives on."""
        self._stream = None
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)


def _read(stream: IO[bytes], keeping: Keeping, mouth: _Mouth) -> None:
    def closed() -> None:
        keeping.close()
        mouth.close()

    def take(line: bytes) -> None:
        try:
            keeping.take(line)
        except (ValueError, KeyError, TypeError) as error:
            mouth.say({"trouble": f"a line that cannot be understood ({type(error).__name__})"})

    while line := stream.readline(MAX_LINE):
        keeping.put(lambda line=line: take(line))  # type: ignore[misc]
    keeping.put(closed)


def main() -> None:
    """Detach from the console, then keep."""
    if hasattr(os, "fork"):
        if os.fork() > 0:
            os._exit(0)  # the console waits for this one; the keeper itself is nobody's child
        os.setsid()
    mouth = _Mouth(sys.stdout.buffer)
    mouth.say({"pid": os.getpid()})
    logging.disable(logging.CRITICAL)  # there is nobody to read it: what matters is said on the pipe
    keeping = Keeping(mouth.say)
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: keeping.put(keeping.terminate))
    threading.Thread(target=_read, args=(sys.stdin.buffer, keeping, mouth), name="console", daemon=True).start()
    keeping.run()


if __name__ == "__main__":
    main()
