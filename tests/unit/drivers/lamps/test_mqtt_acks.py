"""Messages of a broker are acknowledged when they are stored, and come again until then; with Mosquitto."""

from __future__ import annotations

from pathlib import Path

import paho.mqtt.client as paho
import plate_messages as made
import pytest
from feed_rig import Door
from mqtt_rig import MOSQUITTO, mosquitto
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt_link import Broker
from drivers.plates.frigate import TOPIC, read_frigate
from drivers.plates.mqtt import MqttClient, MqttFeed, MqttSource

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed")


def feed(port: int, broker: str = "127.0.0.1") -> MqttFeed:
    client = MqttClient(Broker("The broker", broker, port, client_id="watchfloor-plates-desk-1"), 0.05)
    return client.feed(MqttSource("Drive", read_frigate, f"frigate/{TOPIC}"))


class Reader:
    """Publishes with QoS 1, and waits until the broker has it."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, payload: bytes) -> None:
        self._client.publish(f"frigate/{TOPIC}", payload, qos=1).wait_for_publish(20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def listening(reader: Reader, door: Door) -> None:
    """Wait until the subscription stands: until something comes."""
    while not door.until(lambda: bool(door.events), 0.2):
        reader.say(made.frigate("BEFORE"))


def test_nothing_that_was_not_stored_is_acknowledged(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port:
        reader, door = Reader(port), Door()
        one = feed(port)
        one.start(door.deliver, door.trouble)
        try:
            listening(reader, door)
            door.verdict = None
            reader.say(made.frigate("AB12CD"))
            assert door.until(lambda: "AB12CD" in door.plates)
            one.stop()  # the console ends before it is on disk
            reader.say(made.frigate("MEANWHILE"))
            door.events.clear()
            door.verdict = True
            one = feed(port)
            one.start(door.deliver, door.trouble)
            assert door.until(lambda: "MEANWHILE" in door.plates)
            assert [each for each in door.plates if each != "BEFORE"] == ["AB12CD", "MEANWHILE"]
            assert door.until(lambda: one.counts().received == len(door.events))
            one.stop()
            door.events.clear()
            one = feed(port)
            one.start(door.deliver, door.trouble)
            reader.say(made.frigate("LATER1"))
            assert door.came(1)
            assert door.plates == ["LATER1"]  # what was stored does not come again
        finally:
            one.stop()
            reader.close()


def test_what_is_refused_comes_again(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port:
        reader, door = Reader(port), Door()
        one = feed(port)
        one.start(door.deliver, door.trouble)
        try:
            listening(reader, door)
            door.verdict = False
            reader.say(made.frigate("AB12CD"))
            assert door.until(lambda: door.plates.count("AB12CD") == 2)
            door.verdict = True
            assert door.until(lambda: door.plates.count("AB12CD") >= 3 and one.counts().received >= 2)
            assert any("could not be stored here" in each for each in door.troubles)
            assert door.until(lambda: door.troubles[-1] == "")
        finally:
            one.stop()
            reader.close()
