"""The shared set-up of the tests fails what it should: run on bad tests, in a pytest of its own."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BAD = {
    "leaves a thread": (
        """
def test_it():
    import threading
    import time

    threading.Thread(target=time.sleep, args=(30,), name="left", daemon=True).start()
""",
        "left running after the test: thread 'left'",
    ),
    "reaches out": (
        """
def test_it():
    import socket

    socket.create_connection(("192.0.2.1", 80))
""",
        "a test tried to reach 192.0.2.1, which is not this machine",
    ),
    "warns": (
        """
def test_it():
    import warnings

    warnings.warn("unexpected")
""",
        "UserWarning: unexpected",
    ),
    "has a name that no machine here has": (
        """
def test_it():
    import socket

    socket.create_connection(("example.org", 80))
""",
        "Name or service not known",
    ),
}
BAD_WITH_QT = {
    "leaves a timer": (
        """
kept = []


def test_it(qapp):
    from PySide6.QtCore import QTimer

    timer = QTimer(objectName="left")
    timer.start(1000)
    kept.append(timer)
""",
        "left running after the test: timer 'left'",
    ),
    "makes Qt complain": (
        """
def test_it(qapp):
    from PySide6.QtCore import qWarning

    qWarning("unexpected")
""",
        "QtWarningMsg: unexpected",
    ),
}


def run_pytest(folder: Path, test: str) -> str:
    """What pytest says of one test, which must not pass, under the rules of this project."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    tests = folder / "tests"
    tests.mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tests)
    conftest = tests / "conftest.py"
    conftest.write_text(
        conftest.read_text(encoding="utf-8").replace("GRACE_S = 5.0", "GRACE_S = 0.1"), encoding="utf-8"
    )
    (tests / "test_bad.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("case", BAD)
def test_bad_tests_fail(case: str, tmp_path: Path) -> None:
    test, sentence = BAD[case]
    assert sentence in run_pytest(tmp_path, test)


@pytest.mark.qt
@pytest.mark.skipif(importlib.util.find_spec("pytestqt") is None, reason="needs pytest-qt")
@pytest.mark.parametrize("case", BAD_WITH_QT)
def test_bad_tests_of_screens_fail(case: str, tmp_path: Path) -> None:
    test, sentence = BAD_WITH_QT[case]
    assert sentence in run_pytest(tmp_path, test)
