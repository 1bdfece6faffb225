"""One camera's ONVIF services: calls with bounded time and size, proved passwords, and errors that name the camera."""

from __future__ import annotations

import logging
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from lxml import etree
from zeep import Client
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport
from zeep.wsdl.bindings.soap import SoapBinding

from drivers import http_digest
from drivers.errors import DriverError, LockedOut, Refused, Unsupported
from drivers.http_wire import Answer
from drivers.onvif import auth
from drivers.onvif.faults import check_operation, check_refusal, check_soap, translate
from drivers.onvif.wire import KeptConnectionBroke, Line, post
from drivers.onvif.wsdl import SERVICES, SETTINGS, WsdlLibrary
from drivers.types import Credentials
from drivers.urls import split

_client: Any = Client  # zeep is typed in parts only
log = logging.getLogger(__name__)

CALL_SECONDS = 8.0
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_ANSWER_ERRORS = (ZeepError, etree.LxmlError, AttributeError, LookupError, TypeError, ValueError, ArithmeticError)
"""What zeep was seen throwing at odd answers; see ``translate``."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a call is made: with credentials or not, within how many seconds, and whether it is safe to repeat."""

    authenticate: bool
    seconds: float
    again: bool


type _Send = Callable[[bytes, Mapping[str, str]], Answer]
"""Sends a body with more headers, once or as ``Line.post`` allows."""


class Service(Protocol):
    """A service of a camera: each operation of its WSDL is a method with keyword arguments."""

    def __getattr__(self, operation: str) -> Callable[..., Any]: ...


class OnvifSession:
    """Talks to one camera. One thread at a time (the camera's queue); what it shares with other sessions is in the
    ``library``, which guards itself.

    ``name`` is what errors call the camera, ``xaddr`` its device service. ``clock_offset`` (device minus ours, seconds)
    goes into tokens. A refused password ends all calls with credentials: the set is not sent again by this session,
    at most two requests (WS-UsernameToken, then HTTP Digest where the camera asks for it). All calls
    together end at ``deadline`` (``time.monotonic`` seconds), each within ``call_seconds``; a session that ``stay``s
    has no end, and keeps its connection until ``close``.
    """

    def __init__(
        self,
        name: str,
        xaddr: str,
        library: WsdlLibrary,
        credentials: Credentials | None = None,
        deadline: float = float("inf"),
        call_seconds: float = CALL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.xaddr = xaddr
        self.clock_offset = 0.0
        self.addresses: dict[str, str] = {"device": xaddr}
        """Service name (a key of ``SERVICES``) to address; fill it from GetServices."""
        self._library = library
        self._credentials = credentials
        self._deadline = deadline
        self._call_seconds = call_seconds
        self._tls = tls
        self._line: Line | None = None
        self._refused: Refused | None = None
        self._challenge: http_digest.Challenge | None = None
        self._uses = 0

    def stay(self) -> None:
        """From now on there is no end to all calls together, and the connection is kept between them."""
        self._deadline = float("inf")
        self._line = Line(self.name, self._tls)

    def close(self) -> None:
        """Let go of a kept connection; more calls are allowed."""
        if self._line is not None:
            self._line.close()

    def service(
        self,
        name: str,
        binding: str = "",
        address: str = "",
        authenticate: bool = True,
        seconds: float | None = None,
        again: bool = False,
    ) -> Service:
        """A service by its name in ``SERVICES``. With ``binding`` another one of its WSDL, with ``address`` at another
        place (subscriptions have their own), without ``authenticate`` credentials are not sent. Each call ends within
        ``seconds`` instead of the session's own; ``again`` says that it is safe to repeat, see ``Line.post``.

        Raises Unsupported when the camera does not have it. Its methods raise DriverError.
        """
        where = address or self.addresses.get(name, "")
        if not where:
            raise Unsupported(self.name, f"it has no {name} service")
        manner = Manner(authenticate, self._call_seconds if seconds is None else seconds, again)
        return _Operations(self, self._library.binding(name, binding), where, manner)

    def call(self, binding: SoapBinding, address: str, manner: Manner, operation: str, values: Any) -> Any:
        """One operation; what ``service(...).operation(**values)`` does."""
        wire = _Wire(self, manner, operation)
        client = _client(binding.wsdl, transport=wire, settings=SETTINGS)
        send: Any = binding.send
        return self._translated(wire, operation, lambda: send(client, {"address": address}, operation, (), values))

    def tell(self, name: str, operation: str, inside: str, seconds: float, again: bool) -> None:
        """One operation whose answer says nothing but that it was taken. ``inside`` is the XML in its element, with
        the prefixes ``tt`` for ONVIF's schema and ``s0`` for the service. It costs less than ``service`` does, because
        no objects are made on the way; only faults are read by zeep. Raises DriverError."""
        where = self.addresses.get(name, "")
        if not where:
            raise Unsupported(self.name, f"it has no {name} service")
        binding: Any = self._library.binding(name)
        known = binding.get(operation)
        kind = f'application/soap+xml; charset=utf-8; action="{known.soapaction}"'
        spaces = f'xmlns:s0="{SERVICES[name].namespace}" xmlns:tt="{_SCHEMA}"'
        element = f"<s0:{operation} {spaces}>{inside}</s0:{operation}>"
        body = f'<s:Envelope xmlns:s="{_SOAP}"><s:Header/><s:Body>{element}</s:Body></s:Envelope>'.encode()
        wire = _Wire(self, Manner(True, seconds, again), operation)
        answer = wire.post(where, body, {"Content-Type": kind})
        if answer.status_code != 200 or b"Fault" in answer.content:
            client = _client(binding.wsdl, transport=wire, settings=SETTINGS)
            self._translated(wire, operation, lambda: binding.process_reply(client, known, answer))

    def _translated(self, wire: _Wire, operation: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except DriverError:
            raise
        except _ANSWER_ERRORS as error:
            if not wire.answered:
                raise  # our own mistake in the arguments
            log.debug("%s: %s was answered badly: %r", self.name, operation, error)
            translate(self.name, error)

    def exchange(self, address: str, plain: bytes, headers: Mapping[str, str], manner: Manner) -> Answer:
        """Send one envelope, with proof of the password where wanted. Raises DriverError; the answer is whole SOAP."""
        credentials = self._credentials if manner.authenticate else None
        if credentials is not None and self._refused is not None:
            raise self._refused
        deadline = min(self._deadline, time.monotonic() + manner.seconds)

        def send(body: bytes, more: Mapping[str, str]) -> Answer:
            every = {**headers, **more}
            if self._line is None:
                return post(self.name, address, body, every, deadline, self._tls)
            return self._line.post(address, body, every, deadline, manner.again)

        try:
            try:
                answer = self._prove(address, plain, credentials, send)
            except KeptConnectionBroke:
                answer = self._prove(address, plain, credentials, send)
            check_refusal(self.name, answer, credentials is not None)
        except Refused as error:
            if credentials is not None:
                self._refused = error
            raise
        check_soap(self.name, answer)
        return answer

    def _prove(self, address: str, plain: bytes, credentials: Credentials | None, send: _Send) -> Answer:
        """Send with a proof of the password that was never sent before."""
        if credentials is None:
            return send(plain, {})
        if self._challenge is None:
            created = datetime.now(UTC) + timedelta(seconds=self.clock_offset)
            envelope = etree.fromstring(plain)  # our own words
            auth.sign(envelope, credentials, created, secrets.token_bytes(16))
            answer = send(_bytes(envelope), {})
            challenge = _challenge_in(answer)
            if challenge is None or _says_locked(self.name, answer):
                return answer
            self._challenge, self._uses = challenge, 0
            return self._digest(address, plain, credentials, send)
        answer = self._digest(address, plain, credentials, send)
        challenge = _challenge_in(answer)
        if challenge is not None and challenge.stale:  # the password was right, only the nonce too old
            self._challenge, self._uses = challenge, 0
            answer = self._digest(address, plain, credentials, send)
        return answer

    def _digest(self, address: str, body: bytes, credentials: Credentials, send: _Send) -> Answer:
        assert self._challenge is not None
        self._uses += 1
        parts = split(address)
        target = ((parts.path or "/") + (f"?{parts.query}" if parts.query else "")) if parts else "/"
        proof = http_digest.answer(self._challenge, credentials, "POST", target, self._uses, secrets.token_hex(8))
        return send(body, {"Authorization": proof})


class _Operations:
    """The methods of one service."""

    def __init__(self, session: OnvifSession, binding: SoapBinding, address: str, manner: Manner) -> None:
        self._session = session
        self._binding = binding
        self._address = address
        self._manner = manner

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**values: Any) -> Any:
            return self._session.call(self._binding, self._address, self._manner, operation, values)

        return call


class _Wire(Transport):
    """What zeep sends with: one call of one session. It has no HTTP session of its own."""

    def __init__(self, session: OnvifSession, manner: Manner, operation: str) -> None:
        self._session = session
        self._manner = manner
        self._operation = operation
        self._close_session = False
        self.answered = False

    def post_xml(self, address: str, envelope: etree._Element, headers: Mapping[str, str]) -> Answer:
        return self.post(address, _bytes(envelope), headers)

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answer = self._session.exchange(address, body, headers, self._manner)
        check_operation(self._session.name, answer, self._operation)
        self.answered = True
        return answer


def service_of(namespace: str) -> str:
    """The name in ``SERVICES`` of a namespace; empty for one that is not there. A final slash does not matter."""
    wanted = namespace.strip().rstrip("/").lower()
    return next((name for name, kind in SERVICES.items() if kind.namespace.lower() == wanted), "")


def _challenge_in(answer: Answer) -> http_digest.Challenge | None:
    return http_digest.read_challenge(answer.headers.get("www-authenticate", "")) if answer.status_code == 401 else None


def _says_locked(name: str, answer: Answer) -> bool:
    try:
        check_refusal(name, answer, True)
    except LockedOut:
        return True
    except Refused:
        pass
    return False


def _bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
