"""The one slot between decoder and painter."""

from __future__ import annotations

import threading

from console.services.mailbox import Mailbox
from drivers.types import Picture


def picture(pts: float) -> Picture:
    return Picture(b"", 2, 2, 8, pts, 0.0, 2, 2)


def test_the_latest_wins_once_and_the_rest_is_counted() -> None:
    box = Mailbox()
    assert box.take() is None
    for pts in (1.0, 2.0, 3.0):
        box.post(picture(pts))
    taken = box.take()
    assert taken is not None
    assert (taken.pts, box.replaced, box.take()) == (3.0, 2, None)
    box.post(picture(4.0))
    assert box.replaced == 2


def test_every_picture_is_either_taken_or_counted() -> None:
    box, taken, done = Mailbox(), [], threading.Event()

    def post() -> None:
        for number in range(5000):
            box.post(picture(float(number)))
        done.set()

    thread = threading.Thread(target=post)
    thread.start()
    while True:
        last = done.is_set()
        got = box.take()
        if got is not None:
            taken.append(got.pts)
        elif last:
            break
    thread.join()
    assert len(taken) + box.replaced == 5000
    assert taken == sorted(taken)
    assert taken[-1] == 4999.0
