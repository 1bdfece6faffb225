"""Finding by typing: what is meant comes first, any text is taken, accents and capitals do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.search import Entry, Match, SearchIndex, fold


def camera(number: int, title: str, *keywords: str) -> Entry:
    return Entry(f"camera:{number}", "Camera", title, number, keywords)


ENTRIES = (
    camera(1, "Main Gate"),
    camera(2, "Parking East", "axis", "P3245"),
    camera(3, "Parking entrance north"),
    camera(17, "Straße am Café"),
    camera(170, "Tower 17"),
    camera(18, "Søndergade Łódź"),
    Entry("layout:Night", "Layout", "Night watch", hint="F5"),
    Entry("layout:4", "Layout", "4"),
    Entry("action:edit", "Action", "Edit layout", keywords=("change", "arrange"), hint="Ctrl+E"),
)
INDEX = SearchIndex(ENTRIES)


def titles(query: str, *recent: str, limit: int = 50) -> list[str]:
    return [match.entry.title for match in INDEX.find(query, recent, limit)]


def marked(match: Match) -> str:
    return "".join(match.entry.title[at] for at in match.positions)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("main gate", "Main Gate"),
        ("gate", "Main Gate"),
        ("GATE MAIN", "Main Gate"),
        ("park n", "Parking entrance north"),
        ("pe", "Parking East"),  # first letters; the shorter title first
        ("pen", "Parking entrance north"),
        ("17", "Straße am Café"),  # the number before the word
        ("strasse cafe", "Straße am Café"),
        ("CAFÉ", "Straße am Café"),
        ("cafe\u0301", "Straße am Café"),
        ("sondergade lodz", "Søndergade Łódź"),
        ("axis", "Parking East"),
        ("p32", "Parking East"),
        ("layout night", "Night watch"),
        ("arr", "Edit layout"),
        ("ight", "Night watch"),
        ("ngtwh", "Night watch"),
        ("4", "4"),
        ("tow 170", "Tower 17"),
        ("  nIght\twATCH ", "Night watch"),
    ],
)
def test_what_is_meant_comes_first(query: str, first: str) -> None:
    assert titles(query)[0] == first


def test_every_word_must_be_found() -> None:
    assert titles("gate nowhere") == []
    assert titles("zzz") == []


def test_number_title_then_longer_numbers() -> None:
    assert titles("17") == ["Straße am Café", "Tower 17"]
    assert titles("1")[:2] == ["Main Gate", "Tower 17"]


def test_recent_ones_come_first_among_those_found_equally_well() -> None:
    assert titles("parking") == ["Parking East", "Parking entrance north"]
    assert titles("parking", "camera:3") == ["Parking entrance north", "Parking East"]
    assert titles("ga", "camera:18")[:2] == ["Main Gate", "Søndergade Łódź"]
    assert titles("", "layout:4", "gone", "camera:2")[:3] == ["4", "Parking East", "Main Gate"]
    assert titles(" ") == [entry.title for entry in ENTRIES]


def test_limit() -> None:
    assert len(titles("a", limit=3)) == 3
    assert len(titles("", limit=2)) == 2


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ("gate", "Gate"), ("ga ma", "MaGa"), ("pen", "Pen"), ("strasse", "Straße"), ("cafe", "Café"),
        ("ngtwh", "Ngtwh"), ("ight", "ight"), ("arr", ""), ("18", ""), ("main gate", "MainGate"), ("lod", "Łód"),
    ],
)  # fmt: skip
def test_the_letters_that_were_meant_are_marked(query: str, letters: str) -> None:
    assert marked(INDEX.find(query)[0]) == letters


def test_marks_of_words_lie_where_words_begin() -> None:
    index = SearchIndex([camera(1, "Upgate gate")])
    assert index.find("gate")[0].positions == (7, 8, 9, 10)


def test_a_later_word_is_marked_where_a_decomposed_accent_stands_before_it() -> None:
    index = SearchIndex([camera(1, "Cafe\u0301 Gate")])
    assert index.find("gate")[0].positions == (6, 7, 8, 9)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ärger", "arger"), ("İ", "i"), ("ﬁn", "fin"), ("ΣΑΣ", "σασ"), ("ŉ", "ʼn"), ("Ⅳ", "iv"), ("", "")],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


anything = st.text(max_size=12) | st.text("aAbBcéß17 -.", max_size=12)
entries = st.lists(
    st.builds(
        Entry,
        st.uuids().map(str),
        st.sampled_from(["Camera", "Layout", ""]),
        anything,
        st.none() | st.integers(1, 999),
        st.lists(anything, max_size=2).map(tuple),
    ),
    max_size=12,
)


@given(entries, anything, st.integers(0, 20))
def test_any_text_is_taken(there: list[Entry], query: str, limit: int) -> None:
    found = SearchIndex(there).find(query, [entry.id for entry in there[::3]], limit)
    assert len(found) <= limit
    assert len({match.entry.id for match in found}) == len(found)
    for match in found:
        assert list(match.positions) == sorted(set(match.positions))
        assert all(0 <= at < len(match.entry.title) for at in match.positions)


@given(entries, st.integers(0, 99), st.lists(st.integers(0, 11), max_size=4))
def test_a_title_finds_itself_first(there: list[Entry], which: int, recent: list[int]) -> None:
    titled = [entry for entry in there if fold(entry.title).strip()]
    if not titled:
        return
    wanted = titled[which % len(titled)]
    ids = [there[i].id for i in recent if i < len(there)]
    found = SearchIndex(there).find(wanted.title, ids, len(there))
    equal = [m.entry for m in found if " ".join(fold(m.entry.title).split()) == " ".join(fold(wanted.title).split())]
    assert wanted in equal
    assert [match.entry for match in found][: len(equal)] == equal


@given(st.text("ab é", max_size=8), st.text("ab é", max_size=8), st.sampled_from("ab é7c"))
def test_each_letter_more_finds_no_more(title: str, query: str, letter: str) -> None:
    index = SearchIndex([camera(7, title)])
    if index.find(query + letter):
        assert index.find(query)


def test_ten_thousand_entries() -> None:
    many = SearchIndex(camera(n, f"Street {n % 97} corner {n // 97}", "axis") for n in range(1, 10_001))
    assert many.find("9999")[0].entry.number == 9999
    assert {match.entry.title for match in many.find("corner 42 street 7")[:2]} == {
        "Street 7 corner 42",
        "Street 42 corner 7",
    }
    assert len(many.find("s", limit=20)) == 20
