"""
The last week of every pixel is added up, so that the page of five hundred pixels need not do it each time.

It reads on a connection and a thread of its own. Where there are few pixels nothing is kept: the page counts them anew.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from twinbeam.core.clock import Clock, day_of
from twinbeam.core.fleet import WEEK_DAYS, EventWeek, PixelWeek
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.story import Covered, PixelRow, Total
from twinbeam.jobs.contract import Job, OnStore
from twinbeam.pipeline.record.counters import FINDING

EVERY_SECONDS = 15.0
COUNTED_AT_ONCE = 20  #: so many pixels a page counts by itself
MOST_EVENTS = 40  #: events of one pixel that are told by name: with a public key anybody may send any
PILE = 10  #: fewer held ones may be on their way to a confirmation

Place = tuple[str, str]
"""(workspace, pixel)"""


class CountedStore(Protocol):
    """The part of a reading side that tells what is counted. All raise StorageError."""

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        ...

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Return all counters from a UTC day on, added up over the days."""
        ...

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        ...


class WeekStore(Protocol):
    """The part of a store that keeps what was added up."""

    def keep_weeks(self, weeks: Sequence[PixelWeek]) -> None:
        """Keep these, and forget all others."""
        ...


def job(
    counted: CountedStore,
    on_counter: OnStore,
    store: WeekStore,
    on_store: OnStore,
    clock: Clock,
) -> Job:
    """Return the job; `on_counter` runs what reads on a thread of its own."""
    kept = True  # by an earlier process, perhaps

    async def act() -> None:
        nonlocal kept
        weeks = await on_counter(_weeks_to_keep, counted, clock.now_ms())
        if weeks or kept:
            await on_store(store.keep_weeks, weeks)
        kept = bool(weeks)

    return Job(name="pixel_weeks", every_seconds=EVERY_SECONDS, act=act)


def _weeks_to_keep(counted: CountedStore, now_ms: int) -> list[PixelWeek]:
    return read_weeks(counted, now_ms) if len(counted.pixels()) > COUNTED_AT_ONCE else []


def read_weeks(counted: CountedStore, now_ms: int) -> list[PixelWeek]:
    """Add up the last week of every pixel that counts anything."""
    since_day = day_of(now_ms) - WEEK_DAYS + 1
    return weeks_of(counted.totals(since_day=since_day), counted.coverage(since_day=since_day), now_ms)


def weeks_of(totals: Iterable[Total], covered: Iterable[Covered], now_ms: int) -> list[PixelWeek]:
    """Add up counters of a week; pure."""
    by_place: dict[Place, list[Total]] = {}
    for total in totals:
        by_place.setdefault((total.workspace, total.pixel), []).append(total)
    seen_at: dict[Place, list[Covered]] = {}
    for row in covered:
        seen_at.setdefault((row.workspace, row.pixel), []).append(row)
    return [_week(place, by_place[place], seen_at.get(place, []), now_ms) for place in sorted(by_place)]


def _week(place: Place, totals: Sequence[Total], covered: Sequence[Covered], now_ms: int) -> PixelWeek:
    outcomes: Counter[tuple[str, str]] = Counter()
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for total in totals:
        outcomes[total.outcome, total.reason] += total.n
        counts.setdefault(total.event, Counter())[total.outcome, total.reason] += total.n
    first_day, days = day_of(now_ms) - WEEK_DAYS + 1, [0] * WEEK_DAYS
    seen: dict[str, list[int]] = {}
    for row in covered:
        days[min(row.day - first_day, WEEK_DAYS - 1)] += row.browser + row.server + row.both
        numbers = _numbers(row)
        before = seen.get(row.event)
        seen[row.event] = numbers if before is None else [a + b for a, b in zip(before, numbers, strict=True)]
    events = [_event(name, seen.get(name, _NOTHING), counts.get(name, Counter())) for name in {**seen, **counts}]
    events = sorted((event for event in events if event.event), key=lambda event: (-event.seen, event.event))
    told = [(outcome, reason, n) for (outcome, reason), n in sorted(outcomes.items()) if n]
    return PixelWeek(*place, days, told, _fewer(events), sum(map(_piled, counts.values())), now_ms)


def _numbers(row: Covered) -> list[int]:
    return [
        *(row.browser, row.server, row.both, row.delivered),
        *(row.ttclid, row.email, row.phone, row.external_id, row.ttp, row.ip),
    ]


_NOTHING = _numbers(Covered(0, "", "", ""))


def _event(name: str, seen: Sequence[int], counts: Mapping[tuple[str, str], int]) -> EventWeek:
    mismatched = counts.get((FINDING, Finding.ID_MISMATCH), 0)
    delivered, refused = (_of(counts, state) for state in (State.DELIVERED, State.REFUSED))
    return msgspec.convert([name, *seen, mismatched, delivered, refused], EventWeek)


def _of(counts: Mapping[tuple[str, str], int], outcome: str) -> int:
    return sum(n for (of, _), n in counts.items() if of == outcome)


def _fewer(events: list[EventWeek]) -> list[EventWeek]:
    """Let the rarest events share one row."""
    if len(events) <= MOST_EVENTS:
        return events
    rare = events[MOST_EVENTS - 1 :]
    names = EventWeek.__struct_fields__[1:-1]
    sums = [sum(getattr(event, name) for event in rare) for name in names]
    return [*events[: MOST_EVENTS - 1], msgspec.convert(["", *sums, len(rare)], EventWeek)]


def _piled(counts: Mapping[tuple[str, str], int]) -> int:
    """Count what is held of an event that piles up; what was never said to be permitted is told by itself."""
    held = _of(counts, State.HELD) - counts.get((State.HELD, Reason.CONSENT_NOT_SAID), 0)
    return held if held >= PILE and held >= _of(counts, State.DELIVERED) else 0
