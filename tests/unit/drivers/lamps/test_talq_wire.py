"""TALQ over TLS in both directions, and gateways that are slow or send orders nobody can send."""

from __future__ import annotations

import datetime
import ipaddress
import math
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.errors import Refused, TimedOut, Unreachable
from drivers.lamps.talq.book import Book
from drivers.lamps.talq.callbacks import CallbackServer
from drivers.lamps.talq.client import TalqClient
from drivers.lamps.talq.config import TalqConfig
from drivers.lamps.talq.system import TalqLamps
from drivers.luminaires import LampAnswer, LampOrder, Outcome

CMS = "4a8a0f3c-7f0e-4b52-9d0e-0a6f2f6d9a11"


@pytest.fixture
def pem(tmp_path: Path) -> str:
    """A certificate of 127.0.0.1 with its key, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    content = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "gateway.pem"
    path.write_bytes(content)
    return str(path)


def test_certificates_are_checked_against_the_file(pem: str) -> None:
    """Our own server stands in for a gateway: it too lists devices."""
    config = TalqConfig("Gate", "", CMS, ca_file=pem, certificate=pem, callback_token="sesame", token="sesame")
    server = CallbackServer(config, Book("Gate", ""))
    try:
        config = replace(config, url=f"https://127.0.0.1:{server.start()}")
        assert TalqClient(config, config.client_tls()).devices().devices == ()
        with pytest.raises(Unreachable, match="no TLS connection"):
            TalqClient(config, replace(config, ca_file="").client_tls()).devices()
        with pytest.raises(Refused):
            TalqClient(replace(config, token="other"), config.client_tls()).devices()
    finally:
        server.stop()


def test_a_gateway_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        system = TalqLamps(TalqConfig("Gate", url, CMS, listen=None, timeout=0.2))
        with pytest.raises(TimedOut, match="Gate: no answer in time"):
            system.refresh()


@pytest.mark.parametrize(
    ("level", "ramp"), [(math.nan, 0.0), (900.0, 0.0), (-1.0, 0.0), (50.0, math.inf), (50.0, -1.0)]
)
def test_orders_that_cannot_be_sent(level: float, ramp: float) -> None:
    system = TalqLamps(TalqConfig("Gate", "http://127.0.0.1:1", CMS, listen=None))
    answers: list[LampAnswer] = []

    def progress(given: Sequence[LampAnswer]) -> None:
        answers.extend(given)

    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    system.order(LampOrder(("x",), level, end, ramp), progress)
    assert [answer.outcome for answer in answers] == [Outcome.REFUSED]


def test_secrets_are_not_in_the_repr() -> None:
    assert "sesame" not in repr(TalqConfig("Gate", "", CMS, token="sesame", callback_token="sesame"))
