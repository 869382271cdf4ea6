"""
What TikTok accepted and its statistics do not count yet: how much, and since when that is no longer a matter of time.

Statistics are late by 5 to 15 minutes, are of UTC days, and are read with each import. What came on a day that was
over for a whole day when they were read should be in them; so should all, if nothing was answered for an hour. Pure.
"""

from collections.abc import Sequence

from msgspec import Struct

from twinbeam.admin.beside import Beside
from twinbeam.checks.facts import Missing
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.fleet import EventWeek

MARGIN_MS = 3_600_000


class Weekdays(Struct, frozen=True):
    """When conversions of a pixel came, and when TikTok last answered one."""

    now_ms: int
    days: Sequence[int]  #: of each UTC day, the oldest first, today the last
    answered_ms: int | None

    def young(self, read_ms: int) -> int:
        """Return how many may have come too late for statistics that were read at a moment."""
        if self.answered_ms is not None and read_ms - self.answered_ms >= MARGIN_MS:
            return 0
        since = day_of(read_ms - MS_PER_DAY) - day_of(self.now_ms)
        return sum(self.days[since - 1 :])


def missing(events: Sequence[EventWeek], beside: Beside, came: Weekdays) -> Missing | None:
    """Return what TikTok's statistics lack; None where no statistics were read."""
    if beside.counts is None or beside.counted_ms is None:
        return None
    n = sum(lacking(event, beside) for event in events)
    overdue = max(0, n - came.young(beside.counted_ms)) if beside.is_whole else 0
    return Missing(n, overdue, beside.counted_ms)


def lacking(event: EventWeek, beside: Beside) -> int:
    """Return how many of an event TikTok accepted and does not count."""
    theirs = (beside.counts or {}).get(event.event)
    server = theirs.server if theirs else 0
    return 0 if event.others or beside.counts is None else max(0, event.accepted - server)
