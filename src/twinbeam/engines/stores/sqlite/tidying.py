"""
Retention: what nobody needs any more goes, a little at a time.

A round goes once over everything that may have come to its end. It is a generator: each step is a bounded piece of
work, and as many steps as fit into a few milliseconds share one transaction, so that the recorder never waits long.
A step that yields True is the last one of its transaction.

    payloads     keep_days after the conversion ended; destroying a day's key makes every copy of them unreadable
    visits       keep_days after something new was learned of them
    look-ups     keep_days after the arrival they came with
    quarantine   keep_days
    sightings    keep_days
    keys         400 days where an order gave them, 7 days otherwise
    counts       pixel counts 90 days
    conversions  400 days, with their attempts; what they counted as stays counted
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from twinbeam.admin.delivered_counts import KEEP_DAYS
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.lookup_index import day_of_table, delete_lookups, lookup_tables
from twinbeam.engines.stores.sqlite.moments import first_since
from twinbeam.engines.stores.sqlite.partitions import PARTITIONS
from twinbeam.engines.stores.sqlite.sightings import SightingRing

KeepDays = Callable[[str], int]
"""How many days a workspace keeps what is about persons."""

ORDER_KEY_DAYS = 400
OTHER_KEY_DAYS = 7
_ROWS = 250  #: looked at in one step
_LOOKUP_ROWS = 20  #: each of up to a transaction's look-ups
_WITHDRAWN_ROWS = 10_000  #: whose look-ups are looked for together
_KEY_ROWS = 1_000
_SWEPT = 250  #: keys at once, each of which may cost a page
_MOST_SWEPT = 200_000  #: where more wait after a day, a week sees a whole sweep anyway
_UNSENT = ", ".join(f"'{state}'" for state in sorted(UNSENT))
#: Rows that no longer tell whether an order gave them their key.
_BLANKED = f"'{State.ERASED}', '{State.WITHDRAWN}', '{State.DROPPED}'"

_PAYLOADS = (
    "SELECT payload.id, workspace, state, coalesce(settled_at, received), received FROM payload "
    "JOIN conversion USING (id) WHERE payload.id > ? ORDER BY payload.id LIMIT ?"
)
_QUARANTINE = (
    "DELETE FROM quarantine WHERE (journal, seq, item) IN "
    "(SELECT journal, seq, item FROM quarantine WHERE at < ? LIMIT ?)"
)
_WITHOUT_ORDER = (
    f"SELECT id FROM conversion WHERE id IN ({{}}) AND order_id = '' AND state NOT IN ({_BLANKED}, {_UNSENT})"  # noqa: S608 -- constants only
)
_OLD = (
    f"SELECT id, state FROM conversion WHERE id > ? AND id < ? AND state NOT IN ({_UNSENT}) "  # noqa: S608 -- constants only
    "AND NOT EXISTS (SELECT 1 FROM payload WHERE payload.id = conversion.id) ORDER BY id LIMIT ?"
)
_WITHDRAWN = "SELECT id, received FROM pending_lookup_removal JOIN conversion USING (id) ORDER BY id LIMIT ?"
_VISITS = "SELECT id, seen FROM visitor WHERE id > ? ORDER BY id LIMIT ?"
_REMOVED = "INSERT INTO removed_count VALUES (?,?) ON CONFLICT (state) DO UPDATE SET n = n + excluded.n"


class Tidying:
    """One round after the other; `now_ms` is moved on by whoever takes the steps."""

    def __init__(
        self, connection: StoreConnection, dedup: DeferredIndex, ring: SightingRing, keep_days_of: KeepDays
    ) -> None:
        self._connection = connection
        self._sighting_ring = ring
        self._watchlist = ConsentWatchlist(connection)
        self._db = connection.db
        self._dedup = dedup
        self._keep_days_of = keep_days_of
        self.now_ms = 0
        self.swept = False  #: the index has to be told when this transaction is committed
        self._keys_done = 0  #: the day on which all keys were last looked at

    def round(self) -> Iterator[bool]:
        """Go over everything once."""
        yield from self._payloads()
        yield from self._lookups_of_the_withdrawn()
        oldest_visit: list[int] = []
        yield from self._visits(oldest_visit)
        yield from self._old_lookups()
        yield from self._quarantine()
        self._sighting_ring.forget(self._keep_days_of, self.now_ms)
        yield from self._counts()
        yield from self._old_keys()
        self._day_keys(oldest_visit)

    def _longest(self) -> int:
        """Return the days for what belongs to no single workspace."""
        return max(map(self._keep_days_of, self._workspaces()))

    def _shortest(self) -> int:
        return min(map(self._keep_days_of, self._workspaces()))

    def _workspaces(self) -> list[str]:
        return ["", *(name for (name,) in self._db.execute("SELECT DISTINCT workspace FROM lane"))]

    def _before(self, days: int) -> int:
        return self.now_ms - days * MS_PER_DAY

    def _payloads(self) -> Iterator[bool]:
        place = 0
        while rows := self._db.execute(_PAYLOADS, (place, _ROWS)).fetchall():
            place = rows[-1][0]
            ended = [
                (id_,)
                for id_, workspace, state, ended_ms, _ in rows
                if state not in UNSENT and ended_ms < self._before(self._keep_days_of(workspace))
            ]
            self._db.executemany("DELETE FROM payload WHERE id=?", ended)
            yield False
            if not ended and min(received for *_, received in rows) >= self._before(self._shortest()):
                break  # ids follow time: what comes now cannot have ended so long ago

    def _lookups_of_the_withdrawn(self) -> Iterator[bool]:
        """Let nobody find any more what was refused; its look-ups are no younger than itself."""
        while rows := self._db.execute(_WITHDRAWN, (_WITHDRAWN_ROWS,)).fetchall():
            first_day = day_of(min(received for _, received in rows))
            for _ in delete_lookups(self._db, [id_ for id_, _ in rows], since_day=first_day):
                yield False
            self._db.executemany("DELETE FROM pending_lookup_removal WHERE id=?", [(id_,) for id_, _ in rows])
            self._connection.scrub_due = True
            yield False

    def _visits(self, oldest: list[int]) -> Iterator[bool]:
        """
        Remove visits, and tell the first day on which one that stays was written.

        Of one whose later word may still reach something, only what it is known by is removed.
        """
        place, until = 0, day_of(self.now_ms) - self._longest()
        while rows := self._db.execute(_VISITS, (place, _ROWS)).fetchall():
            place = rows[-1][0]
            self._watchlist.forget([id_ for id_, seen in rows if seen < until], self.now_ms)
            oldest[:] = [min([*oldest, *(seen for _, seen in rows if seen >= until)], default=until)]
            yield False

    def _old_lookups(self) -> Iterator[bool]:
        for table in lookup_tables(self._db):
            if day_of_table(table) >= day_of(self.now_ms) - self._longest():
                return
            sql = f"DELETE FROM {table} WHERE n IN (SELECT n FROM {table} LIMIT ?)"  # noqa: S608 -- our own name
            while self._db.execute(sql, (_LOOKUP_ROWS,)).rowcount == _LOOKUP_ROWS:
                yield False
            self._db.execute(f"DROP TABLE {table}")
            yield False

    def _quarantine(self) -> Iterator[bool]:
        while self._db.execute(_QUARANTINE, (self._before(self._longest()), _ROWS)).rowcount:
            yield False

    def _counts(self) -> Iterator[bool]:
        """Remove old pixel counts, a day at a time."""
        (oldest,) = self._db.execute("SELECT min(day) FROM pixel_count").fetchone()
        while oldest is not None and oldest < day_of(self.now_ms) - KEEP_DAYS:
            self._db.execute("DELETE FROM pixel_count WHERE day = ?", (oldest,))
            yield False
            (oldest,) = self._db.execute("SELECT min(day) FROM pixel_count").fetchone()

    def _old_keys(self) -> Iterator[bool]:
        """Remove keys and then the conversions that no key leads to any more; once a day is enough."""
        if self._keys_done == day_of(self.now_ms):
            return
        yield from self._sweep()
        old, other = self._first_since(self._before(ORDER_KEY_DAYS)), self._first_since(self._before(OTHER_KEY_DAYS))
        for first, end in _ranges(self._connection.highest_id("conversion")):
            self._dedup.remove(first, end, lambda ids: self._ended(ids, old, other))
            yield False
        yield from self._conversions(old)
        batches = "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE at < ? AND state <> 'leased' LIMIT ?)"
        while self._db.execute(batches, (self._before(ORDER_KEY_DAYS), _ROWS)).rowcount:
            yield False
        self._keys_done = day_of(self.now_ms)

    def _ended(self, ids: Iterable[int], old: int, other: int) -> Iterator[int]:
        """Yield the conversions whose keys have had their time: all before `old`, without an order before `other`."""
        yield from (id_ for id_ in ids if id_ < old)
        asked = (id_ for id_ in ids if old <= id_ < other)
        yield from (id_ for (id_,) in self._connection.select_in(_WITHOUT_ORDER, asked))

    def _sweep(self) -> Iterator[bool]:
        """Bring the keys of a quiet store into their index, where they can be removed; a busy one does it by itself."""
        if self._dedup.pending() > _MOST_SWEPT:
            return
        for _ in range(2 * _MOST_SWEPT // _SWEPT):
            if not self._dedup.pending():
                break
            self._dedup.sweep(_SWEPT)
            self.swept = True
            yield True
        if not self._dedup.pending():
            upto = self._dedup.newest()
            while self._dedup.trim_log(upto, _ROWS):
                yield False

    def _conversions(self, old: int) -> Iterator[bool]:
        waiting = self._dedup.lowest_pending()
        until, place = old if waiting is None else min(old, waiting), 0
        while rows := self._db.execute(_OLD, (place, until, _ROWS)).fetchall():
            place = rows[-1][0]
            self._connection.save_highest_id("conversion")
            ids = [(id_,) for id_, _ in rows]
            for sql in ("conversion", "copy", "attempt", "conversion_margin"):
                self._db.executemany(f"DELETE FROM {sql} WHERE id=?", ids)  # noqa: S608 -- our own names
            self._db.executemany(_REMOVED, sorted(Counter(state for _, state in rows).items()))
            yield False

    def _day_keys(self, oldest_visit: list[int]) -> None:
        """Destroy the keys of the days that nothing is sealed under any more."""
        first = "SELECT received FROM payload JOIN conversion USING (id) ORDER BY payload.id LIMIT 1"
        payload = self._db.execute(first).fetchone()
        quarantined = self._db.execute("SELECT min(at) FROM quarantine").fetchone()[0]
        today = day_of(self.now_ms)
        needed = [
            today - self._longest(),
            *oldest_visit,
            *(day_of(row) for row in (payload or ())),
            *([] if quarantined is None else [day_of(quarantined)]),
        ]
        until = min(needed) - 1  # a day apart, since some clocks differ
        gone = self._db.execute("SELECT day FROM day_key WHERE day < ?", (until,)).fetchall()
        for (day,) in gone:
            self._db.execute("UPDATE day_key SET wrapped=zeroblob(length(wrapped)) WHERE day=?", (day,))
            self._db.execute("DELETE FROM day_key WHERE day=?", (day,))
            self._connection.keys.forget(day)
            self._connection.scrub_due = True

    def _first_since(self, ms: int) -> int:
        return first_since(self._db, ms, self._connection.highest_id("conversion"))


def _ranges(keys: int) -> Iterator[tuple[int, int]]:
    """Divide all partitions into ranges of about `_KEY_ROWS` keys."""
    width = max(1, min(PARTITIONS, PARTITIONS * _KEY_ROWS // max(keys, 1)))
    return ((first, min(first + width, PARTITIONS)) for first in range(0, PARTITIONS, width))
