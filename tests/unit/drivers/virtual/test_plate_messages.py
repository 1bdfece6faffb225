"""What readers send, maker by maker: shapes as in the makers' own documents."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from plate_rig import JPEG, LOOK, NOW, reader, reading

from drivers.virtual.plates.event_messages import frigate, onvif_event, onvif_json
from drivers.virtual.plates.push_messages import Message, axis, heartbeat, hikvision, plate_recognizer, rekor
from drivers.virtual.plates.readers import Maker
from drivers.virtual.plates.reading import Look

BARE = Look(LOOK.width, LOOK.height, LOOK.corners)


def parts(message: Message) -> dict[str, bytes]:
    """Parts of a form by name."""
    whole = message_from_bytes(
        b"Content-Type: " + message.content_type.encode() + b"\r\n\r\n" + message.body, policy=HTTP
    )
    found = {}
    for part in whole.iter_parts():  # type: ignore[attr-defined]
        data = part.get_payload(decode=True)
        assert len(data) == int(part["Content-Length"])
        found[part.get_param("name", header="content-disposition")] = data
    return found


def read(message: Message) -> dict[str, Any]:
    assert message.content_type == "application/json"
    content = json.loads(message.body)
    assert isinstance(content, dict)
    return content


def test_rekor_tells_of_a_group() -> None:
    found = read(rekor(reading()))
    assert found["data_type"] == "alpr_group"
    assert found["best_plate_number"] == "AB12CDE"
    assert found["best_confidence"] == 93.0
    assert found["epoch_end"] == round(NOW * 1000)
    assert [each["plate"] for each in found["candidates"]] == ["AB12CDE", "A812CDE"]
    assert found["candidates"] == found["best_plate"]["candidates"]
    assert found["best_region"] == "gb"
    assert found["vehicle"]["make_model"][0]["name"] == "volvo_v60"
    assert base64.b64decode(found["vehicle_crop_jpeg"]) == JPEG
    assert found["best_uuid"] in found["uuids"]
    assert read(rekor(reading()))["best_uuid"] == found["best_uuid"]
    assert read(rekor(reading(id="pass-2")))["best_uuid"] != found["best_uuid"]
    assert found["gps_latitude"] == reader().latitude


def test_plate_recognizer_sends_a_form_or_json_in_lower_case() -> None:
    form = parts(plate_recognizer(reading(Maker.PLATE_RECOGNIZER)))
    assert form["upload"] == JPEG
    found = json.loads(form["json"])
    assert found["hook"]["event"] == "recognition"
    result = found["data"]["results"][0]
    assert result["plate"] == "ab12cde"
    assert result["box"] == {"xmin": 600, "ymin": 300, "xmax": 700, "ymax": 330}
    assert result["region"]["code"] == "gb"
    assert found["data"]["timestamp"].startswith("2026-09-21 14:14:00.25")
    assert read(plate_recognizer(reading(Maker.PLATE_RECOGNIZER), form=False)) == found


def test_hikvision_sends_xml_and_pictures() -> None:
    form = parts(hikvision(reading(Maker.HIKVISION)))
    assert form["licensePlatePicture.jpg"] == JPEG + b"plate"
    assert form["detectionPicture.jpg"] == JPEG
    space = "{http://www.isapi.org/ver20/XMLSchema}"
    root = ET.fromstring(form["anpr.xml"])
    assert root.tag == space + "EventNotificationAlert"
    assert root.findtext(space + "eventType") == "ANPR"
    anpr = root.find(space + "ANPR")
    assert anpr is not None
    assert anpr.findtext(space + "licensePlate") == "AB12CDE"
    assert anpr.findtext(space + "confidenceLevel") == "93"
    assert anpr.findtext(f"{space}vehicleInfo/{space}speed") == "45"
    assert len((anpr.findtext(space + "plateCharBelieve") or "").split(",")) == 7
    assert len(anpr.findall(f"{space}pictureInfoList/{space}pictureInfo")) == 2
    only = parts(hikvision(reading(Maker.HIKVISION, look=BARE)))
    assert list(only) == ["anpr.xml"]


def test_hikvisions_xml_stays_xml_whatever_a_plate_says() -> None:
    form = parts(hikvision(reading(Maker.HIKVISION, '<img src=x onerror="alert(1)">')))
    assert ET.fromstring(form["anpr.xml"]).find(".//{*}img") is None


def test_axis_tells_three_times_of_one_car() -> None:
    new, update = (read(axis(reading(Maker.AXIS, look=BARE), state, 5, 9)) for state in ("new", "update"))
    assert new["carID"] == update["carID"] == "9"
    assert new["carMoveDirection"] == "unknown"
    assert update["carMoveDirection"] == "in"
    assert update["plateConfidence"] == "0.930000"
    assert update["plateCountry"] == "GBR"
    assert update["capture_timestamp"] == str(round(NOW * 1000))
    form = parts(axis(reading(Maker.AXIS), "lost", 6, 9))
    assert json.loads(form["event"])["carState"] == "lost"
    assert (form["plate"], form["frame"]) == (JPEG + b"plate", JPEG)


def test_frigate_updates_a_tracked_object() -> None:
    sent = frigate(reading(Maker.FRIGATE))
    assert sent.topic == "frigate/tracked_object_update"
    found = json.loads(sent.payload)
    assert (found["type"], found["plate"], found["score"]) == ("lpr", "AB12CDE", 0.93)
    assert found["timestamp"] == NOW
    assert found["camera"] == reader(Maker.FRIGATE).device


def test_profile_m_in_xml_and_json_says_the_same() -> None:
    event = onvif_event(reading(Maker.ONVIF))
    info = ET.fromstring(event.elements["LicensePlateInfo"].replace("tt:", ""))
    number = info.find("PlateNumber")
    assert number is not None
    assert (number.text, number.get("Likelihood")) == ("AB12CDE", "0.930")
    assert info.findtext("CountryCode") == "GB"
    box = ET.fromstring(event.elements["BoundingBox"].replace("tt:", ""))
    assert box.get("left") == "-0.0625"
    assert box.get("top") == "0.1667"
    sent = onvif_json(reading(Maker.ONVIF_MQTT))
    device = reader(Maker.ONVIF_MQTT).device
    assert sent.topic == f"{device}/onvif-ej/RuleEngine/Recognition/LicensePlate/&VideoSource_1/&LPR"
    found = json.loads(sent.payload)
    assert found["UtcTime"] == "2026-09-21T14:14:00.250Z"
    assert found["Data"]["LicensePlateInfo"]["PlateNumber"] == {"@Likelihood": "0.930", "#text": "AB12CDE"}
    assert found["Data"]["Speed"] == event.data["Speed"] == "12.5"
    assert base64.b64decode(found["Data"]["Image"]) == JPEG + b"plate"


def test_heartbeats_are_those_of_their_makers() -> None:
    beat = heartbeat(reader(), NOW)
    assert beat is not None
    assert read(beat)["data_type"] == "heartbeat"
    beat = heartbeat(reader(Maker.HIKVISION), NOW)
    assert beat is not None
    assert ET.fromstring(beat.body).findtext("{*}eventState") == "inactive"
    assert heartbeat(reader(Maker.AXIS), NOW) is None
