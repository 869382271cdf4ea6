"""What a fold has decided, written down; every function is called inside the fold's transaction."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.engines.stores.sqlite.auditing import add_changes
from twinbeam.engines.stores.sqlite.connection import StoreConnection, facts_context
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.counting import add_counts, add_coverage
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.lookup_index import add_lookups
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.pricing import forget_margins
from twinbeam.engines.stores.sqlite.rows import (
    INSERT,
    PUT_VISITOR,
    UPDATE,
    as_changes,
    as_row,
    encode_facts,
    handle_of,
    is_stored,
    known_id,
)
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.fold import Fold
from twinbeam.pipeline.record.merge import show
from twinbeam.pipeline.record.read_set import EventSide
from twinbeam.pipeline.record.write_set import SideReports, WriteSet

_REPORTED = (
    "INSERT INTO side_seen VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET at=max(at, excluded.at), alone=excluded.alone"
)
_ALONE = "UPDATE side_seen SET alone=alone+? WHERE workspace=? AND pixel=? AND event=? AND side=?"
_NOTES = "UPDATE visitor SET watchlist=? WHERE id=?"
_SPELLED = "INSERT OR REPLACE INTO event_spelling VALUES (?,?,?,?,?)"

_CONFIRMING = "INSERT OR REPLACE INTO confirming VALUES (?,?,?)"


class Writing:
    """Writes down what one fold after the other decided."""

    def __init__(
        self,
        connection: StoreConnection,
        dedup: DeferredIndex,
        visitor_keys: DeferredIndex,
        watchlist: ConsentWatchlist,
    ) -> None:
        self._connection = connection
        self._db = connection.db
        self._payloads = Payloads(connection)
        self._watchlist = watchlist
        self._dedup = dedup
        self._visitor_keys = visitor_keys
        self.reload()

    def reload(self) -> None:
        """Take what is kept in memory from the file, as at the start and after every rollback."""
        self._last_visitor = self._connection.highest_id("visitor")

    def write(self, fold: Fold, now_ms: int) -> None:
        """Write everything."""
        writes = fold.write_set
        ids = {handle: self._visitor_id(handle) for handle in writes.facts}
        _name_visitors(writes, ids)
        joined = self._joined(writes)
        self._dedup.add(list(writes.keys.items()), events=fold.arrivals, moved=writes.moved)
        self._db.executemany(INSERT, list(map(as_row, writes.opened)))
        self._db.executemany(UPDATE, list(map(as_changes, _changed(writes))))
        self._write_payloads(writes, joined, now_ms)
        self._write_schedule(writes)
        self._db.executemany("INSERT INTO copy VALUES (?,?,?,?,?,?,?)", writes.notes)
        self._write_withdrawn(writes)
        self._write_lookups([*writes.lookups, *_released_lookups(writes, joined)])
        self._write_visits(fold, ids, now_ms)
        self._write_heard(writes.heard)
        self._db.executemany(_SPELLED, [(*place, *word) for place, word in writes.spelled.items()])
        self._db.executemany(_CONFIRMING, [(*place, until) for place, until in writes.confirming.items()])
        add_changes(self._db, writes.audit)
        add_counts(self._db, fold.counters)
        add_coverage(self._db, fold.counters.coverage)

    def _joined(self, writes: WriteSet) -> dict[int, list[Copy]]:
        """Return all copies of each conversion whose payload changes, the kept ones first; its row shows them."""
        new = {row.id: row for row in writes.opened}
        known = [id_ for id_ in {**writes.payloads, **dict.fromkeys(writes.released)} if id_ not in new]
        known += [source for source, _ in writes.absorbed]
        kept = self._payloads.copies_of(sorted(known)) if known else {}
        for source, into in writes.absorbed:
            kept[into] = [*kept.get(into, []), *kept.pop(source, [])]
        joined = {id_: [*kept.get(id_, []), *writes.payloads.get(id_, [])] for id_ in [*writes.payloads, *kept]}
        rows = new | writes.changed
        for id_, copies in joined.items():
            if len(copies) > 1 and id_ in rows:
                show(rows[id_], copies)
        return joined

    def _write_withdrawn(self, writes: WriteSet) -> None:
        """Blank what copies of it said, later ones too, and have its look-ups removed."""
        withdrawn = [id_ for id_, row in writes.changed.items() if row.state is State.WITHDRAWN]
        self._db.executemany("UPDATE copy SET differs='' WHERE id=?", [(id_,) for id_ in withdrawn])
        forget_margins(self._connection, withdrawn)
        news = [(id_,) for id_ in withdrawn if id_ in writes.purged]
        self._db.executemany("INSERT OR IGNORE INTO pending_lookup_removal VALUES (?)", news)

    def _write_payloads(self, writes: WriteSet, joined: dict[int, list[Copy]], now_ms: int) -> None:
        rows = {row.id: row for row in writes.opened} | writes.changed
        held = {id_ for id_ in joined if id_ in rows and rows[id_].state is State.HELD}
        self._payloads.write(joined.items(), held, now_ms)
        if writes.released:
            self._payloads.destroy_keys(sorted(writes.released))
        if writes.purged:
            self._payloads.purge(sorted(writes.purged))

    def _write_schedule(self, writes: WriteSet) -> None:
        gone = writes.unscheduled.values()
        ready = [(self._lane(row), due, row.id) for row, due, held in gone if not held]
        self._db.executemany("DELETE FROM ready WHERE lane=? AND due=? AND id=?", ready)
        self._db.executemany(
            "DELETE FROM held WHERE due=? AND id=?", [(due, row.id) for row, due, held in gone if held]
        )
        due = writes.scheduled.values()
        waits = [(row.due_ms, row.id) for row in due if row.state is State.HELD]
        self._db.executemany("INSERT INTO held VALUES (?,?)", waits)
        ready = [(self._lane(row), row.due_ms, row.id) for row in due if row.state is not State.HELD]
        self._db.executemany("INSERT INTO ready VALUES (?,?,?)", ready)

    def _lane(self, row: Conversion) -> int:
        return self._connection.lane((row.workspace, row.event_source, row.pixel, row.test_code, row.enriched)).id

    def _write_lookups(self, lookups: Sequence[tuple[list[bytes], int, int]]) -> None:
        by_day: dict[int, list[tuple[bytes, int]]] = {}
        for hashes, id_, at_ms in lookups:
            by_day.setdefault(day_of(at_ms), []).extend([(h, id_) for h in hashes])
        for day, found in by_day.items():
            add_lookups(self._db, day, found)

    def _write_visits(self, fold: Fold, ids: dict[bytes, int], now_ms: int) -> None:
        writes = fold.write_set
        links = [(token, ids.get(handle) or known_id(handle)) for token, handle in writes.links.items()]
        self._visitor_keys.add(links, events=fold.arrivals)
        news = [(ids.get(handle) or known_id(handle), id_) for handle, id_ in writes.watched]
        new = {id_ for handle, id_ in ids.items() if not is_stored(handle)}
        notes = self._watchlist.merged(news, now_ms, new=new)
        facts = [(encode_facts(facts), facts_context(ids[handle])) for handle, facts in writes.facts.items()]
        day = self._connection.sealing_day(now_ms)
        sealed = zip(ids.values(), self._connection.keys.seal_all(day, facts), strict=True)
        self._db.executemany(PUT_VISITOR, [(id_, day, notes.pop(id_, None), each) for id_, each in sealed])
        self._db.executemany(_NOTES, [(watchlist, id_) for id_, watchlist in notes.items()])

    def _visitor_id(self, handle: bytes) -> int:
        if is_stored(handle):
            return known_id(handle)
        self._last_visitor += 1
        return self._last_visitor

    def _write_heard(self, heard: dict[EventSide, SideReports]) -> None:
        reported = [(*place, it.at_ms, it.alone) for place, it in heard.items() if it.at_ms is not None]
        self._db.executemany(_REPORTED, reported)
        self._db.executemany(_ALONE, [(it.alone, *place) for place, it in heard.items() if it.at_ms is None])


def _name_visitors(writes: WriteSet, ids: dict[bytes, int]) -> None:
    """Name new visitors by their ids in what is written of conversions: by their tokens they are known here alone."""
    new = {handle: handle_of(id_) for handle, id_ in ids.items() if not is_stored(handle)}
    for row in (*writes.opened, *writes.changed.values()):
        row.visitor = new.get(row.visitor, row.visitor)
        row.other_visitor = new.get(row.other_visitor, row.other_visitor)
        row.granter = new.get(row.granter, row.granter)
    for id_, copies in writes.payloads.items():
        if any(copy.visitor in new for copy in copies):
            named = [replace(copy, visitor=new.get(copy.visitor, copy.visitor)) for copy in copies]
            writes.payloads[id_] = named


def _changed(writes: WriteSet) -> list[Conversion]:
    new = {row.id for row in writes.opened}
    return [row for row in writes.changed.values() if row.id not in new]


def _released_lookups(writes: WriteSet, joined: dict[int, list[Copy]]) -> Iterable[tuple[list[bytes], int, int]]:
    """Return the look-ups of copies that were held: only now may they be found."""
    return [
        (copy.lookups, id_, copy.received_ms) for id_ in writes.released for copy in joined.get(id_, ()) if copy.lookups
    ]
