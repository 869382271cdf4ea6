"""
New stores made quickly: what Alembic does to an empty file is noted once in a process, and done again by its SQL.

Alembic needs 90 ms of the processor for each of the thousands of stores that tests begin with; its SQL needs 5. A file
that holds anything is brought forward by Alembic, as ever; what is about migrations (`tests/engines/test_tables.py`)
has it for new files as well.
"""

import sqlite3

from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.tables import upgrade

BY_ALEMBIC = upgrade._upgrade
_NOT_AGAIN = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SELECT", "PRAGMA", "--")


class Noted:
    """The statements that make the tables of a new file."""

    def __init__(self) -> None:
        self._statements: list[str] = []

    def upgrade(self, db: sqlite3.Connection) -> None:
        """Bring a file forward, in one transaction."""
        if not is_new(db):
            BY_ALEMBIC(db)
        elif self._statements:
            self._again(db)
        else:
            self._first(db)

    def _first(self, db: sqlite3.Connection) -> None:
        seen: list[str] = []
        db.set_trace_callback(seen.append)
        try:
            BY_ALEMBIC(db)
        finally:
            db.set_trace_callback(None)
        self._statements = [text for text in seen if not text.lstrip().upper().startswith(_NOT_AGAIN)]

    def _again(self, db: sqlite3.Connection) -> None:
        with transaction(db):
            if is_new(db):  # nobody was quicker
                for statement in self._statements:
                    db.execute(statement)


def is_new(db: sqlite3.Connection) -> bool:
    """Tell whether a file has tables without a row, and none of those that Alembic makes."""
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = "".join(f' OR EXISTS (SELECT 1 FROM "{name}")' for name in names if name != "sqlite_sequence")
    return "alembic_version" not in names and not db.execute(f"SELECT 0{rows}").fetchone()[0]


def make_quickly() -> None:
    """Let all new stores of this process be made so."""
    upgrade._upgrade = Noted().upgrade
