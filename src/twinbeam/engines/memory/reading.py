"""What people ask the model: stories and counts."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Answered
from twinbeam.core.fleet import PixelWeek
from twinbeam.core.keys import conversion_key, scope_of, stream_of
from twinbeam.core.lifecycle import UNSENT, State, whole
from twinbeam.core.pixel_counts import PixelCount
from twinbeam.core.rules import FIRST_SHOP
from twinbeam.core.story import (
    WIDE,
    Attempt,
    Change,
    CopySeen,
    Count,
    Covered,
    LastAnswer,
    Listed,
    Narrowed,
    SideSeen,
    Story,
    Total,
)
from twinbeam.core.values import MATCH
from twinbeam.engines.memory.ordering import OrderModel
from twinbeam.engines.memory.rows import Batch, Rows
from twinbeam.engines.memory.sightings import SightingReader
from twinbeam.pipeline.record.conversion import BARE, Conversion, Copy, found_bit
from twinbeam.pipeline.record.coverage import COLUMNS, side_of


class StoreReader:
    """See web.contract.ReadModel for the promises."""

    orders: OrderModel

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion by its number."""
        row = self._rows.by_id.get(conversion_id)
        return None if row is None else self._story(row)

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Find what is known under an event id, tests and tombstones included."""
        rows = [row for row in self._rows.by_id.values() if row.workspace == workspace]
        streams = {(row.shop, row.event_source, stream_of(row.pixel, row.test_code), row.event) for row in rows}
        places = sorted(streams | {(row.shop, row.event_source, row.pixel, row.event) for row in rows})
        keys = [
            conversion_key(scope_of(workspace, shop), event_source, stream, event, event_id)
            for shop, event_source, stream, event in places
        ]
        return [self._story(self._rows.by_key[key]) for key in keys if key in self._rows.by_key]

    def by_event_ids(self, workspaces: Sequence[str], event_id: str) -> list[Story]:
        """Find what is known under an event id in some workspaces."""
        return [story for workspace in workspaces for story in self.by_event_id(workspace, event_id)]

    def by_order(self, workspaces: Sequence[str], order_id: str) -> list[Story]:
        """Return what follows from an order in the ledger of some workspaces, by its number."""
        orders = self.orders.under_number(workspaces, order_id)
        ids = {id_ for order in orders for id_ in self.orders.conversions_of(order.id)}
        return [self._story(self._rows.by_id[id_]) for id_ in sorted(ids) if id_ in self._rows.by_id]

    def by_lookup(self, hashes: Sequence[bytes]) -> list[Story]:
        """Find conversions by look-up hashes."""
        ids = {id_ for h in hashes for id_ in self._rows.lookups.get(h, {})}
        return [self._story(self._rows.by_id[id_]) for id_ in sorted(ids)]

    def counts(self, *, since_day: int = 0) -> list[Count]:
        """Return all counters from a UTC day on."""
        return [Count(*key, n) for key, n in sorted(self._rows.counters.items()) if n and key[0] >= since_day]

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Add the counters from a UTC day on up over the days, and over the events unless they are asked for."""
        sums: dict[tuple[str, str, str, str, str], int] = {}
        for count in self.counts(since_day=since_day):
            event = count.event if by_event else ""
            key = (count.workspace, count.pixel, event, count.outcome, count.reason)
            sums[key] = sums.get(key, 0) + count.n
        return [Total(*key, n) for key, n in sorted(sums.items()) if n]

    @property
    def sightings(self) -> SightingReader:
        """What the debugger shows."""
        return SightingReader(self._rows, self.by_id)

    def recent(self, *, limit: int) -> list[Story]:
        """Return the newest conversions and tombstones, newest first, without copies and attempts."""
        return self.in_state(tuple(State), limit=limit).stories

    def in_state(
        self,
        states: Collection[str],
        *,
        limit: int,
        pixel: tuple[str, str] | None = None,
        before_id: int | None = None,
        narrowed: Narrowed = WIDE,
    ) -> Listed:
        """Return the newest conversions in one of some states."""
        asked = whole(states)
        rows = (row for row in self._rows.by_id.values() if row.state in asked and _is_within(row, narrowed))
        found = [row for row in rows if pixel in (None, (row.workspace, row.pixel))]
        older = sorted((row for row in found if before_id is None or row.id < before_id), key=lambda row: -row.id)
        stories = [replace(self._story(row), copies=[], log=[]) for row in older[:limit]]
        return Listed(stories, older[limit - 1].id if len(older) > limit else None)

    def weeks(self) -> list[PixelWeek]:
        """Return nothing: nobody adds up what a model counts."""
        return []

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        return [SideSeen(*place, *seen) for place, seen in sorted(self._rows.sides.items())]

    def last_answers(self) -> list[LastAnswer]:
        """Return the newest answer to each pixel that had one."""
        newest: dict[tuple[str, str], LastAnswer] = {}
        for batch in self._rows.batches.values():
            place, answer = (batch.lane.workspace, batch.lane.source_id), batch.answer
            if answer.code is not None and batch.answered_ms is not None:
                newest[place] = LastAnswer(*place, batch.answered_ms, answer.code, answer.message)
        return [answer for _, answer in sorted(newest.items())]

    def changes(self, *, limit: int) -> list[Change]:
        """Return the latest lines of the audit, newest first."""
        return self._rows.changes[::-1][:limit]

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        return [Covered(*key, *row) for key, row in sorted(self._rows.coverage.items()) if key[0] >= since_day]

    def pixel_counts(self) -> list[PixelCount]:
        """Return what is counted of pixels beside states and sides."""
        return [PixelCount(*key, n) for key, n in sorted(self._rows.pixel_counts.items()) if n]

    def states(self) -> dict[str, int]:
        """Count the rows by state."""
        found: dict[str, int] = {}
        for row in self._rows.by_id.values():
            found[row.state.value] = found.get(row.state.value, 0) + 1
        return found

    def removed(self) -> dict[str, int]:
        """Count, by state, the conversions whose rows are gone after their time."""
        return dict(self._rows.removed)

    def copies_kept(self, conversion: int) -> list[Copy]:
        """Return the copies of a conversion as far as they are still kept."""
        return list(self._rows.kept[conversion].copies)

    def cursors(self) -> dict[str, tuple[int, int]]:
        """Return how far each journal is recorded."""
        return dict(self._rows.cursors)

    def unsent(self) -> int:
        """Count the conversions that wait for the wire."""
        return len(self._rows.scheduled())

    def held(self) -> int:
        """Count the conversions that wait for permission or confirmation."""
        return sum(row.state is State.HELD for row in self._rows.by_id.values())

    def quarantined(self) -> int:
        """Count what could not be recorded."""
        return len(self._rows.quarantine)

    def _story(self, row: Conversion) -> Story:
        kept = self._rows.kept[row.id]
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
            shop=row.shop or FIRST_SHOP,
            copies=[first, *kept.notes],
            log=[self._attempt(self._rows.batches[id_]) for id_ in kept.batches],
        )

    def _attempt(self, batch: Batch) -> Attempt:
        answer = batch.answer
        answered = batch.answered_ms is not None and answer != Answered()
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


def _is_within(row: Conversion, narrowed: Narrowed) -> bool:
    day = day_of(row.received_ms)
    stands = not (row.united or row.test_code or row.state is State.DROPPED)
    return (
        narrowed.event in ("", row.event)
        and (not narrowed.seen or (stands and COLUMNS[side_of(row.channels)] == narrowed.seen))
        and (narrowed.since_day is None or day >= narrowed.since_day)
        and (narrowed.until_day is None or day <= narrowed.until_day)
        and (not narrowed.reason or (row.reason in narrowed.reason.split(",") and row.state is not State.LEASED))
        and (not narrowed.found or bool(row.found & found_bit(narrowed.found)))
        and (not narrowed.several or row.copies > 1)
        and (not narrowed.carries or (bool(row.match & MATCH[narrowed.carries]) and not row.conditions & BARE))
    )
