"""One database, copied as of one moment while others write to it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.sqlite_file import open_reader, translated

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are copied."""

_STEP_PAGES = 1_024
_REST_SECONDS = 0.005  #: after each step, so that the gateway's own syncs do not wait behind the copy


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """
    Copy a database beside whoever writes to it; raises StorageError.

    A transaction that only reads holds its moment: without it SQLite would begin anew after each foreign commit.
    """
    with closing(open_reader(source)) as db, closing(_made(target)) as copy, translated():
        page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def tell(_status: int, left: int, pages: int) -> None:
            progress((pages - left) * page_bytes, pages * page_bytes)
            if left:
                time.sleep(_REST_SECONDS)

        db.backup(copy, pages=_STEP_PAGES, progress=tell)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a copy that nobody writes to, and leave no file beside it."""
    with translated():
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def check_database(path: Path) -> None:
    """Read a copy from end to end; raises StorageDamaged for one that is not whole."""
    with closing(open_copy(path)) as db, translated():
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageDamaged(f"{path.name}: {' '.join(str(found).split())}")


def _made(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    with translated():
        return sqlite3.connect(path, isolation_level=None)
