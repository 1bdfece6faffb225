"""The library of layouts: shipped and own ones, and no broken file that hides the others."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.items import CameraItem
from console.model.layout import Cell, Layout, grid
from console.store.file_names import MAX_BYTES, file_stem, folded, free_stem
from console.store.layout_file import LayoutFileError, load_layout, save_layout
from console.store.layout_library import MAX_FILES, LayoutLibrary, LayoutLibraryError

SINGLE, QUAD, NINE = grid("Single", 1, 1), grid("Quad", 2, 2), grid("3x3", 3, 3)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    for number, layout in enumerate((SINGLE, QUAD, NINE), start=1):
        save_layout(folder / f"{number:02} {layout.name}.json", layout)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def library(shipped: Path, own: Path) -> LayoutLibrary:
    return LayoutLibrary(shipped, own)


def names(library: LayoutLibrary) -> list[str]:
    return [layout.name for layout in library.load()[0]]


def test_shipped_ones_come_first_in_the_order_of_their_files_then_own_ones_by_name(library: LayoutLibrary) -> None:
    for name in ("zoo", "Äpfel", "bridge"):
        library.save(replace(QUAD, name=name))
    assert names(library) == ["Single", "Quad", "3x3", "bridge", "zoo", "Äpfel"]
    assert library.load()[1] == ()


def test_an_own_layout_hides_the_shipped_one_in_its_place_until_it_is_deleted(
    library: LayoutLibrary, own: Path
) -> None:
    mine = grid("Quad", 2, 3)
    assert library.save(mine) == own / "Quad.json"
    assert library.load()[0] == (SINGLE, mine, NINE)
    assert [(each.own, each.hides) for each in library.shelves()[0]] == [(False, False), (True, True), (False, False)]
    library.delete("Quad")
    assert library.load()[0] == (SINGLE, QUAD, NINE)


def test_saving_again_takes_the_same_file(library: LayoutLibrary, own: Path) -> None:
    save_layout(own / "by hand.json", replace(QUAD, name="Yard"))
    assert library.save(replace(NINE, name="Yard")) == own / "by hand.json"
    assert [each.name for each in own.iterdir()] == ["by hand.json"]


def test_a_name_with_other_accents_is_the_same_name(library: LayoutLibrary) -> None:
    first = library.save(replace(QUAD, name="Caf\u00e9"))
    assert library.save(replace(QUAD, name="Cafe\u0301")) == first


def test_a_broken_file_is_told_and_hides_nothing(library: LayoutLibrary, own: Path) -> None:
    library.save(replace(QUAD, name="Yard"))
    (own / "Quad.json").write_text("{")
    layouts, problems = library.load()
    assert [layout.name for layout in layouts] == ["Single", "Quad", "3x3", "Yard"]
    (problem,) = problems
    assert problem.path == own / "Quad.json"
    assert library.save(replace(NINE, name="Quad")) == own / "Quad 2.json"  # what may be mended stays
    assert (own / "Quad.json").read_text() == "{"


def test_two_files_with_one_name_are_told(library: LayoutLibrary, own: Path) -> None:
    save_layout(own / "a.json", replace(QUAD, name="Yard"))
    save_layout(own / "b.json", replace(NINE, name="Yard"))
    layouts, problems = library.load()
    assert layouts[-1] == replace(QUAD, name="Yard")
    assert [(each.path, each.field, each.sentence) for each in problems] == [
        (own / "b.json", "name", "a.json holds a layout of this name already. Give one of them another name.")
    ]


def test_other_files_are_left_alone(library: LayoutLibrary, own: Path) -> None:
    own.mkdir()
    (own / "notes.txt").write_text("{")
    (own / ".Quad.json.x.new").write_text("{")
    (own / ".hidden.json").write_text("{")
    (own / "folder.json").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(own / "pipe.json")  # would never answer
    assert library.load() == ((SINGLE, QUAD, NINE), ())


def test_folders_that_are_missing_or_none(tmp_path: Path) -> None:
    assert LayoutLibrary(tmp_path / "a", tmp_path / "b").load() == ((), ())
    (tmp_path / "file").write_text("")
    (problem,) = LayoutLibrary(tmp_path / "file", tmp_path / "b").load()[1]
    assert problem.path == tmp_path / "file"
    assert "The folder cannot be read" in problem.sentence


def test_duplicates_are_own_and_get_a_free_name(library: LayoutLibrary, own: Path) -> None:
    assert library.duplicate("Quad").name == "Quad copy"
    assert library.duplicate("Quad").name == "Quad copy 2"
    assert library.duplicate("Quad", "Yard") == replace(QUAD, name="Yard")
    assert library.duplicate("Yard").name == "Yard copy"
    assert sorted(each.name for each in own.iterdir()) == [
        "Quad copy 2.json", "Quad copy.json", "Yard copy.json", "Yard.json",
    ]  # fmt: skip
    long = library.duplicate("Quad", "x" * 80)
    assert library.duplicate(long.name).name == "x" * 75 + " copy"


def test_renaming_moves_the_file(library: LayoutLibrary, own: Path) -> None:
    library.duplicate("Quad", "Yard")
    assert library.rename("Yard", "Backyard").name == "Backyard"
    assert [each.name for each in own.iterdir()] == ["Backyard.json"]
    assert library.rename("Backyard", "BACKYARD").name == "BACKYARD"
    assert names(library)[3:] == ["BACKYARD"]
    assert library.rename("BACKYARD", "BACKYARD").name == "BACKYARD"


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (lambda library: library.delete("Quad"), 'The layout "Quad" ships with Watchfloor and cannot be deleted.'),
        (lambda library: library.rename("Quad", "x"), "cannot be renamed. Duplicate it and change the copy."),
        (lambda library: library.delete("Nothing"), 'There is no layout "Nothing". Choose one of the list.'),
        (lambda library: library.rename("Yard", "Quad"), 'There is a layout "Quad" already. Choose another name.'),
        (lambda library: library.duplicate("Quad", "Yard"), 'There is a layout "Yard" already.'),
        (lambda library: library.duplicate("Quad", "a\nb"), "The name holds a control character (U+000A). Remove it."),
        (lambda library: library.save(replace(QUAD, name=" ")), "The name is empty. Give it a name."),
        (lambda library: library.rename("Yard", "x" * 81), "The name has 81 characters. Use at most 80."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    library: LayoutLibrary, own: Path, what: object, sentence: str
) -> None:
    library.duplicate("Quad", "Yard")
    assert callable(what)
    with pytest.raises(LayoutLibraryError) as told:
        what(library)
    assert sentence in str(told.value)
    assert [each.name for each in own.iterdir()] == ["Yard.json"]


def test_a_layout_that_could_not_be_read_again_is_not_kept(library: LayoutLibrary, own: Path) -> None:
    with pytest.raises(LayoutFileError):
        library.save(replace(SINGLE, cells=(Cell(0, 0, item=CameraItem(0)),)))
    assert not own.exists()


def test_more_files_than_anybody_wants_are_told_and_no_more_are_made(library: LayoutLibrary, own: Path) -> None:
    data = save_and_read(own / "0000.json", replace(QUAD, name="L0"))
    for number in range(1, MAX_FILES + 1):
        (own / f"{number:04}.json").write_bytes(data.replace(b'"L0"', b'"L%d"' % number))
    layouts, problems = library.load()
    assert len(layouts) == 3 + MAX_FILES
    assert [each.sentence for each in problems] == [
        "More than 500 layouts; only the first are read. Delete those that nobody uses."
    ]
    with pytest.raises(LayoutLibraryError, match="There are 501 layouts already"):
        library.save(replace(QUAD, name="one more"))


def save_and_read(path: Path, layout: Layout) -> bytes:
    save_layout(path, layout)
    return path.read_bytes()


def test_several_threads_at_once_lose_nothing(library: LayoutLibrary) -> None:
    start = threading.Barrier(4)

    def work(which: int) -> None:
        start.wait()
        for number in range(5):
            library.save(replace(QUAD, name=f"same name? {which}/{number}"))

    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.load()[0]) == 3 + 20


# --- names of files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Quad", "Quad"),
        ("1+5 (door)", "1+5 (door)"),
        ("../../etc/passwd", "______etc_passwd"),
        ("C:\\x", "C__x"),
        ("Ночь", "Ночь"),
        ("夜間", "夜間"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("-rf", "rf"),
        ("a.", "a_"),
        ("...", "___"),
        ("😀", "_"),
        ("- -", "layout"),
        ("CON", "_CON"),
        ("nul.txt", "nul_txt"),
        ("com1 west", "_com1 west"),
        ("LPT¹", "_LPT¹"),
        ("Console", "Console"),
        ("\ud800", "_"),
    ],
)
def test_file_names_are_safe_on_every_system(name: str, stem: str) -> None:
    assert file_stem(name) == stem


@given(st.text(max_size=200), st.lists(st.text(max_size=5), max_size=5))
def test_any_text_makes_a_file_name_that_is_free(name: str, others: list[str]) -> None:
    stem = file_stem(name)
    assert 1 <= len(stem.encode()) <= MAX_BYTES + 1
    assert not set(stem) & set('/\\:*?"<>|.\x00\n')
    assert stem == stem.strip()
    taken = [file_stem(other) for other in others] + [stem.upper()]
    assert folded(free_stem(name, taken)) not in {folded(each) for each in taken}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_a_layout_of_any_name_can_be_kept_and_found(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("own")
    library = LayoutLibrary(folder / "none", folder)
    layout = replace(QUAD, name=name)
    try:
        path = library.save(layout)
    except LayoutLibraryError:
        assert name != name.strip() or any("\u2028" <= c <= "\u2069" for c in name)
        return
    assert load_layout(path) == layout
    assert library.load() == ((layout,), ())
