"""Sticks by SDL, with a stick that SDL makes up where the system has no input devices."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.sticks.sdl import SdlSticks

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    sdl2: Any = pytest.importorskip("sdl2")
if not hasattr(sdl2, "SDL_JoystickAttachVirtual"):
    pytest.skip("this SDL has no virtual joysticks", allow_module_level=True)


@pytest.fixture
def sticks() -> Iterator[SdlSticks]:
    driver = SdlSticks()
    try:
        yield driver
    finally:
        driver.close()


def attach(axes: int = 3, buttons: int = 4, hats: int = 1, kind: int | None = None) -> tuple[int, Any]:
    """A virtual stick: its index and a handle to move it by."""
    index = sdl2.SDL_JoystickAttachVirtual(
        sdl2.SDL_JOYSTICK_TYPE_FLIGHT_STICK if kind is None else kind, axes, buttons, hats
    )
    assert index >= 0, sdl2.SDL_GetError()
    return index, sdl2.SDL_JoystickOpen(index)


def test_plugged_moved_pressed_and_pulled_out(sticks: SdlSticks) -> None:
    assert sticks.poll() == ()
    index, handle = attach()
    (state,) = sticks.poll()
    assert (len(state.axes), len(state.buttons)) == (3, 4 + 4)
    assert not any(state.axes)
    assert not any(state.buttons)
    sdl2.SDL_JoystickSetVirtualAxis(handle, 0, 32767)
    sdl2.SDL_JoystickSetVirtualAxis(handle, 1, -32768)
    sdl2.SDL_JoystickSetVirtualButton(handle, 2, 1)
    sdl2.SDL_JoystickSetVirtualHat(handle, 0, sdl2.SDL_HAT_RIGHT)
    (state,) = sticks.poll()
    assert state.axes == (1.0, -1.0, 0.0)
    assert [i for i, down in enumerate(state.buttons) if down] == [2, 5]
    sdl2.SDL_JoystickClose(handle)
    assert sdl2.SDL_JoystickDetachVirtual(index) == 0
    assert sticks.poll() == ()


def test_a_gamepad_is_told_in_the_usual_order(sticks: SdlSticks) -> None:
    index, handle = attach(6, 15, 0, sdl2.SDL_JOYSTICK_TYPE_GAMECONTROLLER)
    (state,) = sticks.poll()
    if not state.gamepad:
        pytest.skip("this SDL takes no virtual stick for a gamepad")
    sdl2.SDL_JoystickSetVirtualAxis(handle, 3, -32768)
    (state,) = sticks.poll()
    assert state.axes[3] == -1.0
    sdl2.SDL_JoystickClose(handle)
    sdl2.SDL_JoystickDetachVirtual(index)


def test_a_second_stick_has_an_id_of_its_own(sticks: SdlSticks) -> None:
    one, two = attach(), attach()
    states = sticks.poll()
    assert len({state.id for state in states}) == 2
    for index, handle in (two, one):
        sdl2.SDL_JoystickClose(handle)
        sdl2.SDL_JoystickDetachVirtual(index)
    assert sticks.poll() == ()


def test_nobody_reads_events_so_none_are_kept(sticks: SdlSticks) -> None:
    index, handle = attach()
    for value in range(200):
        sdl2.SDL_JoystickSetVirtualAxis(handle, 0, value * 100)
        sticks.poll()
    event = sdl2.SDL_Event()
    waiting = sdl2.SDL_PeepEvents(
        ctypes.byref(event), 1, sdl2.SDL_PEEKEVENT, sdl2.SDL_JOYAXISMOTION, sdl2.SDL_CONTROLLERSENSORUPDATE
    )
    assert waiting == 0
    sdl2.SDL_JoystickClose(handle)
    sdl2.SDL_JoystickDetachVirtual(index)


def test_closing_twice_does_nothing() -> None:
    driver = SdlSticks()
    driver.close()
    driver.close()
