"""The console dies from one moment to the next while a joystick turns a camera and streets are bright. The camera
stands still, the lamps go back, and what was done stays on record."""

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

import psutil
import pytest
from control_room import PATIENCE, City, Console, ended
from site_of_city import learn

from console.cli.city_process import lamp_entries
from console.store.site_file import save_site

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

HEAD = 4
"""The city's first camera that moves."""
LEASE_SECONDS = 12.0
REST_SECONDS = 2.0
"""What is asked for; a camera's own time-out takes it to rest within one second."""
BRIGHT, PROGRAMME = 90.0, 60.0


def test_a_console_that_is_killed_leaves_nothing_moving_and_no_street_bright(tmp_path: Path, display: str) -> None:
    with City(HEAD, 1123) as city:
        variables = a_site_with_lamps(city, tmp_path)
        with acting(variables) as console:
            begun = time.monotonic()
            assert next_line(console) == "holding"
            eventually(lambda: moves(city), "the camera does not move")
            eventually(lambda: all(lamp["overridden"] for lamp in lamps(city)), "not all lamps are lit")
            assert all(abs(lamp["level"] - BRIGHT) < 1 for lamp in lamps(city))
            children = psutil.Process(console.pid).children(recursive=True)
            console.kill()
            killed = time.monotonic()
            console.wait(PATIENCE)
        seconds = until(lambda: not moves(city), killed)
        assert seconds < REST_SECONDS, f"the camera moved on for {seconds:.1f} s"
        eventually(lambda: not any(lamp["overridden"] for lamp in lamps(city)), "lamps stay bright")
        assert time.monotonic() - begun > LEASE_SECONDS / 2, "the lamps went back by their lease, not by the death"
        assert all(abs(lamp["level"] - PROGRAMME) < 1 for lamp in lamps(city))
        assert ended(children), "who ends orders for lamps that cannot has nothing left to do"
        the_audit_is_whole_and_knows_of_it(variables)
        a_new_console_starts_and_ends_well(display, variables)
        the_audit_is_whole_and_knows_of_it(variables)


def a_site_with_lamps(city: City, home: Path) -> dict[str, str]:
    site, vault, variables = learn(city, home)
    entries = lamp_entries(city.lamp_systems, vault)
    save_site(home / "config" / "site.toml", replace(site, lamp_systems=entries))
    return variables


def acting(variables: dict[str, str]) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("acting_console.py")
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, str(script), str(HEAD), str(LEASE_SECONDS)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables, "PYTHONPATH": root},
    )


def next_line(console: subprocess.Popen[str]) -> str:
    assert console.stdout is not None
    return console.stdout.readline().strip()


def moves(city: City) -> bool:
    (camera,) = city.call("GET", f"/devices/{HEAD}")
    return bool(camera["moving"])


def lamps(city: City) -> list[dict[str, Any]]:
    found = list(city.call("GET", "/lamps/state").values())
    assert {lamp["system"] for lamp in found} == {"talq", "mqtt", "snmp"}
    return found


def eventually(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def until(true: Callable[[], bool], since: float) -> float:
    """Seconds from ``since`` until something is true."""
    eventually(true, "it never was")
    return time.monotonic() - since


def audit(variables: dict[str, str], *words: str) -> Any:
    command = [sys.executable, "-m", "console", "audit", *words, "--json"]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def the_audit_is_whole_and_knows_of_it(variables: dict[str, str]) -> None:
    verdict = audit(variables, "verify")
    assert verdict["ok"]
    assert verdict["first_bad"] is None
    entries = audit(variables, "list", "--most", "1000")
    assert len(entries) == verdict["entries"]
    asked = [entry["action"] for entry in entries if entry["outcome"] == "asked"]
    assert asked.count("moves") == 1, "a hold is one entry"
    assert asked.count("lights lamps") == 3, "one for each lamp system"


def a_new_console_starts_and_ends_well(display: str, variables: dict[str, str]) -> None:
    with Console(["run"], display, **variables) as console:
        for number in range(1, HEAD + 1):
            console.says(rf"camera {number} .*: LIVE")
        console.quits_on_sigterm()
