"""What lies on the wall: the right picture in the right place, and never an old one that seems live."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QSignalSpy
from ui_fakes import BLUE, GREEN, RED, colours, rgb, shot
from ui_room import Room

from console.model.tile_state import GONE_AFTER, STALE_AFTER, TileState

HATCH = (245, 165, 36)


def test_each_picture_lies_on_its_tile(room: Room) -> None:
    for number, colour in ((1, RED), (2, GREEN), (3, BLUE)):
        room.take(number, colour)
    image = shot(room.surface)
    for index, colour in enumerate((RED, GREEN, BLUE)):
        tile = room.tile(index)
        assert colours(image, tile.picture_rect()) == {colour}
        # above lies the bar, beside it the background: no picture leaves its tile
        bar = QRect(tile.rect.x, tile.rect.y, tile.rect.width, tile.area.y - tile.rect.y)
        assert colour not in colours(image, bar)
        assert tile.verdict.state is TileState.LIVE
    assert not {RED, GREEN, BLUE} & colours(image, _area(room, 4))


def test_a_partial_repaint_gives_the_same_pixels(room: Room) -> None:
    room.take(1, RED)
    shot(room.surface)
    room.take(1, GREEN)
    room.qtbot.wait(1)
    window = room.surface.screen().grabWindow(room.desk.winId()).toImage()
    corner = room.surface.mapTo(room.desk, room.surface.rect().topLeft())
    whole = shot(room.surface)
    place = room.tile(0).picture_rect().translated(corner)
    if not window.isNull():
        assert colours(window, place) == {GREEN}
    assert colours(whole, room.tile(0).picture_rect()) == {GREEN}


def test_a_stale_picture_is_dimmed_hatched_and_not_called_live(room: Room) -> None:
    room.take(1, RED)
    room.clock.pass_(STALE_AFTER - 0.01)
    room.becomes(0, TileState.LIVE)
    room.clock.pass_(0.02)
    room.becomes(0, TileState.STALE)
    tile = room.tile(0)
    assert tile.verdict.headline.startswith("STALE")
    image = shot(room.surface)
    inside = rgb(image, *_middle_left(room, 0))
    assert inside[0] < 0.6 * RED[0]
    assert inside[0] > inside[1]  # still to be recognised
    frame = colours(image, QRect(tile.area.x, tile.area.y + 10, 5, 60))
    assert HATCH in frame
    assert len(frame) > 1
    room.take(1, GREEN)
    assert tile.verdict.state is TileState.LIVE
    assert colours(shot(room.surface), tile.picture_rect()) == {GREEN}


def test_no_signal_shows_no_picture(room: Room) -> None:
    room.take(1, RED)
    room.cameras.absent.add("Main St / 5th")
    room.clock.pass_(GONE_AFTER + 1)
    _break_until_gone(room)
    room.becomes(0, TileState.NO_SIGNAL)
    image = shot(room.surface)
    assert all(red < 1.3 * green + 40 for red, green, _ in colours(image, _area(room, 0)) - {HATCH})


def _break_until_gone(room: Room) -> None:
    """The stream ends, and each new try fails; the clock runs on to the next one each time."""
    with room.cameras.changed:
        room.cameras.over = True
        room.cameras.changed.notify_all()

    def gone() -> bool:
        room.clock.pass_(1.0)
        room.pool.retry(0)
        feed = room.pool.feed(1)
        assert feed is not None
        facts = feed.facts()
        return facts is not None and facts.gone

    room.qtbot.waitUntil(gone, timeout=10000)


def test_refused_shows_a_button_that_asks_for_credentials(room: Room) -> None:
    room.cameras.refusing.add("Harbour")
    room.wall.go(room.wall.state.placed(4, 8))
    room.becomes(8, TileState.REFUSED)
    shot(room.surface)
    button = room.tile(8).button
    assert not button.isEmpty()
    wanted = QSignalSpy(room.surface.credentials_wanted)
    room.qtbot.mouseClick(room.surface, Qt.MouseButton.LeftButton, pos=button.center())
    assert wanted.count() == 1
    assert wanted.at(0) == [4]
    assert room.cameras.opened.count("Harbour") == 1


def test_the_button_goes_with_the_refusal(room: Room) -> None:
    room.cameras.refusing.add("Harbour")
    room.wall.go(room.wall.state.placed(4, 8))
    room.becomes(8, TileState.REFUSED)
    shot(room.surface)
    where = room.tile(8).button.center()
    room.cameras.refusing.clear()
    room.wall.retry(4)
    room.take(4, BLUE)
    shot(room.surface)
    wanted = QSignalSpy(room.surface.credentials_wanted)
    room.qtbot.mouseClick(room.surface, Qt.MouseButton.LeftButton, pos=where)
    assert wanted.count() == 0


def test_another_camera_never_shows_its_predecessors_picture(room: Room) -> None:
    room.take(1, RED)
    room.wall.go(room.wall.state.placed(4, 0))
    assert room.tile(0).image is None
    assert RED not in colours(shot(room.surface), _area(room, 0))
    assert room.tile(0).verdict.state is not TileState.LIVE
    room.take(4, BLUE)
    assert colours(shot(room.surface), room.tile(0).picture_rect()) == {BLUE}


def test_a_camera_that_changes_tiles_takes_its_picture_along(room: Room) -> None:
    room.take(1, RED)
    room.wall.go(room.wall.state.swapped(0, 8))
    image = shot(room.surface)
    assert rgb(image, *_middle_left(room, 8)) == RED
    assert RED not in colours(image, _area(room, 0))


def test_the_selection_is_an_outline_beside_the_picture(room: Room) -> None:
    room.take(2, GREEN)
    room.wall.go(room.wall.state.chosen(1))
    blue = (0x4A, 0x90, 0xD9)
    image, tile = shot(room.surface), room.tile(1)
    rect = tile.rect
    outline = [rgb(image, rect.x - 1, y) for y in range(rect.y, rect.y + rect.height)]
    assert set(outline) == {blue}
    assert colours(image, tile.picture_rect()) == {GREEN}
    other = room.tile(5).rect
    assert blue not in {rgb(image, other.x - 1, y) for y in range(other.y, other.y + other.height)}


def test_an_empty_wall_says_what_to_do_next(room: Room) -> None:
    before = shot(room.surface)
    room.surface.empty_hint = "No cameras yet. Press Ctrl+N."
    after = shot(room.surface)
    middle = QRect(room.surface.rect().center().x() - 150, room.surface.rect().center().y() - 20, 300, 40)
    assert colours(after, middle) != colours(before, middle)
    assert any(min(colour) > 150 for colour in colours(after, middle))


def test_an_empty_selected_tile_says_how_to_fill_it(room: Room) -> None:
    room.wall.go(room.wall.state.chosen(7))
    selected = colours(shot(room.surface), _area(room, 7))
    room.wall.go(room.wall.state.chosen(8))
    assert len(colours(shot(room.surface), _area(room, 7))) < len(selected)


def test_the_bar_tells_number_name_and_state(room: Room) -> None:
    room.take(1, RED)
    text = room.tile(0).text
    assert text is not None
    assert (text.number, text.name, text.verdict.headline) == ("1", "Main St / 5th", "LIVE")
    room.wall.go(room.wall.state.placed(99, 4))
    nobody = room.tile(4).text
    assert nobody is not None
    assert nobody.name == "no such camera"


def test_hidden_tiles_need_nothing_and_come_back(room: Room) -> None:
    room.take(2, GREEN)
    room.wall.go(room.wall.state.chosen(0).toggled())
    assert [tile.index for tile in room.surface.tiles] == [0]
    room.take(1, RED)
    room.wall.go(room.wall.state.toggled())
    assert len(room.surface.tiles) == 9
    room.take(2, BLUE)


def _area(room: Room, index: int) -> QRect:
    area = room.tile(index).area
    return QRect(area.x, area.y, area.width, area.height)


def _middle_left(room: Room, index: int) -> tuple[int, int]:
    """A point of the picture where no message lies."""
    place = room.tile(index).picture_rect()
    return place.left() + place.width() // 3, place.top() + place.height() // 4
