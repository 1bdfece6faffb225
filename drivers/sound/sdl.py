"""Sound out through SDL 2, which knows PipeWire, PulseAudio, ALSA, WASAPI and what else systems play with.

SDL takes samples into a queue of its own (``SDL_QueueAudio``), so that no Python runs in the card's thread. The binding
is PySDL2, the library comes with the wheel ``pysdl2-dll``. Where a packager left them out the error says so.
"""

from __future__ import annotations

import warnings
from typing import Any

from drivers.errors import NoSoundOut
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE

_CHANNELS = 2
_CARD_SAMPLES = 1024
"""Samples that the card takes at a time: 21 ms."""
_NAME = "This computer"


class SdlOut:
    """The system's default card. One thread at a time; the card plays in a thread of SDL's."""

    def __init__(self) -> None:
        """Open the card. Takes up to some hundred milliseconds. Raises NoSoundOut."""
        sdl = self._sdl = _library()
        # Sound brings SDL's events with it, and those would take Ctrl+C away from us.
        sdl.SDL_SetHint(b"SDL_NO_SIGNAL_HANDLERS", b"1")
        sdl.SDL_SetHint(b"SDL_AUDIO_DEVICE_APP_NAME", b"Watchfloor")
        if sdl.SDL_InitSubSystem(sdl.SDL_INIT_AUDIO) != 0:
            raise NoSoundOut(_NAME, _said(sdl))
        wanted = sdl.SDL_AudioSpec(SOUND_RATE, sdl.AUDIO_S16LSB, _CHANNELS, _CARD_SAMPLES)
        self._card = sdl.SDL_OpenAudioDevice(None, 0, wanted, None, 0)
        if not self._card:
            problem = _said(sdl)
            sdl.SDL_QuitSubSystem(sdl.SDL_INIT_AUDIO)
            raise NoSoundOut(_NAME, problem)
        sdl.SDL_PauseAudioDevice(self._card, 0)

    @property
    def waiting(self) -> float:
        """Seconds of sound that the card has not taken yet."""
        queued: int = self._sdl.SDL_GetQueuedAudioSize(self._card)
        return queued / SOUND_FRAME_BYTES / SOUND_RATE

    def write(self, data: bytes) -> None:
        """Play this after what waits. Raises NoSoundOut when the card is gone."""
        if self._sdl.SDL_QueueAudio(self._card, data, len(data)) != 0:
            raise NoSoundOut(_NAME, _said(self._sdl))

    def clear(self) -> None:
        """Forget what waits."""
        self._sdl.SDL_ClearQueuedAudio(self._card)

    def close(self) -> None:
        """Let go of the card; a second time does nothing."""
        card, self._card = self._card, 0
        if card:
            self._sdl.SDL_CloseAudioDevice(card)
            self._sdl.SDL_QuitSubSystem(self._sdl.SDL_INIT_AUDIO)


def _library() -> Any:
    """SDL, loaded when first needed: it takes 0.1 s and 15 MB."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it tells where its library lies
            import sdl2
    except ImportError:  # neither the binding, nor a library that it finds
        advice = "Run the set-up again, or install PySDL2 and pysdl2-dll."
        raise NoSoundOut(_NAME, "the library for it (SDL) is not installed", advice) from None
    return sdl2


def _said(sdl: Any) -> str:
    """What SDL gave as the reason."""
    words: bytes = sdl.SDL_GetError()
    return words.decode("utf-8", "replace")[:200] or "no card"
