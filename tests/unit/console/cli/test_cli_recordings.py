"""The command that lists and checks recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.__main__ import main
from console.model.recording import Segment
from console.store.manifest import Manifest
from console.store.recordings import file_hash, segment_fields

START = 1_795_228_867.123


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    book = Manifest(folder, lambda: START)
    for number in (4, 17):
        path = folder / f"{number}.mp4"
        path.write_bytes(b"x" * number)
        segment = Segment(path.name, number, "Gate\x1b[2J", "anna", START, START + 60, number, file_hash(path))
        book.append("segment", segment_fields(segment))
    return folder


def test_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "verify", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "All is well: 2 entries, 2 files" in told
    head = told.split("Newest entry: ")[1].strip()
    assert main(["recordings", "verify", str(folder), "--head", head]) == 0
    Manifest(folder, lambda: START).append("note", {"text": "later"})
    assert main(["recordings", "verify", str(folder), "--head", head]) == 0
    assert main(["recordings", "verify", str(folder), "--head", "0" * 64]) == 1
    assert "the hash that was noted" in capsys.readouterr().err


def test_the_first_bad_entry_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "17.mp4").write_bytes(b"y" * 17)
    assert main(["recordings", "verify", str(folder)]) == 1
    assert capsys.readouterr().err.startswith("WRONG: manifest-2026-11-21.jsonl, line 2: 17.mp4 was changed")


def test_listing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "list", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "2026-11-21T02:41:07.123Z    60.0 s     17 Gate?[2J" in told
    assert "\x1b" not in told
    assert main(["recordings", "list", str(folder), "--camera", "17", "--json"]) == 0
    assert [each["camera"] for each in json.loads(capsys.readouterr().out)] == [17]
    assert main(["recordings", "list", str(folder), "--camera", "3"]) == 1


def test_folders_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "verify", str(tmp_path / "none")]) == 2
    assert main(["recordings", "verify", str(tmp_path)]) == 2
    assert "no manifest" in capsys.readouterr().err
