"""
A journal in a SQLite file: one row per commit group, appended by one ingest process, read by the recorder.

The ingest process is the file's only writer, but for a new key of the ring (resealing.py); the recorder reads it and
says how far it has come in a small file beside it (confirmed.py). The writer drops groups that the store holds in its
file inside its next append, so forgetting costs no sync of its own; where room is short, those that the store holds in
its WAL too. The newest row always stays: it carries the running totals, which newest.py keeps a second time.

What a backlog took of the disk is given back once the backlog is gone. Groups are sealed under a key per day, which
is destroyed when the last group of its day is dropped: whatever free pages still hold of them is unreadable then.
"""

import shutil
import sqlite3
from collections import deque
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageBehind, StorageError, StorageFull
from twinbeam.engines.journals.confirmed import Confirmed, read_confirmed
from twinbeam.engines.journals.files import group_context, newest_group, set_aside, set_aside_in, slot_path, slots
from twinbeam.engines.journals.newest import Gap, Newest, NewestFile, read_newest
from twinbeam.engines.journals.reading import SqliteJournalReader
from twinbeam.engines.keyring import DayKeys, KeyRing
from twinbeam.engines.locks import FileLock
from twinbeam.engines.sqlite_file import open_file, transaction, translated, truncate_wal
from twinbeam.pipeline.journal.contract import Backlog

__all__ = ["SqliteJournal", "SqliteJournalReader", "set_aside", "set_aside_in", "slot_path", "slots"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS day_key (day INTEGER PRIMARY KEY, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS commit_group (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    body BLOB NOT NULL
);
"""

_SIZES = "SELECT seq, length(body), n, at FROM commit_group ORDER BY seq"
#: A row is a whole group, 10 kB to 1 MB: with pages of 4 kB an append of a large one costs half as much again.
_PAGE_BYTES = 16_384
#: What is dropped at once has to fit: pages that spill before the commit need room in the WAL, which a full disk lacks.
_CACHE_KIB = 16_384
#: A file beyond this is made small again when nothing waits in it; below it, free pages serve the next burst.
_LARGE_BYTES = 64 * 1024**2
#: Reading the recorder's file costs 6 us, as much as appending an event, so it is done once in this many events; what
#: is dropped late makes the file larger, and with it the checkpoints that some appends wait for.
_REFRESH_EVERY = 64

#: Groups that are carried over from a file that is gone: each costs a sync, and callers wait meanwhile.
#: While a recorder runs, some hundreds wait at most.
_MOST_CARRIED = 1_000

DEFAULT_CAP_BYTES = 4 * 1024**3
DEFAULT_RESERVE_BYTES = 256 * 1024**2


class UnconfirmedGroup(NamedTuple):
    """A group that is not known to be recorded."""

    seq: int
    size: int
    events: int
    at_ms: int


class Carried(NamedTuple):
    """A group on its way from a file that is gone to a fresh one: what an append takes."""

    at_ms: int
    events: int
    body: bytes


class SqliteJournal:
    """
    The writing side of one slot; see JournalWriter for the promises.

    `cap_bytes` bounds what may wait to be recorded, `reserve_bytes` is left free on the disk so that the store can
    still work when intake must stop. `max_pages` bounds the file itself (for tests of a full disk).
    """

    def __init__(
        self,
        path: Path,
        ring: KeyRing,
        *,
        cap_bytes: int = DEFAULT_CAP_BYTES,
        reserve_bytes: int = DEFAULT_RESERVE_BYTES,
        max_pages: int | None = None,
        wait_seconds: float = 0,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._cap_bytes = cap_bytes
        self._reserve_bytes = reserve_bytes
        self._lock = FileLock.take(
            path.with_suffix(".lock"), wait_seconds=wait_seconds, what=f"The journal {path.name}"
        )
        self._confirmed = Confirmed()  #: what the recorder has
        self._deleted_upto = 0  #: of what comes up to here the file has nothing any more
        self._out_of_space = False  #: the disk had no room lately
        self._since_refresh = 0  #: events appended since the recorder was last heard
        self._scrub_due = True  #: something was destroyed whose bytes may still lie in the WAL
        with ExitStack() as on_error:
            on_error.callback(self._lock.release)
            self._db = _open(path, max_pages)
            on_error.callback(self._db.close)
            self._keys = DayKeys(ring, load=self._load_key, save=self._save_key)
            with translated():
                self._load()
            self._newest_file = NewestFile(path)
            self._files = _files_of(path)
            on_error.pop_all()

    def _load(self) -> None:
        """Take up what the file holds."""
        self._day = int(self._db.execute("SELECT coalesce(max(day), 0) FROM day_key").fetchone()[0])
        self._seq, self._upto = newest_group(self._db)
        noted = read_newest(self._path)
        row = self._db.execute("SELECT id FROM journal").fetchone()
        self.lost = self._missing(noted) if row is None or row[0] == noted.journal_id else None
        self.journal_id = self._identity()
        self._unconfirmed = deque(UnconfirmedGroup(*row) for row in self._db.execute(_SIZES))
        self._unconfirmed_bytes = sum(group.size for group in self._unconfirmed)
        self._refresh_confirmed()

    def append(self, at_ms: int, count: int, body: bytes) -> int:
        """Make one group durable and give its sequence number."""
        self._since_refresh += count
        if self._since_refresh >= _REFRESH_EVERY:
            self._refresh_confirmed()
        self._check_room(len(body))
        seq, upto = self._seq + 1, self._upto + count
        try:
            size = self._insert(seq, at_ms, count, upto, body)
        except BaseException as error:
            self._out_of_space = self._out_of_space or isinstance(error, StorageFull)
            self._keys.clear_cache()
            self._refresh_confirmed()
            raise
        self._seq, self._upto = seq, upto
        self._newest_file.write(Newest(self.journal_id, seq, upto))
        self._unconfirmed.append(UnconfirmedGroup(seq, size, count, at_ms))
        self._unconfirmed_bytes += size
        return seq

    def _insert(self, seq: int, at_ms: int, count: int, upto: int, body: bytes) -> int:
        """Write one group in the place of those that may be dropped; gives its size as it lies in the file."""
        droppable = self._droppable()
        with transaction(self._db):
            self._delete(droppable)  # first: a full file takes the new group in their place
            sealed = self._keys.seal(self._sealing_day(at_ms), body, group_context(self.journal_id, seq))
            self._db.execute("INSERT INTO commit_group VALUES (?, ?, ?, ?, ?)", (seq, at_ms, count, upto, sealed))
        self._deleted_upto = max(self._deleted_upto, droppable)
        return len(sealed)

    def _droppable(self) -> int:
        """Return the last group that may go: the store's file has it, or, where room is short, at least its WAL."""
        return self._confirmed.seq if self._out_of_space else min(self._confirmed.safe, self._confirmed.seq)

    def forget(self) -> None:
        """
        Drop confirmed groups now, without waiting for the next append, and the keys of days that are over.

        Gives back what a backlog took of the disk.
        """
        self._refresh_confirmed()
        if self._out_of_space and self._unconfirmed:
            return  # each commit takes room in the WAL, and what is dropped gives none back until nothing waits
        upto = min(self._droppable(), self._seq - 1)
        with transaction(self._db):
            self._delete(upto)
            self._destroy_keys()
        self._deleted_upto = max(self._deleted_upto, upto)
        if not self._unconfirmed and (self._out_of_space or self._size() > _LARGE_BYTES):
            self._out_of_space = False
            self._shrink()
        if self._scrub_due and not self._out_of_space:  # it needs room
            self._scrub_due = not truncate_wal(self._db)

    def backlog(self) -> Backlog:
        """Return what is still here and not confirmed."""
        self._refresh_confirmed()
        return Backlog(
            appended=self._upto,
            pending=sum(group.events for group in self._unconfirmed),
            oldest_ms=self._unconfirmed[0].at_ms if self._unconfirmed else None,
            used_bytes=self._unconfirmed_bytes,
        )

    def has_room(self) -> bool:
        """Return whether an append would find room now."""
        try:
            self._check_room(0)
        except StorageError:
            return False
        return True

    def is_gone(self) -> bool:
        """Return whether the file or its WAL was removed, or another one lies in its place."""
        return _files_of(self._path) != self._files

    def carry_over(self) -> list[Carried]:
        """
        Read what nobody is known to have recorded out of a file that is gone, and still there for whoever has it open.

        Whoever followed the file reads it to its end as well; a group that is recorded twice changes nothing. What is
        carried over is not missing any more; what is more than can be carried is.
        """
        self._refresh_confirmed()
        find = "SELECT seq, at, n, body FROM commit_group WHERE seq > ? ORDER BY seq LIMIT ?"
        with translated():
            rows = self._db.execute(find, (self._confirmed.seq, _MOST_CARRIED)).fetchall()
        carried = [
            Carried(at_ms, count, self._keys.open_sealed(sealed, group_context(self.journal_id, seq)))
            for seq, at_ms, count, sealed in rows
        ]
        events = sum(group.events for group in carried)
        self._newest_file.write(Newest(self.journal_id, self._seq - len(carried), self._upto - events))
        return carried

    def close(self) -> None:
        """Close the file and give the slot back."""
        self._db.close()
        self._newest_file.close()
        self._lock.release()

    def _missing(self, noted: Newest) -> Gap | None:
        """Return what was acknowledged, is not known to be recorded, and is not in the file."""
        confirmed = read_confirmed(self._path, noted.journal_id)
        seq, events = max((self._seq, self._upto), (confirmed.seq, confirmed.events))
        return Gap(noted.journal_id, seq, noted.seq, noted.events - events) if noted.seq > seq else None

    def _identity(self) -> str:
        """
        Keep the journal's id, unless its file is older than what the recorder confirmed: a restored copy.

        That begins anew: all its groups are recorded, and only their old id opens them.
        """
        row = self._db.execute("SELECT id FROM journal").fetchone()
        if row is not None and read_confirmed(self._path, row[0]).seq <= self._seq:
            return str(row[0])
        fresh = uuid4().hex
        with transaction(self._db):
            self._db.execute("DELETE FROM journal")
            self._db.execute("DELETE FROM commit_group")
            self._db.execute("INSERT INTO journal VALUES (?)", (fresh,))
        self._seq = self._upto = 0
        return fresh

    def _check_room(self, size: int) -> None:
        if self._unconfirmed_bytes + size > self._cap_bytes:
            self._refresh_confirmed()
            if self._unconfirmed_bytes + size > self._cap_bytes:
                raise StorageBehind("the journal holds as much as it may until the recorder catches up")
        if self._reserve_bytes and self._free_bytes() < self._reserve_bytes:
            self._out_of_space = True
            raise StorageFull("the disk is full up to its reserve")

    def _size(self) -> int:
        with translated():
            return self._path.stat().st_size

    def _free_bytes(self) -> int:
        with translated():
            return shutil.disk_usage(self._path.parent).free

    def _refresh_confirmed(self) -> None:
        self._since_refresh = 0
        try:
            confirmed = read_confirmed(self._path, self.journal_id)
        except StorageError:
            return  # nothing but time is lost: it is heard again soon
        while self._unconfirmed and self._unconfirmed[0].seq <= confirmed.seq:
            self._unconfirmed_bytes -= self._unconfirmed.popleft().size
        self._confirmed = max(self._confirmed, confirmed)

    def _delete(self, upto: int) -> None:
        if upto > self._deleted_upto:
            self._db.execute("DELETE FROM commit_group WHERE seq <= ?", (upto,))

    def _sealing_day(self, at_ms: int) -> int:
        """Return the day under whose key a group is sealed; never an earlier one, also when the clock was set back."""
        self._day = max(self._day, day_of(at_ms))
        return self._day

    def _destroy_keys(self) -> None:
        """Overwrite and remove the keys of days from which no group is left."""
        oldest = self._db.execute("SELECT at FROM commit_group ORDER BY seq LIMIT 1").fetchone()
        first = day_of(oldest[0]) if oldest else 0
        days = self._db.execute("SELECT day FROM day_key WHERE day < ?", (first,)).fetchall()
        if not days:
            return
        self._db.executemany("UPDATE day_key SET wrapped=zeroblob(length(wrapped)) WHERE day=?", days)
        self._db.executemany("DELETE FROM day_key WHERE day=?", days)
        for (day,) in days:
            self._keys.forget(day)
        self._scrub_due = True

    def _shrink(self) -> None:
        """Make the file and its WAL as small as what they hold: a row or two, so this takes milliseconds."""
        with translated():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _load_key(self, day: int) -> bytes | None:
        row = self._db.execute("SELECT wrapped FROM day_key WHERE day = ?", (day,)).fetchone()
        return row[0] if row else None

    def _save_key(self, day: int, wrapped: bytes) -> None:
        self._db.execute("INSERT INTO day_key VALUES (?, ?)", (day, wrapped))


def _files_of(path: Path) -> list[int]:
    """Return which files lie under the names of a journal and its WAL; one that is not there is left out."""
    found = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError):
            found.append(file.stat().st_ino)
    return found


def _open(path: Path, max_pages: int | None) -> sqlite3.Connection:
    db = open_file(path, cache_kib=_CACHE_KIB, page_bytes=_PAGE_BYTES)
    with translated():
        db.execute("PRAGMA secure_delete=OFF")  # what is deleted is sealed; zeroing it needs room, and time
        db.executescript(_SCHEMA)
        if max_pages is not None:
            db.execute(f"PRAGMA max_page_count={max_pages}")
    return db
