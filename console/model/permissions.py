"""Who may do what. One built-in policy: roles, and a table of rights that the site may change. A log-in that comes
later only has to say who acts (``Actor``)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Role(enum.StrEnum):
    """What somebody is here, the least first. ``rank`` decides who takes a camera from whom."""

    AUTOMATION = "automation"
    VIEWER = "viewer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"

    @property
    def rank(self) -> int:
        """Who comes before whom at a camera. Technicians rank as operators: they care for devices, they do not lead."""
        return _RANKS[self]


_RANKS = {
    Role.AUTOMATION: 0,
    Role.VIEWER: 1,
    Role.OPERATOR: 2,
    Role.TECHNICIAN: 2,
    Role.SUPERVISOR: 3,
    Role.ADMINISTRATOR: 4,
}


class Right(enum.StrEnum):
    """Something that may be granted."""

    PTZ = "ptz"
    """Move cameras, go to presets, wipers."""
    PRESETS = "presets"
    """Keep, rename and remove presets, set the home position, change patrols."""
    IMAGING = "imaging"
    OUTPUTS = "outputs"
    LAMPS = "lamps"
    CARE = "care"
    """Restart devices, set their clocks."""
    ALARMS = "alarms"
    """Acknowledge, shelve and close alarms, take them out of service."""
    SEARCH_PLATES = "plates"
    """Look for plates that were read, with a reason that is put on record."""
    HITS = "hits"
    """Look at hits on hotlists and decide on them."""
    HOTLISTS = "hotlists"
    """Add, change, import and remove hotlists and their entries."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's name or that of a piece of automation, what it is, and from which computer."""

    name: str
    role: Role
    station: str = ""


_OPERATOR = frozenset({Right.PTZ, Right.OUTPUTS, Right.LAMPS, Right.ALARMS, Right.SEARCH_PLATES, Right.HITS})
_SUPERVISOR = _OPERATOR | {Right.PRESETS, Right.IMAGING, Right.HOTLISTS}
DEFAULT_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AUTOMATION: frozenset({Right.PTZ, Right.OUTPUTS, Right.LAMPS}),
    Role.VIEWER: frozenset(),
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.TECHNICIAN: frozenset(Right),
    Role.ADMINISTRATOR: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rights of each role; a role that the site does not name keeps those it has by default."""

    rights: Mapping[Role, frozenset[Right]] = field(default_factory=dict)

    def of(self, role: Role) -> frozenset[Right]:
        """What a role may do."""
        return self.rights.get(role, DEFAULT_RIGHTS[role])

    def allows(self, actor: Actor, right: Right) -> bool:
        """Whether somebody may do such a thing."""
        return right in self.of(actor.role)
