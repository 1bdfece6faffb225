"""The layouts that ship: all good, in canonical form, in the wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from console import paths
from console.model.items import ClockItem, MapItem, TourItem
from console.model.layout import PRESETS, Layout
from console.store.layout_file import layout_bytes, load_layout
from console.store.layout_library import LayoutLibrary

FILES = sorted(paths.layouts().glob("*.json"))
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layout]:
    layouts, problems = LayoutLibrary(paths.layouts(), tmp_path_factory.mktemp("own")).load()
    assert problems == ()
    return {layout.name: layout for layout in layouts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_good_and_in_canonical_form(path: Path) -> None:
    assert path.read_bytes() == layout_bytes(load_layout(path))


def test_those_that_everybody_expects_are_there_in_this_order(shipped: dict[str, Layout]) -> None:
    assert list(shipped) == [
        "Single", "Quad", "3x3", "4x4", "5x5", "6x6", "8x8", "1+5", "1+7", "2+8", "1+12",
        "Incident", "Entrance and street", "Night watch",
    ]  # fmt: skip


def test_those_that_are_built_in_ship_too(shipped: dict[str, Layout]) -> None:
    assert [shipped[layout.name] for layout in PRESETS] == list(PRESETS)


def test_none_leaves_a_place_empty(shipped: dict[str, Layout]) -> None:
    for layout in shipped.values():
        assert sum(cell.rows * cell.columns for cell in layout.cells) == layout.rows * layout.columns, layout.name


def test_an_incident_is_one_large_hotspot_seven_small_tiles_and_the_map(shipped: dict[str, Layout]) -> None:
    large, *rest = shipped["Incident"].cells
    assert large.hotspot
    assert (large.rows, large.columns) == (3, 3)
    assert [cell.item for cell in rest if cell.item is not None] == [MapItem()]
    assert len([cell for cell in rest if cell.item is None]) == 7


def test_a_night_watch_shows_every_camera_of_a_site(shipped: dict[str, Layout]) -> None:
    cells = shipped["Night watch"].cells
    tours = [cell.item for cell in cells if isinstance(cell.item, TourItem)]
    cameras = [3, 4, 8, *range(100, 141), 99_999]
    seen = [step.item for tour in tours for step in tour.stops(cameras)]
    assert len(seen) == len(set(seen)) == len(cameras)
    assert [cell for cell in cells if cell.item == ClockItem()]


def test_the_wheel_takes_layouts_and_schemas_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["layouts"] == "console/_share/layouts"
    assert included["resources"] == "console/_share/resources"
    assert (ROOT / "resources" / "schemas" / "layout.schema.json").is_file()
    assert paths.layouts() == ROOT / "layouts"
