"""`watchfloor bench flood`: what thousands of requests a second with a wrong token do to the receiver and to others.

The receiver runs as in the console: made by the site's own feeds, in front of the door in and a journal on this
computer's disk, in the process whose Qt thread ticks every 33 ms. The flood and the readers with the right token are
processes of their own (see ``flood_senders``), on the same cores. Readers send from another address than the flood with
a new connection for each read, and from the flood's own address with one that is kept; ``right_ms`` is of both, from
the first try to the receipt. With TLS the flood begins handshakes and never ends them.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psutil

from console import paths
from console.cli.bench_intake import Ticks, live, percentiles, ticking
from console.cli.flood_senders import HOST, PATH, Task
from console.cli.run import keep_what_is_built
from console.feed_factory import make_feeds
from console.incoming import Incoming
from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry
from console.model.site import Site
from console.services.audit_trail import AuditTrail
from console.services.feed_pool import SWITCH_INTERVAL
from console.services.site_book import SiteBook
from console.store.audit import Audit
from console.store.credentials import MemoryVault
from console.store.database import open_database, sqlite_url
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.types import Credentials

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

NAME = "bench"
OTHER_HOST = "127.0.0.2"
RIGHT_RATE = 10.0
"""Reads a second of each reader."""
SETTLE_SECONDS = 6.0
"""The receiver counts what it closed every 5 s."""
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class FloodBench:
    """What to measure: ``rate`` requests a second for ``seconds``; with ``tls`` handshakes."""

    rate: int
    seconds: int
    tls: bool


def measure_flood(wanted: FloodBench, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if something does not come."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QCoreApplication

    sys.setswitchinterval(SWITCH_INTERVAL)  # as the console's feeds do
    app = QCoreApplication.instance() or QCoreApplication(["watchfloor"])
    root = paths.data_dir()
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=root) as kept:
        return _measure(wanted, Path(kept), app, tell)


def _measure(wanted: FloodBench, folder: Path, app: QCoreApplication, tell: Callable[[str], None]) -> dict[str, Any]:
    token, told = secrets.token_hex(16), list[str]()
    certificate = _certificate(folder) if wanted.tls else ("", "")
    port = _free_port()
    source = PlateSource(NAME, PlateKind.REKOR, NAME, path=PATH)
    site = Site(plate_sources=(source,), receiver=ReceiverEntry(HOST, port, *certificate))
    book = SiteBook(site, lambda changed: None, lambda error: tell(str(error)))
    trail = AuditTrail(lambda: Audit(open_database(sqlite_url(folder / "site.db"))))
    vault = MemoryVault({NAME: Credentials("", token)})
    describer = OnvifDescriber(WsdlLibrary())
    incoming = Incoming(
        book,
        folder,
        trail,
        lambda sentence: told.append(sentence) if sentence else None,
        make_feeds=lambda station: make_feeds(site, vault, describer, station, folder),
    )
    ticks, memory = Ticks(), _Memory()
    try:
        incoming.start()
        if not incoming.intake.wait_open(_START_SECONDS):
            raise RuntimeError("The journal was not opened in time.")
        _wait_listening(port)
        keep_what_is_built()  # as the console after its start
        tell(f"{wanted.rate} a second for {wanted.seconds} s …")
        tasks = _tasks(wanted, port, token, str(folder / certificate[0]) if wanted.tls else "")
        used, begun = _cpu(), time.monotonic()
        with _Senders(tasks) as senders, ticking(ticks):
            live(app, lambda: memory.look() and senders.done(), wanted.seconds + 2 * _START_SECONDS)
            cpu = 100.0 * (_cpu() - used) / (time.monotonic() - begun)
            flooded, *heard = senders.results()
        until = time.monotonic() + SETTLE_SECONDS
        live(app, lambda: time.monotonic() > until)
        counts = incoming.feeds.counts()[NAME]
    finally:
        incoming.close()
        trail.close()
        book.close()
    took = [each for one in heard for each in one["took"]]
    return {
        "offered_per_s": round(flooded["offered"] / flooded["seconds"], 1),
        "refused_per_s": round((flooded["answered"] * (not wanted.tls) + flooded["closed"]) / flooded["seconds"], 1),
        "right_ms": percentiles(took, (50, 95)),
        "tick_ms": percentiles(ticks.between, (50, 99)),
        "rss_mb": round(memory.peak / 1e6, 1),
        "tls": wanted.tls,
        "cpu_percent": round(cpu, 1),
        "flood": {key: value for key, value in flooded.items() if key != "seconds"},
        "right": [
            {"address": each.source, "kept": each.keep, "receipts": len(one["took"]), "lost": one["lost"],
             "failed_tries": one["failed_tries"], **(percentiles(one["took"], (50, 95, 100)) if one["took"] else {})}
            for each, one in zip(tasks[1:], heard, strict=True)
        ],
        "counted": {"received": counts.received, "refused": counts.refused},
        "told": told,
    }  # fmt: skip


def _tasks(wanted: FloodBench, port: int, token: str, authority: str) -> list[Task]:
    other = OTHER_HOST if _can_send_from(OTHER_HOST) else HOST
    return [
        Task(True, port, HOST, wanted.rate, wanted.seconds, "", authority),
        Task(False, port, other, RIGHT_RATE, wanted.seconds, token, authority),
        Task(False, port, HOST, RIGHT_RATE, wanted.seconds, token, authority, keep=True),
    ]


class _Senders:
    """The processes of the flood and of the readers; a context manager, at whose end they are gone."""

    def __init__(self, tasks: list[Task]) -> None:
        self._lines = [json.dumps(asdict(task)) for task in tasks]
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> _Senders:
        command = [sys.executable, "-m", "console.cli.flood_senders"]
        for line in self._lines:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._running.append(process)
            assert process.stdin is not None
            process.stdin.write(line + "\n")
            process.stdin.flush()
        return self

    def done(self) -> bool:
        """Whether all have ended."""
        return all(process.poll() is not None for process in self._running)

    def results(self) -> list[dict[str, Any]]:
        """What each did. Raises RuntimeError where one failed."""
        found = []
        for process in self._running:
            assert process.stdout is not None
            text = process.stdout.read()
            if process.returncode:
                raise RuntimeError("A sender of the bench failed.")
            found.append(json.loads(text))
        return found

    def __exit__(self, *failure: object) -> None:
        for process in self._running:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


class _Memory:
    """The most memory that this process had."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.peak = 0

    def look(self) -> bool:
        """Look again."""
        self.peak = max(self.peak, self._process.memory_info().rss)
        return True


def _cpu() -> float:
    times = psutil.Process().cpu_times()
    return times.user + times.system


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as one:
        return int(one.getsockname()[1])


def _wait_listening(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), 1.0).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise RuntimeError(f"The receiver does not listen at port {port}: {error}.") from error
            time.sleep(0.05)


def _can_send_from(address: str) -> bool:
    with socket.socket() as one:
        try:
            one.bind((address, 0))
        except OSError:
            return False
    return True


def _certificate(folder: Path) -> tuple[str, str]:
    """A certificate for an hour and its key, in files of that folder; their names."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "bench.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "bench.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return "bench.pem", "bench.key"
