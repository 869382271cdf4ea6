"""
An index of random keys that is written later, and in the order of its keys.

A random key costs a page of its own at each commit, in the WAL and again in the checkpoint. So new entries are
appended to a log and kept in memory, and a sweep moves them on into the index: of `SWEEP_EVENTS` events each one brings
it an equal part of the key space further. A partition of the key space is a row of packed entries, to which all that is
pending for it is appended at once (partitions.py). A Bloom filter of all keys tells which are new, so that they are
looked for nowhere (docs/decisions/0010-deferred-indexes.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite import packed_rows
from twinbeam.engines.stores.sqlite.bloom_filter import BloomFilter
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.partitions import (
    PARTITIONS,
    id_in,
    ids_in,
    keys_in,
    merged,
    partition_of,
    without_ids,
)
from twinbeam.engines.stores.sqlite.pending_keys import PendingKeys

#: Events for one sweep over all keys; an entry waits in memory (36 bytes) for half of that on average.
SWEEP_EVENTS = 524_288
_FORGOTTEN_ROWS = 64  #: of the log at most with each transaction, each of up to a thousand events
_KEYS_PER_ID = 3  #: a guess: the filter is made anew where it was too small


class _Step(Struct, frozen=True):
    """What a transaction does to an index; taken over into memory once it is committed."""

    added: Sequence[packed_rows.Entry] = ()
    partitions: int = 0  #: that were swept
    due: float = 0.0  #: partitions still to be swept


class DeferredIndex:
    """
    Keys that lead to ids, for the one writer; of two entries for one key the later one counts.

    `add` is called inside a transaction and `committed` after it: memory follows the file. Of a transaction that
    failed it knows nothing; what the filter was shown by one is only looked for in vain.
    """

    def __init__(self, connection: StoreConnection, table: str, *, of: str) -> None:
        self._connection = connection
        self._db = connection.db
        self._log = log = log_table(table)
        self._put = f"INSERT OR REPLACE INTO {table} VALUES (?,?)"  # noqa: S608 -- our own name
        self._some = f"SELECT partition, entries FROM {table} WHERE partition IN ({{}})"  # noqa: S608 -- likewise
        self._range = f"SELECT partition, entries FROM {table} WHERE partition >= ? AND partition < ?"  # noqa: S608 -- likewise
        self._forget = f"DELETE FROM {log} WHERE n IN (SELECT n FROM {log} WHERE n <= ? LIMIT ?)"  # noqa: S608 -- likewise
        self._filter = BloomFilter(_KEYS_PER_ID * connection.highest_id(of))
        self._pending = PendingKeys(packed_rows.entries_of(self._db, log, KEY_BYTES))
        self._newest = int(self._db.execute(f"SELECT coalesce(max(n), 0) FROM {log}").fetchone()[0])  # noqa: S608 -- likewise
        self._place = 0  # the partition that is swept next
        self._swept_to = 0  # rows of the log up to here are in the index
        self._round_to = self._newest  # and up to here, once this round over all partitions is done
        self._may_repeat = bool(self._pending)  # what the log held at the start may be in the index already
        self._next = _Step()
        self._due = 0.0  # partitions still to be swept
        self._new: set[bytes] = set()  # what was last asked for and not known

    def find(self, keys: set[bytes], *, more: bool = False) -> Mapping[bytes, int]:
        """
        Return those of the keys that are known, with their ids; the others, and no more, may be added next.

        With `more` those that were asked for before may still be added as well.
        """
        found: dict[bytes, int] = {}
        asked: list[bytes] = []
        for key in self._filter.add(keys):
            id_ = self._pending.id_of(key)
            if id_ is None:
                asked.append(key)
            else:
                found[key] = id_
        partitions = dict(self._connection.select_in(self._some, sorted(set(map(partition_of, asked)))))
        ids = ((key, id_in(partitions.get(partition_of(key), b""), key)) for key in asked)
        found |= {key: id_ for key, id_ in ids if id_ is not None}
        self._new = keys.difference(found) | (self._new if more else set())
        return found

    def add(
        self, entries: Sequence[packed_rows.Entry], *, events: int, moved: AbstractSet[bytes] = frozenset()
    ) -> None:
        """
        Add entries, and sweep as far as recording so many events obliges to.

        Raises ValueError for a key that `find` was not just asked for, or that it knew, unless it is `moved`: the
        filter has not seen the one, and the other is there already.
        """
        if not self._new.issuperset([key for key, _ in entries if key not in moved]):
            raise ValueError(f"a key was added to {self._log} that was not looked for before, or was found")
        if entries:
            packed_rows.append(self._db, self._log, KEY_BYTES, entries, n=self._newest + 1)
        due = self._due + events * PARTITIONS / SWEEP_EVENTS
        partitions = min(int(due), PARTITIONS - self._place)
        self._sweep(partitions)
        self._next = _Step(entries, partitions, due - partitions)

    def sweep(self, most: int) -> None:
        """Sweep on, though nothing is recorded, until about so many keys are written; as `add`, once a transaction."""
        partitions, keys = 0, 0
        while self._place + partitions < PARTITIONS and keys < most:
            keys += self._pending.count_in(self._place + partitions)
            partitions += 1
        self._sweep(partitions)
        self._next = _Step((), partitions, self._due)

    def remove(self, first: int, end: int, gone: Callable[[Sequence[int]], Iterable[int]]) -> None:
        """
        Take entries out of the partitions from one to before another, but not out of what is pending.

        Call it inside a transaction.

        `gone` is told the ids that the partitions lead to, and gives those to which no key shall lead any more.
        """
        partitions = self._db.execute(self._range, (first, end)).fetchall()
        ids_of = {number: ids_in(partition) for number, partition in partitions}
        leaving = set(gone([id_ for ids in ids_of.values() for id_ in ids]))
        losing = [(number, partition) for number, partition in partitions if not leaving.isdisjoint(ids_of[number])]
        self._db.executemany(self._put, [(number, without_ids(partition, leaving)) for number, partition in losing])

    def newest(self) -> int:
        """Return the newest row of the log; where nothing waits, the index has all up to it."""
        return self._newest

    def trim_log(self, upto: int, most: int) -> bool:
        """Drop rows of the log that are in the index; tells whether there may be more of them."""
        return self._db.execute(self._forget, (upto, most)).rowcount == most

    def _sweep(self, partitions: int) -> None:
        first, end = self._place, self._place + partitions
        stored = dict(self._db.execute(self._range, (first, end)))
        join = merged if self._may_repeat else bytes.__add__
        swept = {
            number: join(stored.get(number, b""), partition) for number, partition in self._pending.between(first, end)
        }
        self._db.executemany(self._put, swept.items())
        if first <= self._filter.covered < end:
            for partition in (stored | swept).values():
                self._filter.add(keys_in(partition))
        self._db.execute(self._forget, (self._swept_to, _FORGOTTEN_ROWS))

    def pending(self) -> int:
        """Count the keys that the index does not have yet."""
        return len(self._pending)

    def lowest_pending(self) -> int | None:
        """Return the lowest id that a key still waits in memory for."""
        return self._pending.lowest_id()

    def after_commit(self) -> None:
        """Take over what `add` did, now that it is durable."""
        step, self._next = self._next, _Step()  # entries that are kept no longer than this are cheaper to free
        self._due = step.due
        first, self._place = self._place, self._place + step.partitions
        self._pending.drop(first, self._place)
        self._newest += bool(step.added)
        self._pending.add(step.added)
        if first <= self._filter.covered:
            self._filter.covered = max(self._filter.covered, self._place)
        if self._place == PARTITIONS:
            self._place, self._swept_to, self._round_to = 0, self._round_to, self._newest
            self._may_repeat = False
            if self._filter.saturated:
                self._filter = BloomFilter(2 * self._filter.added)


def log_table(table: str) -> str:
    """Name the table that keeps what an index does not have yet."""
    return f"{table}_log"
