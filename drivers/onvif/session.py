"""One camera's ONVIF services: calls with bounded time and size, proved passwords, and errors that name the camera."""

from __future__ import annotations

import logging
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from lxml import etree
from zeep import Client
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport
from zeep.wsdl.bindings.soap import SoapBinding

from drivers.errors import DriverError, LockedOut, Refused, Unsupported
from drivers.http_wire import Answer
from drivers.onvif import auth
from drivers.onvif.faults import check_operation, check_refusal, check_soap, translate
from drivers.onvif.wire import post
from drivers.onvif.wsdl import SERVICES, SETTINGS, WsdlLibrary
from drivers.types import Credentials
from drivers.urls import split

_client: Any = Client  # zeep is typed in parts only
log = logging.getLogger(__name__)

CALL_SECONDS = 8.0
_ANSWER_ERRORS = (ZeepError, etree.LxmlError, AttributeError, LookupError, TypeError, ValueError, ArithmeticError)
"""What zeep was seen throwing at odd answers; see ``translate``."""


class Service(Protocol):
    """A service of a camera: each operation of its WSDL is a method with keyword arguments."""

    def __getattr__(self, operation: str) -> Callable[..., Any]: ...


class OnvifSession:
    """Talks to one camera. One thread at a time (the camera's queue); what it shares with other sessions is in the
    ``library``, which guards itself.

    ``name`` is what errors call the camera, ``xaddr`` its device service. ``clock_offset`` (device minus ours, seconds)
    goes into tokens. A refused password ends all calls with credentials: the set is not sent again by this session,
    at most two requests (WS-UsernameToken, then HTTP Digest where the camera asks for it). All calls
    together end at ``deadline`` (``time.monotonic`` seconds), each within ``call_seconds``.
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
        self._refused: Refused | None = None
        self._challenge: auth.Challenge | None = None
        self._uses = 0

    def service(self, name: str, binding: str = "", address: str = "", authenticate: bool = True) -> Service:
        """A service by its name in ``SERVICES``. With ``binding`` another one of its WSDL, with ``address`` at another
        place (subscriptions have their own), without ``authenticate`` credentials are not sent.

        Raises Unsupported when the camera does not have it. Its methods raise DriverError.
        """
        where = address or self.addresses.get(name, "")
        if not where:
            raise Unsupported(self.name, f"it has no {name} service")
        return _Operations(self, self._library.binding(name, binding), where, authenticate)

    def call(self, binding: SoapBinding, address: str, authenticate: bool, operation: str, values: Any) -> Any:
        """One operation; what ``service(...).operation(**values)`` does."""
        wire = _Wire(self, authenticate, operation)
        client = _client(binding.wsdl, transport=wire, settings=SETTINGS)
        send: Any = binding.send
        try:
            return send(client, {"address": address}, operation, (), values)
        except DriverError:
            raise
        except _ANSWER_ERRORS as error:
            if not wire.answered:
                raise  # our own mistake in the arguments
            log.debug("%s: %s was answered badly: %r", self.name, operation, error)
            translate(self.name, error)

    def exchange(
        self, address: str, envelope: etree._Element, headers: Mapping[str, str], authenticate: bool
    ) -> Answer:
        """Send one envelope, with proof of the password where wanted. Raises DriverError; the answer is whole SOAP."""
        credentials = self._credentials if authenticate else None
        if credentials is not None and self._refused is not None:
            raise self._refused
        deadline = min(self._deadline, time.monotonic() + self._call_seconds)
        try:
            if credentials is None:
                answer = self._post(address, _bytes(envelope), headers, deadline)
            else:
                answer = self._prove(address, envelope, headers, credentials, deadline)
            check_refusal(self.name, answer, credentials is not None)
        except Refused as error:
            if credentials is not None:
                self._refused = error
            raise
        check_soap(self.name, answer)
        return answer

    def _prove(
        self,
        address: str,
        envelope: etree._Element,
        headers: Mapping[str, str],
        credentials: Credentials,
        deadline: float,
    ) -> Answer:
        plain = _bytes(envelope)
        if self._challenge is None:
            created = datetime.now(UTC) + timedelta(seconds=self.clock_offset)
            auth.sign(envelope, credentials, created, secrets.token_bytes(16))
            answer = self._post(address, _bytes(envelope), headers, deadline)
            challenge = _challenge_in(answer)
            if challenge is None or _says_locked(self.name, answer):
                return answer
            self._challenge, self._uses = challenge, 0
            return self._digest(address, plain, headers, credentials, deadline)
        answer = self._digest(address, plain, headers, credentials, deadline)
        challenge = _challenge_in(answer)
        if challenge is not None and challenge.stale:  # the password was right, only the nonce too old
            self._challenge, self._uses = challenge, 0
            answer = self._digest(address, plain, headers, credentials, deadline)
        return answer

    def _digest(
        self, address: str, body: bytes, headers: Mapping[str, str], credentials: Credentials, deadline: float
    ) -> Answer:
        assert self._challenge is not None
        self._uses += 1
        parts = split(address)
        target = ((parts.path or "/") + (f"?{parts.query}" if parts.query else "")) if parts else "/"
        proof = auth.answer(self._challenge, credentials, "POST", target, self._uses, secrets.token_hex(8))
        return self._post(address, body, {**headers, "Authorization": proof}, deadline)

    def _post(self, address: str, body: bytes, headers: Mapping[str, str], deadline: float) -> Answer:
        return post(self.name, address, body, headers, deadline, self._tls)


class _Operations:
    """The methods of one service."""

    def __init__(self, session: OnvifSession, binding: SoapBinding, address: str, authenticate: bool) -> None:
        self._session = session
        self._binding = binding
        self._address = address
        self._authenticate = authenticate

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**values: Any) -> Any:
            return self._session.call(self._binding, self._address, self._authenticate, operation, values)

        return call


class _Wire(Transport):
    """What zeep sends with: one call of one session. It has no HTTP session of its own."""

    def __init__(self, session: OnvifSession, authenticate: bool, operation: str) -> None:
        self._session = session
        self._authenticate = authenticate
        self._operation = operation
        self._close_session = False
        self.answered = False

    def post_xml(self, address: str, envelope: etree._Element, headers: Mapping[str, str]) -> Answer:
        answer = self._session.exchange(address, envelope, headers, self._authenticate)
        check_operation(self._session.name, answer, self._operation)
        self.answered = True
        return answer


def service_of(namespace: str) -> str:
    """The name in ``SERVICES`` of a namespace; empty for one that is not there. A final slash does not matter."""
    wanted = namespace.strip().rstrip("/").lower()
    return next((name for name, kind in SERVICES.items() if kind.namespace.lower() == wanted), "")


def _challenge_in(answer: Answer) -> auth.Challenge | None:
    return auth.read_challenge(answer.headers.get("www-authenticate", "")) if answer.status_code == 401 else None


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
