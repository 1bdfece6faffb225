"""Reads to send, and somebody to send them to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from drivers.http_messages import HANG, Request, Response
from drivers.http_server import WebServer
from drivers.virtual.number_plates import REGIONS, Plate
from drivers.virtual.plan import make_plan
from drivers.virtual.plates.readers import Maker, Reader, with_readers
from drivers.virtual.plates.reading import Guess, Look, Reading
from drivers.virtual.traffic import Car

NOW = 1_790_000_040.25
JPEG = b"\xff\xd8\xff\xe0 a scene \r\n--odd \xff\xd9"
CAR = Car(Plate("AB12 CDE", REGIONS[0]), "red", "volvo", "v60", "wagon", 2018, (0, 0, 200), "car", 4.7, 1.85, 1.5)
LOOK = Look(1280, 720, ((600, 300), (700, 302), (700, 330), (600, 328)), JPEG, JPEG + b"plate")


def reader(maker: Maker = Maker.REKOR) -> Reader:
    readers = with_readers(make_plan(7, 16), len(Maker))[1]
    return next(each for each in readers if each.maker is maker)


def reading(maker: Maker = Maker.REKOR, plate: str = "AB12CDE", id: str = "pass-1", look: Look = LOOK) -> Reading:
    guesses = (Guess(plate, 0.93), Guess("A812CDE", 0.6))
    return Reading(id, reader(maker), CAR, guesses, NOW, 95.5, 12.5, True, look)


class Receiver:
    """Takes what is pushed and answers as it is told: with ``answers`` first, then with 200."""

    def __init__(self, *answers: int, limit: int = 4 * 1024 * 1024) -> None:
        self.requests: list[Request] = []
        self.answers = list(answers)
        self._web = WebServer(self._answer, body_limit=limit)
        self._changed = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Receiver:
        self.url = f"http://127.0.0.1:{await self._web.start()}/plates"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._web.stop()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until requests have come that make it true."""
        async with asyncio.timeout(10):
            while not done():
                self._changed.clear()
                await self._changed.wait()

    async def _answer(self, request: Request) -> Response | None:
        self.requests.append(request)
        status = self.answers.pop(0) if self.answers else 200
        self._changed.set()
        if status == 0:
            return None
        return HANG if status == 1 else Response(status, b"{}", "application/json")
