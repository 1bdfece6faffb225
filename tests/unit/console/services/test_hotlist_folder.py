"""Lists that come from a folder each day: whole files only, and nothing that looks wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hot_rig import CHIEF, HotRig

from console.model.hotlists import MANY_FOR_NEAR, Tier
from console.services.hotlist_book import Brought
from console.services.hotlist_folder import QUIET_SECONDS, FolderNews, HotlistFolders
from console.store.database import DatabaseError
from console.store.hotlist_tables import ENTRY


class Daily:
    """A list, its folder, and a clock."""

    def __init__(self, tmp_path: Path) -> None:
        self.rig = HotRig(tmp_path)
        self.inbox = tmp_path / "inbox"
        self.inbox.mkdir()
        self.seconds = 0.0
        self.news: list[FolderNews] = []
        self.number = self.rig.listed(*(f"OLD{at:03d}" for at in range(30)), folder=str(self.inbox))
        self.folders = HotlistFolders(self.rig.book, self.news.append, clock=lambda: self.seconds)
        self._files = 0

    def put(self, text: str, name: str = "") -> Path:
        self._files += 1
        path = self.inbox / (name or f"list{self._files}.csv")
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1_700_000_000 + self._files, 1_700_000_000 + self._files))
        return path

    def look(self, seconds: float = QUIET_SECONDS) -> None:
        self.folders.look()
        self.seconds += seconds
        self.folders.look()

    @property
    def plates(self) -> list[str]:
        return [each.plate for each in self.rig.store.entries(self.number)]


@pytest.fixture
def daily(tmp_path: Path) -> Iterator[Daily]:
    daily = Daily(tmp_path)
    try:
        yield daily
    finally:
        daily.folders.close()
        daily.rig.close()


def rows(*plates: str) -> str:
    return "plate,state\n" + "".join(f"{plate},CA\n" for plate in plates)


MOST = tuple(f"OLD{at:03d}" for at in range(20))


def test_a_whole_file_replaces_the_list(daily: Daily) -> None:
    daily.put(rows(*MOST, "NEW1"))
    daily.look()
    assert len(daily.plates) == 21
    assert daily.news == [FolderNews(daily.number, "Stolen", "list1.csv: 1 added, 10 removed, 0 changed.", True)]
    assert daily.folders.news() == {daily.number: daily.news[0]}
    assert daily.rig.said()[0] == ("hotlist folder", "replaces hotlist", "Stolen", "done")
    daily.look()
    assert len(daily.news) == 1, "once"
    again = HotlistFolders(daily.rig.book, daily.news.append, clock=lambda: daily.seconds)
    for _ in range(3):
        again.look()
        daily.seconds += QUIET_SECONDS
    assert len(daily.news) == 1, "nor after a new start"
    daily.put(rows(*MOST))
    daily.look()
    assert len(daily.plates) == 20


def test_a_list_that_grows_long_matches_less_until_somebody_says_otherwise(daily: Daily) -> None:
    many = tuple(f"AB{at:05d}" for at in range(MANY_FOR_NEAR + 1))
    daily.put(rows(*(f"OLD{at:03d}" for at in range(30)), "NEW1"))
    daily.look()
    assert daily.rig.store.one(daily.number).reach is Tier.NEAR
    daily.put(rows(*(f"OLD{at:03d}" for at in range(30)), *many))
    daily.look()
    listed = daily.rig.store.one(daily.number)
    assert listed.reach is Tier.FOLDED
    assert daily.news[-1].words.endswith("it matches look-alike characters now, not one character off.")
    assert '"reach": "folded"' in daily.rig.audit.newest(2)[1].detail
    daily.rig.book.keep(CHIEF, replace(listed, reach=Tier.NEAR))
    daily.put(rows(*many))
    daily.look()
    assert daily.rig.store.one(daily.number).reach is Tier.NEAR, "a person had the last word"


def test_a_file_that_still_grows_is_left_alone(daily: Daily) -> None:
    path = daily.put(rows(*MOST))
    daily.look(QUIET_SECONDS - 1)
    with path.open("a") as file:
        file.write("NEW1,CA\n")
    daily.seconds += 5
    daily.look(QUIET_SECONDS - 1)
    assert daily.news == []
    daily.seconds += 1
    daily.folders.look()
    assert daily.news[0].good
    assert "NEW1" in daily.plates


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no rows"),
        ("plate\n", "no entry that can be read"),
        ("what,why\nx,y\n", "no column is the plate"),
        (rows(*MOST, *(["-"] * 5)), "5 of 25 rows cannot be read, the first in line 22"),
        (rows("OLD001"), "would remove 29 of 30 entries; import it by hand"),
        ("plate\n\0\0", "not text"),
    ],
)
def test_a_file_that_looks_wrong_keeps_the_old_list_and_says_so_once(daily: Daily, text: str, words: str) -> None:
    daily.put(text)
    for _ in range(3):
        daily.look()
    assert len(daily.plates) == 30
    assert len(daily.news) == 1
    assert not daily.news[0].good
    assert words in daily.news[0].words
    assert daily.news[0].words.endswith("The list of before stays in use.")
    daily.put(rows(*MOST))
    daily.look()
    assert daily.news[-1].good


def test_a_few_bad_rows_are_told_and_left_out(daily: Daily) -> None:
    daily.put(rows(*MOST, "-"))
    daily.look()
    assert daily.news[0].words.endswith("0 changed, 1 rows left out.")


@pytest.mark.parametrize("name", [".list.csv", "~list.csv", "list.csv.part", "list.xlsx", "folder.csv"])
def test_other_files_are_not_looked_at(daily: Daily, name: str) -> None:
    if name == "folder.csv":
        (daily.inbox / name).mkdir()
    else:
        daily.put(rows(*MOST), name)
    daily.look()
    assert daily.news == []


def test_a_folder_that_is_gone_is_told_once(daily: Daily) -> None:
    daily.inbox.rmdir()
    daily.look()
    daily.look()
    assert [news.words for news in daily.news] == [
        "the folder cannot be read: No such file or directory. The list of before stays in use."
    ]


def test_a_list_without_a_folder_any_more_is_left_alone(daily: Daily) -> None:
    daily.put(rows("OLD001"))
    daily.look()
    daily.rig.store.keep(replace(daily.rig.store.one(daily.number), folder=""))
    daily.folders.look()
    assert daily.folders.news() == {}


def test_a_name_that_is_no_text_is_taken_once(daily: Daily) -> None:
    path = daily.put(rows(*MOST, "NEW1"))
    path.rename(os.fsdecode(os.fsencode(daily.inbox) + b"/list\xff.csv"))
    for _ in range(3):
        daily.look()
    assert [news.words for news in daily.news] == ["list.csv: 1 added, 10 removed, 0 changed."]


def test_what_cannot_be_put_on_record_leaves_nothing_behind_each_time(
    daily: Daily, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*about: object) -> int:
        raise DatabaseError("audit", "the disk is full")

    monkeypatch.setattr(daily.rig.audit, "add", full)
    daily.put(rows(*MOST, "NEW1"))
    with pytest.raises(DatabaseError, match="the disk is full"):
        daily.look()
    with pytest.raises(DatabaseError, match="the disk is full"):
        daily.look()
    with daily.rig.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(ENTRY)) == 30
    monkeypatch.undo()
    daily.look()
    assert daily.news[-1].good


def test_two_consoles_that_look_into_one_folder_do_not_complain_of_each_other(
    daily: Daily, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = HotlistFolders(daily.rig.book, daily.news.append, clock=lambda: daily.seconds)
    daily.put(rows(*MOST, "NEW1"))
    daily.folders.look()
    other.look()
    daily.seconds += QUIET_SECONDS
    bring = daily.rig.book.bring

    def slow_bring(*about: Any) -> Brought | None:
        brought = bring(*about)
        monkeypatch.undo()
        other.look()
        return brought

    monkeypatch.setattr(daily.rig.book, "bring", slow_bring)
    daily.folders.look()
    assert [news.good for news in daily.news] == [True]
    assert len(daily.plates) == 21


def test_its_thread_begins_and_ends(daily: Daily) -> None:
    daily.folders.start()
