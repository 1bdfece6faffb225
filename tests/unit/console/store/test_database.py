"""Opening the database: what can go wrong is one sentence, without a password."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from console.store.database import DatabaseError, for_writing, open_database, sqlite_url


def test_a_new_database_has_its_tables_and_an_old_one_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "folder" / "watchfloor.db"
    for _ in range(2):
        engine = open_database(sqlite_url(file))
        assert "audit" in sa.inspect(engine).get_table_names()
        engine.dispose()


def test_what_is_written_survives_the_process_and_the_computer(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "a.db"))
    with engine.connect() as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]
    engine.dispose()


def test_a_writer_takes_the_lock_before_it_reads(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "a.db"))
    other = sqlite3.connect(tmp_path / "a.db", timeout=0)
    with for_writing(engine).begin():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM audit").fetchone() == (0,), "readers do not wait"
    with engine.begin():
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    other.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read.*Correct WATCHFLOOR_DATABASE"),
        ("", "cannot be read"),
        ("nosuchthing://user:secret@host/name", "is not installed. Correct WATCHFLOOR_DATABASE"),
        ("postgresql+nosuchdriver://user:secret@host/name", "is not installed. Correct WATCHFLOOR_DATABASE"),
    ],
)
def test_an_address_that_is_none_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(DatabaseError, match=words) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_missing_is_said_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: object, **kwargs: object) -> None:
        raise ImportError("no module")

    monkeypatch.setattr("console.store.database.create_engine", missing)
    with pytest.raises(DatabaseError, match=r'is not installed.*pip install "psycopg\[binary\]"') as caught:
        open_database("postgresql://user:secret@host/name")
    assert "secret" not in str(caught.value)
    assert "disk" not in str(caught.value)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "watchfloor.db"
    file.write_bytes(b"this is a shopping list, and a long one " * 100)
    with pytest.raises(DatabaseError, match=r"watchfloor\.db: the database cannot be used: file is not a database"):
        open_database(sqlite_url(file))


def test_a_folder_in_its_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "watchfloor.db").mkdir()
    with pytest.raises(DatabaseError, match="unable to open"):
        open_database(sqlite_url(tmp_path / "watchfloor.db"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatabaseError, match="Check the disk"):
        open_database(sqlite_url(tmp_path / "file" / "watchfloor.db"))


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "watchfloor.db"
    open_database(sqlite_url(file)).dispose()
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num='9999'")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError, match="newer Watchfloor"):
        open_database(sqlite_url(file))


def test_databases_are_opened_beside_each_other(tmp_path: Path) -> None:
    def opened(number: int) -> set[str]:
        engine = open_database(sqlite_url(tmp_path / f"{number}.db"))
        try:
            return set(sa.inspect(engine).get_table_names())
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert all({"audit", "lease", "journal"} <= tables for tables in pool.map(opened, range(8)))


def test_a_database_that_is_up_to_date_needs_no_alembic(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "watchfloor.db")
    open_database(url).dispose()
    script = f"""
import sys
from console.store.database import open_database
open_database({url!r}).dispose()
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
