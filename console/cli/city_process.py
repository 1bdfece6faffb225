"""Starts the virtual city as a process of its own and reads what it serves; the console has no other way to it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Self

import psutil

from console.model.site import LampSystemEntry
from console.store.credentials import Vault
from drivers.types import Credentials

LAMP_SET_NAME = "city lamps"
"""What the city calls the credentials in its lamp systems' settings."""
READY_SECONDS = 240.0
"""The first start of a large city encodes its pictures; later starts find them in the cache."""


class CityProcess:
    """Context manager around `watchfloor city`. The city ends with this process, however this one ends, because it
    watches its standard input."""

    def __init__(
        self, cameras: int, seed: int, extra: Sequence[str] = (), progress: Callable[[str], None] | None = None
    ) -> None:
        """``progress`` gets the city's lines about its work, from a thread of its own."""
        command = [sys.executable, "-m", "console", "city", "--cameras", str(cameras), "--seed", str(seed)]
        self._command = [*command, "--json", "--stdin-guard", *extra]
        self._progress = progress
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._first: queue.Queue[str] = queue.Queue()
        self._cpu_mark: tuple[float, float] = (0.0, 0.0)
        self._last_words = ""
        self.devices: list[dict[str, Any]] = []
        self.lamp_systems: list[dict[str, Any]] = []
        self.readers: list[dict[str, Any]] = []
        self.control: Any = None

    def listen(self, progress: Callable[[str], None]) -> None:
        """From now on tell ``progress`` of the city's lines, from a thread of its own."""
        self._progress = progress

    def start(self) -> None:
        """Start it and return at once; see ``wait``."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        readers: list[tuple[IO[str], Callable[[str], None]]] = [
            (self._process.stdout, self._first.put),
            (self._process.stderr, self._heard),
        ]
        for stream, take in readers:
            thread = threading.Thread(target=_read_lines, args=(stream, take), name="city output", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait(self, seconds: float = READY_SECONDS) -> None:
        """Wait until it serves. Raises RuntimeError with what to do if it does not."""
        try:
            line = self._first.get(timeout=seconds)
            told = json.loads(line)
        except queue.Empty:
            raise RuntimeError(
                f"The virtual city did not start within {seconds:.0f} s. Run `watchfloor city` to see why."
            ) from None
        except ValueError:
            self._threads[1].join(2)  # it reads what the city said last
            why = self._last_words or "Run `watchfloor city` to see why."
            raise RuntimeError(f"The virtual city ended at once. {why}") from None
        self.devices, self.control = told["devices"], told["control"]
        self.lamp_systems, self.readers = told["lamp_systems"], told["readers"]
        self.mark_cpu()

    def mark_cpu(self) -> None:
        """Begin to count its CPU."""
        self._cpu_mark = (self._used(), _now())

    def cpu_percent_since_start_of_measure(self) -> float:
        """Its CPU since ``mark_cpu`` in per cent of one core."""
        used, at = self._cpu_mark
        return 100.0 * (self._used() - used) / max(0.001, _now() - at)

    def stop(self) -> None:
        """End it and wait."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait()
        except RuntimeError:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _heard(self, line: str) -> None:
        """In the thread that reads the city's standard error."""
        if line:
            self._last_words = line
        if self._progress is not None:
            self._progress(line)

    def _used(self) -> float:
        if self._process is None:
            return 0.0
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system


def lamp_entries(told: Sequence[Mapping[str, Any]], vault: Vault) -> tuple[LampSystemEntry, ...]:
    """The city's lamp systems as a site has them; their passwords go into the vault."""
    for system in told:
        vault.put(LAMP_SET_NAME, Credentials(system["user"], system["password"]))
    return tuple(LampSystemEntry(system["name"], system["kind"], system["settings"]) for system in told)


def _read_lines(stream: IO[str], take: Callable[[str], None]) -> None:
    for line in stream:
        take(line.rstrip("\n"))
    take("")


def _now() -> float:
    import time

    return time.monotonic()
