"""
The engines as plain dictionaries: the model that the others are compared with, and a store for tests.

Nothing here is durable. The promises are those of the contracts; the kit in tests/engines runs them for every
engine alike. It ships with the product because users test their own code with it.
"""

from collections.abc import Sequence
from itertools import count

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.core.keys import conversion_key
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.story import Attempt, CopySeen, Count, Story
from twinbeam.core.values import Facts
from twinbeam.engines.memory_journal import MemoryJournal
from twinbeam.pipeline.record.contract import Numbered, Recorded, has_gap
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.fold import Fold, Known, PixelChannel
from twinbeam.pipeline.record.merge import merge, show
from twinbeam.pipeline.record.tally import RECORDED, CounterKey, move_key
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.contract import MOST_PAGES, TOO_LATE, Compose
from twinbeam.pipeline.send.limits import Ages

__all__ = ["MemoryJournal", "MemoryStore"]


class _Batch(Struct):
    id: int
    lane: Lane
    owner: str
    state: str
    ids: list[int]
    attempt: int
    at_ms: int
    again: bool = False  #: what it carries may have been sent before: a half, or taken over
    answered_ms: int | None = None
    answer: Answered = Answered()


class _Kept(Struct):
    """What the model keeps of a conversion beside its row."""

    copies: list[Copy] = []
    notes: list[CopySeen] = []
    maybe_at: int | None = None
    settled_at: int | None = None
    attempts: int = 0
    batches: list[int] = []


class MemoryStore:
    """A store that keeps everything in dictionaries and decides nothing that the rooms can decide."""

    def __init__(self, *, window: JoinWindow | None = None, ages: Ages | None = None) -> None:
        self._window = window or JoinWindow()
        self._ages = ages or Ages()
        self._rows: dict[bytes, Conversion] = {}
        self._by_id: dict[int, Conversion] = {}
        self._kept: dict[int, _Kept] = {}
        self._lookups: dict[bytes, list[int]] = {}
        self._visitor_of: dict[bytes, bytes] = {}
        self._facts_of: dict[bytes, Facts] = {}
        self._last_seen: dict[PixelChannel, int] = {}
        self._cursors: dict[str, tuple[int, int]] = {}
        self._quarantine: dict[tuple[str, int, int], bytes] = {}
        self._counters: dict[CounterKey, int] = {}
        self._batches: dict[int, _Batch] = {}
        self._lanes: dict[tuple[str, str, str, str], Lane] = {}
        self._ids = count(1)
        self._batch_ids = count(1)

    def cursor(self, journal_id: str) -> int:
        """Give the last recorded sequence number of a journal, 0 when it is new."""
        return self._cursors.get(journal_id, (0, 0))[0]

    def record(self, journal_id: str, groups: Sequence[Numbered], _now_ms: int) -> Recorded:
        """Record groups; a group at or below the cursor changes nothing."""
        before = self.cursor(journal_id)
        fresh = [group for group in groups if group.seq > before]
        known = Known(self._rows, self._visitor_of, self._facts_of, self._last_seen)
        fold = Fold(known, new_id=lambda: next(self._ids), window=self._window)
        fold.learn(signal for group in fresh for signal in group.signals)
        origin = bytes.fromhex(journal_id)[:8]
        for group in fresh:
            place = origin + group.seq.to_bytes(8, "big")
            for index, signal in enumerate(group.signals):
                fold.take(signal, place + index.to_bytes(4, "big"))
        self._write(fold)
        if fresh:
            events = sum(len(group.signals) + group.set_aside for group in fresh)
            self._cursors[journal_id] = (fresh[-1].seq, self._cursors.get(journal_id, (0, 0))[1] + events)
        return fold.recorded(skipped_groups=len(groups) - len(fresh), gap=has_gap(before, fresh))

    def rehearse(self, _journal_id: str, _group: Numbered, _now_ms: int) -> None:
        """Do nothing: a dictionary refuses no value."""

    def quarantine(
        self, journal_id: str, seq: int, index: int, raw: bytes, _why: str, now_ms: int, *, count: int = 1
    ) -> None:
        """Keep what cannot be recorded; counted once, as `count` arrivals."""
        place = (journal_id, seq, index)
        if place not in self._quarantine:
            self._quarantine[place] = raw
            for outcome in (RECORDED, Outcome.QUARANTINED):
                self._add((day_of(now_ms), "", "", "", outcome, ""), count)

    def due_lanes(self, now_ms: int) -> list[Lane]:
        """List the lanes that hold at least one conversion due."""
        lanes = {self._lane(row).id: self._lane(row) for row in self._waiting() if row.due_ms <= now_ms}
        return [lanes[id_] for id_ in sorted(lanes)]

    def next_due_ms(self) -> int | None:
        """Tell when the earliest unsent conversion is due."""
        return min((row.due_ms for row in self._waiting()), default=None)

    def lease(self, lane: Lane, *, limit: int, owner: str, now_ms: int, compose: Compose) -> Lease | None:
        """Freeze and take up to `limit` due conversions of a lane."""
        picks = self._due(lane, limit, now_ms)
        if not picks:
            return None
        for row in picks:
            kept = self._kept[row.id]
            kept.attempts += 1
            kept.maybe_at = now_ms if kept.maybe_at is None else kept.maybe_at
            row.frozen = True
            self._move(row, State.LEASED)
        return self._open_batch(lane, picks, owner, now_ms, compose)

    def hasten(self, *, workspace: str, source_id: str, now_ms: int) -> None:
        """Make due what waits after an attempt in the lanes of an event source."""
        for row in self._waiting():
            if (row.workspace, row.pixel, row.state) == (workspace, source_id, State.WAITING):
                row.due_ms = min(row.due_ms, now_ms)

    def reclaim(self, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """Take over every batch of another owner, as long as it may be sent again."""
        orphans = [batch for batch in self._batches.values() if batch.state == State.LEASED and batch.owner != owner]
        for batch in orphans:
            batch.owner, batch.again = owner, True
            if any(self._late(self._by_id[id_], now_ms) for id_ in batch.ids):
                ids = self._without_recalled(batch.ids, now_ms)
                self._end(batch, ids, TOO_LATE, State.EXPIRED, Reason.DEDUP_WINDOW, now_ms)
        return [self._lease_of(batch, compose, resent=True) for batch in orphans if batch.state == State.LEASED]

    def split(self, batch: int, *, owner: str, now_ms: int, compose: Compose) -> list[Lease]:
        """Replace a leased batch by two leased halves."""
        whole = self._held(batch, owner)
        if whole is None:
            return []
        whole.state, whole.answered_ms = "split", now_ms
        ids = self._without_recalled(whole.ids, now_ms)
        middle = len(ids) // 2
        halves = [half for half in (ids[:middle], ids[middle:]) if half]
        return [
            self._open_batch(whole.lane, [self._by_id[id_] for id_ in half], owner, now_ms, compose, again=True)
            for half in halves
        ]

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
        held = self._held(batch, owner)
        if held is None:
            return False
        for row in map(self._by_id.__getitem__, self._without_recalled(held.ids, now_ms)):
            if not arrived and not held.again and self._kept[row.id].maybe_at == held.at_ms:
                self._kept[row.id].maybe_at = None
            row.due_ms = due_ms
            self._move(row, State.WAITING)
        held.state, held.answered_ms, held.answer = "try later", now_ms, answer
        return True

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Find what is known under an event id, tombstones included."""
        places = sorted({(row.pixel, row.event) for row in self._rows.values() if row.workspace == workspace})
        keys = [conversion_key(workspace, pixel, event, event_id) for pixel, event in places]
        return [self._story(self._rows[key]) for key in keys if key in self._rows]

    def by_lookup(self, hashes: Sequence[bytes]) -> list[Story]:
        """Find conversions by look-up hashes."""
        ids = {id_ for h in hashes for id_ in self._lookups.get(h, [])}
        return [self._story(self._by_id[id_]) for id_ in sorted(ids)]

    def counts(self, *, since_day: int = 0) -> list[Count]:
        """Give all counters from a UTC day on."""
        return [Count(*key, n) for key, n in sorted(self._counters.items()) if n and key[0] >= since_day]

    def states(self) -> dict[str, int]:
        """Count the rows by state."""
        found: dict[str, int] = {}
        for row in self._rows.values():
            found[row.state.value] = found.get(row.state.value, 0) + 1
        return found

    def cursors(self) -> dict[str, tuple[int, int]]:
        """Tell for each journal how far it is recorded."""
        return dict(self._cursors)

    def unsent(self) -> int:
        """Count the conversions that wait for the wire."""
        return len(self._waiting())

    def quarantined(self) -> int:
        """Count what could not be recorded."""
        return len(self._quarantine)

    def _write(self, fold: Fold) -> None:
        writes = fold.writes
        for row in writes.opened:
            self._by_id[row.id] = row
            self._kept[row.id] = _Kept()
        for id_, copies in writes.payloads.items():
            self._kept[id_].copies = [*self._kept[id_].copies, *copies]
            show(self._by_id[id_], self._kept[id_].copies)
        for id_ in writes.purged:
            self._kept[id_].copies = []
        for id_, _n, channel, at_ms, consent, source in writes.notes:
            self._kept[id_].notes.append(CopySeen(channel, source, at_ms, consent))
        for h, id_ in ((h, id_) for hashes, id_, _at in writes.lookups for h in hashes):
            known = self._lookups.setdefault(h, [])
            if id_ not in known:
                known.append(id_)
        for *key, n in fold.tally:
            self._add(tuple(key), n)  # type: ignore[arg-type]

    def _waiting(self) -> list[Conversion]:
        return [row for row in self._rows.values() if row.state in UNSENT - {State.LEASED}]

    def _lane(self, row: Conversion) -> Lane:
        place = (row.workspace, row.event_source, row.pixel, "")
        return self._lanes.setdefault(place, Lane(len(self._lanes) + 1, *place))

    def _open_batch(
        self, lane: Lane, picks: Sequence[Conversion], owner: str, now_ms: int, compose: Compose, *, again: bool = False
    ) -> Lease:
        attempt = max(self._kept[row.id].attempts for row in picks)
        ids = [row.id for row in picks]
        batch = _Batch(next(self._batch_ids), lane, owner, State.LEASED, ids, attempt, now_ms, again)
        self._batches[batch.id] = batch
        for row in picks:
            self._kept[row.id].batches = [*self._kept[row.id].batches, batch.id]
        return self._lease_of(batch, compose, resent=False)

    def _lease_of(self, batch: _Batch, compose: Compose, *, resent: bool) -> Lease:
        events = [(self._by_id[id_].event, merge(self._kept[id_].copies)) for id_ in batch.ids]
        body = compose(batch.lane, events)
        return Lease(batch.id, batch.lane, body, len(batch.ids), batch.attempt, resent=resent)

    def _held(self, batch: int, owner: str) -> _Batch | None:
        held = self._batches.get(batch)
        return held if held and held.state == State.LEASED and held.owner == owner else None

    def _settle(self, batch: int, answer: Answered, state: State, reason: str, *, owner: str, now_ms: int) -> bool:
        held = self._held(batch, owner)
        if held is None:
            return False
        self._end(held, held.ids, answer, state, reason, now_ms)
        return True

    def _end(self, batch: _Batch, ids: Sequence[int], answer: Answered, state: State, reason: str, now_ms: int) -> None:
        for row in map(self._by_id.__getitem__, ids):
            self._kept[row.id].settled_at = now_ms
            self._move(row, state, reason)
        batch.state, batch.answered_ms, batch.answer = state, now_ms, answer

    def _without_recalled(self, ids: Sequence[int], now_ms: int) -> list[int]:
        """Withdraw what was refused while it was on the wire, and give the rest."""
        recalled = [self._by_id[id_] for id_ in ids if self._by_id[id_].reason == Reason.NO_CONSENT]
        for row in recalled:
            self._move(row, State.WITHDRAWN, Reason.NO_CONSENT)
            row.event_id = row.order_id = ""
            self._kept[row.id].copies, self._kept[row.id].settled_at = [], now_ms
        return [id_ for id_ in ids if self._by_id[id_] not in recalled]

    def _late(self, row: Conversion, now_ms: int) -> Reason | None:
        return self._ages.too_late(row.received_ms, self._kept[row.id].maybe_at, now_ms)

    def _due(self, lane: Lane, limit: int, now_ms: int) -> list[Conversion]:
        """Give the first page of due conversions with one that may be sent; expired ones end on the way."""
        for _ in range(MOST_PAGES):
            due = [row for row in self._waiting() if self._lane(row) == lane and row.due_ms <= now_ms]
            page = sorted(due, key=lambda row: (row.due_ms, row.id))[:limit]
            picks = [row for row in page if not self._expired(row, now_ms)]
            if picks or not page:
                return sorted(picks, key=lambda row: row.id)
        return []

    def _expired(self, row: Conversion, now_ms: int) -> bool:
        reason = self._late(row, now_ms)
        if reason is not None:
            self._kept[row.id].settled_at = now_ms
            self._move(row, State.EXPIRED, reason)
        return reason is not None

    def _move(self, row: Conversion, state: State, reason: str = "") -> None:
        place = (day_of(row.received_ms), row.workspace, row.pixel, row.event)
        self._add(move_key(*place, row.state, row.reason), -1)
        row.state, row.reason = state, reason
        self._add(move_key(*place, row.state, row.reason), 1)

    def _add(self, key: CounterKey, n: int) -> None:
        self._counters[key] = self._counters.get(key, 0) + n

    def _story(self, row: Conversion) -> Story:
        kept = self._kept[row.id]
        first = CopySeen(row.channels.split("+")[0], row.source, row.received_ms, row.consent)
        return Story(
            id=row.id,
            workspace=row.workspace,
            pixel=row.pixel,
            event_source=row.event_source,
            event=row.event,
            event_id=row.event_id,
            event_time=row.event_time,
            order_id=row.order_id,
            received_ms=row.received_ms,
            state=row.state,
            reason="" if row.state is State.LEASED else row.reason,
            value_minor=row.minor,
            currency=row.currency,
            channels=row.channels.split("+"),
            consent=row.consent,
            source=row.source,
            due_ms=row.due_ms if row.state in UNSENT - {State.LEASED} else None,
            settled_ms=kept.settled_at,
            attempts=kept.attempts,
            copies=[first, *kept.notes],
            log=[self._attempt(self._batches[id_]) for id_ in kept.batches],
        )

    def _attempt(self, batch: _Batch) -> Attempt:
        answer = batch.answer
        answered = batch.answered_ms is not None and batch.state != "split"
        return Attempt(
            batch=batch.id,
            state=batch.state,
            at_ms=batch.at_ms,
            answered_ms=batch.answered_ms,
            status=answer.status if answered else None,
            code=answer.code if answered else None,
            message=answer.message,
            request_id=answer.request_id,
        )
