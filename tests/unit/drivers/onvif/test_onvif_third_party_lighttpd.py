"""HTTP Digest as lighttpd does it, before a device service; runs where lighttpd is installed (Debian: ``lighttpd``)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_devices import INFO, LIBRARY, soap

from drivers.errors import Refused
from drivers.onvif.session import OnvifSession
from drivers.types import Credentials

LIGHTTPD = shutil.which("lighttpd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
pytestmark = pytest.mark.skipif(LIGHTTPD is None, reason="lighttpd is not installed")

ADA = Credentials("ada", "s3cret:&<>")
REALM = "IP Camera(12345)"
ANSWER = f"""import sys
sys.stdin.buffer.read()
sys.stdout.buffer.write(b"Content-Type: application/soap+xml\\r\\n\\r\\n" + {soap(INFO)!r}.encode())
"""


class Front:
    """A running lighttpd with a device service behind it."""

    def __init__(self, folder: Path, algorithms: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        service = folder / "onvif" / "device_service"
        service.parent.mkdir()
        service.write_text(ANSWER)
        (folder / "users").write_text(f"{ADA.user}:{ADA.password}\n")
        self._access = folder / "access"
        (folder / "conf").write_text(f"""
            server.document-root = "{folder}"
            server.bind = "127.0.0.1"
            server.port = {self.port}
            server.modules = ("mod_auth", "mod_authn_file", "mod_cgi", "mod_accesslog")
            server.errorlog = "{folder}/errors"
            accesslog.filename = "{self._access}"
            accesslog.format = "%s"
            cgi.assign = ("_service" => "{sys.executable}")
            auth.backend = "plain"
            auth.backend.plain.userfile = "{folder}/users"
            auth.require = ("/" => ("method" => "digest", "realm" => "{REALM}", "require" => "valid-user",
                                    "algorithm" => "{algorithms}"))
        """)
        assert LIGHTTPD is not None
        self._process = subprocess.Popen([LIGHTTPD, "-D", "-f", str(folder / "conf")], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None, (folder / "errors").read_text()
            assert time.monotonic() < end, "lighttpd does not listen"
            time.sleep(0.02)

    def session(self, credentials: Credentials) -> OnvifSession:
        xaddr = f"http://127.0.0.1:{self.port}/onvif/device_service"
        return OnvifSession("Gate", xaddr, LIBRARY, credentials)

    def close(self) -> list[str]:
        """End it; the status of each request that it answered."""
        self._process.terminate()
        self._process.wait(20)
        return self._access.read_text().split()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@pytest.fixture(params=["MD5", "SHA-256", "MD5|SHA-256"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    running = Front(tmp_path, request.param)
    try:
        yield running
    finally:
        running.close()


def test_the_right_password(front: Front) -> None:
    session = front.session(ADA)
    assert [session.service("device").GetDeviceInformation().Model for _ in range(3)] == ["X1"] * 3
    assert front.close() == ["401", "200", "200", "200"], "one challenge serves all calls"


def test_the_wrong_password(front: Front) -> None:
    session = front.session(Credentials(ADA.user, "other"))
    for _ in range(3):
        with pytest.raises(Refused):
            session.service("device").GetDeviceInformation()
    assert front.close() == ["401", "401"], "one question for the challenge, one proof, and no more"
