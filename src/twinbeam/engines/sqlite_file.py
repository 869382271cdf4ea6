"""Opening SQLite files the one way this project uses them, and turning their errors into ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError, StorageFull

#: 16 MB: a larger page cache makes commits slower, not faster (bench/results).
_CACHE_KIB = 16_384
#: Pages between checkpoints; fewer, larger ones keep their cost out of most commits.
_CHECKPOINT_PAGES = 4_000
#: A WAL that grew in a burst shrinks back to this after its checkpoint.
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_BUSY_MS = 5_000


def open_file(path: Path, *, cache_kib: int = _CACHE_KIB) -> sqlite3.Connection:
    """Open for writing: WAL, every commit synced, explicit transactions only; the file is its owner's alone."""
    path.touch(mode=0o600)
    with translated():
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        db.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA cache_size=-{cache_kib}")
        db.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
        return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only, beside a writer."""
    with translated():
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        db.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        db.execute("PRAGMA query_only=1")
        return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, durably, or nothing of it."""
    with translated():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


@contextmanager
def translated() -> Iterator[None]:
    """Let only our own errors out."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _ours(error) from error


def _ours(error: sqlite3.DatabaseError) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    kinds: dict[int, type[StorageError]] = {
        sqlite3.SQLITE_FULL: StorageFull,
        sqlite3.SQLITE_BUSY: StorageBusy,
        sqlite3.SQLITE_LOCKED: StorageBusy,
        sqlite3.SQLITE_CORRUPT: StorageDamaged,
        sqlite3.SQLITE_NOTADB: StorageDamaged,
    }
    return kinds.get(code, StorageError)(str(error))
