"""
The send and settle rooms' part of the SQLite store: batches as lease and attempt log in one.

A lease is committed before its request goes out. From then on its conversions are frozen: whoever re-sends the
batch composes the same bytes from the same payloads, and the stored hash says so.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.sqlite.connection import Connection, payload_context
from twinbeam.engines.stores.sqlite.counting import add_counts
from twinbeam.engines.stores.sqlite.recording import decode_copies
from twinbeam.pipeline.record.merge import merge
from twinbeam.pipeline.send.contract import Compose
from twinbeam.pipeline.send.limits import Ages

_PICKED = (
    "SELECT id, event, received, attempts, maybe_at, workspace, pixel, state, batch FROM conversion "
    "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_LEASE = (
    "UPDATE conversion SET state='leased', attempts=attempts+1, maybe_at=coalesce(maybe_at, ?), batch=?, due=0 "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
_ANSWER = "UPDATE batch SET state=?, answered_at=?, status=?, code=?, message=?, request_id=? WHERE id=?"

_Moved = Counter[tuple[int, str, str, str, str, str]]


class _Pick(Struct, frozen=True):
    """A conversion about to be leased."""

    id: int
    event: str
    received_ms: int
    attempts: int
    maybe_at: int | None
    workspace: str
    pixel: str
    state: str
    batch: int | None


class Leasing:
    """See send.contract.Leases and settle.contract.Ledger for the promises."""

    def __init__(self, connection: Connection, ages: Ages) -> None:
        self._connection = connection
        self._db = connection.db
        self._ages = ages

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due."""
        rows = self._db.execute(
            "SELECT id, workspace, event_source, source_id, test_code FROM lane WHERE EXISTS "
            "(SELECT 1 FROM ready WHERE ready.lane = lane.id AND due <= ?)",
            (now_ms,),
        )
        return [Lane(*row) for row in rows]

    def next_due_ms(self) -> int | None:
        """Tell when the earliest unsent conversion is due."""
        rows = self._db.execute("SELECT (SELECT min(due) FROM ready WHERE ready.lane = lane.id) FROM lane")
        return min((due for (due,) in rows if due is not None), default=None)

    def lease(self, lane: Lane, *, limit: int, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """Freeze and take up to `limit` due conversions of a lane."""
        with transaction(self._db):
            due = self._db.execute(
                "SELECT due, id FROM ready WHERE lane=? AND due<=? ORDER BY due, id LIMIT ?", (lane.id, now_ms, limit)
            ).fetchall()
            self._db.executemany("DELETE FROM ready WHERE lane=? AND due=? AND id=?", [(lane.id, *row) for row in due])
            picks = [_Pick(*row) for row in self._connection.by_ids(_PICKED, [id_ for _, id_ in due])]
            picks = self._without_late(picks, now_ms)
            return self._open_batch(lane, picks, owner, now_ms, compose) if picks else None

    def reclaim(self, *, owner: str, compose: Compose) -> list[Lease]:
        """
        Take over every batch of another owner, byte for byte as it was.

        Raises StorageDamaged for a batch that can't be sent again, and sets that one aside: the next call goes on.
        """
        orphans = self._db.execute(
            "SELECT batch.id, ids, body_hash, attempt, lane.id, workspace, event_source, source_id, test_code "
            "FROM batch JOIN lane ON lane.id = batch.lane WHERE state='leased' AND owner<>? ORDER BY batch.id",
            (owner,),
        ).fetchall()
        leases = []
        for row in orphans:
            try:
                leases.append(self._again(row, compose))
            except StorageDamaged:
                self._adopt([row[0]], owner)
                raise
        self._adopt([lease.batch for lease in leases], owner)
        return leases

    def split(self, batch: int, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """Replace a leased batch by two leased halves in one transaction."""
        with transaction(self._db):
            row = self._held(batch, owner)
            if row is None:
                return []
            lane_id, ids, _ = row
            self._db.execute("UPDATE batch SET state='split', answered_at=? WHERE id=?", (now_ms, batch))
            lane = self._lane(lane_id)
            middle = len(ids) // 2
            halves = [half for half in (ids[:middle], ids[middle:]) if half]
            return [self._half(lane, half, owner, now_ms, compose) for half in halves]

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
        """Move the batch's conversions to WAITING until `due_ms`."""
        with transaction(self._db):
            row = self._held(batch, owner)
            if row is None:
                return False
            lane_id, ids, tally = row
            sql = "UPDATE conversion SET state='waiting', due=? WHERE id IN (SELECT value FROM json_each(?))"
            self._connection.by_ids(sql, ids, due_ms)
            if not arrived:
                self._unmark(batch, ids)
            self._db.executemany("INSERT INTO ready VALUES (?,?,?)", [(lane_id, due_ms, id_) for id_ in ids])
            self._close(batch, "try later", answer, now_ms)
            self._count_move(tally, State.WAITING, "")
        return True

    def _settle(self, batch: int, answer: Answered, state: State, reason: str, *, owner: str, now_ms: int) -> bool:
        with transaction(self._db):
            row = self._held(batch, owner)
            if row is None:
                return False
            _, ids, tally = row
            self._connection.by_ids(
                "UPDATE conversion SET state=?, reason=?, settled_at=? WHERE id IN (SELECT value FROM json_each(?))",
                ids,
                *(state, reason, now_ms),
            )
            self._close(batch, state, answer, now_ms)
            self._count_move(tally, state, reason)
        return True

    def _without_late(self, picks: list[_Pick], now_ms: int) -> list[_Pick]:
        """End what can no longer be sent without harm, and give the rest."""
        late = {pick.id: self._ages.too_late(pick.received_ms, pick.maybe_at, now_ms) for pick in picks}
        for pick in picks:
            reason = late[pick.id]
            if reason is not None:
                self._expire(pick, reason, now_ms)
        return [pick for pick in picks if late[pick.id] is None]

    def _expire(self, pick: _Pick, reason: Reason, now_ms: int) -> None:
        self._db.execute(
            "UPDATE conversion SET state='expired', reason=?, settled_at=? WHERE id=?", (reason, now_ms, pick.id)
        )
        place = (day_of(pick.received_ms), pick.workspace, pick.pixel, pick.event)
        add_counts(self._db, [(*place, pick.state, "", -1), (*place, State.EXPIRED, reason, 1)])

    def _open_batch(
        self, lane: Lane, picks: Sequence[_Pick], owner: str, now_ms: int, compose: Compose, *, again: bool = False
    ) -> Lease:
        ids = [pick.id for pick in picks]
        body = compose(lane, self._events(picks))
        attempt = max(pick.attempts for pick in picks) + (0 if again else 1)
        leased = Counter((day_of(p.received_ms), p.workspace, p.pixel, p.event) for p in picks)
        tally = json.dumps([[*place, n] for place, n in leased.items()])
        batch = self._db.execute(
            "INSERT INTO batch (lane, owner, state, ids, body_hash, tally, attempt, at, again) "
            "VALUES (?,?,?,?,?,?,?,?,?)",
            (lane.id, owner, State.LEASED, array("q", ids).tobytes(), _hash(body), tally, attempt, now_ms, again),
        ).lastrowid
        self._remember_attempts(picks)
        if again:
            sql = "UPDATE conversion SET batch=? WHERE id IN (SELECT value FROM json_each(?))"
            self._connection.by_ids(sql, ids, batch)
        else:
            self._connection.by_ids(_LEASE, ids, now_ms, batch)
            moved: _Moved = Counter()
            for p in picks:
                place = (day_of(p.received_ms), p.workspace, p.pixel, p.event)
                moved[*place, p.state, ""] -= 1
                moved[*place, State.LEASED, ""] += 1
            add_counts(self._db, [(*key, n) for key, n in sorted(moved.items())])
        return Lease(batch=int(batch or 0), lane=lane, body=body, count=len(ids), attempt=attempt)

    def _half(self, lane: Lane, ids: list[int], owner: str, now_ms: int, compose: Compose) -> Lease:
        picks = [_Pick(*row) for row in self._connection.by_ids(_PICKED, ids)]
        return self._open_batch(lane, picks, owner, now_ms, compose, again=True)

    def _again(self, row: Sequence[Any], compose: Compose) -> Lease:
        batch, packed, body_hash, attempt, *place = row
        lane, ids = Lane(*place), _unpack(packed)
        picks = [_Pick(*row) for row in self._connection.by_ids(_PICKED, ids)]
        body = compose(lane, self._events(picks))
        if _hash(body) != body_hash:
            raise StorageDamaged(f"batch {batch} no longer gives the bytes that were sent")
        return Lease(batch=batch, lane=lane, body=body, count=len(ids), attempt=attempt, resent=True)

    def _adopt(self, batches: Sequence[int], owner: str) -> None:
        with transaction(self._db):
            sql = "UPDATE batch SET owner=?, again=1 WHERE id IN (SELECT value FROM json_each(?))"
            self._connection.by_ids(sql, batches, owner)

    def _events(self, picks: Sequence[_Pick]) -> list[tuple[str, bytes]]:
        sql = "SELECT id, body FROM payload WHERE id IN (SELECT value FROM json_each(?))"
        sealed = dict(self._connection.by_ids(sql, [pick.id for pick in picks]))
        if lost := [pick.id for pick in picks if pick.id not in sealed]:
            raise StorageDamaged(f"the payloads of conversions {lost} are gone")
        opened = self._connection.keys.open_sealed
        return [(pick.event, merge(decode_copies(opened(sealed[pick.id], payload_context(pick.id))))) for pick in picks]

    def _remember_attempts(self, picks: Iterable[_Pick]) -> None:
        rows = [(pick.id, pick.batch) for pick in picks if pick.batch is not None]
        self._db.executemany("INSERT OR IGNORE INTO attempt VALUES (?,?)", rows)

    def _unmark(self, batch: int, ids: list[int]) -> None:
        """Take back the mark of a first attempt that certainly never arrived, unless another may have been before."""
        at, again = self._db.execute("SELECT at, again FROM batch WHERE id=?", (batch,)).fetchone()
        if again:
            return
        sql = "UPDATE conversion SET maybe_at=NULL WHERE maybe_at=? AND id IN (SELECT value FROM json_each(?))"
        self._connection.by_ids(sql, ids, at)

    def _held(self, batch: int, owner: str) -> tuple[int, list[int], str] | None:
        row = self._db.execute(
            "SELECT lane, ids, tally FROM batch WHERE id=? AND owner=? AND state='leased'", (batch, owner)
        ).fetchone()
        return (row[0], _unpack(row[1]), row[2]) if row else None

    def _close(self, batch: int, state: str, answer: Answered, now_ms: int) -> None:
        values = (state, now_ms, answer.status, answer.code, answer.message, answer.request_id, batch)
        self._db.execute(_ANSWER, values)

    def _count_move(self, tally: str, state: State, reason: str) -> None:
        changes = []
        for day, workspace, pixel, event, n in json.loads(tally):
            changes.append((day, workspace, pixel, event, State.LEASED.value, "", -n))
            changes.append((day, workspace, pixel, event, state.value, str(reason), n))
        add_counts(self._db, changes)

    def _lane(self, lane_id: int) -> Lane:
        row = self._db.execute(
            "SELECT id, workspace, event_source, source_id, test_code FROM lane WHERE id=?", (lane_id,)
        ).fetchone()
        return Lane(*row)


def _unpack(packed: bytes) -> list[int]:
    ids = array("q")
    ids.frombytes(packed)
    return ids.tolist()


def _hash(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
