"""How the reading of plates out of a camera's pictures is said: what it costs, and what is left out for it."""

from __future__ import annotations

from console.services.plate_reader import Reading


def reading_words(reading: Reading) -> tuple[str, str]:
    """Its state while nothing is wrong, and what stands behind it."""
    work = reading.work
    state = f"reads, takes {reading.cores:.2f} cores" if work.playing else "waits for the camera's picture"
    left_out = work.over_budget + work.undecoded
    known = f"; {work.settled:,} were left out because the cars in them were read already" if work.settled else ""
    short = (
        f"\n{left_out:,} were left out because all cameras together may take no more (cpu_share in the site file)."
        if left_out
        else ""
    )
    unsure = f"\nPlates of {work.unsure:,} cars were not read surely enough to be told." if work.unsure else ""
    tip = (
        f"{state}\nPlates were looked for in {work.looks:,} of {work.pictures:,} pictures, "
        f"{work.cpu_seconds:,.0f} s of one core since the start{known}.{short}{unsure}"
    )
    return state, tip
