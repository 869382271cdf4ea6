"""
Numbered SQL files, applied forward only.

The file's user_version says how far it is, its application_id by which text of those files.
"""

import sqlite3
from collections.abc import Sequence
from importlib import resources
from zlib import crc32

from twinbeam.core.errors import ConfigError
from twinbeam.engines.sqlite_file import transaction


def migrate(db: sqlite3.Connection) -> None:
    """Bring a store to this release's schema; raises ConfigError if a newer release, or unreleased code, wrote it."""
    steps = migrations()
    version = schema_version(db)
    if version > len(steps):
        raise ConfigError(
            f"This store has schema {version}, and this release knows {len(steps)}: install the newer release again."
        )
    if version and _application_id(db) != _text_id(steps[:version]):
        raise ConfigError(
            "This store was made by unreleased code with other tables under the same number: use that code again, "
            "or move the store away and begin an empty one with `twinbeam doctor --new-store`."
        )
    for number, sql in enumerate(steps[version:], start=version + 1):
        with transaction(db):
            if schema_version(db) < number:  # two processes may start on a new store at once
                _apply(db, number, sql, _text_id(steps[:number]))


def _apply(db: sqlite3.Connection, number: int, sql: str, text_id: int) -> None:
    for statement in _statements(sql):
        db.execute(statement)
    db.execute(f"PRAGMA application_id={text_id}")
    db.execute(f"PRAGMA user_version={number}")


def _application_id(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def _text_id(steps: Sequence[str]) -> int:
    """Return a number that tells one text of the migrations from another; positive, of 31 bits."""
    return crc32("".join(steps).encode()) >> 1


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
