"""What is said of lamps and leases, in sentences. No widgets."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.model.lamp_leases import LampLease
from console.services.lamps import LampView, LeaseView, SystemView
from drivers.luminaires import LampFeatures

NAMED = 5
"""So many lamps are named in a sentence; the others are counted."""


class Condition(enum.Enum):
    """What a lamp is like, the worst last. ``sign`` is its shape in lists, ``word`` in filters."""

    UNKNOWN = ("·", "nothing told yet")
    PROGRAMME = ("○", "on programme")
    LIT = ("●", "driven")
    DISOBEYS = ("◆", "did not obey")
    FAULTY = ("▲", "faulty")

    def __init__(self, sign: str, word: str) -> None:
        self.sign, self.word = sign, word

    @property
    def abnormal(self) -> bool:
        """Whether it is shown in colour."""
        return self in (Condition.DISOBEYS, Condition.FAULTY)


def condition(view: LampView) -> Condition:
    """The worst that can be said of a lamp."""
    if view.state is not None and view.state.faults:
        return Condition.FAULTY
    if view.problem:
        return Condition.DISOBEYS
    if view.wanted is not None:
        return Condition.LIT
    return Condition.UNKNOWN if view.state is None else Condition.PROGRAMME


def state_words(view: LampView, leases: Sequence[LampLease] = ()) -> str:
    """A lamp's state in a line: faults first, then what did not go, then whom it follows until when and what then."""
    words = []
    if view.state is not None and view.state.faults:
        words.append(", ".join(fault.value for fault in view.state.faults))
    if view.problem:
        words.append(f"did not obey: {view.problem}")
    if view.wanted is not None:
        lease = view.wanted
        after = taking_over(view, leases)
        then = "programme" if after is None else f"{after.level:.0f} % for {after.holder.name}"
        words.append(f"{lease.level:.0f} % for {lease.holder.name} until {clock(lease.until)}, then {then}")
    elif view.state is None:
        words.append("nothing told yet")
    elif view.state.overridden:
        words.append("driven by somebody else")
    elif not words:
        words.append("on programme")
    return "; ".join(words)


def taking_over(view: LampView, leases: Iterable[LampLease]) -> LampLease | None:
    """The lease that a lamp follows when the one that it follows now ends; None: its programme."""
    wanted = view.wanted
    if wanted is None:
        return None
    others = [each for each in leases if each.id != wanted.id and each.until > wanted.until and view.ref in each.lamps]
    return max(others, key=lambda lease: (lease.level, lease.until), default=None)


def level_words(view: LampView) -> str:
    """Percent, or a dash."""
    return "–" if view.state is None or view.state.level is None else f"{view.state.level:.0f} %"


def power_words(watts: float | None) -> str:
    """Watts or kilowatts, or a dash."""
    if watts is None:
        return "–"
    return f"{watts / 1000:.1f} kW" if watts >= 10_000 else f"{watts:.0f} W"


def clock(when: datetime) -> str:
    """A time of day on this computer's clock."""
    return when.astimezone().strftime("%H:%M:%S")


def left_words(seconds: float) -> str:
    """What is left: 8:31, 1:08:31."""
    whole = max(0, int(seconds + 0.5))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def lamps_words(count: int) -> str:
    """One lamp, 12 lamps."""
    return "1 lamp" if count == 1 else f"{count} lamps"


def progress_words(view: LeaseView) -> str:
    """How a lease goes."""
    if view.outshone == view.total:
        return "waits behind a brighter one"
    if not view.pending and not view.bad and not view.outshone:
        return f"all {view.total} obey" if view.total > 1 else "obeys"
    parts = [f"{view.good} of {view.total} obey"]
    parts += [f"{view.pending} are asked"] if view.pending else []
    parts += [f"{view.outshone} are brighter for others"] if view.outshone else []
    parts += [f"▲ {len(view.bad)} did not"] if view.bad else []
    return ", ".join(parts)


def return_words(view: LeaseView) -> str:
    """What its lamps go back to."""
    if not view.next:
        return "programme"
    first = view.next[0]
    shared = len(first.lamps & view.lease.lamps)
    rest = "" if shared == view.total and len(view.next) == 1 else ", else programme or dimmer"
    of = "" if shared == view.total else f" ({lamps_words(shared)})"
    return f"{first.level:.0f} % for {first.holder.name} until {clock(first.until)}{of}{rest}"


def lit_words(leases: Sequence[LeaseView], now: datetime) -> str:
    """For the bottom line: "12 lamps lit, 8:31 left"; "" while nothing holds."""
    if not leases:
        return ""
    lamps = {ref for view in leases for ref in view.lease.lamps}
    longest = max(view.lease.left(now) for view in leases)
    bad = {ref for view in leases for ref in view.bad}
    failed = f", ▲ {len(bad)} failed" if bad else ""
    return f"{lamps_words(len(lamps))} lit, {left_words(longest)} left{failed}"


def cannot_end(features: LampFeatures) -> bool:
    """Whether nothing would end an order of such a system: it takes none."""
    return not (features.expires or features.dies_back)


def warnings(chosen: Collection[LampView], systems: Mapping[str, SystemView], level: float) -> list[str]:
    """What an operator should know before lighting these lamps."""
    told = []
    faulty = [view for view in chosen if view.state is not None and view.state.faults]
    if faulty:
        verb = "is" if len(faulty) == 1 else "are"
        told.append(f"{len(faulty)} of {len(chosen)} {verb} faulty: {named(faulty)}.")
    by_system: dict[str, list[LampView]] = {}
    for view in chosen:
        by_system.setdefault(view.ref[0], []).append(view)
    for name, views in sorted(by_system.items()):
        system = systems.get(name)
        if system is None:
            told.append(f"{name} is not configured: its {lamps_words(len(views))} cannot be driven.")
            continue
        if system.trouble:
            told.append(f"{name}: {system.trouble}")
        if cannot_end(system.features):
            told.append(f"{name} takes no orders: nothing would end them if this computer died. See Help, Lamps.")
        elif not system.features.expires:
            told.append(f"{name}: orders are ended by this computer's keeper alone. Leave the computer on.")
        coarse = [view for view in views if not (view.lamp.dimmable and system.features.levels)]
        if coarse and 0 < level < 100:
            told.append(f"{name}: {lamps_words(len(coarse))} cannot be dimmed and will be fully on.")
    return told


def named(views: Sequence[LampView]) -> str:
    """The first few names, and how many more."""
    first = ", ".join(view.lamp.name for view in views[:NAMED])
    return first if len(views) <= NAMED else f"{first} and {len(views) - NAMED} more"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lamps the list shows: words that all occur, a condition or None for any, a system, a group of a system."""

    text: str = ""
    condition: Condition | None = None
    system: str = ""
    group: tuple[str, frozenset[str]] | None = None

    def shown(self, views: Sequence[LampView]) -> list[LampView]:
        """Those that pass, in their order."""
        found = [view for view in views if not self.system or view.ref[0] == self.system]
        if self.group is not None:
            system, ids = self.group
            found = [view for view in found if view.ref[0] == system and view.ref[1] in ids]
        if self.condition is Condition.LIT:
            found = [view for view in found if view.wanted is not None]
        elif self.condition is not None:
            found = [view for view in found if condition(view) is self.condition]
        for word in self.text.casefold().split():
            found = [view for view in found if word in f"{view.ref[0]} {view.lamp.name} {view.ref[1]}".casefold()]
        return found
