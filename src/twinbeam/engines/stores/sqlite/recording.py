"""The record room's part of the SQLite store: load what is known, fold, write, in one transaction."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.engines.stores.sqlite.auditing import add_changes
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.counting import add_counts, move_counts
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.loading import Loading
from twinbeam.engines.stores.sqlite.ordering import Ordering
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.pricing import Pricing
from twinbeam.engines.stores.sqlite.sightings import SightingRing
from twinbeam.engines.stores.sqlite.writing import Writing
from twinbeam.pipeline.record.claims import ClaimLimits
from twinbeam.pipeline.record.confirming import ended
from twinbeam.pipeline.record.contract import Numbered, Recorded, arrivals_of, has_gap
from twinbeam.pipeline.record.conversion import Conversion, reason_to_end
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.pipeline.record.fold import Fold
from twinbeam.pipeline.record.policy import RecordPolicy

_HELD = (
    "SELECT held.due, conversion.id, received, workspace, pixel, event, reason, lacks FROM held "
    "JOIN conversion ON conversion.id = held.id WHERE {} ORDER BY held.due, held.id LIMIT ?"
)
_OVERDUE = _HELD.format("held.due <= ?")
_HELD_OF = _HELD.format("workspace = ? AND pixel = ?")
_END = "UPDATE conversion SET state=?, reason=?, settled_at=?, due=0 WHERE id=?"


class _Undo(Exception):  # noqa: N818 -- never leaves this file
    """Roll a rehearsal back."""


def _undo() -> NoReturn:
    raise _Undo


class StoreRecorder:
    """See record.contract.Recorder and Holds for the promises."""

    def __init__(self, connection: StoreConnection, policy: RecordPolicy) -> None:
        self._connection = connection
        self._db = connection.db
        self._policy = policy
        self._claims = ClaimLimits()
        self._dedup = DeferredIndex(connection, "dedup", of="conversion")
        self._visitor_keys = DeferredIndex(connection, "visitor_key", of="visitor")
        watchlist = ConsentWatchlist(connection)
        self._loading = Loading(connection, self._dedup, self._visitor_keys, watchlist)
        self._writing = Writing(connection, self._dedup, self._visitor_keys, watchlist)
        self._payloads = Payloads(connection)
        self._ordering = Ordering(connection)
        self._pricing = Pricing(connection, policy)
        self._sighting_ring = SightingRing(connection.db)
        self._last_id = self._highest_id()

    def cursor(self, journal_id: str) -> int:
        """Return the last recorded sequence number of a journal, 0 when it is new."""
        row = self._db.execute("SELECT seq FROM cursor WHERE journal = ?", (journal_id,)).fetchone()
        return row[0] if row else 0

    def record(self, journal_id: str, groups: Sequence[Numbered], now_ms: int) -> Recorded:
        """Record groups in one durable transaction; a group at or below the cursor changes nothing."""
        try:
            with self._connection.transaction():
                before = self.cursor(journal_id)
                fresh = [group for group in groups if group.seq > before]
                fold = self._fold_and_write(journal_id, fresh, now_ms)
                self._advance(journal_id, fresh)
        except BaseException:
            self._reload()
            raise
        self._dedup.after_commit()
        self._visitor_keys.after_commit()
        recorded = fold.recorded(skipped_groups=len(groups) - len(fresh), gap=has_gap(before, fresh))
        return replace(recorded, unledgered=True) if self._ordering.is_missing else recorded

    def rehearse(self, journal_id: str, group: Numbered, now_ms: int) -> None:
        """Raise what recording this group would raise, and change nothing."""
        try:
            with self._connection.transaction():
                self._fold_and_write(journal_id, [group], now_ms)
                _undo()
        except _Undo:
            pass
        finally:
            self._reload()

    def quarantine(  # noqa: PLR0913 -- where, what, why, when and how many
        self, journal_id: str, seq: int, index: int, raw: bytes, why: str, now_ms: int, *, count: int = 1
    ) -> None:
        """Keep, encrypted, what cannot be recorded; counted once, as `count` arrivals, however often it is tried."""
        context = f"quarantine {journal_id} {seq} {index}".encode()
        try:
            with self._connection.transaction():
                sealed = self._connection.keys.seal(self._connection.sealing_day(now_ms), raw, context)
                row = (journal_id, seq, index, now_ms, why, sealed)
                if self._db.execute("INSERT OR IGNORE INTO quarantine VALUES (?,?,?,?,?,?)", row).rowcount:
                    nowhere = (day_of(now_ms), "", "", "")
                    add_counts(self._db, [(*nowhere, RECORDED, "", count), (*nowhere, Outcome.QUARANTINED, "", count)])
        except BaseException:
            self._reload()
            raise

    def next_deadline_ms(self) -> int | None:
        """Return when the next held conversion ends."""
        due: int | None = self._db.execute("SELECT min(due) FROM held").fetchone()[0]
        return due

    def end_overdue(self, now_ms: int, *, limit: int) -> int:
        """End held conversions whose deadline has come."""
        with self._connection.transaction():
            overdue = self._db.execute(_OVERDUE, (now_ms, limit)).fetchall()
            self._end_held(overdue, [reason_to_end(lacks) for *_, lacks in overdue], now_ms)
        return len(overdue)

    def release_asked(self, now_ms: int) -> int:
        """Let go the held conversions whose owner asked for it, and tell how many were asked for."""
        asked = [id_ for (id_,) in self._db.execute("SELECT conversion FROM release_request").fetchall()]
        if not asked:
            return 0
        with self._refolding(asked, now_ms) as (fold, rows):
            fold.release(rows, now_ms)
            self._db.executemany("DELETE FROM release_request WHERE conversion=?", [(id_,) for id_ in asked])
        return len(asked)

    @contextmanager
    def _refolding(self, ids: Collection[int], now_ms: int) -> Iterator[tuple[Fold, list[Conversion]]]:
        """Let a fold move some known conversions on, and write down what it did, in one transaction."""
        try:
            with self._connection.transaction():
                known, rows = self._loading.known([]), self._loading.rows(set(ids))
                known.rows.update(rows)
                fold = Fold(known, new_id=self._new_id, policy=self._policy, claims=self._claims)
                yield fold, [rows[id_] for id_ in sorted(ids) if id_ in rows]
                self._writing.write(fold, now_ms)
        except BaseException:
            self._reload()
            raise
        self._dedup.after_commit()
        self._visitor_keys.after_commit()

    def end_held_of(self, workspace: str, pixel: str, now_ms: int, *, limit: int) -> int:
        """End what is held for a pixel that was removed."""
        with self._connection.transaction():
            held = self._db.execute(_HELD_OF, (workspace, pixel, limit)).fetchall()
            self._end_held(held, [Reason.PIXEL_REMOVED] * len(held), now_ms)
        return len(held)

    def _end_held(self, rows: Sequence[Any], reasons: Sequence[Reason], now_ms: int) -> None:
        """End held conversions, as _HELD selects them, and make what they held unreadable."""
        self._payloads.purge([id_ for _, id_, *_ in rows])
        self._db.executemany("DELETE FROM held WHERE due=? AND id=?", [(due, id_) for due, id_, *_ in rows])
        ids = (id_ for _, id_, *_ in rows)
        ends = [(State.EXPIRED, end, now_ms, id_) for id_, end in zip(ids, reasons, strict=True)]
        self._db.executemany(_END, ends)
        moves: list[tuple[int, str, str, str, str, str, int]] = []
        for (_, _, received, workspace, pixel, event, reason, _), end in zip(rows, reasons, strict=True):
            place = (day_of(received), workspace, pixel, event)
            moves.append((*place, State.HELD, reason, -1))
            moves.append((*place, State.EXPIRED, end, 1))
        move_counts(self._db, moves)

    def end_confirming(self, now_ms: int) -> None:
        """Await no server's word any more where none has reported for so long."""
        known = self._loading.confirming
        over, changes = ended(known, now_ms, self._policy.terms_of)
        if over:
            with self._connection.transaction():
                self._db.executemany("DELETE FROM confirming WHERE workspace=? AND pixel=?", over)
                add_changes(self._db, changes)
            for place in over:
                del known[place]

    def _reload(self) -> None:
        """Take what is kept in memory from the file, after a rollback."""
        self._connection.clear_cache()
        for part in (self._loading, self._writing, self._sighting_ring):
            part.reload()
        self._last_id = self._highest_id()

    def _fold_and_write(self, journal_id: str, groups: Sequence[Numbered], now_ms: int) -> Fold:
        arrivals, ledgered = self._ordering.take(arrivals_of(journal_id, groups))
        arrivals = self._pricing.take(arrivals)
        known = self._loading.known([signal for signal, _ in arrivals])
        fold = Fold(known, new_id=self._new_id, policy=self._policy, claims=self._claims)
        before = self._last_id
        fold.take(arrivals)
        self._writing.write(fold, now_ms)
        self._doubt_new(before)
        self._pricing.write(fold)
        self._sighting_ring.add(fold.write_set.sighted)
        self._ordering.write(ledgered, arrivals, fold)
        self._ordering.hear(arrivals)
        return fold

    def _advance(self, journal_id: str, groups: Sequence[Numbered]) -> None:
        if groups:
            events = sum(len(group.signals) + group.set_aside for group in groups)
            self._db.execute(
                "INSERT INTO cursor VALUES (?,?,?) ON CONFLICT DO UPDATE SET seq=excluded.seq, "
                "events=events+excluded.events",
                (journal_id, groups[-1].seq, events),
            )

    def _doubt_new(self, after: int) -> None:
        """Do nothing: only a store that was restored has doubts (backups.py)."""

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _highest_id(self) -> int:
        return self._connection.highest_id("conversion")
