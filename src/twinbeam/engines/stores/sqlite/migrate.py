"""Numbered SQL files, applied forward only; the file's user_version says how far it is."""

import sqlite3
from importlib import resources

from twinbeam.core.errors import ConfigError
from twinbeam.engines.sqlite_file import transaction


def migrate(db: sqlite3.Connection) -> None:
    """Bring a store to this release's schema; raises ConfigError if a newer release wrote it."""
    steps = migrations()
    version = schema_version(db)
    if version > len(steps):
        raise ConfigError(
            f"This store has schema {version}, and this release knows {len(steps)}: install the newer release again."
        )
    for number, sql in enumerate(steps[version:], start=version + 1):
        with transaction(db):
            if schema_version(db) < number:  # two processes may start on a new store at once
                _apply(db, number, sql)


def _apply(db: sqlite3.Connection, number: int, sql: str) -> None:
    for statement in _statements(sql):
        db.execute(statement)
    db.execute(f"PRAGMA user_version={number}")


def schema_version(db: sqlite3.Connection) -> int:
    """Return how many migrations a store has seen."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrations() -> list[str]:
    """Read the SQL files in their order."""
    folder = resources.files("twinbeam.engines.stores.sqlite") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text() for file in files]


def _statements(sql: str) -> list[str]:
    return [statement for statement in sql.split(";\n") if statement.strip()]
