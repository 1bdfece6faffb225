"""What every plate feed does, whatever it speaks: over real sockets, with tiny senders."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import plate_messages as made
import pytest
from plate_rig import NAME, RIGS, CityMetadataRig, MetadataRig, MqttRig, PlateRig, PullRig, PushRig

from drivers.events import PlateRead


@contextlib.contextmanager
def running(kind: str) -> Iterator[PlateRig]:
    rig = RIGS[kind]()
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


@pytest.fixture(params=RIGS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_is_sent_comes_once_and_is_counted(kind: str) -> None:
    plates = ["AB12CD", "W-777 Ü", "8B0O1I"]
    with running(kind) as rig:
        assert rig.feed.name == NAME
        for plate in plates:
            rig.send(plate)
        assert rig.door.came(3)
        assert rig.door.plates == plates
        for read in rig.door.events:
            assert isinstance(read, PlateRead)
            assert (read.source, read.at) == (NAME, made.AT)
            assert read.id
            assert read.camera
            assert 0 < (read.confidence or 0) <= 1
        assert rig.door.until(lambda: rig.feed.counts().received == 3)
        counts = rig.feed.counts()
        assert (counts.refused, counts.left_out) == (0, 0)
        assert counts.last is not None
        assert counts.last - made.AT > timedelta(0)
        assert rig.answers in ([], [200] * 3)
        assert [each for each in rig.door.troubles if each] == []


def test_what_is_sent_twice_is_one_event(kind: str) -> None:
    with running(kind) as rig:
        rig.send("AB12CD")
        rig.send("AB12CD")
        rig.send("OTHER1")
        assert rig.door.until(lambda: "OTHER1" in rig.door.plates)
        assert len({each.id for each in rig.door.events}) == 2
        assert rig.door.plates[0] == "AB12CD"


def test_what_cannot_be_understood_is_said_and_the_next_one_comes(kind: str) -> None:
    with running(kind) as rig:
        rig.garbage()
        rig.send("AB12CD")
        assert rig.door.came(1)
        assert rig.door.plates == ["AB12CD"]
        assert rig.feed.counts().refused == 1
        assert rig.answers in ([], [400, 200])
        (sentence,) = [each for each in rig.door.troubles if each]
        assert sentence.startswith(f"{NAME}: sent something that cannot be understood: ")
        assert "\n" not in sentence


def test_started_again(kind: str) -> None:
    with running(kind) as rig:
        rig.send("FIRST1")
        assert rig.door.came(1)
        rig.feed.stop()
        names = [each.name for each in threading.enumerate()]
        assert not [each for each in names if each.startswith(("plate receiver", "mqtt", "feed "))]
        if isinstance(rig, PullRig):
            rig._made.clear()
        elif isinstance(rig, MqttRig):
            assert rig.door.until(lambda: not rig.broker.clients)
        elif isinstance(rig, MetadataRig):
            assert rig.door.until(lambda: not rig._playing.is_set())
        elif isinstance(rig, CityMetadataRig):
            assert rig.door.until(lambda: not rig.listened_to)
        rig.start()
        rig.send("SECOND")
        assert rig.door.until(lambda: "SECOND" in rig.door.plates)


def test_stopped_before_anybody_came(kind: str) -> None:
    rig = RIGS[kind]()
    try:
        rig.feed.start(rig.door.deliver, rig.door.trouble)
        rig.feed.stop()
        rig.feed.stop()
    finally:
        rig.close()


@pytest.mark.parametrize("push", ["rekor", "plate_recognizer", "hikvision", "axis"])
def test_a_push_is_answered_well_only_when_it_is_stored(push: str) -> None:
    with running(push) as rig:
        assert isinstance(rig, PushRig)
        rig.door.verdict = False
        rig.send("AB12CD")
        assert rig.answers == [503]
        assert rig.feed.counts().received == 0
        rig.door.verdict = True
        rig.send("AB12CD")
        assert rig.answers == [503, 200]
        assert len({each.id for each in rig.door.events}) == 1


@pytest.mark.parametrize("polled", ["onvif_events", "onvif_metadata", "onvif_metadata_of_the_city"])
def test_what_a_camera_does_not_keep_is_handed_in_until_it_is_stored(polled: str) -> None:
    with running(polled) as rig:
        rig.door.verdict = False
        rig.send("AB12CD")
        assert rig.door.came(1)
        rig.door.verdict = True
        assert rig.door.came(2)
        assert len({each.id for each in rig.door.events}) == 1
        assert any("could not be stored here" in each for each in rig.door.troubles)
        assert rig.door.until(lambda: rig.feed.counts().received == 1)


def test_a_subscription_is_renewed_and_made_anew() -> None:
    with running("onvif_events") as rig:
        assert isinstance(rig, PullRig)
        assert rig.door.until(lambda: "PullMessages" in rig.asked)
        rig.now = 49.0  # beyond 80 % of a minute
        assert rig.door.until(lambda: "Renew" in rig.asked)
        rig.forget = True
        assert rig.door.until(lambda: rig.asked.count("CreatePullPointSubscription") == 2)
        assert any("its event subscription failed: unknown subscription" in each for each in rig.door.troubles)
        rig.send("AB12CD")
        assert rig.door.came(1)
        assert rig.door.troubles[-1] == ""
        rig.feed.stop()
        assert rig.asked[-1] == "Unsubscribe"


def test_a_metadata_stream_that_breaks_is_opened_again() -> None:
    with running("onvif_metadata") as rig:
        assert isinstance(rig, MetadataRig)
        assert "SETUP metadata" in rig.asked
        rig.cut()
        assert rig.door.until(lambda: sum(each.startswith("PLAY") for each in rig.asked) == 2)
        rig.ready()
        rig.send("AB12CD")
        assert rig.door.came(1)


def test_a_camera_that_says_nothing_any_more_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.video.rtsp.metadata._KEEP_SECONDS", (0.1, 0.2))
    monkeypatch.setattr("drivers.video.rtsp.metadata._LOOK_SECONDS", 0.1)
    with running("onvif_metadata") as rig:
        assert isinstance(rig, MetadataRig)
        assert rig.door.until(lambda: sum(each.startswith("OPTIONS") for each in rig.asked) >= 3)
        assert sum(each.startswith("PLAY") for each in rig.asked) == 1  # a camera that answers is left alone
        rig.mute = True
        rig.sends(made.onvif_metadata("AB12CD")[:300])  # it stops in the middle of a document
        assert rig.door.until(lambda: any("its metadata stream fell silent" in each for each in rig.door.troubles))
        rig.mute = False
        assert rig.door.until(lambda: sum(each.startswith("PLAY") for each in rig.asked) == 2)
        rig.ready()
        rig.send("OTHER1")
        assert rig.door.until(lambda: rig.door.plates == ["OTHER1"])
        assert rig.door.troubles[-1] == ""


@pytest.mark.parametrize("streamed", ["onvif_metadata", "onvif_metadata_of_the_city"])
@pytest.mark.parametrize("size", [300, 10_000_000])
def test_a_document_that_breaks_off_or_is_huge_is_said_and_the_next_one_comes(streamed: str, size: int) -> None:
    with running(streamed) as rig:
        assert isinstance(rig, MetadataRig | CityMetadataRig)
        whole = made.onvif_metadata("LO57")
        rig.sends(whole[:size] if size < len(whole) else whole.replace(b"<tt:Object ", b" " * size + b"<tt:Object ", 1))
        rig.send("AB12CD")
        assert rig.door.came(1)
        assert rig.door.plates == ["AB12CD"]
        assert rig.door.until(lambda: rig.feed.counts().refused == 1)
        (sentence,) = [each for each in rig.door.troubles if each]
        assert "a document that breaks off or is larger than 1 MiB, which is left out" in sentence
        assert sum(each.startswith("PLAY") for each in getattr(rig, "asked", ["PLAY"])) == 1


def test_a_camera_that_refuses_the_password_is_not_asked_again() -> None:
    rig = CityMetadataRig(password="wrong")
    try:
        rig.feed.start(rig.door.deliver, rig.door.trouble)
        assert rig.door.until(lambda: any(rig.door.troubles))
        (sentence,) = rig.door.troubles
        assert sentence.startswith(f"{NAME}: user name or password refused")
        assert "wrong" not in sentence
        assert rig.feed._thread is not None  # type: ignore[attr-defined]
        rig.feed._thread.join(5)  # type: ignore[attr-defined]
        assert not rig.feed._thread.is_alive()  # type: ignore[attr-defined]
    finally:
        rig.close()


def test_a_camera_loses_power_and_comes_back() -> None:
    with running("onvif_metadata_of_the_city") as rig:
        assert isinstance(rig, CityMetadataRig)
        rig.send("FIRST1")
        assert rig.door.came(1)
        rig.reboots()
        rig.ready()
        rig.send("SECOND")
        assert rig.door.until(lambda: "SECOND" in rig.door.plates)
        assert any(rig.door.troubles)
        assert rig.door.troubles[-1] == ""


def test_a_broker_that_is_cut_off_is_come_back_to() -> None:
    with running("frigate") as rig:
        assert isinstance(rig, MqttRig)
        rig._loop.loop.call_soon_threadsafe(rig.broker.cut)
        assert rig.door.until(lambda: any(rig.door.troubles) and rig.door.troubles[-1] == "")
        rig.ready()
        rig.send("AB12CD")
        assert rig.door.came(1)
