"""How the city's TALQ gateway calls the management software back: a request a connection, one at a time."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from urllib.parse import urlencode, urlsplit

TIMEOUT = 5.0


class Caller:
    """Calls in order; one that fails is not repeated. Its loop only."""

    def __init__(self, address: str, token: str = "") -> None:
        self._address, self._token = address, token
        self._turn = asyncio.Lock()
        self.calls: deque[str] = deque(maxlen=1000)
        """Method, path and status (0: no answer) of each call, for tests."""

    async def call(self, url: str, method: str, path: str, data: object, origin: str = "") -> int:
        """Send a request to the base address ``url``; the status, 0 where nothing answered in time."""
        query = {"clientAddress": self._address, "talqRequestId": str(uuid.uuid4())}
        if origin:
            query["talqOriginRequestId"] = origin
        async with self._turn:
            try:
                async with asyncio.timeout(TIMEOUT):
                    status = await self._exchange(url, method, f"{path}?{urlencode(query)}", json.dumps(data).encode())
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                status = 0
        self.calls.append(f"{method} {path} {status}")
        return status

    async def _exchange(self, url: str, method: str, target: str, body: bytes) -> int:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            head = [
                f"{method} {parts.path.rstrip('/')}{target} HTTP/1.1",
                f"Host: {parts.netloc}",
                "talq-api-version: 2.7.1",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                "Connection: close",
            ]
            if self._token:
                head.append(f"Authorization: Bearer {self._token}")
            writer.write(("\r\n".join(head) + "\r\n\r\n").encode("ascii") + body)
            await writer.drain()
            words = (await reader.readline()).split()
            return int(words[1]) if len(words) > 1 else 0
        finally:
            writer.close()
            await writer.wait_closed()
