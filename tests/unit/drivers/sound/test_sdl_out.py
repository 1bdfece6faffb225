"""The sound card, as far as there is one: SDL's dummy card plays into nothing at the right speed."""

from __future__ import annotations

import builtins
import time
from typing import Any

import pytest

from drivers.errors import NoSoundOut
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE
from drivers.sound.sdl import SdlOut

SECOND = bytes(SOUND_RATE * SOUND_FRAME_BYTES)


def test_what_is_written_waits_and_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    out = SdlOut()
    try:
        assert out.waiting == 0.0
        out.write(SECOND)
        assert 0.5 < out.waiting <= 1.0
        out.clear()
        assert out.waiting == 0.0
        out.write(SECOND[: SOUND_RATE * SOUND_FRAME_BYTES // 10])
        ends = time.monotonic() + 10
        while out.waiting:
            assert time.monotonic() < ends
            time.sleep(0.005)
    finally:
        out.close()
        out.close()


def test_a_second_card_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    for _ in range(2):
        out = SdlOut()
        out.write(SECOND)
        out.close()


def test_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "nosuchdriver")
    with pytest.raises(
        NoSoundOut, match=r"This computer: sound cannot be played here: .+ Check that this computer has"
    ):
        SdlOut()


def test_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "sdl2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoSoundOut, match=r"SDL.+ is not installed"):
        SdlOut()
