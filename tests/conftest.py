"""What every test lives in: a home of its own, no network but this machine, and nothing left running afterwards.

It works with and without PySide6 and pytest-qt; the run of drivers and model without Qt uses it too.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ifaddr
import pytest
from hypothesis import settings

GRACE_S = 5.0
"""How long a thread that was told to end may take until a test fails for it; waited by joining, so seldom used up."""

# The same examples in every run: a failure that only one machine sees helps nobody.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Without pytest-qt its settings in pyproject.toml would be unknown, and unknown settings are errors."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail"):
            parser.addini(name, "a setting of pytest-qt, which is not here")


def pytest_collection_finish() -> None:
    """What all tests imported stays until the end. Out of the garbage collector's sight it costs no test any time: not
    when garbage is looked for, nor when timers are (see ``nothing_left_running``)."""
    gc.collect()
    gc.freeze()


# --- a home of its own ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every variable that names the user's folders into ``tmp_path``; subprocesses inherit it.

    The keyring is the one of a machine that has none: it raises ``NoKeyringError``, so that no password is ever
    written to the user's keyring nor lost in silence. A test that needs a keyring passes one of its own.
    """
    home = tmp_path / "home"
    home.mkdir()
    runtime = home / "run"
    runtime.mkdir(mode=0o700)  # Qt warns of any other mode
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "AppData" / "Roaming",
        "LOCALAPPDATA": home / "AppData" / "Local",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": runtime,
    }
    for name, folder in folders.items():
        monkeypatch.setenv(name, str(folder))
    if "WAYLAND_DISPLAY" in os.environ and not os.path.isabs(os.environ["WAYLAND_DISPLAY"]):
        # The compositor's socket lies in the runtime folder of the user, not in ours.
        monkeypatch.setenv("WAYLAND_DISPLAY", str(Path(_REAL_RUNTIME_DIR) / os.environ["WAYLAND_DISPLAY"]))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")  # alarms of a console under test must not be heard in the room
    return home


_REAL_RUNTIME_DIR = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()


# --- no network but this machine ------------------------------------------------------------------------------------


class OutsideNetworkError(AssertionError):
    """A test tried to reach another machine."""

    def __init__(self, host: object) -> None:
        super().__init__(f"a test tried to reach {host}, which is not this machine")


def _own_addresses() -> frozenset[str]:
    ips = (ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips)
    return frozenset(ips)


_OWN_ADDRESSES = _own_addresses()
_OWN_NAMES = frozenset({"", "localhost", socket.gethostname()})


def _is_this_machine(host: str) -> bool:
    """True for loopback, this machine's own addresses, and multicast and unspecified ones, which name no machine."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in _OWN_NAMES
    return address.is_loopback or address.is_multicast or address.is_unspecified or str(address) in _OWN_ADDRESSES


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_this_machine(str(address[0])):
        sock.close()  # callers close it for an OSError only, and a leaked socket would hide this sentence
        raise OutsideNetworkError(address[0])


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Refuse connections of Python sockets to other machines; a name that is not this machine's is not known.

    Libraries with sockets of their own (FFmpeg) are not seen by this. Datagrams are watched through ``connect`` only:
    a probe sent to a network reaches nobody's files.
    """
    with pytest.MonkeyPatch.context() as patch:
        connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

        def guarded_connect(self: socket.socket, address: Any) -> None:
            _check(self, address)
            connect(self, address)

        def guarded_connect_ex(self: socket.socket, address: Any) -> int:
            _check(self, address)
            return connect_ex(self, address)

        def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name is not None and not _is_address(name) and name not in _OWN_NAMES:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return getaddrinfo(host, *args, **kwargs)

        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


# --- nothing left running -------------------------------------------------------------------------------------------


def _threads() -> set[threading.Thread]:
    """Threads that Python started; a foreign thread that once called Python (FFmpeg, Qt) never leaves the list."""
    # threading._DummyThread has no public name.
    return {t for t in threading.enumerate() if t.is_alive() and not isinstance(t, threading._DummyThread)}


def _active_timers() -> dict[int, Any]:
    """Every running ``QTimer`` that Python knows of, by its id; empty without a Qt application."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None or core.QCoreApplication.instance() is None:
        return {}
    kinds = {core.QTimer, *core.QTimer.__subclasses__()}
    is_valid = sys.modules["shiboken6"].isValid
    return {id(o): o for o in gc.get_objects() if type(o) in kinds and is_valid(o) and o.isActive()}


class _Records(logging.Handler):
    """Keeps what asyncio logs as an error: a task that died unseen, a callback that raised."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a Qt timer running, or a task that asyncio complains of."""
    with_qt = "qapp" in request.fixturenames  # looking for timers goes through every object: not for each test
    # Ids, not timers: to hold them would keep them alive.
    timers = frozenset(_active_timers()) if with_qt else frozenset()
    threads, records = _threads(), _Records()
    asyncio_log = logging.getLogger("asyncio")
    asyncio_log.addHandler(records)
    try:
        yield
    finally:
        asyncio_log.removeHandler(records)
    deadline = time.monotonic() + GRACE_S
    left = []
    for thread in _threads() - threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            left.append(f"thread {thread.name!r}")
    if with_qt:
        left += _timers_left(timers)
    if left:
        pytest.fail(f"left running after the test: {', '.join(sorted(left))}", pytrace=False)
    if records.lines:
        pytest.fail("asyncio complained: " + "\n".join(records.lines), pytrace=False)


def _timers_left(before: frozenset[int]) -> list[str]:
    core = sys.modules["PySide6.QtCore"]
    if core.QCoreApplication.instance() is None:
        return []
    # Widgets closed at the end of the test still wait for their deletion; their timers go with them.
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    timers = [t for key, t in _active_timers().items() if key not in before]
    return [f"timer {t.objectName() or t!r} of {t.parent()!r}" for t in timers]
