"""
An index of random keys that is written late and in the order of its keys.

A random key costs a page of its own at each commit, in the WAL and again in the checkpoint. So new entries are
appended to a log and kept in memory, and a sweep moves them on into the index: a share of the key space with each
transaction, as large as the share of `SPAN` events it recorded. By the time the sweep comes to a page, many entries
wait for it. The sweep also shows the keys it passes to a sketch, so that new keys are not looked for in the index
(docs/decisions/0010-late-indexes.md).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite import packed
from twinbeam.engines.stores.sqlite.connection import Connection
from twinbeam.engines.stores.sqlite.sketch import Sketch
from twinbeam.engines.stores.sqlite.waiting_keys import SHARES, WaitingKeys

#: Events for one sweep over all keys; an entry waits in memory (36 bytes) for half of that on average.
SPAN = 524_288
_FORGOTTEN_ROWS = 64  #: of the log at most with each transaction, each of up to a thousand events
_KEYS_PER_ID = 3  #: a guess: the sketch is made anew where it was too small


class _Step(Struct, frozen=True):
    """What a transaction does to an index; taken over into memory once it is committed."""

    added: Sequence[packed.Entry] = ()
    shares: int = 0  #: that were swept
    due: float = 0.0  #: shares still to be swept


class LateIndex:
    """
    Keys that lead to ids, for the one writer; what a key leads to never changes while it is here.

    `add` is called inside a transaction and `committed` after it: memory follows the file. Of a transaction that
    failed it knows nothing; what the sketch was shown by one is only looked for in vain.
    """

    def __init__(self, connection: Connection, table: str, column: str, *, of: str) -> None:
        self._connection = connection
        self._db = connection.db
        self._log = log = log_table(table)
        self._insert = f"INSERT OR REPLACE INTO {table} VALUES (?,?)"  # noqa: S608 -- our own name
        self._select = f"SELECT {column}, id FROM {table} WHERE {column} IN ({{}})"  # noqa: S608 -- our own names
        self._pass = f"SELECT {column} FROM {table} WHERE {column} >= ? AND {column} < ?"  # noqa: S608 -- likewise
        self._forget = f"DELETE FROM {log} WHERE n IN (SELECT n FROM {log} WHERE n <= ? LIMIT ?)"  # noqa: S608 -- likewise
        self._sketch = Sketch(_KEYS_PER_ID * connection.highest(of))
        self._waiting = WaitingKeys(packed.entries_of(self._db, log, KEY_BYTES))
        self._newest = int(self._db.execute(f"SELECT coalesce(max(n), 0) FROM {log}").fetchone()[0])  # noqa: S608 -- likewise
        self._place = 0  # the share that is swept next
        self._swept_to = 0  # rows of the log up to here are in the index
        self._round_to = self._newest  # and up to here, once this round over all shares is done
        self._step = self._next = _Step()

    def find(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Give those of the keys that are known, with their ids."""
        found: dict[bytes, int] = {}
        asked: list[bytes] = []
        for key in sorted(keys):
            id_ = self._waiting.id_of(key)
            if id_ is not None:
                found[key] = id_
            elif self._sketch.may_hold(key):
                asked.append(key)
        found.update(self._connection.among(self._select, asked))
        return found

    def add(self, entries: Sequence[packed.Entry], *, events: int) -> None:
        """Add new entries, and sweep as far as recording so many events obliges to; ValueError for a known key."""
        if any(self._waiting.id_of(key) is not None for key, _ in entries):
            raise ValueError(f"a key was added to {self._log} a second time")
        if entries:
            packed.append(self._db, self._log, KEY_BYTES, entries, n=self._newest + 1)
        due = self._step.due + events * SHARES / SPAN
        shares = min(int(due), SHARES - self._place)
        self._sweep(shares)
        self._next = _Step(entries, shares, due - shares)

    def sweep(self, most: int) -> None:
        """Sweep on, though nothing is recorded, until about so many keys are written; as `add`, once a transaction."""
        shares, keys = 0, 0
        while self._place + shares < SHARES and keys < most:
            keys += self._waiting.count_in(self._place + shares)
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
        entries = self._waiting.among(self._place, shares)
        self._db.executemany(self._insert, entries)
        self._sketch.add(key for key, _ in entries)
        if self._place <= self._sketch.known < self._place + shares:
            passed = self._db.execute(self._pass, (_begin(self._sketch.known), _begin(self._place + shares)))
            self._sketch.add(key for (key,) in passed)
        self._db.execute(self._forget, (self._swept_to, _FORGOTTEN_ROWS))

    def waiting(self) -> int:
        """Count the keys that the index does not have yet."""
        return len(self._waiting)

    def oldest_waiting(self) -> int | None:
        """Give the lowest id that a key still waits in memory for."""
        return self._waiting.lowest_id()

    def committed(self) -> None:
        """Take over what `add` did, now that it is durable."""
        step, self._step = self._next, self._next
        self._waiting.drop(self._place, step.shares)
        self._place += step.shares
        self._newest += bool(step.added)
        self._waiting.add(sorted(step.added))
        if self._place - step.shares <= self._sketch.known:
            self._sketch.known = max(self._sketch.known, self._place)
        if self._place == SHARES:
            self._place, self._swept_to, self._round_to = 0, self._round_to, self._newest
            if self._sketch.crowded:
                self._sketch = Sketch(2 * self._sketch.added)


def log_table(table: str) -> str:
    """Name the table that keeps what an index does not have yet."""
    return f"{table}_log"


def _begin(share: int) -> bytes:
    """Give the first key of a share."""
    return share.to_bytes(2, "big") if share < SHARES else b"\xff" * (KEY_BYTES + 1)
