"""The send and settle rooms' part of the model."""

from collections.abc import Sequence
from math import inf

from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.core.lifecycle import State
from twinbeam.core.names import wire_name
from twinbeam.core.outcomes import Reason
from twinbeam.engines.memory.rows import Batch, Rows
from twinbeam.pipeline.record.conversion import Conversion, is_proven, spoken_of
from twinbeam.pipeline.record.merge import carried_by, merge
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.bisection import Positions
from twinbeam.pipeline.send.contract import MOST_PAGES, TOO_LATE, Compose
from twinbeam.pipeline.send.limits import Ages, ended_test, reason_of_batch
from twinbeam.pipeline.send.order import EVERYTHING, Stretch

#: What a note on a leased row makes of it instead of another attempt.
RECALLS: dict[str, State] = {
    Reason.NO_CONSENT: State.WITHDRAWN,
    Reason.ERASURE_ASKED: State.ERASED,
    Reason.ORDER_CANCELLED: State.EXPIRED,
    Reason.ORDER_IGNORED: State.EXPIRED,
}


class Leasing:
    """See send.contract.Leases and settle.contract.Ledger for the promises."""

    def __init__(self, rows: Rows, policy: RecordPolicy, ages: Ages) -> None:
        self._rows = rows
        self._policy = policy
        self._ages = ages

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due."""
        rows = self._rows
        lanes = {rows.lane(row).id: rows.lane(row) for row in rows.scheduled() if row.due_ms <= now_ms}
        return [lanes[id_] for id_ in sorted(lanes)]

    def next_due_ms(self) -> int | None:
        """Return when the earliest unsent conversion is due."""
        return min((row.due_ms for row in self._rows.scheduled()), default=None)

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
        picks = self._due(lane, limit, now_ms, stretches)
        if not picks:
            return None
        for row in picks:
            kept = self._rows.kept[row.id]
            kept.attempts += 1
            kept.maybe_at = now_ms if kept.maybe_at is None else kept.maybe_at
            kept.spelling = kept.spelling or self._spelling(row)
            row.frozen = True
            row.match = self._carried(row)
            self._rows.move(row, State.LEASED)
        return self._open_batch(lane, picks, owner, now_ms, compose)

    def hasten(self, *, workspace: str, source_id: str, now_ms: int) -> None:
        """Make due what waits after an attempt in the lanes of an event source."""
        for row in self._rows.scheduled():
            if (row.workspace, row.pixel, row.state) == (workspace, source_id, State.WAITING):
                row.due_ms = min(row.due_ms, now_ms)

    def pull_in(self, latest_ms: int, now_ms: int) -> int:
        """Make due now what is due later than anything may be."""
        late = [row for row in self._rows.scheduled() if row.due_ms > latest_ms]
        for row in late:
            row.due_ms = now_ms
        return len(late)

    def end_stale(self, now_ms: int, *, limit: int) -> int:
        """End what has been due for as long as anything may wait."""
        due_before, ended = now_ms - self._ages.unsent_ms, 0
        for lane in self.due_lanes(due_before):
            ended += sum(self._expired(row, now_ms) for row in self._page(lane, limit - ended, due_before))
        return ended

    def end_unsent_of(self, workspace: str, source_id: str, now_ms: int, *, limit: int) -> int:
        """End what waits to be sent to an event source that was removed."""
        rows = [row for row in self._rows.scheduled() if (row.workspace, row.pixel) == (workspace, source_id)]
        for row in rows[:limit]:
            self._rows.end(row, State.EXPIRED, Reason.PIXEL_REMOVED, now_ms)
        return len(rows[:limit])

    def reclaim(self, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """Take over every batch of another owner, as long as it may be sent again."""
        batches = self._rows.batches.values()
        orphans = [batch for batch in batches if batch.state == State.LEASED and batch.owner != owner]
        for batch in orphans.copy():
            batch.owner, batch.again, batch.taken_over = owner, True, True
            late = {reason for id_ in batch.ids if (reason := self._late(self._rows.by_id[id_], now_ms))}
            ids = self._without_recalled(batch.ids, now_ms)
            if late:
                self._end(batch, ids, TOO_LATE, State.EXPIRED, reason_of_batch(late), now_ms)
            elif len(ids) < len(batch.ids):
                batch.state, batch.answered_ms = "split", now_ms
                rest = self._part(batch.lane, ids, owner, now_ms, compose)
                orphans += [self._rows.batches[rest.batch]] if rest else []
        return [self._lease_of(batch, compose, resent=True) for batch in orphans if batch.state == State.LEASED]

    def split(
        self, batch: int, answer: Answered, parts: Sequence[Positions], *, owner: str, now_ms: int, compose: Compose
    ) -> list[Lease | None]:
        """Replace a leased batch by leased parts."""
        whole = self._held_batch(batch, owner)
        if whole is None:
            return []
        whole.state, whole.answered_ms, whole.answer = "split", now_ms, answer
        left = {*self._without_recalled(whole.ids, now_ms)}
        split = [[id_ for place in part if (id_ := whole.ids[place]) in left] for part in parts]
        return [self._part(whole.lane, ids, owner, now_ms, compose) for ids in split]

    def renew(self, lease: Lease, *, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """Return a lease as it may go out now: less what was refused or erased since."""
        held = self._held_batch(lease.batch, owner)
        if held is None:
            return None
        ids = self._without_recalled(held.ids, now_ms)
        if len(ids) == len(held.ids):
            return lease
        held.state, held.answered_ms = "split", now_ms
        return self._part(held.lane, ids, owner, now_ms, compose)

    def settle_delivered(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to DELIVERED."""
        return self._settle(batch, answer, State.DELIVERED, "", owner=owner, now_ms=now_ms)

    def settle_refused(self, batch: int, answer: Answered, *, owner: str, now_ms: int) -> bool:
        """Move the batch's conversions to REFUSED."""
        return self._settle(batch, answer, State.REFUSED, Reason.REFUSED_BY_TIKTOK, owner=owner, now_ms=now_ms)

    def settle_waiting(
        self, batch: int, answer: Answered, *, owner: str, now_ms: int, due_ms: int, arrived: bool
    ) -> bool:
        """Move the batch's conversions to WAITING until `due_ms`, or to WITHDRAWN."""
        held = self._held_batch(batch, owner)
        if held is None:
            return False
        for row in map(self._rows.by_id.__getitem__, self._without_recalled(held.ids, now_ms)):
            kept = self._rows.kept[row.id]
            if not arrived and not held.again and kept.maybe_at == held.at_ms:
                kept.maybe_at = None
            row.due_ms = due_ms
            self._rows.move(row, State.WAITING)
        held.state, held.answered_ms, held.answer = "try later", now_ms, answer
        return True

    def _part(self, lane: Lane, ids: Sequence[int], owner: str, now_ms: int, compose: Compose) -> Lease | None:
        rows = [self._rows.by_id[id_] for id_ in ids]
        return self._open_batch(lane, rows, owner, now_ms, compose, again=True) if rows else None

    def _spelling(self, row: Conversion) -> str:
        rule = self._policy.terms_of(row.workspace, row.pixel).rules.spelling
        seen = self._rows.spelled.get((row.workspace, row.pixel, row.event))
        return wire_name(row.event, rule, seen.spelling if seen else "")

    def _open_batch(
        self, lane: Lane, picks: Sequence[Conversion], owner: str, now_ms: int, compose: Compose, *, again: bool = False
    ) -> Lease:
        attempt = max(self._rows.kept[row.id].attempts for row in picks)
        ids = [row.id for row in picks]
        batch = Batch(next(self._rows.batch_ids), lane, owner, State.LEASED, ids, attempt, now_ms, again)
        self._rows.batches[batch.id] = batch
        for row in picks:
            self._rows.kept[row.id].batches = [*self._rows.kept[row.id].batches, batch.id]
        return self._lease_of(batch, compose, resent=False)

    def _lease_of(self, batch: Batch, compose: Compose, *, resent: bool) -> Lease:
        body = compose(batch.lane, [self._event(id_) for id_ in batch.ids])
        return Lease(batch.id, batch.lane, body, len(batch.ids), batch.attempt, resent=resent)

    def _event(self, id_: int) -> tuple[str, bytes]:
        kept = self._rows.kept[id_]
        return kept.spelling, merge(kept.copies, self._rows.by_id[id_].conditions, spoken_of(self._rows.by_id[id_]))

    def _carried(self, row: Conversion) -> int:
        copies = self._rows.kept[row.id].copies
        event = merge(copies, row.conditions, spoken_of(row))
        return row.match if event is copies[0].body else carried_by(event)

    def _held_batch(self, batch: int, owner: str) -> Batch | None:
        held = self._rows.batches.get(batch)
        return held if held and held.state == State.LEASED and held.owner == owner else None

    def _settle(self, batch: int, answer: Answered, state: State, reason: str, *, owner: str, now_ms: int) -> bool:
        held = self._held_batch(batch, owner)
        if held is None:
            return False
        for row in map(self._rows.by_id.__getitem__, held.ids if state is State.DELIVERED else []):
            row.enriched = row.enriched or row.reason in RECALLS  # and is added to no more
        ids = held.ids if state is State.DELIVERED else self._without_recalled(held.ids, now_ms)
        self._end(held, ids, answer, state, reason, now_ms)
        return True

    def _end(self, batch: Batch, ids: Sequence[int], answer: Answered, state: State, reason: str, now_ms: int) -> None:
        for id_ in ids:
            self._rows.end(self._rows.by_id[id_], state, reason, now_ms)
        batch.state, batch.answered_ms, batch.answer = state, now_ms, answer

    def _without_recalled(self, ids: Sequence[int], now_ms: int) -> list[int]:
        """End what was refused or erased while it was on the wire, and give the rest."""
        rows = [self._rows.by_id[id_] for id_ in ids]
        recalled = [(row, RECALLS[row.reason]) for row in rows if row.reason in RECALLS]
        for row, state in recalled:
            self._rows.end(row, state, row.reason, now_ms)
            self._rows.kept[row.id].copies = []
            if not row.enriched:
                row.event_id = row.order_id = row.currency = ""
                row.minor = None
                self._rows.clear_differences(row.id)
                self._rows.margins.pop(row.id, None)
        gone = {row.id for row, _ in recalled}
        return [id_ for id_ in ids if id_ not in gone]

    def _late(self, row: Conversion, now_ms: int) -> Reason | None:
        terms = self._policy.terms_of(row.workspace, row.pixel)
        test_ended = ended_test(self._rows.lane(row), terms.rules, now_ms)
        if test_ended:
            return test_ended
        if row.enriched:
            return Reason.DEDUP_WINDOW if self._ages.too_late_to_enrich(row.browser_at, now_ms) else None
        maybe_at, proven = self._rows.kept[row.id].maybe_at, is_proven(row.evidence)
        return self._ages.reason_to_end(
            row.since_ms, maybe_at, row.browser_at, now_ms, proven=proven, unsent=terms.unsent_since(row.since_ms)
        )

    def _due(self, lane: Lane, limit: int, now_ms: int, stretches: Sequence[Stretch]) -> list[Conversion]:
        """Return the first page of due conversions with one that may be sent; expired ones end on the way."""
        for _ in range(MOST_PAGES):
            page = self._page(lane, limit, now_ms, stretches)
            picks = [row for row in page if not self._expired(row, now_ms)]
            if picks or not page:
                return sorted(picks, key=lambda row: row.id)
        return []

    def _page(self, lane: Lane, limit: int, now_ms: int, stretches: Sequence[Stretch] = EVERYTHING) -> list[Conversion]:
        rows = self._rows
        due = [row for row in rows.scheduled() if rows.lane(row) == lane and row.due_ms <= now_ms]
        page: dict[int, Conversion] = {}
        for stretch in stretches:
            page |= {row.id: row for row in self._within(due, stretch) if row.id not in page}
        return list(page.values())[:limit]

    def _within(self, due: Sequence[Conversion], stretch: Stretch) -> list[Conversion]:
        def first_tried(row: Conversion) -> int:
            maybe_at = self._rows.kept[row.id].maybe_at
            return -1 if maybe_at is None else maybe_at

        if stretch.tried:
            tried = [row for row in due if row.state == State.WAITING]
            until = stretch.tried_until_ms
            tried = [row for row in tried if until is None or 0 <= first_tried(row) <= until]
            return sorted(tried, key=lambda row: (first_tried(row), row.id))
        after = -inf if stretch.after_ms is None else stretch.after_ms
        until_ms = inf if stretch.until_ms is None else stretch.until_ms
        return sorted([row for row in due if after < row.due_ms <= until_ms], key=lambda row: (row.due_ms, row.id))

    def _expired(self, row: Conversion, now_ms: int) -> bool:
        reason = self._late(row, now_ms)
        if reason is not None:
            self._rows.end(row, State.EXPIRED, reason, now_ms)
        return reason is not None
