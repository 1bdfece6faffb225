"""Stills in full size: one picture out of packets, masked and turned, as a PNG or JPEG that says what it shows."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.frame import VideoFrame

from drivers.clips import Still, StillOrder
from drivers.errors import BadAnswer
from drivers.frames import frame_line
from drivers.types import Gop
from drivers.video.decoding import frames
from drivers.video.shaping import Shaper
from drivers.video.still_tags import tag_jpeg, tag_png

JPEG_QUALITY = 95
_PAPER, _INK = (255, 255, 255), (20, 20, 20)

Pixels = npt.NDArray[np.uint8]


def make_still(gop: Gop, when: float | None, order: StillOrder) -> Still:
    """See ``drivers.clips.StillMaking``. A picture that does not decode is left out: the one before it is taken, at the
    start of a GOP the one after it."""
    name = f"camera {order.number} {order.name}"
    line = frame_line(gop)
    wanted = len(gop.packets) - 1 if when is None else line.rank_at(when)
    best = _picture(gop, wanted, name)
    if best is None:
        raise BadAnswer(name, "no picture could be decoded", "Try again.")
    rank, frame = best
    try:
        shaped = Shaper(order.view).picture(frame, (0, 0), gop.parameters.pixel_aspect)
    except FFmpegError as error:
        raise BadAnswer(name, "its pictures have colours that cannot be converted") from error
    rows: Pixels = np.ndarray(
        (shaped.height, shaped.width, 4), np.uint8, buffer=shaped.data, strides=(shaped.stride, 4, 1)
    )
    pixels = np.ascontiguousarray(rows[:, :, :3])
    packet = gop.packets[line.order[rank]]
    taken = line.times[rank] if packet.taken is None else packet.taken
    by_sender = packet.taken is not None
    if order.caption:
        pixels = _captioned(pixels, _caption(order, taken, by_sender))
    data = _encode(pixels, order, taken, by_sender, name)
    return Still(data, pixels.shape[1], pixels.shape[0], taken, by_sender)


def _picture(gop: Gop, wanted: int, name: str) -> tuple[int, VideoFrame] | None:
    best: tuple[int, VideoFrame] | None = None
    for rank, frame in frames(gop, name):
        if best is None or rank <= wanted:
            best = rank, frame
        if rank >= wanted:
            break
    return best


def clock_name(by_sender: bool) -> str:
    """Whose time it is."""
    return "time of the camera (RTCP)" if by_sender else "time of this computer"


def _caption(order: StillOrder, taken: float, by_sender: bool) -> str:
    moment = f"{datetime.fromtimestamp(taken, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    parts = [f"Camera {order.number} {order.name}", f"{moment} UTC, {clock_name(by_sender)}", order.operator]
    return "   ".join(part for part in parts if part.strip())


def _captioned(pixels: Pixels, text: str) -> Pixels:
    """A strip of writing below the picture: nothing of the picture is covered. OpenCV's letters are ASCII; the whole
    name stands in the file's tags."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    height, width = pixels.shape[:2]
    size, thickness = max(0.4, height / 1000), max(1, round(height / 600))
    (wide, high), below = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, size, thickness)
    margin = high
    if wide > width - 2 * margin:
        size *= max(0.2, (width - 2 * margin) / max(1, wide))
        thickness = 1
    strip: Pixels = np.full((high + below + 2 * margin, width, 3), _PAPER, np.uint8)
    where = (margin, margin + high)
    cv2.putText(strip, plain, where, cv2.FONT_HERSHEY_SIMPLEX, size, _INK, thickness, cv2.LINE_AA)
    return np.vstack([pixels, strip])


def _encode(pixels: Pixels, order: StillOrder, taken: float, by_sender: bool, name: str) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if order.jpeg else []
    done, raw = cv2.imencode(".jpg" if order.jpeg else ".png", pixels, options)
    if not done:
        raise BadAnswer(name, "the picture could not be written", "Try the other format.")
    moment = datetime.fromtimestamp(taken, UTC)
    words = {
        "Title": f"Camera {order.number} {order.name}",
        "Creation Time": moment.isoformat(timespec="milliseconds"),
        "Source": f"camera {order.number}, {clock_name(by_sender)}",
        "Author": order.operator,
        "Software": order.product,
        "Comment": "privacy masks are painted over" if order.view.masks else "no privacy masks",
    }
    data = raw.tobytes()
    return tag_jpeg(data, words, moment) if order.jpeg else tag_png(data, words)
