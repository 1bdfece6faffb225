"""Joysticks and gamepads through SDL 2, which knows evdev, DirectInput, XInput, HID and what else sticks speak.

The binding is PySDL2, the library comes with the wheel ``pysdl2-dll``. SDL's event queue is not used: sticks are asked
for their state, which is what a hand on a stick is about, and what was plugged in or out is seen by comparing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from drivers.errors import Unsupported
from drivers.sticks_types import StickState

_NAME = "This computer"
MOST_STICKS = 16
MOST_AXES, MOST_BUTTONS, MOST_HATS = 16, 56, 2
_HINTS = (
    (b"SDL_NO_SIGNAL_HANDLERS", b"1"),  # Ctrl+C stays ours
    (b"SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", b"1"),  # SDL has no window here that could have the focus
    (b"SDL_JOYSTICK_THREAD", b"1"),  # Windows: devices are seen without a message loop
)


@dataclass(slots=True)
class _Open:
    handle: Any
    pad: Any
    name: str
    axes: int
    buttons: int
    hats: int


class SdlSticks:
    """See ``StickDriver``."""

    def __init__(self) -> None:
        """Takes up to some hundred milliseconds. Raises Unsupported."""
        sdl = self._sdl = _library()
        for hint, value in _HINTS:
            sdl.SDL_SetHint(hint, value)
        if sdl.SDL_InitSubSystem(sdl.SDL_INIT_JOYSTICK | sdl.SDL_INIT_GAMECONTROLLER) != 0:
            raise Unsupported(_NAME, f"sticks cannot be used: {_said(sdl)}", "The other ways to turn cameras work.")
        sdl.SDL_JoystickEventState(sdl.SDL_IGNORE)
        sdl.SDL_GameControllerEventState(sdl.SDL_IGNORE)
        self._open: dict[int, _Open] = {}
        self._closed = False

    def poll(self) -> tuple[StickState, ...]:
        """See ``StickDriver``."""
        sdl = self._sdl
        sdl.SDL_LockJoysticks()
        try:
            sdl.SDL_JoystickUpdate()
            self._take_in()
            states = tuple(self._state(key, one) for key, one in self._open.items())
        finally:
            sdl.SDL_UnlockJoysticks()
        sdl.SDL_FlushEvents(sdl.SDL_JOYAXISMOTION, sdl.SDL_CONTROLLERSENSORUPDATE)  # nobody reads them
        return states

    def close(self) -> None:
        """See ``StickDriver``."""
        if self._closed:
            return
        self._closed = True
        for one in self._open.values():
            self._shut(one)
        self._open.clear()
        self._sdl.SDL_QuitSubSystem(self._sdl.SDL_INIT_JOYSTICK | self._sdl.SDL_INIT_GAMECONTROLLER)

    def _take_in(self) -> None:
        """Open what is new, let go of what is gone."""
        sdl = self._sdl
        there = {sdl.SDL_JoystickGetDeviceInstanceID(i): i for i in range(min(MOST_STICKS, sdl.SDL_NumJoysticks()))}
        for key in list(self._open):
            if key not in there or not sdl.SDL_JoystickGetAttached(self._open[key].handle):
                self._shut(self._open.pop(key))
        for key, index in there.items():
            if key < 0 or key in self._open:
                continue
            handle = sdl.SDL_JoystickOpen(index)
            if not handle:  # it went in between, or somebody else has it; the next poll tries again
                continue
            pad = sdl.SDL_GameControllerOpen(index) if sdl.SDL_IsGameController(index) else None
            name = sdl.SDL_JoystickName(handle) or b""
            self._open[key] = _Open(
                handle,
                pad or None,
                _clean(name) or "Stick",
                min(MOST_AXES, max(0, sdl.SDL_JoystickNumAxes(handle))),
                min(MOST_BUTTONS, max(0, sdl.SDL_JoystickNumButtons(handle))),
                min(MOST_HATS, max(0, sdl.SDL_JoystickNumHats(handle))),
            )

    def _shut(self, one: _Open) -> None:
        if one.pad is not None:
            self._sdl.SDL_GameControllerClose(one.pad)
        self._sdl.SDL_JoystickClose(one.handle)

    def _state(self, key: int, one: _Open) -> StickState:
        sdl = self._sdl
        if one.pad is not None:
            axes = tuple(_share(sdl.SDL_GameControllerGetAxis(one.pad, i)) for i in range(sdl.SDL_CONTROLLER_AXIS_MAX))
            buttons = tuple(
                bool(sdl.SDL_GameControllerGetButton(one.pad, i)) for i in range(sdl.SDL_CONTROLLER_BUTTON_MAX)
            )
            return StickState(key, one.name, axes, buttons, gamepad=True)
        hats = [sdl.SDL_JoystickGetHat(one.handle, i) for i in range(one.hats)]
        ways = (sdl.SDL_HAT_UP, sdl.SDL_HAT_RIGHT, sdl.SDL_HAT_DOWN, sdl.SDL_HAT_LEFT)
        return StickState(
            key,
            one.name,
            tuple(_share(sdl.SDL_JoystickGetAxis(one.handle, i)) for i in range(one.axes)),
            (
                *(bool(sdl.SDL_JoystickGetButton(one.handle, i)) for i in range(one.buttons)),
                *(bool(hat & way) for hat in hats for way in ways),
            ),
        )


def _share(value: int) -> float:
    """SDL's -32768 to 32767 as [-1, 1]."""
    return max(-1.0, value / 32767)


def _clean(name: bytes) -> str:
    """What a device calls itself, as one short line."""
    words = name[:400].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:80]


def _library() -> Any:
    """SDL, loaded when first needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it tells where its library lies
            import sdl2
    except ImportError:  # neither the binding, nor a library that it finds
        advice = "Run the set-up again, or install PySDL2 and pysdl2-dll."
        raise Unsupported(_NAME, "the library for sticks (SDL) is not installed", advice) from None
    return sdl2


def _said(sdl: Any) -> str:
    words: bytes = sdl.SDL_GetError()
    return words.decode("utf-8", "replace")[:200] or "no reason given"
