"""The bench of plates: what counts as found, right, wrong, missed and made up; and a short run of the whole."""

from __future__ import annotations

from typing import Any

import pytest

from console.cli.bench_plates import PlateBench, Told, judge, measure_plates

PASSES: list[dict[str, Any]] = [
    {"camera": 1, "plate": "AB12CDE", "posix": 100.0},
    {"camera": 1, "plate": "XY99ZZZ", "posix": 103.0},
    {"camera": 2, "plate": "AB12CDE", "posix": 100.0},
]


def judged(*told: Told, spare: tuple[Told, ...] = ()) -> tuple[int, int, int, int]:
    found = judge(told, spare, PASSES)
    return found["read_right"], found["read_wrong"], len(found["missed"]), found["made_up"]


def test_each_read_counts_for_one_pass_at_its_camera_and_time() -> None:
    assert judged(Told(1, "AB12CDE", 101.0, 102.0), Told(1, "XY99ZZZ", 102.0, 103.0)) == (2, 0, 1, 0)
    assert judged(Told(1, "AB12CDE", 101.0, 102.0), Told(1, "AB12CDE", 101.5, 102.0)) == (1, 0, 2, 1)
    assert judged(Told(3, "AB12CDE", 101.0, 102.0)) == (0, 0, 3, 1)
    assert judged(Told(1, "AB12CDE", 110.0, 111.0)) == (0, 0, 3, 1)


def test_a_wrong_read_is_found_but_never_instead_of_a_right_one() -> None:
    wrong, right = Told(1, "AB12CDF", 100.0, 101.0), Told(1, "AB12CDE", 101.0, 102.0)
    assert judged(wrong) == (0, 1, 2, 0)
    assert judged(wrong, right) == (1, 0, 2, 1)
    assert judged(Told(1, "QQ77QQQ", 100.0, 101.0)) == (0, 0, 3, 1)


def test_what_is_told_of_the_begin_and_the_end_is_no_fault() -> None:
    assert judged(spare=(Told(1, "QQ77QQQ", 99.0, 101.0), Told(2, "AB12CDE", 99.0, 101.0))) == (1, 0, 2, 0)


def test_delays_are_from_the_pass_to_the_telling() -> None:
    assert judge([Told(1, "AB12CDE", 101.0, 102.5)], [], PASSES)["told_after_s"] == {"p50": 2.5, "p95": 2.5}
    assert judge([], [], [])["right_share"] == 0.0


def test_without_the_extra_part_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="watchfloor\\[plates\\]"):
        measure_plates(PlateBench(1, 10, 0.5, 5.0), lambda line: None)


@pytest.mark.timeout(240)
def test_the_whole_is_measured() -> None:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    figures = measure_plates(PlateBench(1, 20, 1.0, 5.0), lambda line: None)
    assert figures["passes"] == figures["found"] + len(figures["missed"])
    assert figures["looks"] > 0
    assert figures["cores"]["used"] <= 1.2
