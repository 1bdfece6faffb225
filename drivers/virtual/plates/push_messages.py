"""What readers that push over HTTP send: Rekor, Plate Recognizer, Hikvision and Axis, each in its maker's words.

Sources: Rekor Scout's webhook (``alpr_group``, version 2); Plate Recognizer Stream's webhook; Hikvision's ISAPI alarm
host (``EventNotificationAlert`` in multipart); AXIS License Plate Verifier's push events.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from drivers.virtual.plates.readers import Maker, Reader
from drivers.virtual.plates.reading import Reading

_BOUNDARY = "----plates7d81f3a2"


@dataclass(frozen=True, slots=True)
class Message:
    """The body of a request and its type."""

    content_type: str
    body: bytes


def own_uuid(*parts: str) -> str:
    """The same parts give the same UUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def rekor(reading: Reading) -> Message:
    """One ``alpr_group``: all that was seen of one car."""
    reader, car, look = reading.reader, reading.car, reading.look
    at, id = round(reading.at * 1000), own_uuid(reader.device, reading.id)
    candidates = [
        {"plate": guess.text, "confidence": round(guess.confidence * 100, 3), "matches_template": int(not place)}
        for place, guess in enumerate(reading.guesses)
    ]
    best = {
        "plate": reading.text,
        "confidence": round(reading.confidence * 100, 3),
        "region": car.number.region.code,
        "region_confidence": 83,
        "matches_template": 1,
        "processing_time_ms": 41.7,
        "coordinates": [{"x": x, "y": y} for x, y in look.corners],
        "plate_crop_jpeg": _base64(look.plate),
        "candidates": candidates,
    }
    return _json(
        {
            "version": 2,
            "data_type": "alpr_group",
            "epoch_start": at - 420,
            "epoch_end": at,
            "frame_start": at // 66 - 6,
            "frame_end": at // 66,
            "company_id": "city",
            "agent_uid": own_uuid("agent", reader.device),
            "agent_type": "alprd",
            "agent_version": "4.1.0",
            "camera_id": reader.camera,
            "country": car.number.region.country.lower(),
            "gps_latitude": reader.latitude,
            "gps_longitude": reader.longitude,
            "best_plate_number": reading.text,
            "best_confidence": round(reading.confidence * 100, 3),
            "best_region": car.number.region.code,
            "best_region_confidence": 83.0,
            "best_image_width": look.width,
            "best_image_height": look.height,
            "img_width": look.width,
            "img_height": look.height,
            "best_uuid": id,
            "uuids": [id],
            "plate_indexes": [0],
            "best_plate": best,
            "candidates": candidates,
            "is_parked": False,
            "is_preview": False,
            "travel_direction": 180.0 if reading.towards else 0.0,
            "vehicle": {
                "color": _likely(car.colour),
                "make": _likely(car.make),
                "make_model": _likely(f"{car.make}_{car.model}"),
                "body_type": _likely("van-full" if car.body == "van" else car.body),
                "year": _likely(f"{car.year // 5 * 5}-{car.year // 5 * 5 + 4}"),
            },
            "vehicle_crop_jpeg": _base64(look.scene),
            "web_server_config": {"camera_label": reader.device, "agent_label": "city"},
        }
    )


def plate_recognizer(reading: Reading, form: bool = True) -> Message:
    """A webhook: a form with the picture, or JSON alone."""
    car, look = reading.car, reading.look
    left, top, wide, high = look.box
    result = {
        "box": {"xmin": left, "ymin": top, "xmax": left + wide, "ymax": top + high},
        "plate": reading.text.lower(),
        "score": reading.confidence,
        "dscore": 0.83,
        "region": {"code": car.number.region.code, "score": 0.61},
        "candidates": [{"plate": guess.text.lower(), "score": guess.confidence} for guess in reading.guesses],
        "vehicle": {"type": car.body.capitalize(), "score": 0.84},
        "model_make": [{"make": car.make, "model": car.model, "score": 0.52}],
        "color": [{"color": car.colour, "score": 0.71}],
        "orientation": [{"orientation": "Front" if reading.towards else "Rear", "score": 0.9}],
        "direction": 270 if reading.towards else 90,
        "source_url": f"rtsp://{reading.reader.device}/main",
        "position_sec": 0.0,
        "user_data": "",
    }
    name = f"{reading.reader.device}_screenshots/{own_uuid(reading.id)[:8]}.jpg"
    data = {
        "camera_id": reading.reader.device,
        "filename": name,
        "timestamp": datetime.fromtimestamp(reading.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00"),
        "timestamp_local": datetime.fromtimestamp(reading.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00"),
        "results": [result],
    }
    hook = {"target": "city", "id": reading.reader.device, "event": "recognition", "filename": name}
    message = _json({"hook": hook, "data": data})
    if not form:
        return message
    fields = [('form-data; name="json"', "", message.body)]
    if look.scene:
        fields.append((f'form-data; name="upload"; filename="{name}"', "image/jpeg", look.scene))
    return _multipart("form-data", fields)


def hikvision(reading: Reading, number: int = 1) -> Message:
    """An alarm in XML with the plate's and the scene's picture; ``number`` counts what the device sent."""
    reader, car, look = reading.reader, reading.car, reading.look
    believe = ",".join(str(max(1, round(reading.confidence * 100) - place % 3)) for place in range(len(reading.text)))
    pictures = [
        ("licensePlatePicture.jpg", "licensePlatePicture", look.plate),
        ("detectionPicture.jpg", "detectionPicture", look.scene),
    ]
    listed = "".join(
        f"<pictureInfo><fileName>{file}</fileName><type>{kind}</type><dataType>0</dataType><picRecogMode>1"
        f"</picRecogMode><absTime>{datetime.fromtimestamp(reading.at, UTC).strftime('%Y%m%d%H%M%S%f')[:-3]}</absTime>"
        f"</pictureInfo>"
        for file, kind, data in pictures
        if data
    )
    left, top, wide, high = (
        round(1000 * part / whole) for part, whole in zip(look.box, (look.width, look.height) * 2, strict=True)
    )
    anpr = (
        f"<ANPR><country>{car.number.region.country3}</country><licensePlate>{escape(reading.text)}</licensePlate>"
        f"<line>{2 if reading.towards else 1}</line><direction>{'forward' if reading.towards else 'reverse'}"
        f"</direction><confidenceLevel>{round(reading.confidence * 100)}</confidenceLevel><plateType>unknown"
        f"</plateType><plateColor>{'yellow' if car.number.region.country == 'NL' else 'white'}</plateColor>"
        f"<licenseBright>0</licenseBright><plateCharBelieve>{believe}</plateCharBelieve>"
        f"<vehicleType>{ {'van': 'van', 'suv': 'SUVMPV'}.get(car.body, 'vehicle') }</vehicleType>"
        f"<vehicleInfo><index>{number}</index><color>{car.colour}</color><speed>{round(reading.speed * 3.6)}</speed>"
        f"<vehicleLogoRecog>{car.make}</vehicleLogoRecog><vehicleModel>{car.model}</vehicleModel></vehicleInfo>"
        f"<originalLicensePlate>{escape(reading.text)}</originalLicensePlate>"
        f"<plateRect><X>{left}</X><Y>{top}</Y><width>{wide}</width><height>{high}</height></plateRect>"
        f"<pictureInfoList>{listed}</pictureInfoList></ANPR>"
    )
    where = f"<latitude>{reader.latitude}</latitude><longitude>{reader.longitude}</longitude>"
    uuid_ = own_uuid(reader.device, reading.id)
    document = _alert(reader, reading.at, "ANPR", "active", f"<UUID>{uuid_}</UUID><GPSInfo>{where}</GPSInfo>{anpr}")
    fields = [('form-data; name="anpr.xml"; filename="anpr.xml"', "application/xml", document)]
    fields += [
        (f'form-data; name="{file}"; filename="{file}"', "image/jpeg", data) for file, _, data in pictures if data
    ]
    return _multipart("form-data", fields)


def axis(reading: Reading, state: str, number: int, car_id: int, form: bool = True) -> Message:
    """A push event; ``state`` is new, update or lost, ``number`` counts packets. The direction is known from the first
    update on."""
    reader, look = reading.reader, reading.look
    known = state != "new"
    event = {
        "packetCounter": str(number),
        "datetime": datetime.fromtimestamp(reading.at, UTC).strftime("%Y%m%d %H%M%S%f")[:-3],
        "capture_timestamp": str(round(reading.at * 1000)),
        "frame_timestamp": str(round(reading.at * 1e6)),
        "plateUTF8": reading.text,
        "plateASCII": reading.text,
        "plateUnicode": reading.text,
        "plateCountry": reading.car.number.region.country3,
        "plateRegion": reading.car.number.region.state,
        "plateConfidence": f"{reading.confidence:.6f}",
        "carState": state,
        "roiID": "1",
        "geotag": {"lat": reader.latitude, "lon": reader.longitude},
        "imageType": "plate",
        "plateImageType": "jpeg",
        "plateImageSize": str(len(look.plate)),
        "carMoveDirection": ("in" if reading.towards else "out") if known else "unknown",
        "timeProcessing": "27",
        "plateCoordinates": list(look.box),
        "frameSize": [look.width, look.height],
        "carID": str(car_id),
        "GEOtarget": "Camera",
        "imagesURI": [f"/local/fflprapp/tools.cgi?action=getImage&name={car_id}.jpg"],
        "sensorProviderID": reader.device,
        "vehicle_info": {"color": reading.car.colour, "type": reading.car.body} if known else {},
    }
    message = _json(event)
    if not form or not look.plate:
        return message
    fields = [('form-data; name="event"', "application/json", message.body)]
    fields.append(('form-data; name="plate"; filename="plate.jpg"', "image/jpeg", look.plate))
    fields.append(('form-data; name="frame"; filename="frame.jpg"', "image/jpeg", look.scene))
    return _multipart("form-data", fields)


def heartbeat(reader: Reader, at: float) -> Message | None:
    """What a reader sends while nothing passes; None where its maker's sends nothing."""
    if reader.maker is Maker.REKOR:
        stream = {"camera_id": reader.camera, "camera_name": reader.device, "fps": 15, "is_streaming": True}
        return _json(
            {
                "data_type": "heartbeat",
                "timestamp": round(at * 1000),
                "agent_uid": own_uuid("agent", reader.device),
                "company_id": "city",
                "agent_hostname": reader.device,
                "video_streams": [stream],
                "processing_threads_active": 1,
                "beanstalk_queue_size": 0,
            }
        )
    if reader.maker is Maker.HIKVISION:
        return Message("application/xml", _alert(reader, at, "videoloss", "inactive", ""))
    return None


def _alert(reader: Reader, at: float, kind: str, state: str, inside: str) -> bytes:
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">'
        f"<ipAddress>127.0.0.1</ipAddress><portNo>80</portNo><protocol>HTTP</protocol>"
        f"<macAddress>{_mac(reader)}</macAddress><channelID>{reader.camera}</channelID>"
        f"<dateTime>{moment}</dateTime><activePostCount>1</activePostCount><eventType>{kind}</eventType>"
        f"<eventState>{state}</eventState><eventDescription>{kind}</eventDescription>"
        f"<channelName>{escape(reader.name)}</channelName>{inside}</EventNotificationAlert>"
    ).encode()


def _mac(reader: Reader) -> str:
    """Of the range for private use."""
    return f"02:57:46:00:{reader.camera >> 8:02x}:{reader.camera & 255:02x}"


def _likely(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": 81.3}]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _json(content: Any) -> Message:
    return Message("application/json", json.dumps(content).encode())


def _multipart(kind: str, fields: list[tuple[str, str, bytes]]) -> Message:
    body = bytearray()
    for disposition, content_type, data in fields:
        head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
        head += f"Content-Type: {content_type}\r\n" if content_type else ""
        body += f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n"
    body += f"--{_BOUNDARY}--\r\n".encode()
    return Message(f"multipart/{kind}; boundary={_BOUNDARY}", bytes(body))
