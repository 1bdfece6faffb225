"""``watchfloor layout``: what it prints and with which status it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console import paths
from console.__main__ import main
from console.model.layout import grid
from console.store.layout_file import save_layout

WRONG = """\
{
  "schema_version": 2,
  "name": "Front",
  "rows": 1, "columns": 1,
  "tiles": [{"row": 0, "column": 0, "item": {"kind": "web", "url": "weather"}}]
}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    Path("wrong.json").write_text(WRONG)
    save_layout(Path("good.json"), grid("Yard", 2, 3))
    return "good.json", "wrong.json"


def test_each_problem_is_one_line_with_file_line_and_field(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layout", "check", *files]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "good.json: good: Yard, 2 x 3, 6 tiles",
        'wrong.json:5: tiles[0].item.url: "weather" is no web address. Write it whole, as in '
        "https://example.org/page; only http and https are opened.",
    ]


def test_good_files_end_well(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout", "check", files[0]]) == 0
    assert main(["layout", "check", *map(str, paths.layouts().glob("*.json"))]) == 0
    assert "good" in capsys.readouterr().out


def test_a_missing_file_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout", "check", str(tmp_path / "none.json")]) == 1
    assert capsys.readouterr().out == f"{tmp_path / 'none.json'}:1: There is no such file. Check the name.\n"


def test_more_problems_than_are_told_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(json.loads(WRONG) | {f"key{n}": n for n in range(30)}))
    assert main(["layout", "check", str(path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 21
    assert out[-1] == f"{path}: more problems: 11; correct these first."


def test_check_in_json(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout", "check", "--json", *files]) == 1
    good, wrong = json.loads(capsys.readouterr().out)
    assert good == {"file": "good.json", "good": True, "problems": [], "more": 0}
    assert (wrong["file"], wrong["good"], wrong["more"]) == ("wrong.json", False, 0)
    assert [(each["line"], each["field"]) for each in wrong["problems"]] == [(5, "tiles[0].item.url")]


def test_list_tells_shipped_and_own_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHFLOOR_CONFIG", str(tmp_path))
    save_layout(tmp_path / "layouts" / "quad.json", grid("Quad", 2, 3))
    save_layout(tmp_path / "layouts" / "yard.json", grid("Hof 夜", 1, 3))
    (tmp_path / "layouts" / "broken.json").write_text("{")
    assert main(["layout", "list"]) == 0
    told = capsys.readouterr()
    rows = [line.split("  ") for line in told.out.splitlines()]
    found = {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}
    assert found["Name"] == ["Whose", "Grid", "Tiles"]
    assert found["Single"] == ["shipped", "1 x 1", "1"]
    assert found["Quad"] == ["own, hides a shipped one", "2 x 3", "6"]
    assert found["Hof 夜"] == ["own", "1 x 3", "3"]
    assert told.err.startswith(f"{tmp_path / 'layouts' / 'broken.json'}:1: The {{ of line 1 is never closed")


def test_list_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WATCHFLOOR_CONFIG", str(tmp_path))
    assert main(["layout", "list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first.pop("file").endswith(".json")
    assert first == {"name": "Single", "own": False, "hides_shipped": False, "rows": 1, "columns": 1, "tiles": 1}


def test_schema_is_the_published_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:watchfloor:schema:layout:2"


@pytest.mark.parametrize("arguments", [["layout"], ["layout", "check"], ["layout", "dance"]])
def test_wrong_arguments_are_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: watchfloor layout" in capsys.readouterr().err
