"""Which entries a read matches, by which tier, and which do not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.hotlists import Hotlist, Tier
from console.model.plate_matcher import MOST_COMPARED, MOST_MATCHES, Matcher, MatchRow
from console.model.plates import FAMILIES, apart, fold, normal
from console.model.regions import Regions
from console.model.same_car import MOST_CARS, SameCar
from drivers.events import Candidate, PlateRead

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
STOLEN = Hotlist(id=1, name="Stolen")
PLATES = st.text("ABCDGHIKLOQSUXZ01258", min_size=2, max_size=8)


def read(plate: str, region: str = "us-ca", *candidates: str, **more: object) -> PlateRead:
    facts = PlateRead(
        source="gate", id="1", at=NOW, plate=plate, region=region, candidates=tuple(map(Candidate, candidates))
    )
    return replace(facts, **more)  # type: ignore[arg-type]


def matcher(*plates: str, state: str = "CA", list_: Hotlist = STOLEN) -> Matcher:
    return Matcher([list_], [MatchRow(at + 1, list_.id, normal(plate), state) for at, plate in enumerate(plates)])


def tiers(made: Matcher, asked: PlateRead, now: datetime = NOW) -> list[Tier]:
    return [match.tier for match in made.match(asked, now)]


def test_nothing_matches_where_nothing_is() -> None:
    assert Matcher().match(read("ABC123"), NOW) == ()
    assert matcher("XYZ789").match(read("ABC123"), NOW) == ()


@pytest.mark.parametrize(
    ("asked", "tier", "weight"),
    [
        (read("abc 123"), Tier.EXACT, 0.0),
        (read("ABC123", ""), Tier.EXACT, 0.0),
        (read("WWW123", "us-ca", "ABC 123"), Tier.CANDIDATE, 0.0),
        (read("A8C123"), Tier.FOLDED, 0.2),
        (read("ABC1Z3"), Tier.FOLDED, 0.2),
        (read("ABCI23"), Tier.FOLDED, 0.2),
        (read("A8C123", ""), Tier.NEAR, 0.2),
        (read("ABC12"), Tier.NEAR, 1.0),
        (read("ABC1234"), Tier.NEAR, 1.0),
        (read("ABC124"), Tier.NEAR, 1.0),
        (read("ABE123"), Tier.NEAR, 0.5),
        (read("A8C124"), None, 0.0),
        (read("ABC1"), None, 0.0),
        (read("A8C123", "us-tx"), None, 0.0),
        (read("ABC124", "us-tx"), None, 0.0),
    ],
)
def test_tiers(asked: PlateRead, tier: Tier | None, weight: float) -> None:
    found = matcher("ABC123").match(asked, NOW)
    assert [match.tier for match in found] == ([] if tier is None else [tier])
    if found:
        assert (found[0].entry, found[0].list, found[0].plate) == (1, 1, "ABC123")
        assert found[0].weight == pytest.approx(weight)
        assert found[0].regions is (Regions.AGREE if asked.region else Regions.UNKNOWN)
        assert found[0].reading == (
            normal(asked.candidates[0].plate) if tier is Tier.CANDIDATE else normal(asked.plate)
        )


def test_an_exact_match_of_another_state_is_shown_and_does_not_hide_a_better_one() -> None:
    made = Matcher([STOLEN], [MatchRow(1, 1, "ABC123", "TX"), MatchRow(2, 1, "A8C123", "CA")])
    found = made.match(read("ABC123"), NOW)
    assert [(match.entry, match.tier, match.regions) for match in found] == [
        (2, Tier.FOLDED, Regions.AGREE),
        (1, Tier.EXACT, Regions.DIFFER),
    ]


def test_surer_tiers_silence_the_others() -> None:
    made = matcher("ABC123", "A8C123", "ABC124", "ABC12")
    assert tiers(made, read("ABC123")) == [Tier.EXACT]
    assert tiers(made, read("ABCI23")) == [Tier.FOLDED, Tier.FOLDED]
    assert set(tiers(made, read("ABC127"))) == {Tier.NEAR}


@pytest.mark.parametrize("reach", list(Tier))
def test_a_list_goes_as_far_as_it_should(reach: Tier) -> None:
    made = matcher("ABC123", list_=replace(STOLEN, reach=reach))
    for tier, asked in {
        Tier.EXACT: read("ABC123"),
        Tier.CANDIDATE: read("XYZ", "us-ca", "ABC123"),
        Tier.FOLDED: read("A8C123"),
        Tier.NEAR: read("ABC12"),
    }.items():
        assert tiers(made, asked) == ([tier] if tier.rank <= reach.rank else [])


def test_lists_and_entries_count_in_their_time_only() -> None:
    day = timedelta(days=1)
    now = NOW.timestamp()
    rows = [
        MatchRow(1, 1, "AAA111"), MatchRow(2, 1, "BBB222", expires=now), MatchRow(3, 1, "CCC333", starts=now + 1),
        MatchRow(4, 1, "DDD444", starts=now, expires=now + 1), MatchRow(5, 2, "EEE555"), MatchRow(6, 3, "FFF666"),
    ]  # fmt: skip
    lists = [STOLEN, Hotlist(id=2, name="old", expires=NOW), Hotlist(id=3, name="off", enabled=False)]
    made = Matcher(lists, rows)
    assert [row.plate for row in rows if tiers(made, read(row.plate))] == ["AAA111", "DDD444"]
    assert not tiers(made, read("DDD444"), NOW + timedelta(seconds=1))
    assert tiers(made, read("CCC333"), NOW + timedelta(seconds=1)) == [Tier.EXACT]
    assert tiers(made, read("EEE555"), NOW - day) == [Tier.EXACT]


def test_one_plate_on_several_lists_is_a_match_of_each() -> None:
    made = Matcher([STOLEN, Hotlist(id=2, name="Wanted")], [MatchRow(1, 1, "ABC123"), MatchRow(2, 2, "ABC123")])
    assert {match.list for match in made.match(read("ABC123"), NOW)} == {1, 2}


def test_what_one_read_can_bring_is_bounded() -> None:
    made = Matcher([STOLEN], [MatchRow(at, 1, "ABC123") for at in range(500)])
    assert len(made.match(read("ABC123"), NOW)) == MOST_MATCHES
    near = Matcher([STOLEN], [MatchRow(at, 1, f"AB{at:06d}") for at in range(2 * MOST_COMPARED)])
    assert len(near.match(read("AB00012"), NOW)) <= MOST_MATCHES


def test_a_dense_list_never_hides_an_exact_match() -> None:
    made = Matcher([STOLEN], [MatchRow(at, 1, f"{at:05d}") for at in range(5000)])
    assert all(made.match(read(f"{at:05d}"), NOW)[0].plate == f"{at:05d}" for at in range(0, 5000, 37))


@given(st.lists(PLATES, min_size=1, max_size=30, unique=True), st.data())
def test_what_is_on_the_list_is_found_however_it_is_written(plates: list[str], data: st.DataObject) -> None:
    made = matcher(*plates)
    plate = data.draw(st.sampled_from(plates))
    assert plate in {
        match.plate for match in made.match(read(" ".join(plate.lower())), NOW) if match.tier is Tier.EXACT
    }


@given(st.lists(PLATES, min_size=1, max_size=30, unique=True), PLATES)
def test_the_index_finds_just_what_comparing_each_would(plates: list[str], asked: str) -> None:
    found = matcher(*plates).match(read(asked), NOW)
    if asked in plates:
        assert {(match.plate, match.tier) for match in found} == {(asked, Tier.EXACT)}
    elif alike := {plate for plate in plates if fold(plate) == fold(asked)}:
        assert {(match.plate, match.tier) for match in found} == {(plate, Tier.FOLDED) for plate in alike}
    else:
        near = {plate for plate in plates if apart(asked, plate) is not None and len(plate) >= 5}
        assert {match.plate for match in found} == (near if len(asked) >= 4 else set())
        assert all(match.tier is Tier.NEAR for match in found)


@given(PLATES, st.data())
def test_each_confusion_of_readers_is_folded(plate: str, data: st.DataObject) -> None:
    family = {char: each for each in FAMILIES for char in each}
    mixed = "".join(data.draw(st.sampled_from(family.get(char, char))) for char in plate)
    found = matcher(plate).match(read(mixed), NOW)
    assert [match.tier for match in found] == [Tier.EXACT if mixed == plate else Tier.FOLDED]


@given(st.text(max_size=300), st.text(max_size=80))
def test_hostile_plates_match_nothing_and_break_nothing(plate: str, region: str) -> None:
    made = matcher("QQQQ9999", "WWWW8888")
    assert all(match.plate in ("QQQQ9999", "WWWW8888") for match in made.match(read(plate, region), NOW))


# One car


def test_reads_of_one_car_are_one() -> None:
    cars = SameCar()
    assert cars.first(read("ABC123"), 5) == 5
    assert cars.first(read("A8C123", at=NOW + timedelta(seconds=4)), 6) == 5
    assert cars.first(read("ABC123", at=NOW + timedelta(seconds=9)), 7) == 5
    assert cars.first(read("ABC123", at=NOW + timedelta(seconds=30)), 8) == 8
    assert cars.first(read("XYZ999", at=NOW), 9) == 9
    assert cars.first(read("ABC123", camera="2"), 10) == 10
    assert cars.first(read("ABC123", source="other"), 11) == 11


def test_a_named_car_is_one_however_its_plate_improves() -> None:
    cars = SameCar()
    assert cars.first(read("ABC", car="17"), 1) == 1
    assert cars.first(read("ABC123", car="17", at=NOW + timedelta(seconds=60)), 2) == 1
    assert cars.first(read("ABC123", car="18", at=NOW + timedelta(seconds=90)), 3) == 3
    assert cars.first(read("XYZ999", car="17", at=NOW + timedelta(hours=1)), 4) == 4, "readers begin again at 1"


def test_the_same_read_again_is_itself() -> None:
    cars = SameCar()
    assert [cars.first(read("ABC123"), 5) for _ in range(2)] == [5, 5]
    assert cars.first(read("ABC123", at=NOW - timedelta(seconds=3)), 4) == 4, "an earlier one that came later"


def test_what_is_remembered_of_cars_is_bounded() -> None:
    cars = SameCar(most=100)
    for number in range(1000):
        cars.first(read(f"AA{number:04d}", car=str(number)), number)
    assert len(cars) == 100
    assert MOST_CARS >= 10_000
