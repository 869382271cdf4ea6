"""
Bringing the tables that SQLAlchemy keeps to this release's form; forward only, as the numbered SQL.

Most files are there already, which SQLite itself can tell: Alembic and SQLAlchemy are loaded only where they are not.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

from twinbeam.core.errors import ConfigError

HEAD = "0016"  #: the newest of `migrations/versions/`
_FOLDER = Path(__file__).with_name("migrations")


def bring_forward(db: sqlite3.Connection) -> None:
    """Apply the migrations that a file has not seen; raises ConfigError if a newer release wrote it."""
    version = tables_version(db)
    if version > HEAD:
        raise ConfigError(
            f"This store has tables {version}, and this release knows {HEAD}: install the newer release again."
        )
    if version < HEAD:
        _upgrade(db)


def tables_version(db: sqlite3.Connection) -> str:
    """Return the newest migration that a file has seen, or ""."""
    with suppress(sqlite3.OperationalError):  # it has no such table: it is new, or of before
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""
    return ""


def _upgrade(db: sqlite3.Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- see above
    from alembic.config import Config  # noqa: PLC0415

    from twinbeam.engines.stores.tables.database import Tables  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with Tables(db).transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
