"""Opening SQLite files the one way this project uses them, and turning their errors into ours."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError, StorageFull

#: 16 MB: a cache of 64 MB recorded no faster into half a million conversions.
_CACHE_KIB = 16_384
#: SQLite's own default, right for many small rows.
_PAGE_BYTES = 4_096
#: What the WAL holds between checkpoints; fewer, larger ones keep their cost out of most commits.
_CHECKPOINT_BYTES = 4_000 * _PAGE_BYTES
#: A WAL that grew in a burst shrinks back to this after its checkpoint.
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_BUSY_MS = 5_000


def open_file(path: Path, *, cache_kib: int = _CACHE_KIB, page_bytes: int = _PAGE_BYTES) -> sqlite3.Connection:
    """Open for writing: WAL, every commit synced, explicit transactions only; the file is its owner's alone."""
    path.touch(mode=0o600)
    return _connect(
        str(path),
        f"page_size={page_bytes}",  # counts while the file is new
        "journal_mode=WAL",
        "synchronous=FULL",
        f"cache_size=-{cache_kib}",
        f"wal_autocheckpoint={_CHECKPOINT_BYTES // page_bytes}",
        f"journal_size_limit={_WAL_LIMIT_BYTES}",
    )


def open_checkpointer(path: Path) -> sqlite3.Connection:
    """Open a file that its writer has open, to make checkpoints and nothing else."""
    return _connect(str(path), "journal_mode=WAL", "synchronous=FULL")


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only, beside a writer."""
    return _connect(f"{path.absolute().as_uri()}?mode=ro", "query_only=1", uri=True)


def _connect(name: str, *pragmas: str, uri: bool = False) -> sqlite3.Connection:
    """Open a file with its settings; one that refuses them is closed again."""
    with translated():
        db = sqlite3.connect(name, uri=uri, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            for pragma in (f"busy_timeout={_BUSY_MS}", *pragmas):
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
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


def truncate_wal(db: sqlite3.Connection) -> bool:
    """Write what the WAL holds into the file and empty it; False, at once, while a reader is in the way."""
    with translated():
        db.execute("PRAGMA busy_timeout=0")
        try:
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            db.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    return not busy


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

#: What SQLite says about a value that breaks a constraint or cannot be bound: a fault of the item, not of the file.
_ITEMS_FAULT = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)


@contextmanager
def translated() -> Iterator[None]:
    """
    Turn trouble with the file into our own errors.

    A fault of the values handed over is let out as it is (so are InterfaceError and OverflowError, which binding
    raises): retrying would not mend it, and leaving the item out does.
    """
    try:
        yield
    except _ITEMS_FAULT:
        raise
    except sqlite3.DatabaseError as error:
        raise _storage_error(error) from error
    except OSError as error:
        kind = StorageFull if error.errno in _NO_ROOM else StorageError
        raise kind(str(error)) from error


def _storage_error(error: sqlite3.DatabaseError) -> StorageError:
    extended = getattr(error, "sqlite_errorcode", 0)
    if extended == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StorageFull(str(error))  # no room for the WAL's index, which SQLite makes when it opens a file
    code = extended & 0xFF
    kinds: dict[int, type[StorageError]] = {
        sqlite3.SQLITE_FULL: StorageFull,
        sqlite3.SQLITE_BUSY: StorageBusy,
        sqlite3.SQLITE_LOCKED: StorageBusy,
        sqlite3.SQLITE_CORRUPT: StorageDamaged,
        sqlite3.SQLITE_NOTADB: StorageDamaged,
    }
    kind = kinds.get(code, StorageError)
    hint = "; another process is writing to it, so try again in a moment" if kind is StorageBusy else ""
    return kind(f"{error}{hint}")
