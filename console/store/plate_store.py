"""Everything that can be asked of the plates of a database, in one place."""

from __future__ import annotations

from sqlalchemy import Engine

from console.store.plate_company_lookup import CompanyLookup
from console.store.plate_lookup import PlateLookup


class PlateStore:
    """Any thread but Qt's, several at once. ``engine`` is for reading alone and is let go of by ``close``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reads = PlateLookup(engine)
        self.company = CompanyLookup(engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
