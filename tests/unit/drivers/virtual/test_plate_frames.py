"""What a camera's analytics tell of plates: frames of metadata, which the console reads and which agree with events."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from reader_rig import NOW, reading

from drivers.events import PlateRead
from drivers.feeding import Incoming
from drivers.plates.onvif import read_onvif_xml
from drivers.virtual.onvif.wire import NAMESPACES, tag
from drivers.virtual.plates.event_messages import TOPIC, Notification, onvif_event
from drivers.virtual.plates.frames import IN_SIGHT_S, Analytics
from drivers.virtual.plates.readers import Maker
from drivers.virtual.plates.reading import Look
from drivers.virtual.plates.teller import Teller

TT = f"{{{NAMESPACES['tt']}}}"


class Time:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def seen(plate: str = "AB12CDE", id: str = "pass-1") -> Notification:
    return onvif_event(reading(Maker.ONVIF_METADATA, plate, id))


def reads(document: bytes) -> list[PlateRead]:
    return read_onvif_xml(Incoming("gate", document, datetime.fromtimestamp(NOW, UTC)))


def analytics(mono: Time) -> Analytics:
    return Analytics(lambda: NOW + mono.now - 50.0, mono)


def as_event(event: Notification) -> bytes:
    """A SOAP message with the same event, as who pulls gets it."""
    source = [tag("tt:SimpleItem", Name=key, Value=value) for key, value in event.source.items()]
    data = [tag("tt:SimpleItem", Name=key, Value=value) for key, value in event.data.items()]
    data += [tag("tt:ElementItem", inside, Name=key) for key, inside in event.elements.items()]
    time = "2026-09-21T14:14:00.250Z"
    message = tag("tt:Message", tag("tt:Source", *source), tag("tt:Data", *data), UtcTime=time)
    spaces = {f"xmlns:{prefix}": uri for prefix, uri in NAMESPACES.items()}
    return tag("wsnt:NotificationMessage", tag("wsnt:Topic", TOPIC), tag("wsnt:Message", message), **spaces).encode()


def test_a_frame_says_what_the_event_says_and_is_the_same_event() -> None:
    event = seen()
    (framed,) = reads(analytics(Time()).see(event, NOW))
    (told,) = reads(as_event(event))
    assert (framed.plate, framed.confidence, framed.region) == ("AB12CDE", 0.93, "GB")
    assert framed.look == told.look
    assert (framed.speed, framed.camera, framed.car) == (12.5, "VideoSource_1", told.car)
    assert framed.plate_picture == told.plate_picture
    assert (framed.id, framed.at) == (told.id, told.at)


def test_a_car_stands_in_each_frame_until_it_is_gone_and_its_picture_comes_once() -> None:
    mono = Time()
    camera = analytics(mono)
    assert reads(camera.look()) == []
    first = camera.see(seen(), NOW)
    mono.now += 0.5
    camera.see(seen("XY34ZZZ", "pass-2"), NOW + 0.5)
    again = camera.look()
    assert b"Image" in first
    assert b"Image" not in again
    assert [each.plate for each in reads(again)] == ["AB12CDE", "XY34ZZZ"]
    assert len({each.car for each in reads(again)}) == 2
    assert {each.at for each in reads(again)} == {datetime.fromtimestamp(NOW + 0.5, UTC)}
    mono.now += IN_SIGHT_S - 0.2
    assert [each.plate for each in reads(camera.look())] == ["XY34ZZZ"]
    mono.now += 0.3
    assert reads(camera.look()) == []


def test_an_object_has_its_parts_in_the_order_of_the_schema() -> None:
    root = ET.fromstring(analytics(Time()).see(seen(), NOW))
    assert root.tag == f"{TT}MetadataStream"
    frame = root.find(f"{TT}VideoAnalytics/{TT}Frame")
    assert frame is not None
    assert frame.attrib == {"UtcTime": "2026-09-21T14:14:00.250Z", "Source": "VideoSource_1"}
    appearance = frame.find(f"{TT}Object/{TT}Appearance")
    assert appearance is not None
    names = [each.tag.removeprefix(TT) for each in appearance]
    assert names == ["Shape", "Class", "VehicleInfo", "LicensePlateInfo", "Image"]
    centre = appearance.find(f"{TT}Shape/{TT}CenterOfGravity")
    assert centre is not None
    assert centre.attrib == {"x": "0.0156", "y": "0.1250"}


def test_a_reader_without_pictures_sends_none() -> None:
    bare = Look(1280, 720, ((600, 300), (700, 302), (700, 330), (600, 328)))
    event = onvif_event(reading(Maker.ONVIF_METADATA, look=bare))
    assert b"Image" not in analytics(Time()).see(event, NOW)


def test_markup_in_a_plate_stays_text_and_a_broken_document_breaks_off() -> None:
    heard: list[Notification] = []
    teller = Teller(reading(Maker.ONVIF_METADATA).reader, notify=heard.append)
    teller.faults.set("markup", times=1)
    teller.tell(reading(Maker.ONVIF_METADATA))
    camera = analytics(Time())
    markup = ET.fromstring(camera.see(heard[-1], NOW)).find(f".//{TT}PlateNumber")
    assert markup is not None
    assert markup.text is not None
    assert markup.text.startswith("AB12CDE<img")
    teller.faults.set("broken", times=1)
    teller.tell(reading(Maker.ONVIF_METADATA))
    whole = camera.see(seen(), NOW)
    assert camera.see(heard[-1], NOW) == whole[: len(whole) // 2]
    teller.tell(reading(Maker.ONVIF_METADATA))
    assert camera.see(heard[-1], NOW) == whole
