"""HTTPS to a camera with a certificate of its own making."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hostile_devices import http

from drivers.errors import TimedOut, Unreachable
from drivers.onvif.wire import post


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "camera.pem").write_bytes(pem)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "camera.pem")
    return made


@pytest.fixture
def camera(context: ssl.SSLContext) -> Iterator[tuple[int, list[bytes]]]:
    """A port that serves one TLS connection, sending these pieces 50 ms apart."""
    listener = socket.create_server(("127.0.0.1", 0))
    pieces: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65536)
                for piece in pieces:
                    secure.sendall(piece)
                    time.sleep(0.05 if len(pieces) > 1 else 0)
        except OSError:
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], pieces
    thread.join(10)
    listener.close()


def test_a_self_signed_camera_is_read(camera: tuple[int, list[bytes]]) -> None:
    port, pieces = camera
    pieces.append(http("hello"))
    answer = post("Gate", f"https://127.0.0.1:{port}/x", b"", {}, time.monotonic() + 5)
    assert (answer.status_code, answer.content) == (200, b"hello")


def test_a_drip_through_tls_ends_at_the_deadline(camera: tuple[int, list[bytes]]) -> None:
    port, pieces = camera
    pieces.extend([b"H", b"T"] * 40)
    with pytest.raises(TimedOut):
        post("Gate", f"https://127.0.0.1:{port}/x", b"", {}, time.monotonic() + 0.4)


def test_a_strict_context_refuses(camera: tuple[int, list[bytes]]) -> None:
    port, _ = camera
    with pytest.raises(Unreachable, match=r"Gate: not reachable: no TLS connection .CERTIFICATE_VERIFY_FAILED."):
        post("Gate", f"https://127.0.0.1:{port}/x", b"", {}, time.monotonic() + 5, ssl.create_default_context())
