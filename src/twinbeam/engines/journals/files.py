"""Where journals lie, and what is the same for whoever writes one and whoever reads it."""

import sqlite3
from contextlib import suppress
from pathlib import Path


def slot_path(folder: Path, slot: int) -> Path:
    """Name the file of an ingest slot."""
    return folder / f"journal-{slot}.db"


def slots(folder: Path) -> list[Path]:
    """List the journals of a folder."""
    return sorted(folder.glob("journal-*.db"))


def set_aside(journal: Path, mark: str) -> str:
    """Move a journal that cannot be used out of the way, with its WAL; gives its new name."""
    aside = f"{journal.name}.damaged-{mark}"
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            journal.with_name(journal.name + ending).rename(journal.with_name(aside + ending))
    return aside


def set_aside_in(folder: Path) -> list[Path]:
    """List the journals that were set aside."""
    return sorted(file for file in folder.glob("journal-*.db.damaged-*") if not file.name.endswith(("-wal", "-shm")))


def newest_group(db: sqlite3.Connection) -> tuple[int, int]:
    """Return the newest sequence number, and the events appended up to it."""
    row = db.execute("SELECT seq, upto FROM commit_group ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, 0)


def group_context(journal_id: str, seq: int) -> bytes:
    """Bind a sealed group to its place."""
    return f"group {journal_id} {seq}".encode()
