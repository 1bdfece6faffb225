"""Text from devices, fit to be shown: one line, bounded, nothing that hides, reorders or breaks what is beside it."""

from __future__ import annotations

import unicodedata

LONGEST = 80
_READ = 4096
_DROPPED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories that no label needs: controls, bidirectional and other format characters, what is not assigned."""


def clean(text: object, longest: int = LONGEST) -> str:
    """``text`` as one line of at most ``longest`` characters without control and format characters; "" for what is no
    text. Long text ends in an ellipsis."""
    if not isinstance(text, str):
        return ""
    plain = len(text) <= longest and text.isprintable() and "  " not in text
    if plain and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text.strip()  # most of what devices say
    head = unicodedata.normalize("NFC", text[:_READ])
    kept = "".join(" " if each.isspace() else each for each in head if each.isspace() or _shown(each))
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _shown(char: str) -> bool:
    return unicodedata.category(char) not in _DROPPED
