"""What a sequence parameter set says of the pictures: size, shape of the pixels, rate, and how far they are reordered.

Sources: ITU-T H.264, 7.3.2.1.1 and E.1.1; ITU-T H.265, 7.3.2.2, 7.3.3, 7.3.4, 7.3.7 and E.2.1. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_MOST_BYTES = 4096
"""Of a set are read; real ones have fewer than a hundred."""
_MOST_SIDE = 65_536
_HIGH_PROFILES = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244))
_ASPECTS = (
    (1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11),
    (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip


class _CutError(Exception):
    """The set ends too early, or says what cannot be."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """Width and height in pixels, the width of a pixel divided by its height, frames a second (0 where it does not
    say), and how many pictures come before one that is shown earlier (None where it does not say)."""

    width: int
    height: int
    pixel_aspect: float = 1.0
    fps: float = 0.0
    reorder: int | None = None


class _Bits:
    """Bits of a parameter set, the first first. Raises _CutError behind the last."""

    def __init__(self, unit: bytes) -> None:
        data = unit[:_MOST_BYTES].replace(b"\0\0\3", b"\0\0")  # emulation prevention
        self._value, self._left = int.from_bytes(data), len(data) * 8

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise _CutError
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        return bool(self.take(1))

    def number(self) -> int:
        """ue(v): H.264, 9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise _CutError
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v)."""
        value = self.number()
        return (value + 1) // 2 if value & 1 else -(value // 2)

    def few(self, most: int) -> int:
        """A number that counts what follows."""
        value = self.number()
        if value > most:
            raise _CutError
        return value


def picture_format(codec: str, unit: bytes) -> PictureFormat | None:
    """What the sequence parameter set ``unit`` (without start code) of ``h264`` or ``hevc`` says; None where it cannot
    be read. What stands behind a mistake is left out."""
    bits = _Bits(unit)
    try:
        return _h265(bits) if codec == "hevc" else _h264(bits)
    except _CutError:
        return None


def _sized(width: int, height: int) -> PictureFormat:
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE):
        raise _CutError
    return PictureFormat(width, height)


def _h264(bits: _Bits) -> PictureFormat:
    bits.take(8)
    profile = bits.take(8)
    bits.take(16)
    bits.number()
    chroma = 1
    if profile in _HIGH_PROFILES:
        chroma = bits.few(3)
        _h264_high(bits, chroma)
    bits.number()
    order = bits.few(2)
    if order == 0:
        bits.number()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.few(255)):
            bits.signed()
    bits.number()
    bits.take(1)
    width, height = (bits.number() + 1) * 16, (bits.number() + 1) * 16
    whole = bits.flag()
    if not whole:
        height *= 2
        bits.take(1)
    bits.take(1)
    if bits.flag():
        left, right, top, bottom = (bits.number() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (1 if whole else 2)
    found = _sized(width, height)
    if order == 2 or profile == 66:
        found = replace(found, reorder=0)
    try:
        return _h264_usability(bits, found) if bits.flag() else found
    except _CutError:
        return found


def _h264_high(bits: _Bits, chroma: int) -> None:
    if chroma == 3:
        bits.take(1)
    bits.number()
    bits.number()
    bits.take(1)
    if not bits.flag():
        return
    for index in range(12 if chroma == 3 else 8):
        if bits.flag():
            last = after = 8
            for _ in range(16 if index < 6 else 64):
                if after:
                    after = (last + bits.signed()) & 255
                last = after or last


def _aspect_and_colour(bits: _Bits, found: PictureFormat) -> PictureFormat:
    """What both codecs begin their usability information with."""
    if bits.flag():
        kind = bits.take(8)
        across, down = (bits.take(16), bits.take(16)) if kind == 255 else _ASPECTS[kind if kind < 17 else 0]
        if across and down:
            found = replace(found, pixel_aspect=across / down)
    if bits.flag():
        bits.take(1)
    if bits.flag():
        bits.take(4)
        if bits.flag():
            bits.take(24)
    if bits.flag():
        bits.number()
        bits.number()
    return found


def _h264_usability(bits: _Bits, found: PictureFormat) -> PictureFormat:
    found = _aspect_and_colour(bits, found)
    try:
        if bits.flag():
            units, scale = bits.take(32), bits.take(32)
            bits.take(1)
            found = _timed(found, units * 2, scale)
        buffered = False
        for _ in range(2):
            if bits.flag():
                buffered = True
                count = bits.few(31) + 1
                bits.take(8)
                for _ in range(count):
                    bits.number()
                    bits.number()
                    bits.take(1)
                bits.take(20)
        bits.take(2 if buffered else 1)
        if bits.flag():
            bits.take(1)
            for _ in range(4):
                bits.number()
            found = replace(found, reorder=bits.few(16))
    except _CutError:
        pass  # what was read before stands
    return found


def _timed(found: PictureFormat, units: int, scale: int) -> PictureFormat:
    fps = scale / units if units else 0.0
    return replace(found, fps=fps) if 0.1 <= fps <= 240 else found


def _h265(bits: _Bits) -> PictureFormat:
    bits.take(16)
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    _profile_and_level(bits, layers)
    bits.number()
    chroma = bits.few(3)
    if chroma == 3:
        bits.take(1)
    width, height = bits.number(), bits.number()
    if bits.flag():
        left, right, top, bottom = (bits.number() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    found = _sized(width, height)
    try:
        bits.number()
        bits.number()
        order_bits = bits.few(12) + 4
        for _ in range(layers + 1 if bits.flag() else 1):
            bits.number()
            found = replace(found, reorder=bits.few(16))
            bits.number()
        _h265_tools(bits, order_bits)
        return _h265_usability(bits, found) if bits.flag() else found
    except _CutError:
        return found


def _profile_and_level(bits: _Bits, layers: int) -> None:
    bits.take(96)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)


def _h265_tools(bits: _Bits, order_bits: int) -> None:
    """Everything between the sizes and the usability information."""
    for _ in range(6):
        bits.number()
    if bits.flag() and bits.flag():
        _scaling_lists(bits)
    bits.take(2)
    if bits.flag():
        bits.take(8)
        bits.number()
        bits.number()
        bits.take(1)
    counts: list[int] = []
    for index in range(bits.few(64)):
        counts.append(_short_term(bits, index, counts[-1] if counts else 0))
    if bits.flag():
        for _ in range(bits.few(32)):
            bits.take(order_bits + 1)
    bits.take(2)


def _scaling_lists(bits: _Bits) -> None:
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.number()
                continue
            if size > 1:
                bits.signed()
            for _ in range(min(64, 16 << 2 * size)):
                bits.signed()


def _short_term(bits: _Bits, index: int, before: int) -> int:
    """How many pictures a short-term reference picture set has, given that of the one before."""
    if index and bits.flag():
        bits.take(1)
        bits.number()
        count = 0
        for _ in range(before + 1):
            count += bits.flag() or bits.flag()
        return count
    count = bits.few(16) + bits.few(16)
    for _ in range(count):
        bits.number()
        bits.take(1)
    return count


def _h265_usability(bits: _Bits, found: PictureFormat) -> PictureFormat:
    found = _aspect_and_colour(bits, found)
    try:
        bits.take(3)
        if bits.flag():
            for _ in range(4):
                bits.number()
        if bits.flag():
            units, scale = bits.take(32), bits.take(32)
            found = _timed(found, units, scale)
    except _CutError:
        pass  # what was read before stands
    return found
