"""A wrong password: said once, tried once. Cameras lock accounts, so nothing may try again by itself."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import pytest
from control_room import City, Console
from site_of_city import SET_NAME, learn

from console.store.credentials import open_vault
from console.store.site_file import load_site, save_site
from drivers.types import Credentials
from drivers.urls import with_host

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

LOCKED, OPEN = 1, 2


def test_a_refused_login_is_said_once_and_never_tried_again(tmp_path: Path, display: str) -> None:
    with City(2, 1119) as city:
        _, _, variables = learn(city, tmp_path)
        with wire_to(tmp_path, LOCKED) as wire:
            the_password_was_changed_at_the_camera(tmp_path, variables)
            with Console(["run"], display, **variables) as console:
                console.says(rf"camera {LOCKED} .*: REFUSED")
                console.says(rf"camera {OPEN} .*: LIVE")
                seconds_pass_in_which_the_other_camera_dies_and_comes_back(city, console)
                assert len(console.said(rf"camera {LOCKED} .*: REFUSED")) == 1
                assert not console.said(rf"camera {LOCKED} .*: LIVE")
                assert wire.logins == 1
                the_log_tells_no_password(console)
                console.quits_on_sigterm()


def the_password_was_changed_at_the_camera(home: Path, variables: dict[str, str]) -> None:
    """Only the first camera's: the other one keeps its set."""
    config = home / "config"
    vault = open_vault(config, variables)
    right = vault.get(SET_NAME)
    assert right is not None
    vault.put("old", Credentials(right.user, "not-this-one"))
    site = load_site(config / "site.toml")
    camera = site.by_number(LOCKED)
    assert camera is not None
    save_site(config / "site.toml", site.with_camera(replace(camera, credentials="old")))


def seconds_pass_in_which_the_other_camera_dies_and_comes_back(city: City, console: Console) -> None:
    killed = city.kills(OPEN)
    console.says(rf"camera {OPEN} .*: STALE", after=killed)
    revived = city.revives(OPEN)
    console.says(rf"camera {OPEN} .*: LIVE", after=revived)


def the_log_tells_no_password(console: Console) -> None:
    assert "not-this-one" not in console.log


def wire_to(home: Path, number: int) -> Wire:
    """Lead a camera's streams through a wire on which logins are counted."""
    path = home / "config" / "site.toml"
    site = load_site(path)
    camera = site.by_number(number)
    assert camera is not None
    parts = urlsplit(camera.streams[0].uri)
    wire = Wire(str(parts.hostname), parts.port or 554)
    streams = tuple(
        replace(stream, uri=with_host(urlsplit(stream.uri), "127.0.0.1", wire.port)) for stream in camera.streams
    )
    save_site(path, site.with_camera(replace(camera, streams=streams)))
    return wire


class Wire:
    """A TCP relay in front of a camera that counts RTSP requests with credentials. Context manager; a thread accepts,
    each connection has two more."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self.logins = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._closing = False

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        with socket.create_connection(("127.0.0.1", self.port)):  # wakes the accepting thread
            pass
        self._threads[0].join()
        for each in self._sockets:
            _shut(each)
        for thread in self._threads[1:]:
            thread.join()
        for each in (self._server, *self._sockets):
            each.close()

    def _spawn(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, name="wire")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._server.accept()
            self._sockets.append(client)
            if self._closing:
                return
            camera = socket.create_connection(self._target)
            self._sockets.append(camera)
            self._spawn(self._relay, client, camera, True)
            self._spawn(self._relay, camera, client, False)

    def _relay(self, source: socket.socket, target: socket.socket, count: bool) -> None:
        try:
            while data := source.recv(65536):
                if count:
                    with self._lock:
                        self.logins += data.count(b"\r\nAuthorization:")
                target.sendall(data)
        except OSError:
            return  # one side has gone; the other learns it below
        finally:
            _shut(target)


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
