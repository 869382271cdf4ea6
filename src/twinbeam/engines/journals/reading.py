"""
The recorder's view of a journal: it reads beside the writer, and says how far it has come in a file of its own.

Damage to a page costs what lies in it: what lies in front of it and behind it is read, and what is missing is counted.
"""

import sqlite3
from contextlib import ExitStack, suppress
from pathlib import Path

from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError
from twinbeam.engines.journals.confirmed import Confirmed, read_confirmed, write_confirmed
from twinbeam.engines.journals.files import group_context, newest_group
from twinbeam.engines.keyring import DayKeys, KeyRing, NotOpenedHere
from twinbeam.engines.sqlite_file import open_reader, translated
from twinbeam.pipeline.journal.contract import Group

_GROUPS_AFTER = "SELECT seq, at, n, upto, body FROM commit_group WHERE seq > ? ORDER BY seq"
_GROUP = "SELECT seq, at, n, upto, body FROM commit_group WHERE seq = ?"
#: Groups that are looked for one by one behind a damaged page: some tenths of a second.
_MOST_SKIPPED = 20_000


class SqliteJournalReader:
    """
    The recorder's view of one slot; see JournalReader for the promises.

    Opening raises StorageBusy for a journal that is still being made, and another StorageError, with the file's name,
    for one that cannot be read.
    """

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        try:
            self._db = open_reader(path)
            with ExitStack() as on_error:
                on_error.callback(self._db.close)
                self.journal_id = _id_of(self._db)
                on_error.pop_all()
        except StorageError as error:
            raise type(error)(f"The journal {path.name} cannot be read ({error}).") from error
        self._keys = DayKeys(ring, load=self._load_key, save=self._never_save)
        self._unwritten: tuple[int, int] | None = None
        self._inode = path.stat().st_ino
        self._totals: dict[int, int] = {}  #: of the groups last read, the events appended up to each
        self._lost = 0

    def is_gone(self) -> bool:
        """Return whether another file lies in the place of this one; one that was only removed is read on."""
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return False

    def read(self, after: int, *, limit: int) -> list[Group]:
        """Return the next groups in order, up to about `limit` events."""
        if self._unwritten is not None:
            self.confirm(*self._unwritten)
        groups = self._read(after, limit)
        if groups:
            self._count_lost(after, groups)
        return [group for _, group in groups]

    def _read(self, after: int, limit: int) -> list[tuple[int, Group]]:
        """Read groups with their totals: what lies in front of a damaged page, or else the first one behind it."""
        groups: list[tuple[int, Group]] = []
        try:
            with translated():
                rows = self._db.execute(_GROUPS_AFTER, (after,))
                for seq, at_ms, count, upto, sealed in rows:
                    groups.append((upto, self._group(seq, at_ms, count, sealed)))
                    limit -= count
                    if limit <= 0:
                        break
                rows.close()
        except NotOpenedHere:
            raise
        except StorageDamaged:
            if not groups:
                groups = self._behind_damage(after)
            if not groups:
                raise
        return groups

    def _behind_damage(self, after: int) -> list[tuple[int, Group]]:
        """Find the first group behind a damaged page, if there is one."""
        newest, _ = self.newest()
        for wanted in range(after + 1, min(newest, after + _MOST_SKIPPED) + 1):
            with suppress(StorageDamaged), translated():
                row = self._db.execute(_GROUP, (wanted,)).fetchone()
                if row is not None:
                    seq, at_ms, count, upto, sealed = row
                    return [(upto, self._group(seq, at_ms, count, sealed))]
        return []

    def _count_lost(self, after: int, groups: list[tuple[int, Group]]) -> None:
        """Find out how many events are missing in front of groups and between them."""
        confirmed = self._last_confirmed()
        known = self._totals.get(after, confirmed.events if confirmed.seq == after else None)
        self._lost = 0
        for upto, group in groups:
            if known is not None:
                self._lost += max(0, upto - group.count - known)
            known = upto
        self._totals = {group.seq: upto for upto, group in groups}

    def _last_confirmed(self) -> Confirmed:
        """Return what was last said, or nothing where that cannot be read now: then a loss is not counted."""
        try:
            return read_confirmed(self._path, self.journal_id)
        except StorageError:
            return Confirmed()

    def lost(self) -> int:
        """Return how many events are missing in front of the groups last read, and between them."""
        return self._lost

    def _group(self, seq: int, at_ms: int, count: int, sealed: bytes) -> Group:
        try:
            return Group(seq, at_ms, count, self._keys.open_sealed(sealed, group_context(self.journal_id, seq)))
        except NotOpenedHere:
            raise
        except StorageDamaged:
            return Group(seq, at_ms, count, sealed, damaged=True)  # what comes behind it is not

    def confirm(self, seq: int, safe: int | None = None) -> None:
        """
        Say how far the store has come, and what it holds for good; all of it, unless something else is said.

        Where a full disk keeps it from being heard, it is said again later.
        """
        safe = seq if safe is None else safe
        before = self._last_confirmed()
        events = before.events if before.seq == seq else self._totals.get(seq, 0)
        said = write_confirmed(self._path, self.journal_id, Confirmed(seq, events, safe))
        self._unwritten = None if said else (seq, safe)

    def newest(self) -> tuple[int, int]:
        """Return the newest sequence number and the number of events appended since the journal began."""
        with translated():
            return newest_group(self._db)

    def oldest_after(self, seq: int) -> int | None:
        """Return when the oldest group after `seq` was appended, ms, or None when there is none."""
        with translated():
            row = self._db.execute("SELECT at FROM commit_group WHERE seq > ? ORDER BY seq LIMIT 1", (seq,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _load_key(self, day: int) -> bytes | None:
        row = self._db.execute("SELECT wrapped FROM day_key WHERE day = ?", (day,)).fetchone()
        return row[0] if row else None

    def _never_save(self, _day: int, _wrapped: bytes) -> None:
        raise AssertionError("a reader makes no keys")


def _id_of(db: sqlite3.Connection) -> str:
    """Return a journal's id; one that has none yet, and so holds nothing, is busy."""
    with translated():
        made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone()
        row = db.execute("SELECT id FROM journal").fetchone() if made else None
    if row is None:
        raise StorageBusy("it is still being made")
    return str(row[0])
