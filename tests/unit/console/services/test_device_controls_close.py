"""Drivers that are kept for each camera are let go of: when the camera changes, when they are forgotten, at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console.model.site import Camera, Site
from console.services.device_controls import DeviceControlBook
from console.store.credentials import MemoryVault


class Controls:
    def __init__(self, camera: Camera) -> None:
        self.camera, self.closed = camera, 0

    def close(self) -> None:
        self.closed += 1


def test_what_is_not_used_any_more_is_closed() -> None:
    made: list[Any] = []

    def make(camera: Camera, login: object) -> Any:
        made.append(Controls(camera))
        return made[-1]

    camera = Camera(1, "Gate", "gate", xaddrs=("http://192.0.2.1/",))
    sites = [Site(cameras=(camera,))]
    book = DeviceControlBook(lambda: sites[-1], MemoryVault(), make)
    first: Any = book("gate")
    assert book("gate") is first
    sites.append(Site(cameras=(replace(camera, name="Quay"),)))
    second: Any = book("gate")
    assert (first.closed, second.closed) == (1, 0)
    book.forget("gate")
    assert second.closed == 0, "its worker may be using it"
    third: Any = book("gate")
    assert second.closed == 1
    book.close()
    assert [each.closed for each in made] == [1, 1, 1]
    assert third.closed == 1
