"""
What would be left of the store without its write-ahead log, and whether its file is still there.

A WAL that is removed or damaged takes with it what was committed since the last checkpoint. The journals keep that
much longer, so that it is recorded once more from there.
"""

from pathlib import Path

from twinbeam.engines.stores.sqlite.connection import StoreConnection


class Durability:
    """For the one writer; see record.contract.Recorder for the promise of `safe`."""

    def __init__(self, connection: StoreConnection, path: Path) -> None:
        self._connection = connection
        self._db = connection.db
        self._path = path
        self._inode = path.stat().st_ino
        self._safe: dict[str, int] = {}
        connection.on_checkpoint(self._note)

    def safe(self, journal_id: str) -> int:
        """Return the last sequence number of a journal that the file itself holds."""
        return self._safe.get(journal_id, 0)

    def tend(self) -> None:
        """Bring into the file what has been in the WAL for a while; called each second."""
        self._connection.run_due_checkpoint()

    def newest_ms(self) -> int:
        """Return when the newest conversion was accepted, 0 where there is none."""
        row = self._db.execute("SELECT received FROM conversion ORDER BY id DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def is_gone(self) -> bool:
        """Return whether the file was removed, or another one lies in its place: what is recorded now would be lost."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def _note(self) -> None:
        if not self.is_gone():
            self._safe = dict(self._db.execute("SELECT journal, seq FROM cursor"))
