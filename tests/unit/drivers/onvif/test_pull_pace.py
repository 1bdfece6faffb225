"""Pull points of devices that answer at once, whatever they have."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from drivers.errors import BadAnswer
from drivers.feeding import Incoming
from drivers.http_wire import Answer
from drivers.onvif import subscription
from drivers.onvif.events import LEAST_SECONDS, PullPointFeed
from drivers.onvif.session import OnvifSession

CREATED = (
    b"<e xmlns:a='urn:a'><SubscriptionReference><a:Address>http://192.0.2.5/e</a:Address></SubscriptionReference>"
    b"<CurrentTime>2026-11-03T08:00:00Z</CurrentTime><TerminationTime>2026-11-03T08:01:00Z</TerminationTime></e>"
)
MOST = 1000


class Hasty(OnvifSession):
    """Answers every pull at once."""

    def __init__(self, body: bytes) -> None:
        self.addresses, self.xaddr, self.body, self.pulls = (
            {"events": "http://192.0.2.5/e"},
            "http://192.0.2.5/d",
            body,
            0,
        )

    def exchange(self, address: str, body: bytes, headers: Mapping[str, str], manner: object) -> Answer:
        if b"CreatePullPointSubscription" in body:
            return Answer(200, {}, CREATED)
        self.pulls += 1
        assert self.pulls < MOST, "it is asked without a pause"
        return Answer(200, {}, self.body)

    def close(self) -> None:
        pass


class Ending(threading.Event):
    """Says that it is the end after three pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == 3:
            self.set()
        return self.is_set()


@pytest.mark.parametrize("body", [b"<e/>", b"<e><NotificationMessage/></e>"])
def test_a_device_that_answers_at_once_is_not_asked_without_a_pause(body: bytes) -> None:
    session = Hasty(body)

    def nothing(incoming: Incoming) -> list[object]:
        return []

    feed = PullPointFeed("Gate", lambda: session, nothing, clock=lambda: 0.0)  # type: ignore[arg-type]
    feed.ending = ending = Ending()
    feed.serve()
    assert ending.pauses == [LEAST_SECONDS] * 3
    assert session.pulls == 4, "three pulls, and the subscription is given back"


def test_parameters_without_end_are_not_all_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a million of them would take seconds."""
    written: list[object] = []
    tostring = subscription.etree.tostring

    def counted(element: Any, **how: Any) -> Any:
        written.append(element)
        return tostring(element, **how)

    monkeypatch.setattr(subscription.etree, "tostring", counted)
    many = CREATED.replace(b"</Subs", b"<ReferenceParameters>" + b"<p/>" * 50_000 + b"</ReferenceParameters></Subs")
    with pytest.raises(BadAnswer, match="far too long parameters"):
        subscription.read_created("Gate", Answer(200, {}, many))
    assert len(written) < 1000
