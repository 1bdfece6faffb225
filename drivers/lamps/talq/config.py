"""What a TALQ gateway needs to be reached, and what it needs to reach us."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from drivers.types import Credentials

VERSION = "2.7.1"


@dataclass(frozen=True, slots=True)
class TalqConfig:
    """One gateway. Times are seconds.

    ``url`` is the gateway's base address; ``client`` our own TALQ address (a UUID, ``clientAddress`` of our requests).
    ``gateway`` is the gateway's TALQ address: only requests that carry it are heard. Left empty it is what the gateway
    says of itself; where it says nothing, any address is heard, so set it, or ``callback_token``, which the gateway has
    to send as a bearer token then.

    ``listen`` is where the gateway calls us back (port 0: any free one; None: not at all, and what a gateway accepts is
    then never confirmed), https with ``certificate`` and ``key`` (PEM files). ``public_url`` is that address as the
    gateway sees it (``{port}`` in it stands for the port): where it is set, the gateway is told, and asked for a log of
    its events.

    ``confirm`` is how long an accepted order may go without a confirmation, ``reread`` how often all devices are read
    again to catch what the gateway did not tell; more often where it calls back another console."""

    name: str
    url: str
    client: str
    gateway: str = ""
    credentials: Credentials | None = None
    token: str = field(default="", repr=False)
    ca_file: str = ""
    listen: tuple[str, int] | None = ("127.0.0.1", 0)
    certificate: str = ""
    key: str = ""
    public_url: str = ""
    callback_token: str = field(default="", repr=False)
    timeout: float = 10.0
    confirm: float = 20.0
    reread: float = 300.0

    def client_tls(self) -> ssl.SSLContext:
        """TLS towards the gateway: its certificate is checked, against ``ca_file`` where there is one. Raises OSError
        for a file that cannot be read (ssl.SSLError is one)."""
        return ssl.create_default_context(cafile=self.ca_file or None)

    def server_tls(self) -> ssl.SSLContext | None:
        """TLS of our own server. Raises OSError as ``client_tls``."""
        if not self.certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key or None)
        return context
