"""A journal slot in a folder of its own, for tests of what is the file's own."""

import sqlite3
from pathlib import Path
from typing import Any

from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing

_ALL = 2**62


class Slot:
    """The file, its writer and what a recorder sees of it."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys" / "keyring.json"
        self.ring = KeyRing.open_or_create(self.keys)
        self.path = slot_path(folder / "data", 0)
        self._opened: list[SqliteJournal] = []

    def open(self, **options: int) -> SqliteJournal:
        """Open the slot for writing, with no reserve on the disk."""
        self._opened.append(SqliteJournal(self.path, self.ring, **{"reserve_bytes": 0, **options}))
        return self._opened[-1]

    def reopen(self, **options: int) -> SqliteJournal:
        """Close the writer and open another."""
        self.close()
        return self.open(**options)

    def close(self) -> None:
        """Close the writers."""
        for journal in self._opened:
            journal.close()
        self._opened.clear()

    def reader(self) -> SqliteJournalReader:
        """Open the recorder's view; the caller closes it."""
        return SqliteJournalReader(self.path, self.ring)

    def read(self, *, after: int = 0) -> list[bytes | None]:
        """Give the bodies after a sequence number, None for one whose seal is broken."""
        reader = self.reader()
        try:
            return [None if group.damaged else group.body for group in reader.read(after, limit=_ALL)]
        finally:
            reader.close()

    def confirm(self, seq: int) -> None:
        """Say that everything up to a sequence number is recorded."""
        reader = self.reader()
        reader.confirm(seq)
        reader.close()

    def kept(self) -> list[int]:
        """List the sequence numbers of the groups in the file, confirmed ones too."""
        return [seq for (seq,) in self.sql("SELECT seq FROM commit_group ORDER BY seq")]

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Do something to the file behind everybody's back."""
        db = sqlite3.connect(self.path)
        try:
            with db:
                return db.execute(statement, values).fetchall()
        finally:
            db.close()
