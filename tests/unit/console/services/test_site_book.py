"""The site in memory and, soon after, on disk."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from console.model.site import Camera, DuplicateCameraError, Site
from console.services.site_book import SiteBook


def test_a_change_is_told_at_once_and_saved_by_the_end() -> None:
    saved: list[Site] = []
    told: list[Site] = []
    book = SiteBook(Site("Harbour"), saved.append, lambda error: None)
    book.listen(told.append)
    after = book.change(lambda site: site.with_camera(Camera(1, "Gate", "a")))
    assert told == [after] == [book.site]
    book.close()
    assert saved[-1] == after


def test_changes_from_many_threads_are_all_there() -> None:
    saved: list[Site] = []
    book = SiteBook(Site(), saved.append, lambda error: None)

    def add(first: int) -> None:
        for number in range(first, first + 20):
            camera = Camera(number, "", f"id{number}")
            book.change(partial(Site.with_camera, camera=camera))

    threads = [threading.Thread(target=add, args=(n * 20 + 1,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.close()
    assert len(book.site.cameras) == 100
    assert saved[-1] == book.site


def test_an_edit_that_fails_changes_and_tells_nothing() -> None:
    saved: list[Site] = []
    told: list[Site] = []
    book = SiteBook(Site(cameras=(Camera(1, "Gate", "a"),)), saved.append, lambda error: None)
    book.listen(told.append)
    with pytest.raises(DuplicateCameraError, match="number 1 is already that of 'Gate'"):
        book.change(lambda site: site.with_camera(Camera(1, "Yard", "b")))
    book.close()
    assert (len(book.site.cameras), told, saved) == (1, [], [])


def test_a_disk_that_fails_is_told_and_the_site_stays_in_memory() -> None:
    def save(site: Site) -> None:
        raise OSError("disk full")

    errors: list[Exception] = []
    book = SiteBook(Site(), save, errors.append)
    book.change(lambda site: Site("New"))
    book.close()
    assert [str(error) for error in errors] == ["disk full"]
    assert book.site.name == "New"
