"""The set-up commands as a newcomer meets them, on a machine made up of stand-ins for the system's own commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shell scripts for Linux")

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("packaging/demo.sh", "packaging/test.sh", "packaging/pin.sh", ".ci/run")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A copy of the set-up scripts in a folder with a space in its name, an ordinary user, all libraries there."""
    return Machine(tmp_path)


class Machine:
    """A checkout and a folder of commands that come first on PATH."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "my checkout"
        self.commands = folder / "commands"
        self.commands.mkdir()
        shutil.copytree(ROOT / "packaging", self.checkout / "packaging")
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        self.command("id", "echo 1000")
        self.command("sudo", "exit 1")
        self.command("apt-cache", "exit 0")
        self.command("dpkg-query", "exit 1")
        self.command("apt-get", "echo apt-get was called >&2; exit 99")
        self.libraries_are_there()

    def command(self, name: str, body: str) -> None:
        """Put a stand-in for a system command first on PATH."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def libraries_are_there(self, but: str = "") -> None:
        """Let the loader know every library that set-up looks for, save one."""
        script = (self.checkout / "packaging" / "setup.sh").read_text(encoding="utf-8")
        listed = script.partition('LIBRARIES="')[2].partition('"')[0].split()
        names = [pair.partition(":")[0] for pair in listed]
        assert len(names) > 30
        kind = {"x86_64": "x86-64", "aarch64": "AArch64"}.get(os.uname().machine, "")
        lines = [f"\t{name} (libc6,{kind}) => /lib/{name}" for name in names if name != but]
        self.command("ldconfig", "cat <<'END'\n" + "\n".join(lines) + "\nEND")

    def demo(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run demo.sh without a display, unless ``environment`` names one."""
        ours = {
            "PATH": f"{self.commands}:/usr/bin:/bin",
            "HOME": str(self.checkout),
            "PYENV_ROOT": str(self.checkout),
            **environment,
        }
        script = self.checkout / "packaging" / "demo.sh"
        return subprocess.run(
            ["bash", str(script), *arguments], env=ours, capture_output=True, text=True, timeout=60, check=False
        )

    def be_set_up(self) -> None:
        """Make set-up believe that all was done; the command prints what it was started with."""
        env = self.checkout / ".venv"
        (env / "bin").mkdir(parents=True)
        watchfloor = env / "bin" / "watchfloor"
        watchfloor.write_text('#!/bin/sh\nprintf "%s|" "$QT_QPA_PLATFORM" "$@"\n', encoding="utf-8")
        watchfloor.chmod(0o755)
        program = f'. "{self.checkout}/packaging/setup.sh"; fingerprint "{self.checkout}/packaging/requirements.txt"'
        stamp = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60, check=True).stdout
        (env / "demo.stamp").write_text(stamp, encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_can_be_started_and_read(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True, timeout=60)


def test_without_a_display_it_offers_a_picture(machine: Machine) -> None:
    done = machine.demo()
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert "--shot wall.png" in done.stderr


def test_an_ordinary_user_is_told_which_packages_are_missing(machine: Machine) -> None:
    machine.libraries_are_there(but="libxcb-cursor.so.0")
    done = machine.demo("--setup-only")
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y libxcb-cursor0" in done.stderr
    assert "apt-get was called" not in done.stderr


def test_package_names_are_those_of_the_release(machine: Machine) -> None:
    machine.libraries_are_there(but="libasound.so.2")
    machine.command("apt-cache", "printf 'libasound2-data\\nlibasound2t64\\n'")
    assert "install -y libasound2t64\n" in machine.demo("--setup-only").stderr


def test_root_is_not_told_but_served(machine: Machine) -> None:
    machine.libraries_are_there(but="libnss3.so")
    machine.command("id", "echo 0")
    done = machine.demo("--setup-only")
    assert "apt-get was called" in done.stderr
    assert "could not install: libnss3" in done.stderr


def test_a_second_start_opens_the_console_at_once(machine: Machine) -> None:
    machine.be_set_up()
    done = machine.demo("--cameras", "4", DISPLAY=":7")
    assert (done.returncode, done.stdout) == (0, "|demo|--cameras|4|")


def test_a_picture_needs_no_display(machine: Machine) -> None:
    machine.be_set_up()
    assert machine.demo("--shot", "a wall.png").stdout == "offscreen|demo|--shot|a wall.png|"


def test_changed_requirements_are_noticed(machine: Machine) -> None:
    machine.be_set_up()
    with (machine.checkout / "packaging" / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    machine.command("flock", "exit 1")  # far enough: it wants to work, and another set-up has the lock
    done = machine.demo("--setup-only")
    assert done.returncode == 1
    assert "Another set-up works" in done.stdout
