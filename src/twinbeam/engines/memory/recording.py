"""The record room's part of the model."""

from collections.abc import Sequence

from twinbeam.admin.contract import Reused
from twinbeam.core.clock import day_of
from twinbeam.core.goods import Margin
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.story import CopySeen
from twinbeam.core.values import Signal
from twinbeam.engines.memory.ordering import OrderModel
from twinbeam.engines.memory.rows import Kept, Rows
from twinbeam.pipeline.record.claims import ClaimLimits
from twinbeam.pipeline.record.confirming import ended
from twinbeam.pipeline.record.contract import Numbered, Recorded, arrivals_of, has_gap
from twinbeam.pipeline.record.conversion import OWNER, Conversion, reason_to_end
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.pipeline.record.fold import Fold
from twinbeam.pipeline.record.margin import is_priced, priced, settled
from twinbeam.pipeline.record.merge import show
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.write_set import WriteSet


class StoreRecorder:
    """See record.contract.Recorder and Holds for the promises."""

    def __init__(self, rows: Rows, policy: RecordPolicy) -> None:
        self._rows = rows
        self._policy = policy
        self._claims = ClaimLimits()
        self._asked: list[int] = []
        self.orders = OrderModel(rows)

    def cursor(self, journal_id: str) -> int:
        """Return the last recorded sequence number of a journal, 0 when it is new."""
        return self._rows.cursors.get(journal_id, (0, 0))[0]

    def safe(self, journal_id: str) -> int:
        """Return the last sequence number that no accident of the store's takes away: the cursor."""
        return self.cursor(journal_id)

    def record(self, journal_id: str, groups: Sequence[Numbered], now_ms: int) -> Recorded:
        """Record groups; a group at or below the cursor changes nothing."""
        before = self.cursor(journal_id)
        fresh = [group for group in groups if group.seq > before]
        fold = self._fold()
        margins, arrivals = list[tuple[Signal, Margin]](), arrivals_of(journal_id, fresh)
        self.orders.take([(self._priced(signal, margins), arrival) for signal, arrival in arrivals], fold)
        self._write(fold, now_ms)
        self._rows.margins |= settled(margins, self._rows.by_key, self._rows.margins)
        if fresh:
            events = sum(len(group.signals) + group.set_aside for group in fresh)
            recorded = self._rows.cursors.get(journal_id, (0, 0))[1] + events
            self._rows.cursors[journal_id] = (fresh[-1].seq, recorded)
        return fold.recorded(skipped_groups=len(groups) - len(fresh), gap=has_gap(before, fresh))

    def rehearse(self, _journal_id: str, _group: Numbered, _now_ms: int) -> None:
        """Do nothing: a dictionary refuses no value."""

    def quarantine(
        self, journal_id: str, seq: int, index: int, raw: bytes, _why: str, now_ms: int, *, count: int = 1
    ) -> None:
        """Keep what cannot be recorded; counted once, as `count` arrivals."""
        place = (journal_id, seq, index)
        if place not in self._rows.quarantine:
            self._rows.quarantine[place] = (now_ms, raw)
            for outcome in (RECORDED, Outcome.QUARANTINED):
                self._rows.add((day_of(now_ms), "", "", "", outcome, ""), count)

    def next_deadline_ms(self) -> int | None:
        """Return when the next held conversion ends."""
        return min((row.due_ms for row in self._held()), default=None)

    def end_overdue(self, now_ms: int, *, limit: int) -> int:
        """End held conversions whose deadline has come."""
        overdue = sorted((row for row in self._held() if row.due_ms <= now_ms), key=lambda row: (row.due_ms, row.id))
        for row in overdue[:limit]:
            self._rows.kept[row.id].copies = []
            self._rows.end(row, State.EXPIRED, reason_to_end(row.lacks), now_ms)
        return len(overdue[:limit])

    def ask_release(self, *, workspace: str, order_id: str, now_ms: int) -> list[Reused]:  # noqa: ARG002
        """Ask that held conversions of an order are let go; return them."""
        rows = [row for row in self._held() if (row.workspace, row.order_id) == (workspace, order_id)]
        asked = [row for row in rows if row.lacks & OWNER]
        self._asked += [row.id for row in asked]
        return [Reused(row.id, row.event_id) for row in asked]

    def release_asked(self, now_ms: int) -> int:
        """Let go the held conversions whose owner asked for it, and tell how many were asked for."""
        asked, self._asked = self._asked, []
        fold = self._fold()
        fold.release([self._rows.by_id[id_] for id_ in asked], now_ms)
        self._write(fold, now_ms)
        return len(asked)

    def end_held_of(self, workspace: str, pixel: str, now_ms: int, *, limit: int) -> int:
        """End what is held for a pixel that was removed."""
        held = [row for row in self._held() if (row.workspace, row.pixel) == (workspace, pixel)][:limit]
        for row in held:
            self._rows.kept[row.id].copies = []
            self._rows.end(row, State.EXPIRED, Reason.PIXEL_REMOVED, now_ms)
        return len(held)

    def end_confirming(self, now_ms: int) -> None:
        """Await no server's word any more where none has reported for so long."""
        over, changes = ended(self._rows.confirming, now_ms, self._policy.terms_of)
        for place in over:
            del self._rows.confirming[place]
        self._rows.changes += changes

    def _fold(self) -> Fold:
        return Fold(self._known(), new_id=self._rows.ids.__next__, policy=self._policy, claims=self._claims)

    def _priced(self, signal: Signal, margins: list[tuple[Signal, Margin]]) -> Signal:
        rules = self._policy.terms_of(signal.workspace, signal.pixel).rules
        costs = self._rows.costs.get(signal.workspace)
        if not is_priced(signal, rules) or (costs is None and rules.value != "margin"):
            return signal
        after, margin = priced(signal, rules, costs or {})
        margins.append((after, margin))
        return after

    def _held(self) -> list[Conversion]:
        return [row for row in self._rows.by_id.values() if row.state is State.HELD]

    def _known(self) -> ReadSet:
        rows = self._rows

        def reached_by(visitors: Sequence[bytes]) -> list[tuple[bytes, Conversion]]:
            noted = ((visitor, id_) for visitor in visitors for id_ in rows.watchlist.get(visitor, []))
            return [(visitor, rows.by_id[id_]) for visitor, id_ in noted if id_ in rows.by_id]

        return ReadSet(
            rows.by_key,
            rows.visitor_of,
            rows.facts_of,
            rows.last_seen,
            reached_by,
            rows.spelled,
            rows.names,
            rows.by_id,
            lambda keys: {key: rows.by_key[key] for key in keys if key in rows.by_key},
            rows.confirming,
            rows.regions,
        )

    def _write(self, fold: Fold, now_ms: int) -> None:
        rows, writes = self._rows, fold.write_set
        for row in writes.opened:
            rows.by_id[row.id] = row
            rows.kept[row.id] = Kept()
        self._write_copies(writes)
        for visitor, id_ in writes.watched:
            watchlist = rows.watchlist.setdefault(visitor, [])
            if id_ not in watchlist:
                watchlist.append(id_)
        rows.facts_day |= dict.fromkeys(writes.facts, day_of(now_ms))
        released = [
            (h, id_, copy.received_ms)
            for id_ in writes.released
            for copy in rows.kept[id_].copies
            for h in copy.lookups
        ]
        for h, id_, at_ms in [*((h, id_, at_ms) for hashes, id_, at_ms in writes.lookups for h in hashes), *released]:
            days = rows.lookups.setdefault(h, {})
            days[id_] = max(days.get(id_, 0), day_of(at_ms))
        self._write_heard(writes)
        rows.changes += writes.audit
        if writes.sighted:
            pages, leaving = rows.ring.add(writes.sighted)
            rows.sightings |= {page.number: page for page in pages}
            for number in leaving:
                del rows.sightings[number]
        for *key, n in fold.counters:
            rows.add(tuple(key), n)  # type: ignore[arg-type]
        rows.cover(fold.counters.coverage)

    def _write_heard(self, writes: WriteSet) -> None:
        sides = self._rows.sides
        for place, heard in writes.heard.items():
            at_ms, alone = sides.get(place, (0, 0))
            if heard.at_ms is not None:
                sides[place] = (max(at_ms, heard.at_ms), heard.alone)
            elif place in sides:
                sides[place] = (at_ms, alone + heard.alone)

    def _write_copies(self, writes: WriteSet) -> None:
        rows = self._rows
        for source, into in writes.absorbed:
            rows.kept[into].copies = [*rows.kept[into].copies, *rows.kept[source].copies]
        for id_, copies in writes.payloads.items():
            rows.kept[id_].copies = [*rows.kept[id_].copies, *copies]
            show(rows.by_id[id_], rows.kept[id_].copies)
        for id_ in writes.purged:
            rows.kept[id_].copies = []
        for note in writes.notes:
            seen = CopySeen(note.channel, note.source, note.at_ms, note.consent, note.differs)
            rows.kept[note.id].notes.append(seen)
        for row in writes.changed.values():
            if row.state is State.WITHDRAWN:
                rows.clear_differences(row.id)
                rows.margins.pop(row.id, None)
