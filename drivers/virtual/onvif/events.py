"""The event service with pull points (ONVIF ``ver10/events/wsdl``, WS-BaseNotification).

Motion comes by a timetable made from the camera's number, worked out when somebody pulls; relay and input events come
when they happen. So an idle camera costs nothing.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.deviceio import INPUT, INPUT_TOPIC, RELAY, RELAY_TOPIC
from drivers.virtual.onvif.wire import Call, Markup, SoapFault, duration, join, number, tag

SUBSCRIPTION_PATH = "/onvif/subscription/"
SUBSCRIPTIONS = 8
QUEUE = 200
MESSAGES = 100
TOPICS = 32
LONGEST_POLL = 60.0
TERMINATION = (60.0, 3600.0)
"""Seconds: what a subscription gets by default, and at most."""
MOTION_TOPIC = "tns1:VideoSource/MotionAlarm"
MOTION_SECONDS = 6.0
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"


@dataclass(slots=True)
class _Subscription:
    until: float
    topics: list[tuple[str, bool]]
    """Topic without prefixes, and whether everything under it counts too; empty: everything."""
    queue: deque[Markup] = field(default_factory=lambda: deque(maxlen=QUEUE))
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    motion: bool | None = None

    def wants(self, topic: str) -> bool:
        plain = _plain(topic)
        return not self.topics or any(
            plain == wanted or (below and plain.startswith(wanted + "/")) for wanted, below in self.topics
        )

    def put(self, topic: str, message: Markup) -> None:
        if self.wants(topic):
            self.queue.append(message)
            self.wake.set()


def _plain(topic: str) -> str:
    return "/".join(part.rpartition(":")[2] for part in topic.split("/"))


class EventService:
    """Subscriptions of one camera. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._subscriptions: dict[str, _Subscription] = {}
        self._ids = itertools.count(1)
        self._inputs: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
            RELAY_TOPIC: ({"RelayToken": RELAY}, {"LogicalState": "inactive"}),
            INPUT_TOPIC: ({"InputToken": INPUT}, {"LogicalState": "false"}),
        }

    def operations(self) -> Operations:
        """The operations of the events namespace by the name of the request."""
        return {
            "GetServiceCapabilities": lambda call: tag(
                "tev:Capabilities",
                WSSubscriptionPolicySupport=True,
                WSPausableSubscriptionManagerInterfaceSupport=False,
                MaxNotificationProducers=0,
                MaxPullPoints=SUBSCRIPTIONS,
                PersistentNotificationStorage=False,
            ),
            "GetEventProperties": self._properties,
            "CreatePullPointSubscription": self._create,
            "PullMessages": self._pull,
            "SetSynchronizationPoint": self._synchronise,
        }

    def subscription_operations(self) -> Operations:
        """The operations of WS-BaseNotification by the name of the request."""
        return {"Renew": self._renew, "Unsubscribe": self._unsubscribe}

    def emit(self, topic: str, source: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Send a change of a property to everybody who listens for it."""
        if topic in self._inputs:
            self._inputs[topic] = (source, data)
        message = self._message(topic, source, data, "Changed")
        for subscription in self._alive().values():
            subscription.put(topic, message)

    def notify(
        self, topic: str, source: Mapping[str, str], data: Mapping[str, str], elements: Mapping[str, Markup], at: float
    ) -> None:
        """Tell everybody who listens of something that is no property; ``elements`` are data that is XML, ``at`` is
        its time in seconds since 1970."""
        message = self._message(topic, source, data, "", elements, datetime.fromtimestamp(at, UTC))
        for subscription in self._alive().values():
            subscription.put(topic, message)

    def trigger_input(self, on: bool) -> None:
        """The digital input changes."""
        self.emit(INPUT_TOPIC, {"InputToken": INPUT}, {"LogicalState": "true" if on else "false"})

    def clear(self) -> None:
        """Forget all subscriptions."""
        self._subscriptions.clear()

    def __len__(self) -> int:
        return len(self._alive())

    def _alive(self) -> dict[str, _Subscription]:
        now = self._context.mono()
        for key in [key for key, subscription in self._subscriptions.items() if subscription.until <= now]:
            del self._subscriptions[key]
        return self._subscriptions

    def _found(self, call: Call) -> _Subscription:
        found = self._alive().get(call.path.removeprefix(SUBSCRIPTION_PATH))
        if found is None:
            raise SoapFault("no such subscription", "wsrf:ResourceUnknownFault")
        return found

    def _message(
        self,
        topic: str,
        source: Mapping[str, str],
        data: Mapping[str, str],
        operation: str,
        elements: Mapping[str, Markup] | None = None,
        at: datetime | None = None,
    ) -> Markup:
        def items(name: str, values: Mapping[str, str], more: Mapping[str, Markup]) -> Markup:
            simple = [tag("tt:SimpleItem", Name=key, Value=value) for key, value in values.items()]
            return tag(name, *simple, *(tag("tt:ElementItem", inside, Name=key) for key, inside in more.items()))

        when = (at or self._context.clock.now()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        attributes = {"UtcTime": when, **({"PropertyOperation": operation} if operation else {})}
        content = [items("tt:Source", source, {}), items("tt:Data", data, elements or {})]
        return tag(
            "wsnt:NotificationMessage",
            tag("wsnt:Topic", topic, Dialect=_DIALECT),
            tag("wsnt:Message", tag("tt:Message", *content, **attributes)),
        )

    def _moves(self) -> tuple[bool, float]:
        """Whether something moves before the camera, and in how many seconds that changes."""
        camera = self._context.spec.number
        period = 20.0 + camera * 7 % 20
        phase = (self._context.mono() + camera * 3.7) % period
        return (True, MOTION_SECONDS - phase) if phase < MOTION_SECONDS else (False, period - phase)

    def _look(self, subscription: _Subscription) -> float:
        """Put a motion event if motion changed since this subscription heard of it; seconds to the next change."""
        moving, seconds = self._moves()
        if subscription.motion is not moving:
            operation = "Initialized" if subscription.motion is None else "Changed"
            subscription.motion = moving
            state = "true" if moving else "false"
            subscription.put(MOTION_TOPIC, self._message(MOTION_TOPIC, {"Source": SOURCE}, {"State": state}, operation))
        return seconds

    def _initialise(self, subscription: _Subscription) -> None:
        for topic, (source, data) in self._inputs.items():
            subscription.put(topic, self._message(topic, source, data, "Initialized"))
        subscription.motion = None
        self._look(subscription)

    def _times(self, subscription: _Subscription, current: str, termination: str) -> dict[str, Markup]:
        now = self._context.clock.now()
        end = now + timedelta(seconds=subscription.until - self._context.mono())
        return {
            name: tag(f"{prefix}:{name}", when.strftime("%Y-%m-%dT%H:%M:%SZ"))
            for prefix, name, when in ((current, "CurrentTime", now), (termination, "TerminationTime", end))
        }

    def _seconds(self, text: str) -> float:
        """Seconds until a termination time given as a duration or a date."""
        if not text:
            return TERMINATION[0]
        if text.startswith("P"):
            return min(TERMINATION[1], duration(text))
        try:
            when = datetime.fromisoformat(text)
        except ValueError as error:
            raise SoapFault("termination time not understood", "wsnt:UnacceptableTerminationTimeFault") from error
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        seconds = when.timestamp() - self._context.clock.posix()
        if seconds <= 0:
            raise SoapFault("termination time is in the past", "wsnt:UnacceptableTerminationTimeFault")
        return min(TERMINATION[1], seconds)

    def _create(self, call: Call) -> Markup:
        topics: list[tuple[str, bool]] = []
        wanted = call.find("Filter")
        for element in () if wanted is None else wanted:
            if not element.tag.endswith("}TopicExpression"):
                raise SoapFault("only topic filters are taken", "wsnt:InvalidFilterFault")
            for expression in (element.text or "").strip()[:2000].split("|"):
                below = expression.strip().endswith("//.")
                if len(topics) >= TOPICS:
                    raise SoapFault("too many topics", "wsnt:InvalidFilterFault")
                topics.append((_plain(expression.strip().removesuffix("//.")), below))
        seconds = self._seconds(call.text("InitialTerminationTime"))
        if len(self._alive()) >= SUBSCRIPTIONS:
            raise SoapFault("too many subscriptions", "wsnt:SubscribeCreationFailedFault", sender=False, status=500)
        key = str(next(self._ids))
        subscription = _Subscription(self._context.mono() + seconds, topics)
        self._subscriptions[key] = subscription
        self._initialise(subscription)
        times = self._times(subscription, "wsnt", "wsnt")
        address = tag("wsa:Address", self._context.xaddr(SUBSCRIPTION_PATH + key))
        return join([tag("tev:SubscriptionReference", address), times["CurrentTime"], times["TerminationTime"]])

    async def _pull(self, call: Call) -> Markup:
        subscription = self._found(call)
        limit = int(number(call.text("MessageLimit", default="1"), 1, 1e6))
        deadline = self._context.mono() + min(LONGEST_POLL, duration(call.text("Timeout", default="PT1S")))
        subscription.until = max(subscription.until, deadline + TERMINATION[0])
        while True:
            change = self._look(subscription)
            left = deadline - self._context.mono()
            if subscription.queue or left <= 0:
                break
            subscription.wake.clear()
            try:
                await asyncio.wait_for(subscription.wake.wait(), min(left, change + 0.01))
            except TimeoutError:
                continue
        count = min(limit, MESSAGES, len(subscription.queue))
        messages = [subscription.queue.popleft() for _ in range(count)]
        times = self._times(subscription, "tev", "tev")
        return join([times["CurrentTime"], times["TerminationTime"], *messages])

    def _synchronise(self, call: Call) -> Markup:
        self._initialise(self._found(call))
        return Markup()

    def _renew(self, call: Call) -> Markup:
        subscription = self._found(call)
        subscription.until = self._context.mono() + self._seconds(call.text("TerminationTime"))
        times = self._times(subscription, "wsnt", "wsnt")
        return join([times["TerminationTime"], times["CurrentTime"]])

    def _unsubscribe(self, call: Call) -> Markup:
        self._found(call).wake.set()
        del self._subscriptions[call.path.removeprefix(SUBSCRIPTION_PATH)]
        return Markup()

    def _properties(self, call: Call) -> Markup:
        def described(source: str, source_type: str, data: str, data_type: str) -> Markup:
            return tag(
                "tt:MessageDescription",
                tag("tt:Source", tag("tt:SimpleItemDescription", Name=source, Type=source_type)),
                tag("tt:Data", tag("tt:SimpleItemDescription", Name=data, Type=data_type)),
                IsProperty=True,
            )

        def topic(name: str, content: Markup) -> Markup:
            return Markup(f'<{name} wstop:topic="true">{content}</{name}>')

        token = "tt:ReferenceToken"
        recognition = tag("tns1:RuleEngine", tag("Recognition", topic("LicensePlate", _plate_description())))
        return join(
            [
                tag("tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml"),
                tag("wsnt:FixedTopicSet", True),
                tag(
                    "wstop:TopicSet",
                    tag("tns1:VideoSource", topic("MotionAlarm", described("Source", token, "State", "xs:boolean"))),
                    tag(
                        "tns1:Device",
                        tag(
                            "Trigger",
                            topic("Relay", described("RelayToken", token, "LogicalState", "tt:RelayLogicalState")),
                            topic("DigitalInput", described("InputToken", token, "LogicalState", "xs:boolean")),
                        ),
                    ),
                    recognition if self._context.reads_plates else None,
                ),
                tag("wsnt:TopicExpressionDialect", _DIALECT),
                tag("wsnt:TopicExpressionDialect", "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"),
                tag(
                    "tev:MessageContentFilterDialect", "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
                ),
                tag("tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"),
            ]
        )


def _plate_description() -> Markup:
    """What an event about a plate holds (Analytics Service Specification, on recognition)."""

    def simple(name: str, kind: str) -> Markup:
        return tag("tt:SimpleItemDescription", Name=name, Type=kind)

    def element(name: str, kind: str) -> Markup:
        return tag("tt:ElementItemDescription", Name=name, Type=kind)

    return tag(
        "tt:MessageDescription",
        tag("tt:Source", simple("VideoSource", "tt:ReferenceToken"), simple("Rule", "xs:string")),
        tag(
            "tt:Data",
            simple("Likelihood", "xs:float"),
            simple("ObjectId", "xs:integer"),
            element("BoundingBox", "tt:Rectangle"),
            simple("Image", "xs:base64Binary"),
            element("LicensePlateInfo", "tt:LicensePlateInfo"),
            element("VehicleInfo", "tt:VehicleInfo"),
            simple("Speed", "xs:float"),
            simple("Direction", "xs:string"),
        ),
        IsProperty=False,
    )
