"""A pixel day by day: what was seen, accepted, deduplicated and matched, how long it took, what was recovered. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.fleet import EventWeek
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding
from twinbeam.core.pixel_counts import DELAYS, PixelCount
from twinbeam.core.rates import WEIGHTS, Share, accepted, dedup, match_score
from twinbeam.core.story import Count, Covered
from twinbeam.orders.causes import CAUSES, Effect, WayOf, causes_of
from twinbeam.orders.sums import OrderPart
from twinbeam.pipeline.record.counters import FINDING

HOURS = 24


class TrendDay(Struct, frozen=True):
    """One UTC day."""

    day: int
    browser: int = 0  #: conversions seen by the browser alone
    server: int = 0
    both: int = 0
    accepted: Share | None = None  #: of what TikTok answered
    dedup: Share | None = None
    match: float | None = None  #: our score from 0 to 10

    @property
    def seen(self) -> int:
        """All conversions."""
        return self.browser + self.server + self.both


def days_of(counts: Iterable[Count], covered: Iterable[Covered], since_day: int, until_day: int) -> list[TrendDay]:
    """Return every day of some, those without events too."""
    answered: dict[tuple[int, str], int] = {}
    mismatched: dict[tuple[int, str], int] = {}
    for count in counts:
        if count.outcome in (State.DELIVERED, State.REFUSED):
            place = (count.day, count.outcome)
            answered[place] = answered.get(place, 0) + count.n
        elif (count.outcome, count.reason) == (FINDING, Finding.ID_MISMATCH):
            mismatched[count.day, count.event] = mismatched.get((count.day, count.event), 0) + count.n
    rows: dict[int, list[EventWeek]] = {}
    for row in covered:
        rows.setdefault(row.day, []).append(_event(row, mismatched.get((row.day, row.event), 0)))
    return [_day(day, rows.get(day, []), answered) for day in range(since_day, until_day + 1)]


def _event(row: Covered, mismatched: int) -> EventWeek:
    keys = {key: getattr(row, key) for key in WEIGHTS}
    seen = {"browser": row.browser, "server": row.server, "both": row.both, "accepted": row.delivered}
    return EventWeek(event=row.event, mismatched=mismatched, **seen, **keys)


def _day(day: int, events: Sequence[EventWeek], answered: Mapping[tuple[int, str], int]) -> TrendDay:
    score = match_score(events)
    return TrendDay(
        day,
        sum(it.browser for it in events),
        sum(it.server for it in events),
        sum(it.both for it in events),
        accepted(answered.get((day, State.DELIVERED), 0), answered.get((day, State.REFUSED), 0)),
        dedup(events),
        None if score is None else score.score,
    )


def hours_of(counts: Iterable[PixelCount], day: int) -> list[int]:
    """Return the copies of a day by the hour."""
    hours = [0] * HOURS
    for count in counts:
        if count.day == day:
            hours[int(count.name)] += count.n
    return hours


def delays_of(counts: Iterable[PixelCount]) -> list[tuple[str, str, int]]:
    """Return how many conversions were accepted within each step of time; nothing where none was."""
    sums = dict.fromkeys(DELAYS.steps, 0)
    for count in counts:
        sums[count.name] += count.n
    return [(step, DELAYS.name(step), n) for step, n in sums.items()] if any(sums.values()) else []


def within(delays: Sequence[tuple[str, str, int]], share: float) -> str:
    """Return the step of time that a share of the conversions did not exceed, in words."""
    rank, passed = share * sum(n for *_, n in delays), 0
    for _, name, n in delays:
        passed += n
        if passed >= rank:
            return name
    return ""


def recovered(parts: Iterable[OrderPart], way: WayOf) -> dict[str, dict[int, int]]:
    """Return the money that TikTok has by the server's copy alone, by currency and day, in the smallest unit."""
    sums: dict[str, dict[int, int]] = {}
    for part in parts:
        place = part.place
        if any(CAUSES[cause][0] is Effect.RECOVERED for cause in causes_of(part, way(place.workspace, place.pixel))):
            days = sums.setdefault(place.currency, {})
            days[place.day] = days.get(place.day, 0) + part.value
    return dict(sorted(sums.items(), key=lambda it: -sum(it[1].values())))
