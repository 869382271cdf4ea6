"""
The settle room's part of the SQLite store: what becomes of a leased batch, and of each conversion in it.

A refusal, or a request for erasure, that arrived while a conversion was on the wire stands as a reason on its leased
row. Whatever would let such a conversion be sent another time withdraws or erases it instead.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered, Lane
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.counting import cover_delivered, move_counts
from twinbeam.engines.stores.sqlite.packed_rows import unpack_ids
from twinbeam.engines.stores.sqlite.pricing import forget_margins

_ANSWER = "UPDATE batch SET state=?, answered_at=?, status=?, code=?, message=?, request_id=? WHERE id=?"
_END = "UPDATE conversion SET state=?, reason=?, settled_at=? WHERE id IN (SELECT value FROM json_each(?))"
_RECALLED = (
    "SELECT id, reason, received, workspace, pixel, event FROM conversion "
    "WHERE reason IN (?, ?, ?, ?) AND id IN (SELECT value FROM json_each(?))"
)
_BLANK = (
    "UPDATE conversion SET event_id='', order_id='', currency='', minor=NULL "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
_CLEAR_DIFFERENCES = "UPDATE copy SET differs='' WHERE id IN (SELECT value FROM json_each(?))"
_WITHDRAWN = "INSERT OR IGNORE INTO pending_lookup_removal SELECT value FROM json_each(?)"
#: What was refused or erased while it was on the wire is added to no more.
_CANCEL_ENRICHMENT = (
    "UPDATE conversion SET enriched=1 WHERE reason IN (?, ?, ?, ?) AND id IN (SELECT value FROM json_each(?))"
)
_PURGE = "DELETE FROM payload WHERE id IN (SELECT value FROM json_each(?))"

#: What a note on a leased row makes of it instead of another attempt.
RECALLS = {
    Reason.NO_CONSENT: State.WITHDRAWN,
    Reason.ERASURE_ASKED: State.ERASED,
    Reason.ORDER_CANCELLED: State.EXPIRED,
    Reason.ORDER_IGNORED: State.EXPIRED,
}

LANES = "SELECT id, workspace, event_source, source_id, test_code, enriches FROM lane"

Place = tuple[int, str, str, str]
"""(day, workspace, pixel, event)"""


class OpenBatch(Struct, frozen=True):
    """An open batch: what is in it, and how many of it count where."""

    id: int
    lane: int
    ids: list[int]
    tally: Counter[Place]


class Settling:
    """See settle.contract.Ledger for the promises."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db

    def settle_delivered(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to DELIVERED."""
        return self._settle(batch, answer, State.DELIVERED, "", owner=owner, now_ms=now_ms)

    def settle_refused(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to REFUSED."""
        reason = Reason.REFUSED_BY_TIKTOK
        return self._settle(batch, answer, State.REFUSED, reason, owner=owner, now_ms=now_ms)

    def settle_waiting(
        self, batch: int, answer: Answered, *, owner: str, now_ms: int, due_ms: int, arrived: bool
    ) -> bool:
        """Move the batch's conversions to WAITING until `due_ms`, or to WITHDRAWN."""
        with self._connection.transaction():
            open_batch = self._leased_batch(batch, owner)
            if open_batch is None:
                return False
            left = self._without_recalled(open_batch, now_ms)
            sql = "UPDATE conversion SET state='waiting', due=? WHERE id IN (SELECT value FROM json_each(?))"
            self._connection.execute_with_ids(sql, left.ids, due_ms)
            if not arrived:
                self._unmark(left)
            self._db.executemany("INSERT INTO ready VALUES (?,?,?)", [(left.lane, due_ms, id_) for id_ in left.ids])
            self._close(batch, "try later", answer, now_ms)
            self._count_move(left.tally, State.WAITING, "")
        return True

    def _settle(self, batch: int, answer: Answered, state: State, reason: str, *, owner: str, now_ms: int) -> bool:
        with self._connection.transaction():
            open_batch = self._leased_batch(batch, owner)
            if open_batch is None:
                return False
            if state is State.DELIVERED:
                self._connection.execute_with_ids(_CANCEL_ENRICHMENT, open_batch.ids, *RECALLS)
            else:
                open_batch = self._without_recalled(open_batch, now_ms)
            self._end(open_batch, answer, state, reason, now_ms)
        return True

    def _end(self, open_batch: OpenBatch, answer: Answered, state: State, reason: str, now_ms: int) -> None:
        """End a batch and all that is in it."""
        end = end_of(self._lane(open_batch.lane), state, reason)
        self._end_ids(open_batch.ids, *end, now_ms)
        self._close(open_batch.id, state, answer, now_ms)
        self._count_move(open_batch.tally, *end)

    def _end_ids(self, ids: Sequence[int], state: State, reason: str, now_ms: int) -> None:
        self._connection.execute_with_ids(_END, ids, state, reason, now_ms)
        if state is State.DELIVERED:
            cover_delivered(self._db, ids, 1)

    def _without_recalled(self, open_batch: OpenBatch, now_ms: int) -> OpenBatch:
        """End what was refused or erased while it was on the wire, and give the rest of the batch."""
        recalled = self._connection.execute_with_ids(_RECALLED, open_batch.ids, *RECALLS).fetchall()
        for reason, state in RECALLS.items():
            open_batch = self._without(open_batch, [row for row in recalled if row[1] == reason], state, reason, now_ms)
        return open_batch

    def _without(
        self, open_batch: OpenBatch, rows: Sequence[Any], state: State, reason: Reason, now_ms: int
    ) -> OpenBatch:
        if not rows:
            return open_batch
        gone, lane = [row[0] for row in rows], self._lane(open_batch.lane)
        end = end_of(lane, state, reason)
        self._end_ids(gone, *end, now_ms)
        if not lane.enriches:
            self._connection.execute_with_ids(_BLANK, gone)
            self._connection.execute_with_ids(_CLEAR_DIFFERENCES, gone)
            forget_margins(self._connection, gone)
            self._connection.execute_with_ids(_WITHDRAWN, gone)
        self._connection.execute_with_ids(_PURGE, gone)
        places = Counter((day_of(received), *place) for _, _, received, *place in rows)
        self._count_move(places, *end)
        return OpenBatch(
            open_batch.id,
            open_batch.lane,
            [id_ for id_ in open_batch.ids if id_ not in gone],
            open_batch.tally - places,
        )

    def _lane(self, lane_id: int) -> Lane:
        return as_lane(self._db.execute(f"{LANES} WHERE id=?", (lane_id,)).fetchone())

    def _unmark(self, open_batch: OpenBatch) -> None:
        """Take back the mark of a first attempt that certainly never arrived, unless another may have been before."""
        at, again = self._db.execute("SELECT at, again FROM batch WHERE id=?", (open_batch.id,)).fetchone()
        if again:
            return
        sql = "UPDATE conversion SET maybe_at=NULL WHERE maybe_at=? AND id IN (SELECT value FROM json_each(?))"
        self._connection.execute_with_ids(sql, open_batch.ids, at)

    def _leased_batch(self, batch: int, owner: str) -> OpenBatch | None:
        row = self._db.execute(
            "SELECT id, lane, ids, tally FROM batch WHERE id=? AND owner=? AND state='leased'", (batch, owner)
        ).fetchone()
        return as_open_batch(*row) if row else None

    def _close(self, batch: int, state: str, answer: Answered, now_ms: int) -> None:
        values = (state, now_ms, answer.status, answer.code, answer.message, answer.request_id, batch)
        self._db.execute(_ANSWER, values)

    def _count_move(self, tally: Counter[Place], state: State, reason: str) -> None:
        """Count conversions out of LEASED and into where they went."""
        leased = [(*place, State.LEASED, "", -n) for place, n in tally.items()]
        move_counts(self._db, [*leased, *((*place, state, str(reason), n) for place, n in tally.items())])


def as_lane(row: Sequence[Any]) -> Lane:
    """Read a lane's row, as LANES selects it."""
    id_, workspace, event_source, source_id, test_code, enriches = row
    return Lane(id_, workspace, event_source, source_id, test_code, enriches=bool(enriches))


def end_of(lane: Lane, state: State, reason: str) -> tuple[State, str]:
    """Return the state and reason in which a lane's conversion ends: delivered stays delivered after an enrichment."""
    return (State.DELIVERED, "") if lane.enriches else (state, reason)


def as_open_batch(batch: int, lane: int, packed: bytes, tally: str) -> OpenBatch:
    """Read a batch's row."""
    places = Counter({(day, workspace, pixel, event): n for day, workspace, pixel, event, n in json.loads(tally)})
    return OpenBatch(batch, lane, unpack_ids(packed).tolist(), places)
