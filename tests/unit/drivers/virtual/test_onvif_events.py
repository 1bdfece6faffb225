"""Pull points: what comes, how long they live, how many there may be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import zeep
from lxml import etree
from onvif_rig import Clock, client, served
from zeep.plugins import HistoryPlugin

from drivers.virtual.onvif.context import PATHS, Lamp
from drivers.virtual.onvif.events import SUBSCRIPTIONS
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.onvif.wire import tag
from drivers.virtual.plates.event_messages import TOPIC
from drivers.virtual.state import Lamps

WSNT, TT = "{http://docs.oasis-open.org/wsn/b-2}", "{http://www.onvif.org/ver10/schema}"
MOTION, RELAY = "tns1:VideoSource/MotionAlarm", "tns1:Device/Trigger/Relay"


@contextmanager
def standing(now: float = 100.0) -> Iterator[tuple[OnvifServer, Clock]]:
    """A camera whose monotonic clock only the test moves."""
    mono = Clock(now)
    with served(mono=mono, lamp=Lamp(Lamps({"L": 60.0}), "L")) as camera:
        yield camera, mono


@contextmanager
def service(camera: OnvifServer) -> Iterator[Any]:
    with client(camera.context.xaddr(PATHS["tev"]), "tev") as events:
        yield events


class Puller:
    """Pulls with zeep in strict mode; topics are read from the text, because zeep loses them."""

    def __init__(self, address: str) -> None:
        self._history = HistoryPlugin()
        self._client = client(address, "pull", history=self._history)

    def __enter__(self) -> Puller:
        self.service = self._client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._client.__exit__(*error)

    def __call__(self, timeout: str = "PT0S", limit: int = 100) -> list[tuple[str, str, dict[str, str]]]:
        """Topic, operation and items of each message."""
        parsed = self.service.PullMessages(timeout, limit)
        found = []
        for message in self._history.last_received["envelope"].iter(WSNT + "NotificationMessage"):
            change = next(message.iter(TT + "Message"))
            items = {item.get("Name"): item.get("Value") for item in change.iter(TT + "SimpleItem")}
            found.append((message.findtext(WSNT + "Topic"), change.get("PropertyOperation"), items))
        assert len(parsed.NotificationMessage) == len(found)
        return found


def test_a_pull_point_from_start_to_end() -> None:
    with standing() as (camera, mono), service(camera) as events:
        assert events.GetServiceCapabilities().MaxPullPoints == SUBSCRIPTIONS
        properties = events.GetEventProperties()
        assert any(topic.tag.endswith("VideoSource") for topic in properties.TopicSet._value_1)
        created = events.CreatePullPointSubscription(InitialTerminationTime="PT100S")
        assert (created.TerminationTime - created.CurrentTime).total_seconds() == pytest.approx(100, abs=1)
        address = created.SubscriptionReference.Address._value_1
        with Puller(address) as pull, client(address, "subscription") as subscription:
            first = pull()
            assert {topic for topic, operation, _ in first if operation == "Initialized"} >= {MOTION, RELAY}
            assert pull() == []
            pull.service.SetSynchronizationPoint()
            assert len(pull(limit=2)) == 2
            mono.now += 90
            renewed = subscription.Renew(TerminationTime="PT200S")
            assert (renewed.TerminationTime - renewed.CurrentTime).total_seconds() == pytest.approx(200, abs=1)
            mono.now += 150
            pull()
            subscription.Unsubscribe()
            with pytest.raises(zeep.exceptions.Fault, match="no such subscription"):
                pull()


def test_subscriptions_are_few_and_run_out() -> None:
    with standing() as (camera, mono), service(camera) as events:
        for _ in range(SUBSCRIPTIONS):
            events.CreatePullPointSubscription(InitialTerminationTime="PT60S")
        with pytest.raises(zeep.exceptions.Fault, match="too many"):
            events.CreatePullPointSubscription()
        mono.now += 61
        events.CreatePullPointSubscription()
        assert len(camera.events) == 1


def test_a_relay_wakes_a_waiting_pull() -> None:
    with standing() as (camera, _), service(camera) as events, ThreadPoolExecutor(1) as pool:
        address = events.CreatePullPointSubscription().SubscriptionReference.Address._value_1
        with Puller(address) as pull, client(camera.context.xaddr(PATHS["tmd"]), "tmd") as relays:
            pull()
            waiting = pool.submit(pull, "PT30S")
            relays.SetRelayOutputState("Relay_1", "active")
            assert waiting.result(10) == [(RELAY, "Changed", {"RelayToken": "Relay_1", "LogicalState": "active"})]


def test_motion_comes_and_goes_by_the_clock() -> None:
    with standing() as (camera, mono), service(camera) as events:
        address = events.CreatePullPointSubscription(InitialTerminationTime="PT600S").SubscriptionReference.Address
        states = []
        with Puller(address._value_1) as pull:
            for _ in range(60):
                found = pull()
                states += [items["State"] for topic, _, items in found if topic == MOTION]
                mono.now += 1
    assert states[:4] in (["true", "false", "true", "false"], ["false", "true", "false", "true"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tns1:Device/Trigger/Relay", {RELAY}),
        ("tns1:Device//.", {RELAY, "tns1:Device/Trigger/DigitalInput"}),
        ("tns1:VideoSource/MotionAlarm|tns1:Device/Trigger/Relay", {MOTION, RELAY}),
        ("tnsvendor:Nothing", set()),
    ],
)
def test_topic_filters(expression: str, expected: set[str]) -> None:
    with standing() as (camera, _), service(camera) as events:
        element = etree.fromstring(
            '<wsnt:TopicExpression xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" Dialect='
            f'"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{expression}</wsnt:TopicExpression>'
        )
        created = events.CreatePullPointSubscription(Filter={"_value_1": [element]})
        with Puller(created.SubscriptionReference.Address._value_1) as pull:
            assert {topic for topic, _, _ in pull()} == expected


def test_a_device_without_power_forgets_its_subscriptions() -> None:
    with standing() as (camera, _):
        with service(camera) as events:
            events.CreatePullPointSubscription()
        assert len(camera.events) == 1
    assert len(camera.events) == 0


def test_a_plate_is_told_to_who_pulls_and_listed_where_the_camera_reads() -> None:
    with standing() as (camera, _), service(camera) as events:
        topics = etree.tostring(events.GetEventProperties().TopicSet._value_1[0])
        assert b"LicensePlate" not in topics
    with standing() as (camera, _):
        camera.context.reads_plates = True
        assert "onvif://www.onvif.org/Profile/M" in camera.context.scopes()
        with service(camera) as events:
            described = str([etree.tostring(each) for each in events.GetEventProperties().TopicSet._value_1])
            assert "LicensePlateInfo" in described
            answer = events.CreatePullPointSubscription()
            with Puller(answer.SubscriptionReference.Address._value_1) as pull:
                pull()
                info = tag("tt:LicensePlateInfo", tag("tt:PlateNumber", "AB <1>", Likelihood="0.9"))
                source, data = {"VideoSource": "v"}, {"Likelihood": "0.9"}
                camera.events.notify(TOPIC, source, data, {"LicensePlateInfo": info}, 1_790_000_000.5)
                ((topic, operation, items),) = pull()
    assert (topic, operation) == (TOPIC, None)
    assert items == {"VideoSource": "v", "Likelihood": "0.9"}
