"""The audit as the door uses it: a database that hangs must not hold up a Stop."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast

import pytest

from console.model.permissions import Actor, Role
from console.services.audit_trail import AuditTrail
from console.store.audit import Audit
from console.store.database import DatabaseError

ANNA = Actor("Anna", Role.OPERATOR)


class SlowAudit:
    """Writes when ``gate`` is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entries: list[str] = []

    def add(
        self, actor: Actor, action: str, target: str, detail: Mapping[str, object] | None, outcome: str, about: int
    ) -> int:
        assert self.gate.wait(10)
        self.entries.append(f"{action} {outcome}")
        return len(self.entries)

    def close(self) -> None:
        pass


def trail(audit: Any) -> AuditTrail:
    return AuditTrail(lambda: cast(Audit, audit))


def test_what_cannot_wait_goes_on_and_its_entry_comes_later() -> None:
    audit = SlowAudit()
    made = trail(audit)
    assert made.add_within(0.01, ANNA, "stops", "cam") == 0
    assert audit.entries == []
    audit.gate.set()
    assert made.add_within(10.0, ANNA, "stops", "cam", outcome="done") == 2
    made.close()
    assert audit.entries == ["stops asked", "stops done"], "in order, and none is lost"


def test_what_waits_is_written_before_the_end() -> None:
    audit = SlowAudit()
    made = trail(audit)
    assert made.add_within(0.01, ANNA, "stops", "cam") == 0
    audit.gate.set()
    made.close()
    assert audit.entries == ["stops asked"]


def test_what_cannot_be_written_at_all_is_an_error_at_once() -> None:
    told: list[str] = []

    def opener() -> Audit:
        raise DatabaseError("audit", "disk full")

    made = AuditTrail(opener, told.append)
    with pytest.raises(DatabaseError):
        made.add_within(10.0, ANNA, "stops", "cam")
    assert len(told) == 1
    made.close()
