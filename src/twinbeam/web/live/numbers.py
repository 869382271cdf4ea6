"""What the page `/` shows: what came in, what became of it, and that it adds up. Pure; `view.py` serves it."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.checks.contract import Weight
from twinbeam.core.outcomes import Outcome
from twinbeam.core.story import Story
from twinbeam.pipeline.record.sums import Sums, add_up
from twinbeam.web.alarms import Alarm
from twinbeam.web.contract import LagView
from twinbeam.web.live.snapshot_cache import Snapshot
from twinbeam.web.places import Places, places
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.sums import Row, by_event

MOST_ROWS = 100  #: of pixels and events, that are told by themselves

#: What became of arrivals that opened nothing, as they stand in the bar.
_LIKELY_FIRST = (Outcome.MERGED, Outcome.DUPLICATE, Outcome.DROPPED, Outcome.NOTED, Outcome.QUARANTINED)


class LiveNumbers(Struct, frozen=True):
    """Everything the live part of the page shows."""

    at_ms: int
    sums: Sums
    bar: list[Slice]
    rows: list[Row]
    latest: Sequence[Story]
    places: Places
    lag: LagView
    alarms: Sequence[Alarm] = ()
    left_out: int = 0  #: rows of less busy events

    @property
    def stands_still(self) -> bool:
        """Return whether some of what waits is not on its way."""
        return any(alarm.issue.weight == Weight.BROKEN for alarm in self.alarms)

    @property
    def received(self) -> int:
        """Everything that was answered with 2xx: recorded, or still in a journal."""
        return self.sums.recorded + self.lag.pending


def live_numbers(snapshot: Snapshot, days: int) -> LiveNumbers:
    """Turn a snapshot into what the page shows of one of its periods."""
    totals = snapshot.totals[days]
    sums = add_up(totals)
    return LiveNumbers(
        at_ms=snapshot.at_ms,
        sums=sums,
        bar=bar(sums),
        rows=_busiest(rows := by_event(totals)),
        left_out=max(0, len(rows) - MOST_ROWS),
        latest=snapshot.latest,
        places=places(snapshot.pixels),
        lag=snapshot.lag,
        alarms=snapshot.alarms,
    )


def _busiest(rows: list[Row]) -> list[Row]:
    """Keep the rows that count most, in their order."""
    if len(rows) <= MOST_ROWS:
        return rows
    least = sorted((row.sums.recorded for row in rows), reverse=True)[MOST_ROWS - 1]
    return [row for row in rows if row.sums.recorded >= least][:MOST_ROWS]


def bar(sums: Sums) -> list[Slice]:
    """Divide the recorded arrivals into slices side by side."""
    parts = (
        ("delivered", sums.delivered),
        ("waiting", sums.waiting),
        ("held", sums.held),
        ("refused", sums.refused),
        ("ended", sums.ended),
        *((outcome.value, sums.of(outcome)) for outcome in _LIKELY_FIRST),
    )
    return stacked(parts)
