"""Several sources behind one broker: what each of them says of the connection that they share."""

from __future__ import annotations

import socket

from feed_rig import Door

from drivers.mqtt_link import Broker
from drivers.plates.frigate import TOPIC, read_frigate
from drivers.plates.mqtt import MqttClient, MqttSource


def started(client: MqttClient, name: str) -> tuple[object, Door]:
    feed, door = client.feed(MqttSource(name, read_frigate, f"{name}/{TOPIC}")), Door()
    feed.start(door.deliver, door.trouble)
    return feed, door


def test_nothing_is_wrong_before_the_first_try_has_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes the connection, and says nothing yet
        client = MqttClient(Broker("The broker", "127.0.0.1", silent.getsockname()[1]))
        feeds = [started(client, name) for name in ("gate", "ring")]
        told = [list(door.troubles) for _, door in feeds]
        silent.close()  # then no answer comes any more, and nobody waits for one
        for feed, _ in feeds:
            feed.stop()  # type: ignore[attr-defined]
    assert told == [[], []]
