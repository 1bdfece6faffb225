"""The console dies from one moment to the next while a joystick turns the selected camera and streets are bright. The
camera stands still, the lamps go back, and what was done stays on record.

It is the whole console with its window; only the stick and the short time for lamps come from ``console_with_stick``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from control_room import PATIENCE, City, Console, ended
from hands import Hands, wait_until
from site_of_city import learn

from console.acting import audit_of
from console.cli.city_process import lamp_entries
from console.store.audit import Entry
from console.store.site_file import save_site

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

DESK, LAMPS = "^Watchfloor$", "^Street lamps"
HEAD = 4
"""The city's first camera that moves; it has the tile of that number."""
LEASE_SECONDS = 12.0
REST_SECONDS = 2.0
"""What is asked for; a camera's own time-out takes it to rest within one second."""
DEFLECTED = 12_000
"""Of 32,767: slowly, so that the head does not come to its end."""
BRIGHT, PROGRAMME = 100.0, 60.0
PRESS_AGAIN_SECONDS = 3.0
WITH_STICK = Path(__file__).with_name("console_with_stick.py")
ROOT = str(Path(__file__).parents[2])


def test_a_console_that_is_killed_leaves_nothing_moving_and_no_street_bright(
    tmp_path: Path, display: str, hands: Hands
) -> None:
    with City(HEAD, 1123) as city:
        variables = a_site_with_lamps(city, tmp_path)
        with Console([f"{LEASE_SECONDS}"], display, [str(WITH_STICK)], PYTHONPATH=ROOT, **variables) as console:
            console.says(rf"camera {HEAD} .*: LIVE")
            hands.takes(DESK)
            hands.press(str(HEAD), "period", "Return")
            lit = all_lamps_are_lit(city, hands)
            console.tell(str(DEFLECTED))
            wait_until(lambda: moves(city), "the stick does not turn the camera on the selected tile")
            children = console.children()
            killed = time.monotonic()
            console.dies()
        assert all(lamp["overridden"] for lamp in lamps(city)), "it did not die while lamps were lit"
        seconds = until(lambda: not moves(city), killed)
        assert seconds < REST_SECONDS, f"the camera moved on for {seconds:.1f} s"
        the_audit_is_whole_and_knows_of_it(variables)  # while the lamps are lit
        wait_until(lambda: not any(lamp["overridden"] for lamp in lamps(city)), "lamps stay bright")
        assert time.monotonic() - lit > LEASE_SECONDS / 2, "the lamps went back by their lease, not by the death"
        assert ended(children), "who ends orders for lamps that cannot has nothing left to do"
        assert all(abs(lamp["level"] - PROGRAMME) < 1 for lamp in lamps(city))
        before = len(entries_of(variables))
        a_new_console_starts_and_ends_well(display, variables)
        assert len(entries_of(variables)) >= before


def a_site_with_lamps(city: City, home: Path) -> dict[str, str]:
    site, vault, variables = learn(city, home)
    entries = lamp_entries(city.lamp_systems, vault)
    save_site(home / "config" / "site.toml", replace(site, lamp_systems=entries))
    return variables


def all_lamps_are_lit(city: City, hands: Hands) -> float:
    """By the keys of the lamps window, once more where not all lamps were known yet; when that was asked."""
    begun = time.monotonic()
    hands.press("l")
    hands.takes(LAMPS)
    hands.press("shift+Tab")  # from the plan to the list, where lamps without a place are too
    while True:
        asked = time.monotonic()
        hands.press("ctrl+a", "Return")
        while time.monotonic() - asked < PRESS_AGAIN_SECONDS:
            if all(lamp["overridden"] and abs(lamp["level"] - BRIGHT) < 1 for lamp in lamps(city)):
                return asked
            time.sleep(0.05)
        assert time.monotonic() - begun < PATIENCE, "not all lamps are lit"


def moves(city: City) -> bool:
    (camera,) = city.call("GET", f"/devices/{HEAD}")
    return bool(camera["moving"])


def lamps(city: City) -> list[dict[str, Any]]:
    found = list(city.call("GET", "/lamps/state").values())
    assert {lamp["system"] for lamp in found} == {"talq", "mqtt", "snmp"}
    return found


def until(true: Callable[[], bool], since: float) -> float:
    """Seconds from ``since`` until something is true."""
    wait_until(true, "it never was")
    return time.monotonic() - since


def the_audit_is_whole_and_knows_of_it(variables: dict[str, str]) -> None:
    command = [sys.executable, "-m", "console", "audit", "verify", "--json"]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["ok"]
    assert verdict["first_bad"] is None
    entries = entries_of(variables)
    assert len(entries) == verdict["entries"]
    asked = [entry for entry in entries if entry.outcome == "asked"]
    assert [entry.action for entry in asked].count("moves") == 1, "a hold is one entry"
    lit = {entry.target for entry in asked if entry.action == "lights lamps"}
    assert len(lit) == 3, "each lamp system was told"


def entries_of(variables: dict[str, str]) -> list[Entry]:
    """All of the audit, whose chain is whole."""
    audit = audit_of(Path(variables["WATCHFLOOR_DATA"]))
    try:
        assert audit.verify().ok
        return audit.newest(1000)
    finally:
        audit.close()


def a_new_console_starts_and_ends_well(display: str, variables: dict[str, str]) -> None:
    with Console(["run"], display, **variables) as console:
        for number in range(1, HEAD + 1):
            console.says(rf"camera {number} .*: LIVE")
        console.quits_on_sigterm()
