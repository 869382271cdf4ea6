"""What the page `/` shows: what came in, what became of it, and that it adds up. Pure; `view.py` serves it."""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.core.outcomes import Outcome
from twinbeam.core.story import Story
from twinbeam.web.alarms import Alarm, Weight
from twinbeam.web.contract import LagView
from twinbeam.web.live.snapshot_cache import Snapshot
from twinbeam.web.places import Places, places
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.sums import Row, Sums, add_up, by_event

#: What became of arrivals that opened nothing, as they stand in the bar.
_LIKELY_FIRST = (Outcome.MERGED, Outcome.DUPLICATE, Outcome.DROPPED, Outcome.NOTED, Outcome.QUARANTINED)


class Overview(Struct, frozen=True):
    """Everything the live part of the page shows."""

    at_ms: int
    sums: Sums
    bar: list[Slice]
    rows: list[Row]
    latest: Sequence[Story]
    places: Places
    lag: LagView
    alarms: Sequence[Alarm] = ()

    @property
    def stands_still(self) -> bool:
        """Return whether some of what waits is not on its way."""
        return any(alarm.issue.weight == Weight.BROKEN for alarm in self.alarms)

    @property
    def received(self) -> int:
        """Everything that was answered with 2xx: recorded, or still in a journal."""
        return self.sums.recorded + self.lag.pending


def overview(snapshot: Snapshot, days: int) -> Overview:
    """Turn a snapshot into what the page shows of one of its periods."""
    totals = snapshot.totals[days]
    sums = add_up(totals)
    return Overview(
        at_ms=snapshot.at_ms,
        sums=sums,
        bar=bar(sums),
        rows=by_event(totals),
        latest=snapshot.latest,
        places=places(snapshot.pixels),
        lag=snapshot.lag,
        alarms=snapshot.alarms,
    )


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
