"""What RTP carries of H.264 (RFC 6184) and H.265 (RFC 7798): whole units, several in one packet, and fragments."""

from __future__ import annotations

from drivers.video.parameter_sets import START
from drivers.video.rtsp.rtp import Assembler
from drivers.video.rtsp.sdp import CLOCK

_STARTS = tuple(START + bytes((head,)) for head in range(256))
_TICK = 1 / CLOCK


class H264(Assembler):
    """Single units, STAP-A and FU-A; what interleaves pictures (STAP-B, MTAP, FU-B) is announced and not set up."""

    def payload(self, view: memoryview, at: int, end: int) -> None:
        """See ``Assembler``."""
        head = view[at]
        kind = head & 0x1F
        if kind == 28:
            if end - at < 3:
                return
            part = view[at + 1]
            if part & 0x80:
                kind = part & 0x1F
                self._begin(kind, view, at + 2, end)
                self.pending.append(_STARTS[head & 0xE0 | kind])
                self._open = True
            elif not self._open:
                return  # its beginning was lost
            self.pending.append(view[at + 2 : end])
            if part & 0x40:
                self._open = False
        elif 0 < kind < 24:
            self._begin(kind, view, at + 1, end)
            self.pending += (START, view[at:end])
            self._open = False
        elif kind == 24:
            at += 1
            while end - at > 2:
                stop = at + 2 + (view[at] << 8 | view[at + 1])
                if stop > end:
                    break
                if stop > at + 2:
                    self._size += 256
                    self._begin(view[at + 2] & 0x1F, view, at + 3, stop)
                    self.pending += (START, view[at + 2 : stop])
                at = stop
            self._open = False

    def _begin(self, kind: int, view: memoryview, at: int, end: int) -> None:
        if kind == 1 or kind == 5:
            self._sliced = True
            if kind == 5:
                self._key = True
            if self._marked and at < end and not view[at] & 0x80:  # first_mb_in_slice is not 0
                self._again()
        elif kind == 6 and not self._key and _recovers(view, at, end):
            self._key = True


class H265(Assembler):
    """Single units, AP and FU without decoding order numbers."""

    def payload(self, view: memoryview, at: int, end: int) -> None:
        """See ``Assembler``."""
        if end - at < 3:
            return
        head = view[at]
        kind = head >> 1 & 0x3F
        if kind == 49:
            if end - at < 4:
                return
            part = view[at + 2]
            if part & 0x80:
                kind = part & 0x3F
                self._begin(kind, view[at + 1], view[at + 3])
                self.pending += (_STARTS[head & 0x81 | kind << 1], view[at + 1 : at + 2])
                self._open = True
            elif not self._open:
                return  # its beginning was lost
            self.pending.append(view[at + 3 : end])
            if part & 0x40:
                self._open = False
        elif kind < 48:
            self._begin(kind, view[at + 1], view[at + 2])
            self.pending += (START, view[at:end])
            self._open = False
        elif kind == 48:
            at += 2
            while end - at > 2:
                stop = at + 2 + (view[at] << 8 | view[at + 1])
                if stop > end:
                    break
                if stop > at + 4:
                    self._size += 256
                    self._begin(view[at + 2] >> 1 & 0x3F, view[at + 3], view[at + 4])
                    self.pending += (START, view[at + 2 : stop])
                at = stop
            self._open = False

    def _begin(self, kind: int, layer: int, first: int) -> None:
        if kind < 32 and 0 < layer < 8:  # layer 0; others cannot be decoded without it
            self._sliced = True
            if 16 <= kind <= 21:
                self._key = True
            if self._marked and not first & 0x80:  # first_slice_segment_in_pic_flag
                self._again()


def assembler(codec: str, payload_type: int) -> Assembler:
    """For ``h264`` or ``hevc``."""
    return (H265 if codec == "hevc" else H264)(payload_type, _TICK)


def _recovers(view: memoryview, at: int, end: int) -> bool:
    """Whether supplemental information has a recovery point (H.264, D.1.8): decoding can begin here, as FFmpeg's parser
    has it."""
    while end - at > 2:
        kind = size = 0
        while at < end and view[at] == 255:
            kind += 255
            at += 1
        if at >= end:
            return False
        kind += view[at]
        at += 1
        while at < end and view[at] == 255:
            size += 255
            at += 1
        if at >= end:
            return False
        size += view[at]
        if kind == 6:
            return True
        at += 1 + size
    return False
