"""The command line: what is understood, what is refused with a sentence, and what a person without a display reads."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import pytest

from console import __main__ as program
from console.cli import bench, demo, run
from console.cli.arguments import count, size
from drivers.virtual.plan import most_readers

COMMANDS = ["run", "demo", "city", "discover", "bench", "bench wall"]


def parsed(*words: str) -> Any:
    return program.build_parser().parse_args(words)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_of_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([*command.split(), "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: watchfloor")
    assert not command or command.split()[-1] in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("watchfloor ")


@pytest.mark.parametrize(
    ("words", "site", "light"),
    [
        ([], None, False),
        (["--light"], None, True),
        (["--verbose", "--site", "demo"], "demo", False),
        (["run", "--site", "x.toml"], "x.toml", False),
        (["--verbose", "run"], None, False),
    ],
)
def test_without_a_command_the_console_runs(
    monkeypatch: pytest.MonkeyPatch, words: list[str], site: str | None, light: bool
) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(run, "run", lambda args: taken.append(args) or 0)
    assert program.main(words) == 0
    assert (taken[0].command, taken[0].site, taken[0].light) == ("run", site, light)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["film"], "invalid choice: 'film'"),
        (["demo", "--cameras", "0"], "'0' is no number from 1 to 256"),
        (["demo", "--cameras", "many"], "'many' is no number from 1 to 256"),
        (["demo", "--size", "12"], "'12' is no size like 1920x1080"),
        (["bench"], "MEASURE"),
        (["bench", "wall", "--streams", "257"], "'257' is no number from 1 to 256"),
        (["bench", "wall", "--size", "1x1"], "'1x1' is no size like 1920x1080"),
        (["city", "--cameras", "257"], "1 to 256"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_defaults_of_the_demo_and_the_bench() -> None:
    args = parsed("demo")
    assert (args.cameras, args.seed, args.size, args.shot, args.light) == (16, 7, (1920, 1080), None, False)
    args = parsed("bench", "wall")
    assert (args.streams, args.seconds, args.size, args.peers, args.json) == (16, 20, (1920, 1080), False, False)


@pytest.mark.parametrize("text", ["", "x", "1920", "1920x", "x1080", "63x64", "16385x100", "1²x100", "-1920x1080"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is no size"):
        size(text)


@pytest.mark.parametrize("text", ["", "0", "257", "-1", "1.5", "²", "9" * 400])
def test_counts_that_are_none(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is no number"):
        count(text)


def test_sizes_and_counts() -> None:
    assert size("3840X2160") == (3840, 2160)
    assert count("256") == 256


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", [["run"], ["demo"], ["bench", "wall"]])
@pytest.mark.usefixtures("no_screen")
def test_without_a_display_a_sentence_and_no_crash(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(command) == 2
    said = capsys.readouterr().err
    assert "There is no display here" in said
    assert ("--shot" in said) == (command == ["demo"])


def test_a_platform_that_was_chosen_counts_as_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert run.no_display() == ""


@pytest.mark.usefixtures("no_screen")
def test_a_site_with_a_typo_is_said_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text('schema_version = 1\nname = "Town"\ncameros = 3\n', "utf-8")
    assert program.main(["--site", str(path)]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert "cameros" in said
    assert "3" in said


def test_the_module_runs_as_a_command_and_loads_no_qt_for_help() -> None:
    code = "import sys; from console.__main__ import build_parser; build_parser(); print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"
    assert done.returncode == 0


def test_readable_figures() -> None:
    text = bench._readable(
        {
            "streams": 16,
            "age_ms": {"p50": 80.0, "p95": 120.0},
            "peers": {"mpv_mosaic": {"cpu_percent": 50.0, "ratio": 0.8}},
        }
    )
    assert "streams                  16" in text
    assert "p50 80.0  p95 120.0" in text
    assert "mpv_mosaic               50.0 % of a core; ours is 0.80 times that" in text


@pytest.mark.parametrize("cameras", range(1, 17))
def test_a_demo_of_any_size_asks_its_city_for_no_more_readers_than_it_can_have(cameras: int) -> None:
    args = parsed("demo", "--cameras", str(cameras), "--day")
    words = demo.city_words(args)
    city = parsed("city", "--cameras", str(cameras), *words)
    assert city.day
    assert not city.variety
    assert 1 <= city.readers <= min(demo.READERS, most_readers(cameras))
