"""Which of a camera's streams a tile gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.types import StreamProfile

HYSTERESIS = 1.2
"""A tile may grow by this factor over its stream before a larger one is opened, so that resizing does not flap."""


def choose_profile(
    profiles: Sequence[StreamProfile],
    width: int,
    height: int,
    current: StreamProfile | None = None,
    best: bool = False,
) -> StreamProfile | None:
    """The smallest stream that is at least the tile (``width`` x ``height`` device pixels), else the largest.

    ``best``: the tile is maximised or zoomed; take the main stream. ``current`` is kept while the tile stays within the
    hysteresis, whether it grows or shrinks. Streams of unknown size count as a fallback in the order that
    the camera lists them. None for no profiles.
    """
    usable = [profile for profile in profiles if profile.uri]
    if not usable:
        return None
    sized = sorted((p for p in usable if p.width > 0 and p.height > 0), key=lambda p: p.width * p.height)
    if not sized:
        return current if current in usable else usable[0]
    if best:
        return sized[-1]
    wanted = next((p for p in sized if _covers(p, width, height)), sized[-1])
    if current is not None and current in sized and current != wanted:
        almost = _covers(current, int(width / HYSTERESIS), int(height / HYSTERESIS))
        smaller_suffices = wanted.width * wanted.height < current.width * current.height
        if not smaller_suffices and almost:
            return current
        if smaller_suffices and not _covers(wanted, int(width * HYSTERESIS), int(height * HYSTERESIS)):
            return current
    return wanted


def _covers(profile: StreamProfile, width: int, height: int) -> bool:
    # A picture fits into the tile by the side that binds, so it suffices if either side reaches the tile's.
    return profile.width >= width or profile.height >= height
