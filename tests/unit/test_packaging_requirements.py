"""The pinned requirement files: complete, hashed, in step with each other, silent about where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = tuple(f"requirements{part}.txt" for part in ("", "-plates", "-test", "-tools", "-web"))


def text_of(name: str) -> str:
    return (ROOT / "packaging" / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Version by canonical name; the file's lines joined where a backslash splits them."""
    found: dict[str, str] = {}
    for line in text_of(name).replace("\\\n", " ").splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==(\S+)", line)
        assert match, f"{name}: not a pin: {line[:60]}"
        assert "--hash=sha256:" in line, f"{name}: {match[1]} has no hash"
        found[canonicalize_name(match[1])] = match[2]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_a_pin_with_hashes_and_no_address(name: str) -> None:
    assert pins(name)
    assert not re.search(r"://|index-url|find-links|file:", text_of(name))


def test_the_test_file_holds_all_that_the_other_holds() -> None:
    everyday, tests = pins("requirements.txt"), pins("requirements-test.txt")
    assert {name: tests.get(name) for name in everyday} == everyday


def test_every_dependency_of_the_project_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.txt": [*project["project"]["dependencies"], *groups["build"]],
        "requirements-test.txt": groups["test"],
        **{
            f"requirements-{extra}.txt": [*project["project"]["dependencies"], *demands]
            for extra, demands in project["project"]["optional-dependencies"].items()
        },
    }
    for name, demands in wanted.items():
        pinned = pins(name)
        for demand in map(Requirement, demands):
            version = pinned.get(canonicalize_name(demand.name))
            advice = f"{name} is out of step with pyproject.toml at {demand}: run packaging/pin.sh"
            assert version is not None, advice
            assert demand.specifier.contains(version), advice


def test_the_folder_does_not_shadow_the_packaging_library() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
