"""
The send room's part of the SQLite store: batches as lease and attempt log in one.

A lease is committed before its request goes out. From then on its conversions are frozen: whoever re-sends the
batch composes the same bytes from the same payloads, and the stored hash says so.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.lifecycle import State
from twinbeam.core.names import wire_name
from twinbeam.core.outcomes import Reason
from twinbeam.engines.keyring import NotOpenedHere
from twinbeam.engines.stores.sqlite.connection import StoreConnection, payload_context
from twinbeam.engines.stores.sqlite.counting import move_counts
from twinbeam.engines.stores.sqlite.due import due_of
from twinbeam.engines.stores.sqlite.packed_rows import pack_ids
from twinbeam.engines.stores.sqlite.rows import handle_of
from twinbeam.engines.stores.sqlite.settling import LANES, OpenBatch, Settling, as_lane, as_open_batch, end_of
from twinbeam.pipeline.record.conversion import Spoken, is_proven
from twinbeam.pipeline.record.merge import carried_by, merge
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.bisection import Positions
from twinbeam.pipeline.send.contract import MOST_PAGES, TOO_LATE, Compose
from twinbeam.pipeline.send.limits import Ages, ended_test, reason_of_batch
from twinbeam.pipeline.send.order import EVERYTHING, Stretch

_DUE_LANES = f"{LANES} WHERE EXISTS (SELECT 1 FROM ready WHERE ready.lane = lane.id AND due <= ?)"  # noqa: S608 -- constants only
_SPLIT = "UPDATE batch SET state='split', answered_at=? WHERE id=?"  # where nothing was sent of it
_PICKED = (
    "SELECT id, event, received, attempts, maybe_at, workspace, pixel, state, batch, browser_at, spelling, since, "
    "conditions, evidence, visitor, granter, other_visitor, match FROM conversion "
    "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_HASTENED = (
    "SELECT ready.lane, ready.due, ready.id FROM lane JOIN ready ON ready.lane = lane.id AND ready.due > ? "
    "JOIN conversion ON conversion.id = ready.id AND conversion.state = 'waiting' "
    "WHERE lane.workspace = ? AND lane.source_id = ?"
)
_READY_OF = (
    "SELECT ready.lane, ready.due, ready.id FROM lane JOIN ready ON ready.lane = lane.id "
    "WHERE lane.workspace = ? AND lane.source_id = ? ORDER BY ready.lane, ready.due, ready.id LIMIT ?"
)
_BEYOND = (
    "SELECT ready.lane, ready.due, ready.id FROM lane JOIN ready ON ready.lane = lane.id AND ready.due > ? LIMIT 1000"
)
_LEASE = (
    "UPDATE conversion SET state='leased', attempts=attempts+1, maybe_at=coalesce(maybe_at, ?), batch=?, due=0, "
    "reason='' WHERE id IN (SELECT value FROM json_each(?))"
)
_NAME = "UPDATE conversion SET spelling=? WHERE id IN (SELECT value FROM json_each(?))"
_CARRY = "UPDATE conversion SET match=? WHERE id=?"
_SPELLED = "SELECT spelling FROM event_spelling WHERE workspace=? AND pixel=? AND event=?"
_ORPHANS = (
    "SELECT batch.id, lane, ids, tally, body_hash, attempt FROM batch WHERE state='leased' AND owner<>? ORDER BY id"
)

_NOBODY = ""  #: owns what an heir made and has not taken over yet

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
    browser_at: int | None
    spelling: str  #: as it was first sent; empty before that
    since_ms: int  #: when it began to wait
    conditions: int  #: on which it may be sent
    evidence: int  #: on whose word it stands
    visitor: int  #: whose it is
    granter: int  #: whose word permitted it
    other_visitor: int  #: a second visit that is its own
    match: int  #: match keys of all copies

    @property
    def spoken(self) -> Spoken:
        """What the merge asks of the row."""
        ids = (self.visitor, self.granter, self.other_visitor)
        visitor, granter, other_visitor = (handle_of(id_) if id_ else b"" for id_ in ids)
        return Spoken(self.evidence, visitor, granter, self.conditions, other_visitor)


class _Loaded(NamedTuple):
    """A conversion with the name and the event that it goes out as."""

    pick: _Pick
    name: str
    event: bytes
    match: int  #: the match keys that this carries


class Leasing(Settling):
    """See send.contract.Leases for the promises."""

    def __init__(self, connection: StoreConnection, policy: RecordPolicy, ages: Ages) -> None:
        super().__init__(connection)
        self._policy = policy
        self._ages = ages

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due."""
        rows = self._db.execute(_DUE_LANES, (now_ms,))
        return [as_lane(row) for row in rows]

    def next_due_ms(self) -> int | None:
        """Return when the earliest unsent conversion is due."""
        rows = self._db.execute("SELECT (SELECT min(due) FROM ready WHERE ready.lane = lane.id) FROM lane")
        return min((due for (due,) in rows if due is not None), default=None)

    def lease(
        self,
        lane: Lane,
        *,
        limit: int,
        owner: str,
        now_ms: int,
        compose: Compose,
        stretches: Sequence[Stretch] = EVERYTHING,
    ) -> Lease | None:
        """Freeze and take up to `limit` due conversions of a lane."""
        with self._connection.transaction():
            for _ in range(MOST_PAGES):
                page = self._take_due(lane, limit, now_ms, stretches)
                loaded = self._loaded(lane, self._without_late(lane, page, now_ms), now_ms)
                if loaded:
                    return self._open_batch(lane, loaded, owner, now_ms, compose)
                if not page:
                    break
        return None

    def hasten(self, *, workspace: str, source_id: str, now_ms: int) -> None:
        """Make due what waits after an attempt in the lanes of an event source."""
        with self._connection.transaction():
            self._make_due(self._db.execute(_HASTENED, (now_ms, workspace, source_id)).fetchall(), now_ms)

    def pull_in(self, latest_ms: int, now_ms: int) -> int:
        """Make due now what is due later than anything may be."""
        if not (rows := self._db.execute(_BEYOND, (latest_ms,)).fetchall()):
            return 0
        with self._connection.transaction():
            self._make_due(rows, now_ms)
        return len(rows)

    def _make_due(self, rows: Sequence[tuple[int, int, int]], now_ms: int) -> None:
        """Bring entries of the schedule, (lane, due, conversion), forward."""
        self._db.executemany("UPDATE ready SET due=? WHERE lane=? AND due=? AND id=?", [(now_ms, *row) for row in rows])
        sql = "UPDATE conversion SET due=? WHERE id IN (SELECT value FROM json_each(?))"
        self._connection.execute_with_ids(sql, [id_ for _, _, id_ in rows], now_ms)

    def end_stale(self, now_ms: int, *, limit: int) -> int:
        """End what has been due for as long as anything may wait."""
        due_before, ended = now_ms - self._ages.unsent_ms, 0
        with self._connection.transaction():
            for lane in self.due_lanes(due_before):
                ended += self._end_stale(lane, limit - ended, due_before, now_ms)
        return ended

    def end_unsent_of(self, workspace: str, source_id: str, now_ms: int, *, limit: int) -> int:
        """End what waits to be sent to an event source that was removed."""
        with self._connection.transaction():
            rows = self._db.execute(_READY_OF, (workspace, source_id, limit)).fetchall()
            for lane_id in dict.fromkeys(lane_id for lane_id, _, _ in rows):
                lane, due = self._lane(lane_id), [(due_ms, id_) for of, due_ms, id_ in rows if of == lane_id]
                self._expire(lane, self._picks([id_ for _, id_ in due]), Reason.PIXEL_REMOVED, now_ms)
                self._unschedule(lane, due)
        return len(rows)

    def reclaim(self, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """
        Take over every batch of another owner, byte for byte as it was but for what was refused since.

        Raises StorageDamaged for a batch that can't be sent again, and sets that one aside: the next call goes on.
        """
        self._take_out_recalled(owner, now_ms, compose)
        leases = []
        for *row, body_hash, attempt in self._db.execute(_ORPHANS, (owner,)).fetchall():
            batch = as_open_batch(*row)
            try:
                lease = self._again(batch, body_hash, attempt, now_ms, compose)
            except StorageDamaged:
                self._adopt([batch.id], owner)
                raise
            leases += [lease] if lease else []
        self._adopt([lease.batch for lease in leases], owner)
        return leases

    def split(
        self, batch: int, answer: Answered, parts: Sequence[Positions], *, owner: str, now_ms: int, compose: Compose
    ) -> list[Lease | None]:
        """Replace a leased batch by leased parts in one transaction."""
        with self._connection.transaction():
            open_batch = self._leased_batch(batch, owner)
            if open_batch is None:
                return []
            self._close(batch, "split", answer, now_ms)
            lane, left = self._lane(open_batch.lane), {*self._without_recalled(open_batch, now_ms).ids}
            split = [[id_ for place in part if (id_ := open_batch.ids[place]) in left] for part in parts]
            return [self._part(lane, ids, owner, now_ms, compose) for ids in split]

    def renew(self, lease: Lease, *, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """Return a lease as it may go out now: less what was refused or erased since."""
        with self._connection.transaction():
            open_batch = self._leased_batch(lease.batch, owner)
            if open_batch is None:
                return None
            left = self._without_recalled(open_batch, now_ms).ids
            if len(left) == len(open_batch.ids):
                return lease
            self._db.execute(_SPLIT, (now_ms, open_batch.id))
            return self._part(self._lane(open_batch.lane), left, owner, now_ms, compose)

    def _take_due(self, lane: Lane, limit: int, now_ms: int, stretches: Sequence[Stretch]) -> list[_Pick]:
        """Take the next due conversions out of the schedule."""
        due = due_of(self._db, lane, stretches, limit, now_ms)
        self._unschedule(lane, due)
        return self._picks([id_ for _, id_ in due])

    def _end_stale(self, lane: Lane, limit: int, due_before: int, now_ms: int) -> int:
        due = due_of(self._db, lane, EVERYTHING, limit, due_before)
        left = {pick.id for pick in self._without_late(lane, self._picks([id_ for _, id_ in due]), now_ms)}
        ended = [(due_ms, id_) for due_ms, id_ in due if id_ not in left]
        self._unschedule(lane, ended)
        return len(ended)

    def _unschedule(self, lane: Lane, due: Iterable[tuple[int, int]]) -> None:
        self._db.executemany("DELETE FROM ready WHERE lane=? AND due=? AND id=?", [(lane.id, *row) for row in due])

    def _picks(self, ids: Sequence[int]) -> list[_Pick]:
        return [_Pick(*row) for row in self._connection.execute_with_ids(_PICKED, ids)]

    def _too_late(self, lane: Lane, pick: _Pick, now_ms: int) -> Reason | None:
        terms = self._policy.terms_of(pick.workspace, pick.pixel)
        test_ended = ended_test(lane, terms.rules, now_ms)
        if test_ended:
            return test_ended
        if lane.enriches:
            return Reason.DEDUP_WINDOW if self._ages.too_late_to_enrich(pick.browser_at, now_ms) else None
        proven, unsent = is_proven(pick.evidence), terms.unsent_since(pick.since_ms)
        return self._ages.reason_to_end(
            pick.since_ms, pick.maybe_at, pick.browser_at, now_ms, proven=proven, unsent=unsent
        )

    def _without_late(self, lane: Lane, picks: list[_Pick], now_ms: int) -> list[_Pick]:
        """End what can no longer be sent without harm, and give the rest."""
        late = {pick.id: reason for pick in picks if (reason := self._too_late(lane, pick, now_ms))}
        for reason in sorted(set(late.values())):
            self._expire(lane, [pick for pick in picks if late.get(pick.id) is reason], reason, now_ms)
        return [pick for pick in picks if pick.id not in late]

    def _expire(self, lane: Lane, picks: Sequence[_Pick], reason: Reason, now_ms: int) -> None:
        end = end_of(lane, State.EXPIRED, reason)
        self._end_ids([pick.id for pick in picks], *end, now_ms)
        self._count_moved(picks, *end)

    def _loaded(self, lane: Lane, picks: Sequence[_Pick], now_ms: int) -> list[_Loaded]:
        """End what has no readable payload any more, and give the rest with what goes out of it."""
        sealed, names = self._sealed(picks), self._names(picks)
        loaded = []
        for pick in picks:
            try:
                loaded.append(_Loaded(pick, names[pick.id], *self._event(pick, sealed)))
            except NotOpenedHere:
                raise  # nothing is lost: the ring's backup opens it
            except (StorageDamaged, msgspec.MsgspecError, ValueError):
                self._expire(lane, [pick], Reason.PAYLOAD_LOST, now_ms)
        return loaded

    def _names(self, picks: Sequence[_Pick]) -> dict[int, str]:
        """Return the name under which each is sent: the one it was first sent under, else by its owner's rule."""
        fresh = {(pick.workspace, pick.pixel, pick.event): "" for pick in picks if not pick.spelling}
        for place in fresh:
            seen = self._db.execute(_SPELLED, place).fetchone()
            rule = self._policy.terms_of(place[0], place[1]).rules.spelling
            fresh[place] = wire_name(place[2], rule, seen[0] if seen else "")
        return {pick.id: pick.spelling or fresh[pick.workspace, pick.pixel, pick.event] for pick in picks}

    def _sealed(self, picks: Iterable[_Pick]) -> dict[int, bytes]:
        sql = "SELECT id, body FROM payload WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._connection.execute_with_ids(sql, [pick.id for pick in picks]))

    def _event(self, pick: _Pick, sealed: dict[int, bytes]) -> tuple[bytes, int]:
        """Return the event as it goes out, and the match keys it carries."""
        if pick.id not in sealed:
            raise StorageDamaged(f"the payload of conversion {pick.id} is gone")
        opened = self._connection.keys.open_sealed(sealed[pick.id], payload_context(pick.id))
        copies = self._connection.unpack_copies(opened)
        event = merge(copies, pick.conditions, pick.spoken)
        return event, pick.match if event is copies[0].body else carried_by(event)

    def _open_batch(
        self, lane: Lane, loaded: list[_Loaded], owner: str, now_ms: int, compose: Compose, *, again: bool = False
    ) -> Lease:
        picks = [one.pick for one in loaded]
        ids = [pick.id for pick in picks]
        body = compose(lane, [(one.name, one.event) for one in loaded])
        attempt = max(pick.attempts for pick in picks) + (0 if again else 1)
        leased = Counter((day_of(p.received_ms), p.workspace, p.pixel, p.event) for p in picks)
        tally = json.dumps([[*place, n] for place, n in leased.items()])
        batch = self._db.execute(
            "INSERT INTO batch (lane, owner, state, ids, body_hash, tally, attempt, at, again) "
            "VALUES (?,?,?,?,?,?,?,?,?)",
            (lane.id, owner, State.LEASED, pack_ids(ids), _hash(body), tally, attempt, now_ms, again),
        ).lastrowid
        self._remember_attempts(picks)
        if again:
            sql = "UPDATE conversion SET batch=? WHERE id IN (SELECT value FROM json_each(?))"
            self._connection.execute_with_ids(sql, ids, batch)
        else:
            self._connection.execute_with_ids(_LEASE, ids, now_ms, batch)
            self._freeze_names(loaded)
            carried = [(one.match, one.pick.id) for one in loaded if one.match != one.pick.match]
            self._db.executemany(_CARRY, carried)
            self._count_moved(picks, State.LEASED, "")
        return Lease(batch=int(batch or 0), lane=lane, body=body, count=len(ids), attempt=attempt)

    def _freeze_names(self, loaded: Iterable[_Loaded]) -> None:
        """Keep the names under which events are first sent: TikTok may drop repeats by them."""
        named: dict[str, list[int]] = {}
        for one in loaded:
            if not one.pick.spelling:
                named.setdefault(one.name, []).append(one.pick.id)
        for name, ids in named.items():
            self._connection.execute_with_ids(_NAME, ids, name)

    def _count_moved(self, picks: Iterable[_Pick], state: State, reason: str) -> None:
        """Count conversions out of where they waited and into where they went."""
        moved: _Moved = Counter()
        for p in picks:
            place = (day_of(p.received_ms), p.workspace, p.pixel, p.event)
            moved[*place, p.state, ""] -= 1
            moved[*place, state, str(reason)] += 1
        move_counts(self._db, [(*key, n) for key, n in sorted(moved.items())])

    def _take_out_recalled(self, owner: str, now_ms: int, compose: Compose) -> None:
        """Put what is left in the place of every orphan of which something was refused or erased since."""
        with self._connection.transaction():
            for *row, _body_hash, _attempt in self._db.execute(_ORPHANS, (owner,)).fetchall():
                open_batch = as_open_batch(*row)
                lane = self._lane(open_batch.lane)
                if any(self._too_late(lane, pick, now_ms) for pick in self._picks(open_batch.ids)):
                    continue
                left = self._without_recalled(open_batch, now_ms).ids
                if len(left) < len(open_batch.ids):
                    self._db.execute(_SPLIT, (now_ms, open_batch.id))
                    self._part(lane, left, _NOBODY, now_ms, compose)

    def _part(self, lane: Lane, ids: list[int], owner: str, now_ms: int, compose: Compose) -> Lease | None:
        loaded = self._loaded(lane, self._picks(ids), now_ms)
        return self._open_batch(lane, loaded, owner, now_ms, compose, again=True) if loaded else None

    def _again(
        self, open_batch: OpenBatch, body_hash: bytes, attempt: int, now_ms: int, compose: Compose
    ) -> Lease | None:
        """Make a dead owner's batch again, or end it."""
        lane, picks = self._lane(open_batch.lane), self._picks(open_batch.ids)
        late = {reason for pick in picks if (reason := self._too_late(lane, pick, now_ms))}
        if late:
            with self._connection.transaction():
                left = self._without_recalled(open_batch, now_ms)
                self._end(left, TOO_LATE, State.EXPIRED, reason_of_batch(late), now_ms)
            return None
        sealed, names = self._sealed(picks), self._names(picks)
        body = compose(lane, [(names[pick.id], self._event(pick, sealed)[0]) for pick in picks])
        if _hash(body) != body_hash:
            raise StorageDamaged(f"batch {open_batch.id} no longer gives the bytes that were sent")
        return Lease(batch=open_batch.id, lane=lane, body=body, count=len(open_batch.ids), attempt=attempt, resent=True)

    def _adopt(self, batches: Sequence[int], owner: str) -> None:
        with self._connection.transaction():
            sql = "UPDATE batch SET owner=?, again=2 WHERE id IN (SELECT value FROM json_each(?))"  # dead_letters.py
            self._connection.execute_with_ids(sql, batches, owner)

    def _remember_attempts(self, picks: Iterable[_Pick]) -> None:
        rows = [(pick.id, pick.batch) for pick in picks if pick.batch is not None]
        self._db.executemany("INSERT OR IGNORE INTO attempt VALUES (?,?)", rows)


def _hash(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
