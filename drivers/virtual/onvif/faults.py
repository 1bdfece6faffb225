"""Answers as broken devices and hostile ones give them: what the SOAP faults of ``drivers.virtual.state`` do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from drivers.http_messages import Response
from drivers.virtual.state import FaultBox

HUGE_LIMIT = 2 * 1024**3
_PIECE = b" " * 65536
_HTML = b"""<!DOCTYPE html><html><head><title>Web interface</title></head><body><h1>Please log in</h1></body></html>"""
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "bomb"}">' for n in range(12))
_BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE s:Envelope [{_ENTITIES}]>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&e11;</s:Body></s:Envelope>'
).encode()
_FOREIGN = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<l:SetLampLevelResponse xmlns:l="http://example.org/another/device"><l:Level>70</l:Level></l:SetLampLevelResponse>'
    b"</s:Body></s:Envelope>"
)
LATE_LIMIT = 600.0


async def delayed(faults: FaultBox, response: Response) -> Response | None:
    """The answer when it is time for it; None where the connection is cut instead."""
    late = faults.take("late")
    if late is not None:
        await asyncio.sleep(min(LATE_LIMIT, float(late)))
    return None if faults.take("gone") is not None else response


def instead(faults: FaultBox, target: str) -> Response | None:
    """What to answer instead of doing anything, or None."""
    host = faults.take("redirect")
    if host is not None:
        # A bare host has no port of its own: 9 (discard) is where nothing listens.
        place = host if ":" in host else f"{'192.0.2.1' if host == '1' else host}:9"
        return Response(307, headers={"Location": f"http://{place}{target}"})
    if faults.take("soap_500") is not None:
        return Response(500, b"Internal Server Error", "text/plain")
    if faults.take("soap_html") is not None:
        return Response(200, _HTML, "text/html")
    if faults.take("soap_bomb") is not None:
        return Response(200, _BOMB)
    if faults.take("foreign") is not None:
        return Response(200, _FOREIGN)
    return None


def spoil(faults: FaultBox, response: Response) -> Response:
    """The answer as the set faults leave it."""
    if faults.take("soap_truncated") is not None:
        response = replace(response, body=response.body[: len(response.body) // 2])
    huge = faults.take("huge")
    if huge is not None:
        size = min(HUGE_LIMIT, max(len(response.body), int(float(huge))))
        return replace(response, body=b"", length=size, stream=_padded(response.body, size))
    if faults.take("twice") is not None:
        return replace(response, twice=True)
    slow = faults.take("slow")
    if slow is not None:
        return replace(response, body=b"", length=len(response.body), stream=_dripped(response.body, float(slow)))
    return response


async def _padded(body: bytes, size: int) -> AsyncIterator[bytes]:
    """The answer after so much white space that it has ``size`` bytes, without ever holding them all."""
    cut = body.find(b"<s:Envelope")
    yield body[:cut]
    left = size - len(body)
    while left > 0:
        piece = _PIECE[:left]
        left -= len(piece)
        yield piece
    yield body[cut:]


async def _dripped(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    """The answer in pieces so small that no single read takes long."""
    pieces = max(1, min(len(body), int(seconds * 4)))
    step = -(-len(body) // pieces)
    for start in range(0, len(body), step):
        yield body[start : start + step]
        await asyncio.sleep(seconds / pieces)
