"""What the site file says of one lamp system behind SNMP controllers."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from drivers.lamp_leaves import LeafTable, oid
from drivers.types import GeoPlace

_SHORTEST_PASSWORD = 8


class Auth(enum.StrEnum):
    """How a v3 user proves who it is."""

    SHA = "SHA"
    SHA256 = "SHA-256"


@dataclass(frozen=True, slots=True)
class Community:
    """The password of v2c, which travels in the clear."""

    community: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.community or len(self.community.encode()) > 255:
            raise ValueError("a community has 1 to 255 characters")


@dataclass(frozen=True, slots=True)
class SnmpUser:
    """A v3 user; what is sent is signed, and encrypted by AES-128 where there is a ``privacy`` password."""

    user: str
    password: str = field(repr=False)
    auth: Auth = Auth.SHA256
    privacy: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.user.encode()) <= 32:
            raise ValueError("a user of SNMP v3 has a name of 1 to 32 characters")
        for password in (self.password, *([self.privacy] if self.privacy else [])):
            if len(password) < _SHORTEST_PASSWORD:
                raise ValueError(f"a password of SNMP v3 has {_SHORTEST_PASSWORD} characters or more")


@dataclass(frozen=True, slots=True)
class Controller:
    """One controller. ``name`` is what messages call it and what its lamps' ids begin with; the host without one."""

    host: str
    port: int = 161
    name: str = ""

    def __post_init__(self) -> None:
        if not self.host or not self.host.isprintable() or not 0 < self.port < 65536:
            raise ValueError("a controller has a host and a port from 1 to 65535")

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.host


@dataclass(frozen=True, slots=True)
class LampRow:
    """A lamp that is written down rather than found by walking; ``index`` is its row in the controller's table."""

    controller: str
    index: str
    id: str
    name: str = ""
    place: GeoPlace | None = None
    groups: tuple[str, ...] = ()
    rated_power: float | None = None


@dataclass(frozen=True, slots=True)
class SnmpConfig:
    """One lamp system. Controllers with ``rows`` are not walked. Times are seconds.

    ``max_bytes`` bounds a message (1,400 fits one Ethernet frame), ``max_binds`` the objects in it (0: no bound but the
    bytes), ``window`` how many messages may be under way to one controller (96 of them hold 1,200 lamps and about fit
    a socket's buffer as Linux makes it). A message is repeated ``retries`` times after ``timeout`` each, later while
    the controller still answers others. ``total`` bounds an order as a whole. ``poll``: how often states are read.
    ``settle``: how long after an order (and its ramp) the lamps are read back. ``dies_back``: see ``LampFeatures``;
    only true where something else than this process really does it.
    """

    name: str
    controllers: tuple[Controller, ...]
    access: Community | SnmpUser
    leaves: LeafTable
    rows: tuple[LampRow, ...] = ()
    max_bytes: int = 1400
    max_binds: int = 0
    window: int = 96
    timeout: float = 1.5
    retries: int = 2
    total: float = 15.0
    poll: float = 60.0
    settle: float = 1.0
    max_lamps: int = 10_000
    dies_back: bool = False

    def __post_init__(self) -> None:
        labels = [each.label for each in self.controllers]
        if not labels or len(set(labels)) != len(labels):
            raise ValueError(f"{self.name}: controllers are named, each by another name")
        addresses = {(each.host, each.port) for each in self.controllers}
        if len(addresses) != len(labels):
            raise ValueError(f"{self.name}: two controllers have the same address")
        if not 484 <= self.max_bytes <= 65_507:
            raise ValueError(f"{self.name}: a message has 484 to 65507 bytes")
        if self.max_binds < 0 or self.window < 1 or self.retries < 0 or self.max_lamps < 1:
            raise ValueError(f"{self.name}: counts are not negative, and at least one message is under way")
        if min(self.timeout, self.total, self.poll) <= 0 or self.settle < 0:
            raise ValueError(f"{self.name}: times are above 0")
        if len({row.id for row in self.rows}) != len(self.rows):
            raise ValueError(f"{self.name}: two lamps have the same id")
        for row in self.rows:
            oid(row.index)
            if row.controller not in labels:
                raise ValueError(f"{self.name}: lamp {row.id} is at a controller that is not listed")
