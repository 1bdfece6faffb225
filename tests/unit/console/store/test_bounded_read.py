"""Questions to a server that are taken back while it works."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from console.store.bounded_read import Limit, _watched

PATIENCE = 20.0


class Server:
    """What a connection to a server looks like from here."""

    def __init__(self, fails: bool = False) -> None:
        self.cancelled, self.fails = threading.Event(), fails
        self.connection = SimpleNamespace(dbapi_connection=self)
        self.dialect = SimpleNamespace(name="postgresql", loaded_dbapi=SimpleNamespace(Error=ConnectionError))

    def exec_driver_sql(self, statement: str) -> None:
        pass

    def cancel(self) -> None:
        self.cancelled.set()
        if self.fails:
            raise ConnectionError("gone")


@pytest.mark.parametrize("fails", [False, True])
def test_a_server_is_told_that_nobody_wants_the_answer(fails: bool) -> None:
    server: Any = Server(fails)
    unwanted = threading.Event()
    with _watched(server, Limit(PATIENCE * 2, unwanted.is_set)):
        unwanted.set()
        assert server.cancelled.wait(PATIENCE)


def test_an_answer_that_came_is_not_taken_back() -> None:
    server: Any = Server()
    with _watched(server, Limit()):
        pass
    assert not server.cancelled.is_set()
