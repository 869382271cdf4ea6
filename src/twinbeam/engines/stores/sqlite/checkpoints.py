"""
Checkpoints beside the work.

A checkpoint brings what the WAL holds into the file and waits for the disk, as long as a transaction takes or longer.
SQLite makes it inside the commit that finds the WAL full, and whoever waits for that commit waits for both. Here it is
made by a second connection on a thread of its own, while the work goes on. What was committed meanwhile is brought over
after the first commit that finds the thread done: little is left then, and only when nothing is left the WAL begins
anew (docs/decisions/0017-checkpoints-beside.md).
"""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from twinbeam.engines.sqlite_file import open_checkpointer

WAL_BYTES = 16 * 1024**2  #: that are brought over at once, or a little more
LONGEST_SECONDS = 20.0  #: that something may be in the WAL alone, which a damaged disk may take away as a whole
_LATER = 3  #: times as much may the WAL hold before SQLite makes a checkpoint by itself


class Checkpoints:
    """
    The checkpoints of one file, for its one writer, which says after each commit how much it wrote.

    That may be an estimate: where it is far too low, SQLite makes the checkpoint by itself.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, *, wal_bytes: int = WAL_BYTES) -> None:
        self._db = db
        self.after_checkpoint: Callable[[], None] = _nobody  #: is called when the file has all that was committed
        self._began = time.monotonic()
        self._checkpointer = open_checkpointer(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._running: Future[bool] | None = None
        self._wal_bytes = wal_bytes
        self._written = 0
        (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
        db.execute(f"PRAGMA wal_autocheckpoint={_LATER * wal_bytes // page_bytes}")

    def note_commit(self, size_bytes: int) -> None:
        """Take note of a commit that added about so many bytes to the WAL; never fails."""
        self._written += size_bytes
        self._advance(due=self._written >= self._wal_bytes)

    def tend(self) -> None:
        """Bring over what has been in the WAL for a while, though little is written; called each second."""
        self._advance(due=bool(self._written) and time.monotonic() - self._began >= LONGEST_SECONDS)

    def finish(self) -> None:
        """Checkpoint, at once, all that was committed."""
        if _checkpoint(self._db):
            self.after_checkpoint()
        self._running, self._written, self._began = None, 0, time.monotonic()

    def _advance(self, *, due: bool) -> None:
        if self._running is not None:
            if self._running.done():
                self.finish()
        elif due:
            self._running = self._thread.submit(_checkpoint, self._checkpointer)

    def close(self) -> None:
        """Wait for the checkpoint that is being made, if any, and close its connection; the writer's stays open."""
        self._thread.shutdown()
        self._checkpointer.close()


def _checkpoint(db: sqlite3.Connection) -> bool:
    """
    Bring over what no reader needs in the WAL; tells whether that is all of it, and synced.

    Where the disk refuses that, the next commits will say so.
    """
    with suppress(sqlite3.Error):
        busy, frames, brought = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy and bool(frames == brought)
    return False


def _nobody() -> None:
    """Tell nobody."""
