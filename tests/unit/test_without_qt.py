"""Drivers and the model load where there is no Qt: proved by taking Qt away, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6"}:
            raise ModuleNotFoundError(f"{name} was taken away", name=name)

sys.meta_path.insert(0, NoQt())
names = []
for package in ("drivers", "console.model"):
    names.append(package)
    path = importlib.import_module(package).__path__
    names += [m.name for m in pkgutil.walk_packages(path, package + ".", onerror=lambda name: None)]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_of_drivers_and_model_loads_without_qt() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5
