"""
An index of random keys that is written late and in the order of its keys.

A random key costs a page of its own at each commit, in the WAL and again in the checkpoint. So new entries are
appended to a log and kept in memory, and a sweep moves them on into the index: a share of the key space with each
transaction, as large as the share of `SPAN` events it recorded. By the time the sweep comes to a page, several
entries wait for it (docs/decisions/0010-late-indexes.md).
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec import Struct

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite import packed
from twinbeam.engines.stores.sqlite.connection import Connection

#: Events for one sweep over all keys; an entry waits in memory (about 120 bytes) for half of that on average.
SPAN = 262_144
_SHARES = 256  #: the key space is swept by the first byte of its keys
_FORGOTTEN_ROWS = 64  #: of the log at most with each transaction, each of up to a thousand events


class _Step(Struct, frozen=True):
    """What a transaction does to an index; taken over into memory once it is committed."""

    added: Sequence[packed.Entry] = ()
    shares: int = 0  #: that were swept
    due: float = 0.0  #: shares still to be swept


class LateIndex:
    """
    Keys that lead to ids, for the one writer; what a key leads to never changes while it is here.

    `add` is called inside a transaction and `committed` after it: memory follows the file.
    """

    def __init__(self, connection: Connection, table: str, column: str) -> None:
        self._connection = connection
        self._db = connection.db
        self._log = log = log_table(table)
        self._insert = f"INSERT OR REPLACE INTO {table} VALUES (?,?)"  # noqa: S608 -- our own name
        self._select = f"SELECT {column}, id FROM {table} WHERE {column} IN ({{}})"  # noqa: S608 -- our own names
        self._forget = f"DELETE FROM {log} WHERE n IN (SELECT n FROM {log} WHERE n <= ? LIMIT ?)"  # noqa: S608 -- likewise
        self.read_again()

    def read_again(self) -> None:
        """Take what waits from the file, as at the start and after a transaction that failed."""
        self._waiting: list[dict[bytes, int]] = [{} for _ in range(_SHARES)]  # by the share a key belongs to
        for key, id_ in packed.entries_of(self._db, self._log, KEY_BYTES):
            self._waiting[key[0]][key] = id_
        self._newest = int(self._db.execute(f"SELECT coalesce(max(n), 0) FROM {self._log}").fetchone()[0])  # noqa: S608 -- our own name
        self._place = 0  # the share that is swept next
        self._swept_to = 0  # rows of the log up to here are in the index
        self._round_to = self._newest  # and up to here, once this round over all shares is done
        self._step = self._next = _Step()

    def find(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Give those of the keys that are known, with their ids."""
        asked, waiting = sorted(keys), self._waiting
        found = {key: waiting[key[0]][key] for key in asked if key in waiting[key[0]]}
        found.update(self._connection.among(self._select, [key for key in asked if key not in found]))
        return found

    def add(self, entries: Sequence[packed.Entry], *, events: int) -> None:
        """Add new entries, and sweep as far as recording so many events obliges to; ValueError for a known key."""
        if any(key in self._waiting[key[0]] for key, _ in entries):
            raise ValueError(f"a key was added to {self._log} a second time")
        if entries:
            packed.append(self._db, self._log, KEY_BYTES, entries, n=self._newest + 1)
        due = self._step.due + events * _SHARES / SPAN
        shares = min(int(due), _SHARES - self._place)
        self._sweep(shares)
        self._next = _Step(entries, shares, due - shares)

    def sweep(self, most: int) -> None:
        """Sweep on, though nothing is recorded, until about so many keys are written; as `add`, once a transaction."""
        shares, keys = 0, 0
        while self._place + shares < _SHARES and keys < most:
            keys += len(self._waiting[self._place + shares])
            shares += 1
        self._sweep(shares)
        self._next = _Step((), shares, self._step.due)

    def newest(self) -> int:
        """Give the newest row of the log; where nothing waits, the index has all up to it."""
        return self._newest

    def forget(self, upto: int, most: int) -> bool:
        """Drop rows of the log that are in the index; tells whether there may be more of them."""
        return self._db.execute(self._forget, (upto, most)).rowcount == most

    def _sweep(self, shares: int) -> None:
        swept = chain.from_iterable(share.items() for share in self._waiting[self._place : self._place + shares])
        self._db.executemany(self._insert, sorted(swept))
        self._db.execute(self._forget, (self._swept_to, _FORGOTTEN_ROWS))

    def waiting(self) -> int:
        """Count the keys that the index does not have yet."""
        return sum(map(len, self._waiting))

    def oldest_waiting(self) -> int | None:
        """Give the lowest id that a key still waits in memory for."""
        return min((min(share.values()) for share in self._waiting if share), default=None)

    def committed(self) -> None:
        """Take over what `add` did, now that it is durable."""
        step, self._step = self._next, self._next
        for place in range(self._place, self._place + step.shares):
            self._waiting[place] = {}
        self._place += step.shares
        self._newest += bool(step.added)
        for key, id_ in step.added:
            self._waiting[key[0]][key] = id_
        if self._place == _SHARES:
            self._place, self._swept_to, self._round_to = 0, self._round_to, self._newest


def log_table(table: str) -> str:
    """Name the table that keeps what an index does not have yet."""
    return f"{table}_log"
