"""The database of this workstation: SQLite in the data folder, or PostgreSQL for many consoles. Alembic brings its
tables up to date when it is opened; only ``console.store`` speaks SQL."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

BUSY_SECONDS = 5.0
"""How long a write waits for another process that writes."""
AUDIT, JOURNAL, LISTS, ALARMS = 1, 2, 3, 4
"""What writers of a database wait for each other for; see ``for_writing``."""
_WRITES = "watchfloor_writes"
_ADVISORY_LOCK = 0x5741544348
"""The number of the first lock that writers of a PostgreSQL database take, whatever else is in it."""
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in the module, for the whole process."""
_CACHE_KIB = 32 * 1024
"""Of pages at most; a small database takes little. With 10 million plate reads it saves a third of a read's cost."""
_LOG_PAGES = 4000
"""Pages in the log before they go to their places: those that each transaction touches go there once for all."""
_DRIVER = 'Begin the address with postgresql+psycopg:// and install the driver: pip install "psycopg[binary]"'
_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class DatabaseError(Exception):
    """The database cannot be used; the sentence names it, without a password, and says what to do."""

    def __init__(self, where: str, problem: str, advice: str = "") -> None:
        advice = advice or "Check the disk and the rights of its folder, or, of a server, that it runs and is reached."
        super().__init__(f"{where}: the database cannot be used: {problem}. {advice}")


def sqlite_url(path: Path) -> str:
    """The address of a database file."""
    return f"sqlite:///{path}"


def open_database(url: str) -> Engine:
    """Connect and bring the tables up to date. Blocks; any thread. Raises DatabaseError."""
    try:
        where = make_url(url)
    except SQLAlchemyError:
        problem = "its address cannot be read, it is like postgresql+psycopg://user@host/name"
        raise DatabaseError("database", problem, "Correct WATCHFLOOR_DATABASE.") from None
    shown = where.render_as_string(hide_password=True)
    if where.get_backend_name() == "sqlite" and where.database:
        try:
            Path(where.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(shown, error.strerror or str(error)) from error
    try:
        # libpq's words; another driver of PostgreSQL would refuse them
        patient = {"connect_timeout": int(BUSY_SECONDS), "tcp_user_timeout": int(BUSY_SECONDS * 1000)}
        libpq = where.get_driver_name() in ("psycopg", "psycopg2")
        engine = create_engine(where, hide_parameters=True, connect_args=patient if libpq else {})
    except (SQLAlchemyError, ImportError):
        problem = f"the software for {where.drivername!r} is not installed"
        known = where.drivername in ("postgresql", "postgresql+psycopg")
        raise DatabaseError(shown, problem, _DRIVER if known else "Correct WATCHFLOOR_DATABASE.") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
    try:
        with for_writing(engine).begin() as connection:
            _migrate(connection, shown)
    except SQLAlchemyError as error:
        engine.dispose()
        raise DatabaseError(shown, plain(error)) from None
    except DatabaseError:
        engine.dispose()
        raise
    return engine


def plain(error: SQLAlchemyError) -> str:
    """What the database said, without the statement."""
    cause = getattr(error, "orig", None)
    return " ".join(str(cause or error).split())[:300]


def _migrate(connection: Connection, shown: str) -> None:
    if _up_to_date(connection):
        return  # nearly always, and Alembic would cost 16 MB and its time
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        with _ONE_AT_A_TIME:
            command.upgrade(config, "head")
    except CommandError:
        problem = "it is of a newer Watchfloor, or of another program"
        raise DatabaseError(shown, problem, "Use that Watchfloor, or another database.") from None


def _up_to_date(connection: Connection) -> bool:
    """Whether the tables are those of the newest migration, ``vNNNN_what.py``."""
    newest = max(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9]*.py"))
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [newest]


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    """WAL: readers do not wait for a writer, and what was committed survives the death of this process; FULL: that of
    the computer as well. What is erased is written over where the page is written anyhow."""
    connection.isolation_level = None  # transactions are ours: see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
        "secure_delete=FAST",
        f"cache_size=-{_CACHE_KIB}",
        f"wal_autocheckpoint={_LOG_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """One writer at a time, as with SQLite, and nobody waits for a server that hangs."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(BUSY_SECONDS * 1000)}")
    if chain := connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK + chain - 1})")


def for_writing(engine: Engine, chain: int = AUDIT) -> Engine:
    """The same database for transactions that read and then write: they take the write lock at once, because what they
    read (the end of a chain) must not change in between. With PostgreSQL there is a lock for each ``chain`` (AUDIT,
    JOURNAL, LISTS, ALARMS), so that what comes in does not wait for what is done; SQLite has one for the whole file."""
    return engine.execution_options(**{_WRITES: chain})
