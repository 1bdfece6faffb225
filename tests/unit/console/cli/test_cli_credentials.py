"""`watchfloor credentials`: passwords come by standard input, and are never printed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from console import paths
from console.__main__ import main
from console.store.credentials import open_vault


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    variables = {"WATCHFLOOR_KEY_FILE": str(tmp_path / "key")}
    monkeypatch.setenv("WATCHFLOOR_KEY_FILE", variables["WATCHFLOOR_KEY_FILE"])
    return variables


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_set_is_kept_where_the_console_finds_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: dict[str, str]
) -> None:
    type_in(monkeypatch, "s3cret word\n")
    assert main(["credentials", "set", "ring road", "--user", "ada"]) == 0
    kept = open_vault(paths.config_dir(), key).get("ring road")
    assert kept is not None
    assert (kept.user, kept.password) == ("ada", "s3cret word")
    assert main(["credentials", "list"]) == 0
    told = capsys.readouterr()
    assert "ring road" in told.out
    assert "s3cret" not in told.out + told.err


@pytest.mark.parametrize("text", ["", "\n", "x" * 5000])
def test_no_password_is_a_sentence_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: dict[str, str], text: str
) -> None:
    type_in(monkeypatch, text)
    assert main(["credentials", "set", "ring road"]) == 2
    assert "Nothing was kept" in capsys.readouterr().err
    assert open_vault(paths.config_dir(), key).names() == ()


def test_what_the_site_names_and_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.config_dir().mkdir(parents=True, exist_ok=True)
    (paths.config_dir() / "site.toml").write_text(
        'schema_version = 3\n[[plate_source]]\nname = "gate"\nkind = "axis"\ntoken = "gate"\n'
        '[[lamp_system]]\nname = "Ring"\nkind = "talq"\nurl = "https://192.0.2.9/talq"\ncredentials = "broker"\n'
    )
    type_in(monkeypatch, "word")
    assert main(["credentials", "set", "gate"]) == 0
    capsys.readouterr()
    assert main(["credentials", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"kept": ["gate"], "missing": ["broker"]}


def test_a_set_is_forgotten(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(monkeypatch, "word")
    main(["credentials", "set", "gate"])
    assert main(["credentials", "remove", "gate"]) == 0
    assert main(["credentials", "remove", "gate"]) == 0
    assert "nothing was done" in capsys.readouterr().out
    assert main(["credentials", "list"]) == 0
    assert "There are none." in capsys.readouterr().out


def test_without_a_place_for_passwords_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WATCHFLOOR_KEY_FILE")
    type_in(monkeypatch, "word")
    assert main(["credentials", "set", "gate"]) == 2
    assert "WATCHFLOOR_PASSPHRASE" in capsys.readouterr().err
