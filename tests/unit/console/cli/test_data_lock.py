"""Two consoles on the same data."""

from __future__ import annotations

from pathlib import Path

from console.cli.data_lock import alone_in


def test_the_second_console_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first, nothing = alone_in(folder)
    assert first is not None
    assert nothing == ""
    second, sentence = alone_in(folder)
    assert second is None
    assert str(folder) in sentence
    assert "WATCHFLOOR_DATA" in sentence
    first.release()
    third, nothing = alone_in(folder)
    assert third is not None
    assert nothing == ""
    third.release()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lock, sentence = alone_in(tmp_path / "file" / "data")
    assert lock is None
    assert "nothing can be kept there" in sentence
