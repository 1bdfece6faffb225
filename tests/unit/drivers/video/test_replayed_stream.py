"""What came over the wire is seen again, picture by picture: a camera's stream, a replay buffer, a decoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from video_rig import request

from console.services.packet_ring import PacketRing, RingBudget
from console.services.replay_tile import ReplayTile, Wish
from drivers.types import EncodedPacket, Picture, Transport
from drivers.video.gop_decoder import GopDecoder
from drivers.video.source import open_stream
from drivers.virtual import timecode


def code(picture: Picture | None) -> int | None:
    """The time code of a picture, ms modulo 20 s."""
    if picture is None:
        return None
    rows = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.stride)
    found = timecode.read(rows[:, : picture.width * 4].reshape(picture.height, picture.width, 4))
    return None if found is None else found[0]


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_a_camera_seen_again_picture_by_picture(camera: Any, transport: Transport) -> None:
    ring = PacketRing(RingBudget())
    live: list[int | None] = []
    kept: list[EncodedPacket] = []
    source = open_stream(request(camera.uri(), camera.spec.credentials, transport))
    try:
        while len(live) < 25:
            assert source.read()
            if live or source.packet_is_key:
                kept.append(source.packet())
                ring.packet(source.parameters, kept[-1])
                live.append(code(source.decode(convert=True)))
    finally:
        source.close()
    tile = ReplayTile(ring, GopDecoder("Gate 4"))
    seen = []
    when: float | None = ring.spans()[0].start
    while when is not None:
        look = tile.look(Wish(when, 0.0), lambda: True)
        assert look is not None
        seen.append(code(look.picture))
        when = tile.step(when, 1)
    stamps = [(packet.pts, packet.key, packet.arrived) for packet in kept]
    assert None not in seen, stamps
    assert seen == live, stamps
    ring.close()
