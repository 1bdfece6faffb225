"""Messages shaped like those of real plate readers, for the tests of parsers and of feeds.

Each function makes one message about one plate: what an HTTP sender posts (content type and body), or the payload.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 3, 7, 59, 58, 250_000, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
ISO = "2026-11-03T07:59:58.250Z"
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x01\x20\x02\x80\x01\x01\x11\x00\xff\xd9"
JPEG64 = base64.b64encode(JPEG).decode()
JSON = "application/json"
Posted = tuple[str, bytes]


def _json(value: Any) -> Posted:
    return JSON, json.dumps(value).encode()


def form(*parts: tuple[str, str, str, bytes]) -> Posted:
    """A form; each part is name, file name, content type and data."""
    body = bytearray()
    for name, filename, kind, data in parts:
        body += b"--MIME_boundary\r\n"
        body += f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'.encode()
        body += f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n"
    return "multipart/form-data; boundary=MIME_boundary", bytes(body) + b"--MIME_boundary--\r\n"


def rekor_group(plate: str = "7ABC123", **more: Any) -> Posted:
    """Rekor Scout, newer: the best reading stands in the group itself."""
    return _json({**rekor(plate), **more})


def rekor(plate: str = "7ABC123") -> dict[str, Any]:
    """The group as an object."""
    corners = [{"x": 320, "y": 144}, {"x": 384, "y": 144}, {"x": 384, "y": 173}, {"x": 320, "y": 172}]
    return {
        "data_type": "alpr_group",
        "version": 2,
        "epoch_start": MS,
        "epoch_end": MS + 1200,
        "frame_start": 118,
        "frame_end": 131,
        "company_id": "harbour",
        "agent_uid": "AGENTAGENTAGENT",
        "camera_id": 407216223,
        "country": "us",
        "uuids": ["AGENT-cam-1", "AGENT-cam-2"],
        "best_uuid": "AGENT-cam-2",
        "best_plate_number": plate,
        "best_confidence": 91.5,
        "best_region": "us-ca",
        "best_region_confidence": 99,
        "candidates": [
            {"plate": plate, "confidence": 91.5, "matches_template": 1},
            {"plate": "7A8C123", "confidence": 84.0, "matches_template": 0},
        ],
        "best_plate": {"plate": plate, "confidence": 91.5, "coordinates": corners, "plate_crop_jpeg": JPEG64},
        "vehicle_crop_jpeg": JPEG64,
        "img_width": 640,
        "img_height": 288,
        "gps_latitude": 38.9072,
        "gps_longitude": -77.0369,
        "travel_direction": 87.4,
        "vehicle": {
            "color": [{"name": "silver-gray", "confidence": 80.1}],
            "make": [{"name": "ford", "confidence": 71}],
            "make_model": [{"name": "ford_focus", "confidence": 55}],
            "body_type": [{"name": "sedan-compact", "confidence": 90}],
            "year": [{"name": "2010-2014", "confidence": 40}],
        },
    }


def rekor_v1(plate: str = "7ABC123") -> Posted:
    """OpenALPR, version 1: everything about the best reading lies in ``best_plate``."""
    group = rekor(plate)
    best = {"plate": plate, "confidence": 91.5, "region": "us-ca", "candidates": group["candidates"]}
    for key in ("best_plate_number", "best_confidence", "best_region", "candidates", "vehicle_crop_jpeg", "vehicle"):
        del group[key]
    return _json({**group, "version": 1, "best_plate": best})


def rekor_results(*plates: str) -> Posted:
    """One frame with all plates in it."""
    results = [
        {"plate": each, "confidence": 88.25, "region": "us-va", "candidates": [], "plate_index": at}
        for at, each in enumerate(plates)
    ]
    frame = {"data_type": "alpr_results", "version": 2, "epoch_time": MS, "uuid": "AGENT-cam-9", "camera_id": 1}
    return _json({**frame, "img_width": 640, "img_height": 288, "results": results})


def plate_recognizer(plate: str = "9jub11", **more: Any) -> dict[str, Any]:
    """Stream's webhook."""
    result = {
        "box": {"xmin": 64, "ymin": 57, "xmax": 128, "ymax": 86},
        "plate": plate,
        "region": {"code": "gb", "score": 0.413},
        "score": 0.839,
        "dscore": 0.441,
        "candidates": [{"plate": plate, "score": 0.839}, {"plate": "sju88y", "score": 0.4}],
        "vehicle": {"score": 0.267, "type": "Big Truck", "box": {"xmin": 3, "ymin": 2, "xmax": 14, "ymax": 57}},
        "model_make": [{"make": "Volkswagen", "model": "Golf", "score": 0.2}],
        "color": [{"color": "white", "score": 0.7}],
        "direction": 210,
    }
    return {
        "hook": {"target": "http://192.0.2.1/plates", "id": "camera-1", "event": "recognition"},
        "data": {
            "camera_id": "camera-1",
            "filename": "camera-1_screenshots/a.jpg",
            "timestamp": ISO,
            "timestamp_local": "2026-11-03 08:59:58.250+01:00",
            "results": [{**result, **more}],
        },
    }


def plate_recognizer_form(plate: str = "9jub11") -> Posted:
    """As Stream posts it with a picture."""
    text = json.dumps(plate_recognizer(plate)).encode()
    return form(("json", "", "text/plain", text), ("upload", "a.jpg", "image/jpeg", JPEG))


HIK = "http://www.hikvision.com/ver20/XMLSchema"


def hikvision_xml(plate: str = "W12345X", namespace: str = HIK, state: str = "active") -> bytes:
    """``anpr.xml``."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="{namespace}">
<ipAddress>192.0.2.64</ipAddress><portNo>80</portNo><protocol>HTTP</protocol>
<macAddress>00:00:5e:00:53:01</macAddress><channelID>1</channelID>
<dateTime>2026-11-03T08:59:58.250+01:00</dateTime><activePostCount>1</activePostCount>
<eventType>ANPR</eventType><eventState>{state}</eventState><eventDescription>ANPR</eventDescription>
<channelName>Harbour gate</channelName>
<ANPR><country>33</country><region>AT</region><licensePlate>{plate}</licensePlate><line>1</line>
<direction>forward</direction><confidenceLevel>97</confidenceLevel><plateType>unknown</plateType>
<plateColor>white</plateColor><licenseBright>0</licenseBright><dangmark>no</dangmark>
<vehicleType>vehicle</vehicleType><originalLicensePlate>W1Z345X</originalLicensePlate>
<vehicleInfo><index>0</index><colorDepth>1</colorDepth><color>blue</color><speed>36</speed></vehicleInfo>
<pictureInfoList><pictureInfo><fileName>licensePlatePicture.jpg</fileName><type>licensePlatePicture</type>
</pictureInfo></pictureInfoList><plateCharBelieve>99,98,97,99,99,97,96</plateCharBelieve></ANPR>
</EventNotificationAlert>""".encode()


def hikvision_form(plate: str = "W12345X") -> Posted:
    """As an alarm host gets it."""
    return form(
        ("anpr.xml", "anpr.xml", "text/xml", hikvision_xml(plate)),
        ("licensePlatePicture.jpg", "licensePlatePicture.jpg", "image/jpeg", JPEG),
        ("detectionPicture.jpg", "detectionPicture.jpg", "image/jpeg", JPEG + b"scene"),
    )


HIK_HEARTBEAT = f"""<EventNotificationAlert version="1.0" xmlns="{HIK}"><ipAddress>192.0.2.64</ipAddress>
<channelID>1</channelID><dateTime>2026-11-03T08:59:58+01:00</dateTime><activePostCount>0</activePostCount>
<eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>""".encode()


def axis(plate: str = "AA7690EQ", state: str = "new", **more: Any) -> Posted:
    """License Plate Verifier's push event."""
    event = {
        "packetCounter": "16",
        "datetime": "20261103 075958250",
        "capture_timestamp": str(MS),
        "plateUTF8": plate,
        "plateASCII": plate,
        "plateCountry": "LVA",
        "plateConfidence": "0.868800",
        "carState": state,
        "carID": "123",
        "carMoveDirection": "in",
        "geotag": {"lat": 56.95, "lon": 24.1},
        "plateCoordinates": [32, 72, 64, 29],
        "sensorProviderID": "gate-north",
        "imagesURI": ["/local/fflprapp/tools.cgi?action=getImage&name=1.jpg"],
    }
    return _json({**event, **more})


def frigate(plate: str = "AB12CDE", **more: Any) -> bytes:
    """A message on ``frigate/tracked_object_update``."""
    update = {"type": "lpr", "id": "1793692798.25-xyz", "name": None, "plate": plate, "score": 0.95}
    return json.dumps({**update, "camera": "driveway", "timestamp": MS / 1000, **more}).encode()


ONVIF_TOPIC = "RuleEngine/Recognition/LicensePlate"


def onvif_notification(
    plate: str = "B XY 123", topic: str = f"tns1:{ONVIF_TOPIC}", operation: str = "Changed", time: str = ISO
) -> str:
    """One notification of Profile M."""
    return f"""<wsnt:NotificationMessage xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tns1="http://www.onvif.org/ver10/topics">
<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{topic}</wsnt:Topic>
<wsnt:Message><tt:Message UtcTime="{time}" PropertyOperation="{operation}">
<tt:Source><tt:SimpleItem Name="VideoSource" Value="VS1"/><tt:SimpleItem Name="Rule" Value="Plates"/></tt:Source>
<tt:Data><tt:SimpleItem Name="Likelihood" Value="0.8"/><tt:SimpleItem Name="ObjectId" Value="15"/>
<tt:SimpleItem Name="Speed" Value="12.5"/><tt:SimpleItem Name="Direction" Value="Approaching"/>
<tt:ElementItem Name="BoundingBox"><tt:BoundingBox left="-0.5" top="0.5" right="0.5" bottom="0"/></tt:ElementItem>
<tt:ElementItem Name="Image"><tt:Image>{JPEG64}</tt:Image></tt:ElementItem>
<tt:ElementItem Name="LicensePlateInfo"><tt:LicensePlateInfo>
<tt:PlateNumber Likelihood="0.93">{plate}</tt:PlateNumber><tt:PlateType Likelihood="0.9">Normal</tt:PlateType>
<tt:CountryCode Likelihood="0.9">DE</tt:CountryCode><tt:IssuingEntity Likelihood="0.9">B</tt:IssuingEntity>
</tt:LicensePlateInfo></tt:ElementItem>
<tt:ElementItem Name="VehicleInfo"><tt:VehicleInfo><tt:Type Likelihood="0.8">Car</tt:Type>
<tt:Brand Likelihood="0.7">Opel</tt:Brand><tt:Model Likelihood="0.5">Astra</tt:Model></tt:VehicleInfo></tt:ElementItem>
</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"""


def soap(inside: str, head: str = "") -> bytes:
    """A SOAP message."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/'
        f'soap-envelope"><SOAP-ENV:Header>{head}</SOAP-ENV:Header><SOAP-ENV:Body>{inside}</SOAP-ENV:Body>'
        "</SOAP-ENV:Envelope>"
    ).encode()


def onvif_metadata(plate: str = "B XY 123", sure: float = 0.93, car: int = 15, time: str = ISO) -> bytes:
    """A document of a metadata stream."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>
<tt:Frame UtcTime="{time}" Source="VS1"><tt:Object ObjectId="{car}"><tt:Appearance>
<tt:Shape><tt:BoundingBox left="-0.2" top="0.1" right="0.2" bottom="-0.3"/></tt:Shape>
<tt:VehicleInfo><tt:Type Likelihood="0.8">Car</tt:Type><tt:Brand Likelihood="0.7">Opel</tt:Brand></tt:VehicleInfo>
<tt:LicensePlateInfo><tt:PlateNumber Likelihood="{sure}">{plate}</tt:PlateNumber>
<tt:CountryCode Likelihood="0.9">DE</tt:CountryCode></tt:LicensePlateInfo>
<tt:GeoLocation lon="13.4" lat="52.5"/></tt:Appearance>
<tt:Behaviour><tt:Speed>13.9</tt:Speed></tt:Behaviour></tt:Object>
<tt:Object ObjectId="16"><tt:Appearance/></tt:Object></tt:Frame>
</tt:VideoAnalytics></tt:MetadataStream>""".encode()


def onvif_ej(plate: Any = "B XY 123", **more: Any) -> bytes:
    """An event as JSON."""
    data = {
        "Likelihood": "0.93",
        "ObjectId": "15",
        "LicensePlateInfo": {"PlateNumber": plate, "CountryCode": {"@Likelihood": "0.9", "#text": "DE"}},
        "VehicleInfo": {"Type": {"@Likelihood": 0.8, "#text": "Car"}, "Brand": "Opel"},
        "BoundingBox": {"@left": "-0.5", "@top": "0.5", "@right": "0.5", "@bottom": "0"},
        "Speed": "12.5",
    }
    return json.dumps(
        {"UtcTime": ISO, "Source": {"VideoSource": "VS1", "Rule": "Plates"}, "Data": {**data, **more}}
    ).encode()
