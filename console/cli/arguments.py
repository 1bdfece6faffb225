"""Arguments that several commands have: what is right, and the sentence for what is not."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A number of cameras or seconds."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 256):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 1 to 256")
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Width and height in pixels."""
    width, _, height = text.lower().partition("x")
    if not all(side.isascii() and side.isdecimal() and 64 <= int(side[:9]) <= 16384 for side in (width, height)):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no size like 1920x1080")
    return int(width), int(height)


def seconds(text: str) -> int:
    """Whole seconds, up to an hour."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 3600):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number of seconds from 1 to 3600")
    return int(text)


def lamps(text: str) -> int:
    """A number of lamps."""
    if not (text.isascii() and text.isdecimal() and 3 <= int(text[:9]) <= 10_000):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 3 to 10000")
    return int(text)


def streams(text: str) -> int:
    """A number of cameras on a wall; 0: no wall."""
    return 0 if text == "0" else count(text)


def per_second(text: str) -> int:
    """How many a second."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 20_000):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 1 to 20000")
    return int(text)


def reads(text: str) -> int:
    """How many plate reads a database holds."""
    if not (text.isascii() and text.isdecimal() and 1000 <= int(text[:9]) <= 50_000_000):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 1000 to 50000000")
    return int(text)


def share(text: str) -> float:
    """Cores, or pictures a second."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.05 <= value <= 30:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 0.05 to 30")
    return value
