"""A tiny sender for each kind of plate feed, over real sockets: what a reader, a broker or a camera does."""

from __future__ import annotations

import asyncio
import json
import queue
import random
import re
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import plate_messages as made
from feed_rig import Door, post
from onvif_rig import Loop

from drivers.events import EventFeed
from drivers.http_messages import Request, Response
from drivers.http_server import WebServer
from drivers.mqtt_link import Broker
from drivers.onvif.events import PullPointFeed
from drivers.onvif.session import OnvifSession
from drivers.onvif.wsdl import WsdlLibrary
from drivers.plates.axis import read_axis
from drivers.plates.frigate import TOPIC, read_frigate
from drivers.plates.hikvision import read_hikvision
from drivers.plates.mqtt import MqttClient, MqttSource
from drivers.plates.onvif import read_onvif_json, read_onvif_xml
from drivers.plates.plate_recognizer import read_plate_recognizer
from drivers.plates.push import FORM_KINDS, JSON_KINDS, XML_KINDS, PushSource
from drivers.plates.receiver import Receiver, ReceiverConfig
from drivers.plates.rekor import read_rekor
from drivers.types import Codec, Credentials
from drivers.video.rtsp.metadata import MetadataFeed
from drivers.virtual.lamps.broker import Broker as CityBroker
from drivers.virtual.lamps.mqtt_wire import Publication
from drivers.virtual.loops import StreamBank
from drivers.virtual.number_plates import REGIONS, Plate
from drivers.virtual.plan import camera_specs, make_plan
from drivers.virtual.plates.event_messages import Notification
from drivers.virtual.plates.frames import Analytics
from drivers.virtual.plates.readers import Maker, with_readers
from drivers.virtual.plates.reading import Guess, Look, Reading
from drivers.virtual.plates.teller import Teller
from drivers.virtual.rtsp import RtspServer
from drivers.virtual.state import CameraState, Lamps, VirtualProfile
from drivers.virtual.traffic import make_car

NAME = "North gate"
LIBRARY = WsdlLibrary()


class PlateRig(ABC):
    """A feed and its sender. ``answers`` are what the sender was told, where it is told anything."""

    feed: EventFeed
    garbage_is_lost = False
    """Whether what cannot be understood does not even reach the parser."""

    def __init__(self) -> None:
        self.door = Door()
        self.answers: list[int] = []

    def start(self) -> None:
        """Start the feed, and wait until it would hear something."""
        self.feed.start(self.door.deliver, self.door.trouble)
        self.ready()

    @abstractmethod
    def ready(self) -> None:
        """Wait until the feed would hear something."""

    @abstractmethod
    def send(self, plate: str) -> None:
        """Send a read, always the same for a plate."""

    @abstractmethod
    def garbage(self) -> None:
        """Send what cannot be understood."""

    def close(self) -> None:
        """Stop the feed and the sender."""
        self.feed.stop()


class PushRig(PlateRig):
    """A reader that posts."""

    def __init__(self, parse: Any, kinds: frozenset[str], make: Callable[[str], made.Posted]) -> None:
        super().__init__()
        self._make = make
        self._receiver = Receiver(ReceiverConfig())
        self.source = PushSource(NAME, parse, kinds, "sesame")
        self.feed = self._receiver.feed(self.source)
        self.port = 0

    def ready(self) -> None:
        self.port = self._receiver.wait_listening(20)
        assert self.port

    def send(self, plate: str) -> None:
        self._post(*self._make(plate))

    def garbage(self) -> None:
        self._post(self._make("A")[0], b"\x00{<")

    def _post(self, kind: str, body: bytes) -> None:
        self.answers.append(post(self.port, self.source.where, kind, body, {"X-Token": "sesame"})[0])


class MqttRig(PlateRig):
    """A broker that passes on what a reader published."""

    def __init__(self, parse: Any, filter: str, topic: str, make: Callable[[str], bytes]) -> None:
        super().__init__()
        self._topic, self._make = topic, make
        self._loop = Loop()
        self.broker = CityBroker()
        port = self._loop.run(self.broker.start())
        self.client = MqttClient(Broker("The broker", "127.0.0.1", port, client_id="desk-1"), 0.05)
        self.feed = self.client.feed(MqttSource(NAME, parse, filter))

    def ready(self) -> None:
        def subscribed() -> bool:
            clients = list(self.broker._clients.values())
            return any(each._exact or each._wild for each in clients)

        assert self.door.until(subscribed)

    def send(self, plate: str) -> None:
        self._publish(self._make(plate))

    def garbage(self) -> None:
        self._publish(b"\x00{<")

    def _publish(self, payload: bytes) -> None:
        self._loop.loop.call_soon_threadsafe(self.broker.publish, Publication(self._topic, payload, 1, False))

    def close(self) -> None:
        super().close()
        self._loop.settle()
        self._loop.run(self.broker.stop())
        self._loop.close()


class PullRig(PlateRig):
    """A camera with pull points, as quirky as Axis: its reference parameters must come back as headers."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = Loop()
        self._queue: queue.Queue[str] = queue.Queue()
        self.asked: list[str] = []
        self.life = 60
        self.forget = False
        self._made = threading.Event()
        self._web = WebServer(self._handle)
        port = self._loop.run(self._web.start())
        self.address = f"http://127.0.0.1:{port}/onvif/events"
        self.now = 0.0
        self.feed = PullPointFeed(NAME, self._session, read_onvif_xml, clock=lambda: self.now, first_pause=0.05)

    def _session(self) -> OnvifSession:
        session = OnvifSession(NAME, self.address, LIBRARY)
        session.addresses["events"] = self.address
        return session

    def ready(self) -> None:
        assert self._made.wait(20)

    async def _handle(self, request: Request) -> Response:
        body = request.body.decode()
        match = re.search(r"<s:Body><\w+:(\w+)", body)
        operation = match[1] if match else ""
        self.asked.append(operation)
        times = "<t:CurrentTime>2026-11-03T08:00:00Z</t:CurrentTime>"
        times += f"<t:TerminationTime>2026-11-03T08:{self.life // 60:02}:{self.life % 60:02}Z</t:TerminationTime>"
        if operation == "CreatePullPointSubscription":
            inner = (
                f"<t:SubscriptionReference><a:Address>{self.address.replace('127.0.0.1', '10.9.9.9')}</a:Address>"
                '<a:ReferenceParameters><x:Id xmlns:x="urn:axis">77</x:Id></a:ReferenceParameters>'
                f"</t:SubscriptionReference>{times}"
            )
            self.forget = False
            self._made.set()
        elif ":Id" not in body or ">77<" not in body or self.forget:
            fault = made.soap(
                '<SOAP-ENV:Fault><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">unknown subscription</SOAP-ENV:Text>'
                "</SOAP-ENV:Reason></SOAP-ENV:Fault>"
            )
            return Response(500, fault)
        elif operation == "PullMessages":
            inner = times + await self._next()
        else:
            inner = times
        space = 'xmlns:t="urn:t" xmlns:a="urn:a"'
        return Response(200, made.soap(f"<t:{operation}Response {space}>{inner}</t:{operation}Response>"))

    async def _next(self) -> str:
        for _ in range(40):
            try:
                return self._queue.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.005)
        return ""

    def send(self, plate: str) -> None:
        self._queue.put(made.onvif_notification(plate))

    def garbage(self) -> None:
        self._queue.put("<wsnt:NotificationMessage>&nothing;</wsnt:NotificationMessage>")

    def close(self) -> None:
        super().close()
        self._loop.settle()
        self._loop.run(self._web.stop())
        self._loop.close()


_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=control:video\r\nm=application 0 RTP/AVP 107\r\n"
    "a=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:metadata\r\n"
)


class MetadataRig(PlateRig):
    """A camera with a metadata track over RTSP and TCP. It sets no markers, and cuts documents anywhere. After
    ``mute`` it says nothing more, not even when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._playing = threading.Event()
        self._connection: socket.socket | None = None
        self._over = self.mute = False
        self._sequence = self._stamp = 0
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self._accept, name="metadata camera")
        self._thread.start()
        self.port = self._server.getsockname()[1]
        self.feed = MetadataFeed(NAME, f"rtsp://127.0.0.1:{self.port}/meta", None, read_onvif_xml, first_pause=0.05)

    def ready(self) -> None:
        assert self._playing.wait(20)

    def _accept(self) -> None:
        while True:
            connection, _ = self._server.accept()
            if self._over:
                connection.close()
                return
            with connection:
                self._connection = connection
                self._serve(connection)
            self._playing.clear()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        try:
            while more := connection.recv(4096):
                data += more
                while b"\r\n\r\n" in data:
                    head, _, data = data.partition(b"\r\n\r\n")
                    while head.startswith(b"$"):  # a report of its receiver
                        head = head[4 + int.from_bytes(head[2:4], "big") :]
                    self._answer(connection, head.decode("latin-1"))
        except OSError:
            pass  # it went

    def _answer(self, connection: socket.socket, head: str) -> None:
        method, url = head.split(" ")[:2]
        self.asked.append(f"{method} {url.rpartition('/')[2]}")
        if self.mute:
            return
        number = re.search(r"(?i)cseq: (\d+)", head)
        lines = ["RTSP/1.0 200 OK", f"CSeq: {number[1] if number else 0}"]
        body = _SDP if method == "DESCRIBE" else ""
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        if method == "SETUP":
            lines += ["Session: 77;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
        connection.sendall(("\r\n".join([*lines, "", ""]) + body).encode())
        if method == "PLAY":
            self._playing.set()

    def sends(self, document: bytes) -> None:
        """Send these bytes as a document."""
        assert self._connection is not None
        self._stamp += 3000
        for at in range(0, len(document), 700):
            self._sequence += 1
            packet = struct.pack(">BBHII", 0x80, 107, self._sequence, self._stamp + at, 5) + document[at : at + 700]
            self._connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)

    def send(self, plate: str) -> None:
        self.sends(made.onvif_metadata(plate))

    def garbage(self) -> None:
        self.sends(b"<tt:LicensePlateInfo>&nothing;</tt:MetadataStream>")

    def cut(self) -> None:
        """Break the connection."""
        assert self._connection is not None
        self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        self._over = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._server.close()


class CityMetadataRig(PlateRig):
    """One of the virtual city's readers: real documents beside real pictures, behind a password."""

    def __init__(self, password: str = "") -> None:
        super().__init__()
        plan, (reader,) = with_readers(make_plan(7, 1), 1)
        self.reader = replace(reader, maker=Maker.ONVIF_METADATA)
        small = VirtualProfile("main", Codec.H264, 320, 180, 5, 5, 200)
        spec = replace(camera_specs(plan)[0], main=small, sub=replace(small, token="sub"))
        self.state = CameraState(spec)
        self.analytics = Analytics(made.AT.timestamp, time.monotonic)
        self._bank = StreamBank(plan, Lamps(plan.lamp_levels()), None, [spec])
        self.server = RtspServer(self.state, self._bank, metadata=self.analytics.look)
        self.teller = Teller(self.reader, notify=self._told)
        self._loop = Loop()
        port = self._loop.run(self.server.start())
        login = Credentials(spec.credentials.user, password or spec.credentials.password)
        self.feed = MetadataFeed(NAME, f"rtsp://127.0.0.1:{port}/main", login, read_onvif_xml, first_pause=0.05)

    @property
    def listened_to(self) -> bool:
        """Whether somebody hears it."""
        return bool(self.server.metadata)

    def ready(self) -> None:
        assert self.door.until(lambda: self.listened_to)

    def send(self, plate: str) -> None:
        corners = ((600, 300), (700, 302), (700, 330), (600, 328))
        car = make_car(random.Random(plate), Plate(plate, REGIONS[0]))
        look = Look(1280, 720, corners, made.JPEG, made.JPEG)
        guesses = (Guess(plate, 0.93),)
        self._soon(self.teller.tell, Reading(plate, self.reader, car, guesses, made.AT.timestamp(), 90, 12, True, look))

    def garbage(self) -> None:
        self.sends(b"<tt:LicensePlateInfo>&nothing;</tt:MetadataStream>")

    def sends(self, document: bytes) -> None:
        """Send these bytes as a document."""
        assert self.server.metadata is not None
        self._soon(self.server.metadata.publish, document, time.time())

    def reboots(self) -> None:
        """Power off and on."""
        self._loop.run(self.server.stop())
        self._loop.run(self.server.start())

    def _told(self, event: Notification) -> None:
        assert self.server.metadata is not None
        self.server.metadata.publish(self.analytics.see(event, event.at), event.at)

    def _soon(self, do: Callable[..., None], *given: Any) -> None:
        self._loop.loop.call_soon_threadsafe(do, *given)

    def close(self) -> None:
        super().close()
        self._loop.settle()
        self._loop.run(self.server.stop())
        self._bank.close()
        self._loop.close()


def _recognized(plate: str) -> made.Posted:
    return made.JSON, json.dumps(made.plate_recognizer(plate)).encode()


RIGS: dict[str, Callable[[], PlateRig]] = {
    "rekor": lambda: PushRig(read_rekor, JSON_KINDS, made.rekor_group),
    "plate_recognizer": lambda: PushRig(read_plate_recognizer, JSON_KINDS, _recognized),
    "hikvision": lambda: PushRig(read_hikvision, XML_KINDS | FORM_KINDS, made.hikvision_form),
    "axis": lambda: PushRig(read_axis, JSON_KINDS, made.axis),
    "frigate": lambda: MqttRig(read_frigate, f"frigate/{TOPIC}", f"frigate/{TOPIC}", made.frigate),
    "onvif_mqtt": lambda: MqttRig(
        read_onvif_json, "city/onvif-ej/#", f"city/onvif-ej/{made.ONVIF_TOPIC}", made.onvif_ej
    ),
    "onvif_events": PullRig,
    "onvif_metadata": MetadataRig,
    "onvif_metadata_of_the_city": CityMetadataRig,
}
