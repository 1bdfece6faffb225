"""Tiny HTTP devices on loopback, for what real servers never do: drip, lie, cut off, lock out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drivers.onvif.wsdl import WsdlLibrary

LIBRARY = WsdlLibrary()
"""One for all tests, as the product has one for all cameras."""

type Answer = bytes | list[bytes]
"""What goes out; a list drips, one piece each 50 ms until the other side hangs up."""


@dataclass
class Request:
    """What came in."""

    head: str
    body: str

    @property
    def operation(self) -> str:
        """The operation asked for."""
        inner = self.body.partition("Body>")[2].lstrip()
        return inner.removeprefix("<").partition(" ")[0].partition(">")[0].partition(":")[2].strip("/")

    @property
    def with_token(self) -> bool:
        return "UsernameToken" in self.body

    @property
    def with_digest(self) -> bool:
        return "Authorization: Digest" in self.head


class Device:
    """Serves ``answer(request)`` to each POST, one connection after the other in threads of its own."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.requests: list[Request] = []
        self._over = threading.Event()
        self._threads: list[threading.Thread] = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    @property
    def xaddr(self) -> str:
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    def asked(self) -> list[str]:
        return [request.operation for request in self.requests]

    def with_credentials(self) -> list[Request]:
        return [request for request in self.requests if request.with_token or request.with_digest]

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._one, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                piece = connection.recv(65536)
                if not piece:
                    return
                data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            while len(body) < length:
                body += connection.recv(65536)
            request = Request(head.decode(), body.decode())
            self.requests.append(request)
            answer = self._answer(request)
            if isinstance(answer, bytes):
                connection.sendall(answer)
                return
            for piece in answer:
                connection.sendall(piece)
                if self._over.wait(0.05):
                    return


@contextlib.contextmanager
def serving(answer: Callable[[Request], Answer]) -> Iterator[Device]:
    """A device for the length of a block."""
    device = Device(answer)
    try:
        yield device
    finally:
        device.close()


def http(body: str | bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


def soap(inner: str) -> str:
    """A SOAP envelope around ``inner``."""
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
        'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
        f'xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{inner}</s:Body></s:Envelope>'
    )


def fault(code: str, reason: str = "no") -> str:
    """A SOAP fault with an ONVIF subcode."""
    return soap(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f"<s:Value>{code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason></s:Fault>"
    )


CLOCK = (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>{0:%H}</tt:Hour>"
    "<tt:Minute>{0:%M}</tt:Minute><tt:Second>{0:%S}</tt:Second></tt:Time><tt:Date><tt:Year>{0:%Y}</tt:Year>"
    "<tt:Month>{0:%m}</tt:Month><tt:Day>{0:%d}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
    "</tds:GetSystemDateAndTimeResponse>"
)
INFO = (
    "<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>X1</tds:Model>"
    "<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>S</tds:SerialNumber>"
    "<tds:HardwareId>H</tds:HardwareId></tds:GetDeviceInformationResponse>"
)
