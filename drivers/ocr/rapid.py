"""Plates read by the networks of PP-OCR, which lie ready in the wheel of ``rapidocr``, run by ONNX Runtime.

Only the wheel's files are used, none of its code: that would fetch a network over the internet where it misses one, and
it hides what else a line could say.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drivers.ocr.letters import Alphabet
from drivers.ocr.lines import FoundLine, cut_out, lines
from drivers.plate_reading import Area, FoundPlate, Pixels, PlatesNotRead, plate_like

MOST_PIXELS = 200_000
"""What is larger is made smaller before plates are looked for: this is the bound of what one look costs."""
MOST_LINES = 4
"""Lines that are read in one look, the surest first."""
LINE_HEIGHT, LINE_WIDTH = 48, 320
_STEP = 32
_NAME = "Plate reader"

Floats = npt.NDArray[np.float32]


class RapidPlateOcr:
    """See ``drivers.plate_reading.PlateOcr``. Takes about 150 MB of memory."""

    def __init__(self, folder: Path | None = None) -> None:
        """Loads the networks, from ``folder`` or from where the extra part put them. Raises PlatesNotRead."""
        folder = folder or _folder()
        self._detector = _session(_one(folder, "det"))
        self._recogniser = _session(_one(folder, "rec"))
        known = self._recogniser.get_modelmeta().custom_metadata_map.get("character", "")
        try:
            self._alphabet = Alphabet(known.splitlines())
        except ValueError as error:
            raise PlatesNotRead(_NAME, str(error), "Install the extra part 'plates' again.") from error

    def __call__(self, pixels: Pixels) -> Sequence[FoundPlate]:
        """All that looks like a plate in these pixels (at least 32 in both directions)."""
        height, width = pixels.shape[:2]
        if min(height, width) < _STEP:
            return []
        colours = pixels[:, :, :3]
        found = []
        for line in lines(self._likely(colours), width, height)[:MOST_LINES]:
            plate = self._read(colours, line)
            if plate is not None:
                found.append(plate)
        return found

    def _likely(self, colours: Pixels) -> Floats:
        height, width = colours.shape[:2]
        scale = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
        size = (_whole(width * scale), _whole(height * scale))
        small = cv2.resize(colours, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.asarray(_run(self._detector, np.asarray(small, np.uint8))[0, 0], np.float32)

    def _read(self, colours: Pixels, line: FoundLine) -> FoundPlate | None:
        read = self._alphabet.read(_run(self._recogniser, cut_out(colours, line, LINE_HEIGHT, LINE_WIDTH))[0])
        if not plate_like(read.text):
            return None
        height, width = colours.shape[:2]
        left, top, wide, high = line.area
        left, top, right, bottom = max(0, left), max(0, top), min(width, left + wide), min(height, top + high)
        candidates = tuple(each for each in read.candidates if plate_like(each.plate))
        return FoundPlate(read.text, read.confidence, Area(left, top, right - left, bottom - top), candidates)


def _run(session: Any, pixels: Pixels) -> Floats:
    """One picture through a network: values from -1 to 1, colours first."""
    values = pixels.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
    return np.asarray(session.run(None, {session.get_inputs()[0].name: values})[0], np.float32)


def _whole(length: float) -> int:
    """The detector wants whole steps."""
    return max(_STEP, round(length / _STEP) * _STEP)


def _folder() -> Path:
    found = importlib.util.find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise PlatesNotRead(_NAME)
    return Path(next(iter(found.submodule_search_locations))) / "models"


def _one(folder: Path, kind: str) -> Path:
    files = sorted(folder.glob(f"*_{kind}_*.onnx"))
    if not files:
        raise PlatesNotRead(_NAME, f"a network ({kind}) is missing", "Install the extra part 'plates' again.")
    return files[0]


def _session(path: Path) -> Any:
    """A network that works in the thread that calls it and in no other."""
    try:
        import onnxruntime
    except ImportError as error:
        raise PlatesNotRead(_NAME) from error
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture for ever
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
