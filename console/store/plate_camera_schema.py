"""How the cameras whose plates this console reads stand in a site file.

[plate_reading]
cpu_share = 0.5                         # cores that reading plates may take, all cameras together

[[plate_reader]]
camera = "urn:uuid:..."                 # Harbour gate
pictures_per_second = 5.0
stream = "sub"                          # the largest where this line is missing
regions = [                             # shares of the picture; everywhere where this is missing
  [[0.0, 0.4], [0.6, 0.4], [0.6, 1.0], [0.0, 1.0]],
]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.model.plate_cameras import CPU_SHARE, PlateCamera, PlateReading
from console.model.site import Camera
from console.store.toml_fields import Misfit, Reader, known, record, take, text
from console.store.toml_lines import Path
from console.store.view_schema import masks, number

SHARES = (0.05, 16.0)
"""The least and the most, in cores."""


def _regions(value: Any) -> Any:
    try:
        return masks(value)
    except TypeError as wanted:
        raise TypeError(str(wanted).replace("mask", "region")) from None


READER: Mapping[str, Reader] = {
    "camera": text,
    "pictures_per_second": number(0.2, 30),
    "stream": text,
    "regions": _regions,
}


def plate_reading_from(settings: Any, tables: Sequence[Any], cameras: Sequence[Camera]) -> PlateReading:
    """Whose plates are read. Raises Misfit, for a camera that is not there or there twice too."""
    where: Path = ("plate_reading",)
    known(settings, ("cpu_share",), where, "plate_reading")
    share = take(settings, "cpu_share", number(*SHARES), where)
    by_id = {camera.id: camera for camera in cameras}
    found: dict[str, PlateCamera] = {}
    for index, table in enumerate(tables):
        inside: Path = ("plate_reader", index)
        known(table, READER, inside, "a plate reader")
        reader = PlateCamera(**record(table, READER, inside, required=("camera",)))
        camera = by_id.get(reader.camera)
        if camera is None:
            advice = "Write the id of one of the cameras above, or take the plate reader out."
            raise Misfit((*inside, "camera"), f"no camera has the id {reader.camera[:80]!r}", advice)
        if reader.camera in found:
            advice = "A camera is read once: put the regions together."
            raise Misfit((*inside, "camera"), "the plates of this camera are read already", advice)
        if reader.stream and reader.stream not in [stream.token for stream in camera.streams]:
            advice = "Write the token of one of the camera's streams, or take this line out."
            raise Misfit((*inside, "stream"), f"the camera has no stream {reader.stream[:80]!r}", advice)
        found[reader.camera] = reader
    return PlateReading(tuple(found.values()), CPU_SHARE if share is None else share)


def plate_reading_table(reading: PlateReading) -> dict[str, Any]:
    """What is written of the settings: what is not as it would be anyway."""
    return {} if reading.cpu_share == CPU_SHARE else {"cpu_share": reading.cpu_share}


def plate_reader_table(reader: PlateCamera) -> dict[str, Any]:
    """What is written of one camera."""
    usual = PlateCamera(reader.camera)
    table: dict[str, Any] = {"camera": reader.camera}
    for key in ("pictures_per_second", "stream"):
        if getattr(reader, key) != getattr(usual, key):
            table[key] = getattr(reader, key)
    if reader.regions:
        table["regions"] = [[list(corner) for corner in region] for region in reader.regions]
    return table
