"""What each maker's messages become, and what becomes of messages that are none."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import plate_messages as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import MOST_PICTURE, PlateRead, VehicleLook
from drivers.feeding import BadMessage, Incoming, TooMuch, Unreadable
from drivers.plates.axis import read_axis
from drivers.plates.frigate import read_frigate
from drivers.plates.hikvision import read_hikvision
from drivers.plates.onvif import read_onvif_json, read_onvif_xml
from drivers.plates.plate_recognizer import read_plate_recognizer
from drivers.plates.rekor import read_rekor
from drivers.types import GeoPlace

NOW = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
PARSERS = (read_rekor, read_plate_recognizer, read_hikvision, read_axis, read_frigate, read_onvif_xml, read_onvif_json)


def incoming(posted: tuple[str, bytes] | bytes, topic: str = "") -> Incoming:
    kind, body = posted if isinstance(posted, tuple) else ("", posted)
    return Incoming("Gate", body, NOW, kind, topic)


def one(reads: list[PlateRead]) -> PlateRead:
    (read,) = reads
    assert read.source == "Gate"
    assert read.at == made.AT
    return read


def test_rekor_group() -> None:
    read = one(read_rekor(incoming(made.rekor_group())))
    assert (read.plate, read.confidence, read.region) == ("7ABC123", 0.915, "us-ca")
    assert [(each.plate, each.confidence) for each in read.candidates] == [("7A8C123", 0.84)]
    assert (read.camera, read.car) == ("407216223", "AGENT-cam-2")
    assert read.place == GeoPlace(38.9072, -77.0369)
    assert read.direction == "87° in the picture"
    assert read.heading is None  # degrees in the picture are none of the compass
    assert read.look == VehicleLook("sedan-compact", "ford", "focus", "silver-gray", "2010-2014")
    assert read.box == pytest.approx((0.5, 0.5, 0.1, 29 / 288))
    assert read.plate_picture == read.scene_picture == made.JPEG


def test_rekor_of_version_1_is_the_same_read() -> None:
    new, old = one(read_rekor(incoming(made.rekor_group()))), one(read_rekor(incoming(made.rekor_v1())))
    assert (old.id, old.plate, old.confidence, old.region) == (new.id, new.plate, new.confidence, new.region)
    assert old.candidates == new.candidates


def test_an_alert_of_rekor_is_its_group() -> None:
    alert = {"data_type": "alpr_alert", "plate_number": "7ABC123", "group": made.rekor()}
    assert read_rekor(incoming(("", json.dumps(alert).encode()))) == read_rekor(incoming(made.rekor_group()))


def test_rekor_frames_and_heartbeats() -> None:
    reads = read_rekor(incoming(made.rekor_results("AAA111", "", "BBB222")))
    assert [(each.plate, each.id, each.confidence) for each in reads] == [
        ("AAA111", "AGENT-cam-9:0", 0.8825),
        ("BBB222", "AGENT-cam-9:2", 0.8825),
    ]
    assert read_rekor(incoming(b'{"data_type": "heartbeat", "timestamp": 1, "video_streams": []}')) == []
    with pytest.raises(BadMessage, match="data_type 'cats' is not"):
        read_rekor(incoming(b'{"data_type": "cats"}'))


def test_plate_recognizer() -> None:
    message = incoming(made.plate_recognizer_form())
    read = one(read_plate_recognizer(message))
    assert (read.plate, read.confidence, read.region, read.camera) == ("9jub11", 0.839, "gb", "camera-1")
    assert [each.plate for each in read.candidates] == ["sju88y"]
    assert read.look == VehicleLook("Big Truck", "Volkswagen", "Golf", "white")
    assert read.box == pytest.approx((0.1, 57 / 288, 0.1, 29 / 288))
    assert (read.scene_picture, read.direction) == (made.JPEG, "210° in the picture")
    plain = one(read_plate_recognizer(incoming((made.JSON, json.dumps(made.plate_recognizer()).encode()))))
    assert plain.id == read.id
    assert plain.box is None  # the size of the picture is not known
    assert message.left_out == 0


def test_plate_recognizer_of_other_shapes() -> None:
    text = json.dumps(made.plate_recognizer())
    from urllib.parse import quote

    posted = incoming(("application/x-www-form-urlencoded", f"json={quote(text)}".encode()))
    assert one(read_plate_recognizer(posted)).plate == "9jub11"
    nested = made.plate_recognizer(plate={"props": {"plate": [{"value": "ab1", "score": 0.9}, {"value": "a81"}]}})  # type: ignore[arg-type]
    read = one(read_plate_recognizer(incoming(json.dumps(nested).encode())))
    assert (read.plate, read.confidence, [each.plate for each in read.candidates]) == ("ab1", 0.9, ["a81"])
    assert read_plate_recognizer(incoming(b'{"hook": {"event": "dwell"}, "data": {}}')) == []
    with pytest.raises(BadMessage, match="no 'data'"):
        read_plate_recognizer(incoming(b"{}"))
    with pytest.raises(Unreadable, match="without the field 'json'"):
        read_plate_recognizer(incoming(made.form(("upload", "a.jpg", "image/jpeg", made.JPEG))))


def test_hikvision() -> None:
    read = one(read_hikvision(incoming(made.hikvision_form())))
    assert (read.plate, read.confidence, read.region, read.camera) == ("W12345X", 0.97, "AT", "1")
    assert [each.plate for each in read.candidates] == ["W1Z345X"]
    assert (read.direction, read.speed) == ("forward", pytest.approx(10.0))
    assert read.look == VehicleLook("vehicle", colour="blue")
    assert (read.plate_picture, read.scene_picture) == (made.JPEG, made.JPEG + b"scene")


@pytest.mark.parametrize("space", [made.HIK, "http://www.isapi.org/ver20/XMLSchema", "urn:psialliance-org"])
def test_hikvisions_namespace_does_not_matter(space: str) -> None:
    alone = one(read_hikvision(incoming(("application/xml", made.hikvision_xml(namespace=space)))))
    assert alone.id == one(read_hikvision(incoming(made.hikvision_form()))).id


def test_hikvision_says_nothing() -> None:
    assert read_hikvision(incoming(made.HIK_HEARTBEAT)) == []
    assert read_hikvision(incoming(made.hikvision_xml("unknown"))) == []
    with pytest.raises(BadMessage, match="no EventNotificationAlert"):
        read_hikvision(incoming(b"<html/>"))
    with pytest.raises(BadMessage, match="without its ANPR"):
        read_hikvision(incoming(b"<EventNotificationAlert><eventType>ANPR</eventType></EventNotificationAlert>"))
    with pytest.raises(Unreadable, match="multipart without XML"):
        read_hikvision(incoming(made.form(("a", "a.jpg", "image/jpeg", made.JPEG))))


def test_axis() -> None:
    read = one(read_axis(incoming(made.axis(frameSize=[640, 288]))))
    assert (read.plate, read.confidence, read.region, read.camera) == ("AA7690EQ", 0.8688, "LVA", "gate-north")
    assert (read.car, read.direction, read.place) == ("gate-north:123", "in", GeoPlace(56.95, 24.1))
    assert read.box == pytest.approx((0.05, 0.25, 0.1, 29 / 288))


def test_what_axis_says_of_one_car_belongs_together() -> None:
    said = [made.axis(), made.axis("AA7690EO", "update"), made.axis("AA7690EO", "lost"), made.axis()]
    reads = [one(read_axis(incoming(each))) for each in said]
    assert {each.car for each in reads} == {"gate-north:123"}
    assert len({each.id for each in reads}) == 3
    assert reads[0].id == reads[3].id
    assert read_axis(incoming(b'{"carID": "1", "carState": "lost"}')) == []
    with pytest.raises(BadMessage, match="carState 'flying'"):
        read_axis(incoming(made.axis(state="flying")))
    with pytest.raises(BadMessage, match="no plateASCII"):
        read_axis(incoming(b'{"hello": 1}'))


def test_axis_with_pictures() -> None:
    posted = made.form(
        ("json", "", "application/json", made.axis()[1]),
        ("plate", "plate.jpg", "image/jpeg", made.JPEG),
        ("frame", "frame.jpg", "image/jpeg", made.JPEG + b"scene"),
    )
    read = one(read_axis(incoming(posted)))
    assert (read.plate_picture, read.scene_picture) == (made.JPEG, made.JPEG + b"scene")


def test_frigate() -> None:
    read = one(read_frigate(incoming(made.frigate())))
    assert (read.plate, read.confidence, read.camera, read.car) == ("AB12CDE", 0.95, "driveway", "1793692798.25-xyz")
    assert one(read_frigate(incoming(made.frigate("AB12CDF")))).id != read.id
    assert read_frigate(incoming(made.frigate(type="face"))) == read_frigate(incoming(b"")) == []
    without = one(read_frigate(incoming(made.frigate(id=None))))
    assert without.id == one(read_frigate(incoming(made.frigate(id=None)))).id


@pytest.mark.parametrize("topic", ["tns1:RuleEngine/Recognition/LicensePlate", "tnshik:Vendor/tnshik:ANPR/Plate"])
def test_onvif_events(topic: str) -> None:
    plates = made.onvif_notification(topic=topic)
    other = plates.replace("LicensePlateInfo", "FaceInfo")
    gone = made.onvif_notification(operation="Deleted")
    message = made.soap(f"<tev:PullMessagesResponse>{other}{plates}{gone}{plates}</tev:PullMessagesResponse>")
    read = one(read_onvif_xml(incoming(message)))
    assert (read.plate, read.confidence, read.region) == ("B XY 123", 0.93, "DE-B")
    assert (read.camera, read.car, read.speed, read.direction) == ("VS1", "VS1:15", 12.5, "Approaching")
    assert read.look == VehicleLook("Car", "Opel", "Astra")
    assert read.box == (0.25, 0.25, 0.5, 0.25)
    assert read.plate_picture == made.JPEG


def test_onvif_prefixes_make_no_other_event() -> None:
    one_way = made.onvif_notification(topic="tns1:RuleEngine/Recognition/LicensePlate")
    other_way = made.onvif_notification(topic="ns7:RuleEngine/ns7:Recognition/LicensePlate")
    assert read_onvif_xml(incoming(made.soap(one_way))) == read_onvif_xml(incoming(made.soap(other_way)))


def test_onvif_metadata() -> None:
    read = one(read_onvif_xml(incoming(made.onvif_metadata())))
    assert (read.plate, read.confidence, read.region, read.car) == ("B XY 123", 0.93, "DE", "VS1:15")
    assert (read.place, read.speed, read.look.make) == (GeoPlace(52.5, 13.4), 13.9, "Opel")
    assert read_onvif_xml(incoming(b"<tt:MetadataStream/>")) == []


def test_an_event_and_a_frame_about_the_same_object_are_the_same_read() -> None:
    told = one(read_onvif_xml(incoming(made.soap(made.onvif_notification()))))
    framed = one(read_onvif_xml(incoming(made.onvif_metadata())))
    published = one(read_onvif_json(incoming(made.onvif_ej(), "city/onvif-ej/RuleEngine/Recognition/LicensePlate")))
    assert told.id == framed.id == published.id
    assert one(read_onvif_xml(incoming(made.onvif_metadata(car=16)))).id != framed.id
    assert one(read_onvif_xml(incoming(made.onvif_metadata("B XY 124")))).id != framed.id


@pytest.mark.parametrize("plate", ["B XY 123", {"@Likelihood": "0.93", "#text": "B XY 123"}, {"$": "B XY 123"}])
def test_onvif_in_json(plate: Any) -> None:
    read = one(read_onvif_json(incoming(made.onvif_ej(plate), "city/onvif-ej/RuleEngine/Recognition/LicensePlate")))
    assert (read.plate, read.confidence, read.region, read.camera) == ("B XY 123", 0.93, "DE", "VS1")
    assert (read.speed, read.box, read.car) == (12.5, (0.25, 0.25, 0.5, 0.25), "VS1:15")
    assert read.look == VehicleLook("Car", "Opel")


def test_onvif_json_that_says_nothing() -> None:
    assert read_onvif_json(incoming(b"")) == []  # an empty retained message deletes
    assert read_onvif_json(incoming(b'{"UtcTime": "x", "Data": {"State": true}}')) == []
    with pytest.raises(BadMessage, match="LicensePlateInfo that is no object"):
        read_onvif_json(incoming(b'{"Data": {"LicensePlateInfo": "AB1"}}'))


def test_a_message_without_a_time_is_of_now() -> None:
    (read,) = read_frigate(incoming(made.frigate(timestamp=None)))
    assert read.at == NOW
    (read,) = read_onvif_xml(incoming(made.soap(made.onvif_notification(time="2026-11-03T00:61:16Z"))))
    assert read.at == datetime(2026, 11, 3, 1, 1, 16, tzinfo=UTC)


def test_what_is_wrong_beside_the_plate_loses_no_read() -> None:
    bad = made.rekor_group(
        best_confidence=-3,
        gps_latitude="nan",
        vehicle_crop_jpeg="!!",
        candidates=[{"plate": "Z" * 99}, 7],
        travel_direction=None,
        vehicle=[],
        epoch_start="soon",
    )
    message = incoming(bad)
    (read,) = read_rekor(message)
    assert (read.plate, read.confidence, read.place, read.scene_picture) == ("7ABC123", None, None, b"")
    assert read.at == datetime.fromtimestamp((made.MS + 1200) / 1000, UTC)
    assert message.left_out == 2


def test_a_picture_too_large_is_left_out() -> None:
    large = base64.b64encode(made.JPEG + bytes(MOST_PICTURE)).decode()
    message = incoming(made.rekor_group(vehicle_crop_jpeg=large))
    (read,) = read_rekor(message)
    assert (read.scene_picture, read.plate_picture, message.left_out) == (b"", made.JPEG, 1)


def test_more_reads_than_a_message_may_bring() -> None:
    with pytest.raises(TooMuch, match="101 reads"):
        read_rekor(incoming(made.rekor_results(*["A"] * 101)))
    with pytest.raises(TooMuch, match="101 reads"):
        read_onvif_xml(incoming(made.soap("".join(made.onvif_notification(f"P{n}") for n in range(101)))))


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("plate", ["<script>", "=1+1", "A\x00B\u202eC", "\U0001f697 7", "Ä Ö 1", "'; DROP TABLE"])
def test_no_plate_is_run(parse: Any, plate: str) -> None:
    from xml.sax.saxutils import escape

    shown = escape(plate.replace("\x00", ""))
    message: tuple[str, bytes] | bytes = {
        read_rekor: lambda: made.rekor_group(plate),
        read_plate_recognizer: lambda: (made.JSON, json.dumps(made.plate_recognizer(plate)).encode()),
        read_hikvision: lambda: made.hikvision_xml(shown),
        read_axis: lambda: made.axis(plate),
        read_frigate: lambda: made.frigate(plate),
        read_onvif_xml: lambda: made.soap(made.onvif_notification(shown)),
        read_onvif_json: lambda: made.onvif_ej(plate),
    }[parse]()
    (read,) = parse(incoming(message))
    assert read.plate == plate.replace("\x00", "").replace("\u202e", "")


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><EventNotificationAlert>&c;</EventNotificationAlert>'


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"<", BOMB, b"[" * 50_000, b'{"a": NaN}', bytes(1000)])
def test_not_a_message(parse: Any, body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(incoming(body))
    assert caught.value.sentence.startswith("Gate: sent something that cannot be understood: ")
    assert "\n" not in caught.value.sentence


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.text(max_size=10), inside, max_size=3)),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("parse", "whole"),
    [
        (read_rekor, made.rekor()),
        (read_plate_recognizer, made.plate_recognizer()["data"]["results"][0]),
        (read_axis, json.loads(made.axis()[1])),
        (read_frigate, json.loads(made.frigate())),
        (read_onvif_json, json.loads(made.onvif_ej())["Data"]),
    ],
)
def test_any_value_in_any_place(parse: Any, whole: dict[str, Any]) -> None:
    @given(st.sampled_from(sorted(whole)), _VALUES)
    def check(key: str, value: Any) -> None:
        changed: dict[str, Any] = {**whole, key: value}
        if parse is read_plate_recognizer:
            changed = {"data": {"results": [changed], "timestamp": made.ISO}}
        elif parse is read_onvif_json:
            changed = {"UtcTime": made.ISO, "Data": changed}
        try:
            reads = parse(incoming(json.dumps(changed).encode()))
        except BadMessage:
            return
        assert all(isinstance(each, PlateRead) and 0 < len(each.plate) <= 32 and each.at.tzinfo for each in reads)

    check()
