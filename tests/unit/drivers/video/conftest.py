"""The virtual camera that these tests open."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _rig() -> ModuleType:
    """The rig of the virtual city's own tests."""
    known = sys.modules.get("rtsp_rig")
    if known is not None:
        return known
    path = Path(__file__).parents[1] / "virtual" / "rtsp_rig.py"
    spec = importlib.util.spec_from_file_location("rtsp_rig", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rtsp_rig"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shared_camera() -> Iterator[Any]:
    """One camera for all tests of a module: its loop is drawn once."""
    rig = _rig()
    made = rig.Rig(main=replace(rig.MAIN, width=320, height=180))
    made.open()
    yield made
    made.close()


@pytest.fixture
def camera(shared_camera: Any) -> Iterator[Any]:
    """The camera without faults, with the login it was made with."""
    login = shared_camera.server.digest._credentials
    yield shared_camera
    shared_camera.state.faults.clear()
    shared_camera.server.digest._credentials = login
