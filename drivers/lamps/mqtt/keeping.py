"""The console's side of the keeper: starts it, tells it, and knows whether it still runs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import drivers
from drivers.errors import DriverError, Unreachable
from drivers.lamps.mqtt.config import Broker
from drivers.lamps.mqtt.dialect import Message
from drivers.lamps.mqtt.keeper import MAX_LINE, broker_json
from drivers.words import clean

KEEPER_COMMAND = (sys.executable, "-P", "-m", "drivers.lamps.mqtt.keeper")
"""How the keeper is started where Python is there; a frozen console hands in a command of its own."""
_ROOT = str(Path(drivers.__file__).parent.parent)
"""The keeper is of the same tree as the console, whatever folder either was started in."""


@dataclass(frozen=True, slots=True)
class End:
    """What to publish for a lamp, and when."""

    lamp: str
    at: datetime
    send: tuple[Message, ...]


class Keeper:
    """One keeper process. Any thread; ``keep`` waits for the keeper's word, at most ``answer_s``.

    ``changed`` is called in the reading thread whenever ``ready`` may be another, and ``ended`` with the lamps that the
    keeper brought back."""

    def __init__(
        self,
        broker: Broker,
        changed: Callable[[], None] = lambda: None,
        ended: Callable[[Sequence[str]], None] = lambda lamps: None,
        command: Sequence[str] = KEEPER_COMMAND,
        answer_s: float = 3.0,
    ) -> None:
        self._broker, self._changed, self._ended = broker, changed, ended
        self._command, self._answer_s = tuple(command), answer_s
        self._lock = threading.Condition()
        self._stdin: IO[bytes] | None = None
        self._ready = self._told = False
        self._answers: dict[int, str | None] = {}
        self._number = 0
        self.pid = 0
        """Of the keeper, when it has told it."""
        self._trouble = "it does not run"
        self._thread: threading.Thread | None = None
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    @property
    def ready(self) -> bool:
        """Whether it runs and has the broker."""
        with self._lock:
            return self._ready

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        with self._lock:
            return self._stdin is not None

    def start(self) -> None:
        """Start the process, where there is none. Raises DriverError where it cannot be."""
        with self._lock:
            if self._stdin is not None:
                return
        if self._thread is not None:
            self._thread.join()
        flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                creationflags=flags,
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join([_ROOT, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)},
            )
        except OSError as error:
            raise Unreachable(self._broker.name, f"the keeper cannot be started ({clean(str(error))})") from error
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            self._stdin, self._trouble = process.stdin, "it has no connection to the broker yet"
            self._lines = queue.SimpleQueue()
            self._send({"broker": broker_json(self._broker)})
        self._thread = threading.Thread(
            target=self._listen,
            args=(process, process.stdout, self._lines),
            name=f"keeper {self._broker.name}",
            daemon=True,
        )
        self._thread.start()
        threading.Thread(
            target=_write, args=(process.stdin, self._lines), name=f"to keeper {self._broker.name}", daemon=True
        ).start()

    def stop(self) -> None:
        """Let it go: it ends what it keeps at its time, and then itself."""
        with self._lock:
            self._stdin = None
            self._lines.put(None)
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(self._answer_s)

    def wait_ready(self, seconds: float) -> bool:
        """Wait until it has the broker, or says that it has not."""
        with self._lock:
            self._lock.wait_for(lambda: self._told or self._stdin is None, seconds)
            return self._ready

    def keep(self, ends: Sequence[End]) -> None:
        """Hand over ends; the newest of a lamp counts. Raises DriverError where the keeper did not confirm."""
        listed = [
            {"lamp": e.lamp, "at": e.at.timestamp(), "send": [[m.topic, m.payload] for m in e.send]} for e in ends
        ]
        self._ask("keep", {"ends": listed})

    def drop(self, lamps: Sequence[str]) -> None:
        """These were ended otherwise. Raises DriverError where the keeper did not confirm."""
        self._ask("drop", {"lamps": list(lamps)})

    def _ask(self, verb: str, rest: dict[str, Any]) -> None:
        with self._lock:
            self._number += 1
            number = self._number
            if not self._send({verb: number, **rest}):
                raise self._error(self._trouble)
            self._lock.wait_for(lambda: number in self._answers or self._stdin is None, self._answer_s)
            why = self._answers.pop(number, "it does not answer")
        if why is not None:
            raise self._error(why)

    def _error(self, why: str) -> DriverError:
        return Unreachable(self._broker.name, f"the keeper that would end it cannot: {why}", "Restart the console.")

    def _send(self, line: dict[str, Any]) -> bool:
        """Have one line written; the lock is held. A thread writes: a keeper that does not read must block nobody."""
        if self._stdin is None:
            return False
        self._lines.put(json.dumps(line).encode() + b"\n")
        return True

    def _listen(
        self, process: subprocess.Popen[bytes], stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]
    ) -> None:
        with stream:
            while line := stream.readline(MAX_LINE):
                try:
                    found = json.loads(line)
                except ValueError:
                    break  # whatever this is, it is no keeper
                if isinstance(found, dict):
                    self._heard(found)
        with self._lock:
            self._stdin = None
            lines.put(None)
            self._ready, self._told, self._trouble = False, False, "it does not run"
            self._lock.notify_all()
        if os.name == "posix":
            process.wait()  # only what started the keeper: it ended at once
        self._changed()

    def _heard(self, found: dict[str, Any]) -> None:
        with self._lock:
            before = self._ready
            if found.get("ready"):
                self._ready = self._told = True
            elif "lost" in found:
                self._ready, self._told, self._trouble = False, True, clean(found["lost"])
            if isinstance(found.get("pid"), int):
                self.pid = found["pid"]
            for verb in ("kept", "dropped"):
                if verb in found:
                    self._answers[int(found[verb])] = clean(found["why"]) if "why" in found else None
            self._lock.notify_all()
            changed = self._ready != before
        if changed:
            self._changed()
        if isinstance(found.get("ended"), list):
            self._ended([str(each) for each in found["ended"]])


def _write(stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    """Write until there is nothing more to say, or nobody who reads."""
    try:
        with stream:
            while (line := lines.get()) is not None:
                stream.write(line)
                stream.flush()
    except OSError:
        return  # its end is seen, and told, by the thread that reads
