"""A control room for the tests: the virtual city and the console as processes of their own, watched from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

from console.cli.city_process import CityProcess

PATIENCE = 40.0
"""Seconds after which something that does not happen counts as not happening; used up only by failing tests."""

VERBOSE = ("-m", "console", "--verbose")

_LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ([A-Z]+) ([\w.]+): (.*)$")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the application's log; ``at`` is Unix time in seconds by the application's own stamp."""

    at: float
    level: str
    text: str


class Console:
    """`watchfloor --verbose ...` as a process, watched through its log. ``program``: what Python runs instead."""

    def __init__(
        self, words: Sequence[str], display: str | None, program: Sequence[str] = VERBOSE, **environ: str
    ) -> None:
        qt = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"} if display else {"QT_QPA_PLATFORM": "offscreen"}
        self._changed = threading.Condition()
        self._raw: list[str] = []
        self._lines: list[LogLine] = []
        self._cursor = 0
        self.process = subprocess.Popen(
            [sys.executable, *program, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **qt, **environ},
        )
        self._reader = threading.Thread(target=self._read, name="console log")
        self._reader.start()

    def says(self, pattern: str, after: float = 0.0) -> LogLine:
        """Wait for a log line that matches (``after`` this Unix time) and return it."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                found = next((line for line in self._lines if line.at >= after and re.search(pattern, line.text)), None)
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                hope = left > 0 and not ended
                assert hope, f"the console never said {pattern!r}. It said:\n{self.log}"
                self._changed.wait(min(left, 0.5))

    def said(self, pattern: str) -> list[LogLine]:
        """All log lines so far that match."""
        with self._changed:
            return [line for line in self._lines if re.search(pattern, line.text)]

    @property
    def log(self) -> str:
        """Everything it wrote."""
        with self._changed:
            return "\n".join(self._raw)

    def tell(self, line: str) -> None:
        """A line on its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def children(self) -> list[psutil.Process]:
        """The processes that it started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def quits_on_sigterm(self) -> None:
        """Tell it to end and see it end well: status 0, nothing but log lines, no error, no trace."""
        self.process.send_signal(signal.SIGTERM)
        self.ends_well()

    def dies(self) -> None:
        """Killed from one moment to the next, as by a power cut."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def ends_well(self, patience: float = PATIENCE) -> None:
        """Wait for its end; see ``quits_on_sigterm``."""
        status = self.process.wait(patience)
        self._reader.join(PATIENCE)
        assert status == 0, f"exit status {status}\n{self.log}"
        noise = [line for line in self._raw if not _LINE.match(line) and not _harmless(line)]
        assert not noise, "the console made noise:\n" + "\n".join(noise)
        assert not [line for line in self._lines if line.level not in ("INFO", "WARNING")], self.log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            with self._changed:
                self._raw.append(text.rstrip("\n"))
                match = _LINE.match(text.rstrip("\n"))
                if match:
                    day = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").astimezone()
                    self._lines.append(LogLine(day.timestamp() + int(match[2]) / 1000, match[3], match[5]))
                self._changed.notify_all()


def _harmless(line: str) -> bool:
    """What Qt's offscreen platform says of itself, and the sentence of `demo --shot`."""
    return line.startswith("This plugin does not support") or line.endswith(" live tiles")


class City(CityProcess):
    """The city with its control API."""

    def __init__(self, cameras: int, seed: int, *more: str) -> None:
        super().__init__(cameras, seed, ("--control", "--no-discovery", *more))

    def kills(self, camera: int) -> float:
        """Cut a camera's power; gives the time just before, Unix seconds."""
        return self._power(camera, up=False)

    def revives(self, camera: int) -> float:
        """Power again; gives the time just before."""
        return self._power(camera, up=True)

    def stalls(self, camera: int) -> None:
        """The camera keeps its connections and sends no more pictures."""
        self.call("POST", f"/devices/{camera}/faults", {"name": "stall"})

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of the control API."""
        with requests.Session() as session:
            session.trust_env = False
            header = {"X-City-Token": self.control["token"]}
            answer = session.request(method, self.control["url"] + path, json=body, headers=header, timeout=10)
            answer.raise_for_status()
            return answer.json()

    def _power(self, camera: int, up: bool) -> float:
        before = time.time()
        self.call("POST", f"/devices/{camera}/power", {"up": up})
        return before


def ended(processes: Sequence[psutil.Process]) -> bool:
    """Whether all of these end within the patience of the tests."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    return not alive


def free_display_command(screen: str = "1920x1080x24") -> list[str]:
    """The command line of an X server on a free display that writes its number to standard output."""
    return ["Xvfb", "-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-noreset"]


def site_folder(home: Path) -> tuple[Path, Path, dict[str, str]]:
    """Folders for a site's configuration and data, and the variables that lead the console there."""
    config, data = home / "config", home / "data"
    config.mkdir()
    data.mkdir()
    variables = {
        "WATCHFLOOR_CONFIG": str(config),
        "WATCHFLOOR_DATA": str(data),
        "WATCHFLOOR_KEY_FILE": str(home / "key"),
    }
    return config, data, variables
