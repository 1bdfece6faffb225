"""The city as the console starts it: a process of its own that serves, and that ends however its parent ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from console.cli.city_process import CityProcess

SMALL = ("--no-discovery",)


def cities() -> list[psutil.Process]:
    """Cities that this process has started; a screen that was started for the tests may be its child too."""
    return [child for child in psutil.Process().children() if "city" in child.cmdline()]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_CACHE", str(tmp_path / "cache"))


def test_it_serves_what_its_first_line_says_and_ends_with_the_block() -> None:
    lines: list[str] = []
    with CityProcess(2, 41, (*SMALL, "--control"), progress=lines.append) as city:
        assert len(city.devices) == 2
        assert set(city.devices[0]) == {"name", "xaddr", "rtsp", "user", "password"}
        assert set(city.control) == {"url", "token"}
        assert city.cpu_percent_since_start_of_measure() >= 0.0
        (process,) = cities()
        assert city.devices[0]["password"] not in " ".join(process.cmdline())
    assert not process.is_running()
    assert lines[-1] == ""  # the end of what it said


def test_stopping_twice_and_before_the_start_is_nothing() -> None:
    city = CityProcess(1, 41, SMALL)
    city.stop()
    city.start()
    city.stop()
    city.stop()


def test_it_ends_when_its_parent_dies_without_a_word(tmp_path: Path) -> None:
    code = (
        "import os, sys; from console.cli.city_process import CityProcess; import psutil\n"
        "city = CityProcess(1, 42, ('--no-discovery',)); city.start(); city.wait()\n"
        "print(psutil.Process().children()[0].pid, flush=True); sys.stdin.read(); os._exit(9)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate(timeout=20)
    _, alive = psutil.wait_procs([child], timeout=20)
    assert not alive


def test_a_city_that_dies_at_once_says_why() -> None:
    said = pytest.raises(RuntimeError, match=r"ended at once\. watchfloor city: cannot serve: .*192\.0\.2\.1")
    with said, CityProcess(1, 43, (*SMALL, "--host", "192.0.2.1")):
        pass
    assert not cities()


def test_arguments_that_the_city_does_not_know_are_said() -> None:
    said = pytest.raises(RuntimeError, match=r"ended at once\. .*--what-is-this")
    with said, CityProcess(1, 43, ("--what-is-this",)):
        pass


def test_a_city_that_takes_too_long_is_given_up() -> None:
    city = CityProcess(1, 44, SMALL)
    city.start()
    try:
        with pytest.raises(RuntimeError, match="did not start within 0 s"):
            city.wait(0.0)
    finally:
        city.stop()
