"""Documents of a metadata stream: put together from pieces, whatever a camera does to them."""

from __future__ import annotations

import random
import struct

import pytest

from drivers.video.rtsp.metadata import MOST_DOCUMENT, Documents, Payloads

WHOLE = b'<?xml version="1.0"?>\n<tt:MetadataStream xmlns:tt="t"><tt:A>1</tt:A></tt:MetadataStream>'
BARE = WHOLE[WHOLE.index(b"<tt:M") :]
EMPTY_PLACES = b"\n \n"


def given(documents: Documents, data: bytes, size: int) -> list[bytes]:
    found = []
    for at in range(0, len(data), size):
        found += documents.add(data[at : at + size])
    return found


@pytest.mark.parametrize("size", [1, 7, 64, 1400, 65_000])
def test_documents_come_whole_however_they_are_cut(size: int) -> None:
    documents = Documents()
    assert given(documents, (WHOLE + EMPTY_PLACES) * 5, size) == [BARE] * 5
    assert documents.left_out == 0


@pytest.mark.parametrize(
    "names", [(b"MetadataStream", b"MetadataStream"), (b"a.b-c:MetadataStream", b"x:MetadataStream")]
)
def test_prefixes_are_any(names: tuple[bytes, bytes]) -> None:
    first, last = names
    document = b"<" + first + b">words</" + last + b"  >"
    assert given(Documents(), document, 5) == [document]


@pytest.mark.parametrize("kept", [41, 60, len(WHOLE) - 1])
def test_a_document_that_breaks_off_is_left_out_and_counted(kept: int) -> None:
    documents = Documents()
    assert given(documents, WHOLE[:kept] + WHOLE + WHOLE, 11) == [BARE] * 2
    assert documents.left_out == 1


@pytest.mark.parametrize("size", [1388, 65_000])
def test_a_document_of_ten_megabytes_is_left_out_in_bounded_memory(size: int) -> None:
    documents = Documents()
    huge = BARE.replace(b"1", b"A" * 10_000_000)
    found, largest = [], 0
    for at in range(0, len(huge), size):
        found += documents.add(huge[at : at + size])
        largest = max(largest, len(documents._buffer))
    assert largest <= MOST_DOCUMENT + size
    assert found == []
    assert given(documents, WHOLE, size) == [BARE]
    assert documents.left_out == 1


def test_after_a_huge_document_that_breaks_off_the_next_one_comes() -> None:
    documents = Documents(most=1000)
    assert given(documents, BARE.replace(b"1", b"A" * 5000)[:3000] + WHOLE + WHOLE, 100) == [BARE] * 2
    assert documents.left_out == 1


def test_what_never_ends_stays_bounded() -> None:
    documents = Documents(most=1000)
    for _ in range(100):
        assert list(documents.add(b"x" * 900)) == []
        assert len(documents._buffer) <= 1000
    assert documents.left_out == 1


def test_noise_gives_nothing_that_was_not_there() -> None:
    rng, documents = random.Random(5), Documents(most=5000)
    data = b"".join(bytes(rng.randbytes(rng.randint(0, 90))) + WHOLE for _ in range(50))
    assert given(documents, data, 333) == [BARE] * 50


def test_each_packet_gives_what_it_carries_marked_or_not() -> None:
    coming = Payloads(107, 1 / 90_000)
    for number, (kind, payload) in enumerate([(107, b"ab"), (0x80 | 107, b"cd"), (96, b"no"), (107, b"e")]):
        packet = struct.pack(">BBHII", 0x80, kind, number, 3000 * (number // 2), 5) + payload
        coming.packet(memoryview(packet), 0, len(packet))
    assert [unit[0] for unit in coming.units] == [b"ab", b"cd", b"e"]
