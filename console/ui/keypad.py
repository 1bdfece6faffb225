"""Digits typed on the wall, as on a CCTV keyboard: collected until Enter, forgotten by Esc."""

from __future__ import annotations

LONGEST = 5


class Keypad:
    """Pure state; the desk feeds it keys."""

    def __init__(self) -> None:
        self.text = ""

    def digit(self, digit: str) -> None:
        """One more digit; a sixth begins anew."""
        self.text = digit if len(self.text) >= LONGEST else self.text + digit

    def rub_out(self) -> None:
        """Take the last digit back."""
        self.text = self.text[:-1]

    def clear(self) -> None:
        """Forget what was typed."""
        self.text = ""

    def enter(self) -> int | None:
        """The number that was typed, None if nothing was; forgets it."""
        text, self.text = self.text, ""
        return int(text) if text else None
