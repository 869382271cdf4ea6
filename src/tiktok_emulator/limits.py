"""
Rate limits, counted per app, or per token where no app is known (tiktok.md 4.6, 15.3), and per pixel for who watches.

The event endpoints and those around them have their own.

Sliding windows; after a breach of the minute limit all is refused for 5 minutes, after one of the day limit
until 00:00 UTC.
"""

from collections import deque

from msgspec import Struct

from tiktok_emulator.clock import MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND
from tiktok_emulator.switches import Rates

MINUTE_PENALTY_MS = 5 * MS_PER_MINUTE


class Sums(Struct):
    """What came of the requests of one app or pixel, and how many there were at most."""

    requests: int = 0
    exceeded: int = 0  #: refused because a limit was reached
    at_closed_door: int = 0  #: refused because one had been
    most_in_a_second: int = 0
    most_in_a_minute: int = 0
    most_in_a_day: int = 0


class _Counts:
    """What one app has used."""

    def __init__(self) -> None:
        self.sums = Sums()
        self.second: deque[int] = deque()
        self.seconds: deque[list[int]] = deque()
        self.minute = 0
        self.day = 0
        self.used_today = 0
        self.closed_until_ms = 0


class Limits:
    """The sliding windows of all apps."""

    def __init__(self) -> None:
        self._apps: dict[str, _Counts] = {}

    def passes(self, app: str, at_ms: int, rates: Rates) -> bool:
        """Count one request of an app; False if it is over a limit, in which case it uses up nothing."""
        counts = self._apps.setdefault(app, _Counts())
        counts.sums.requests += 1
        if at_ms < counts.closed_until_ms:
            counts.sums.at_closed_door += 1
            return False
        _forget(counts, at_ms)
        passed = self._within(counts, at_ms, rates)
        counts.sums.exceeded += not passed
        return passed

    def sums(self) -> dict[str, Sums]:
        """Return what came of the requests of each."""
        return {app: counts.sums for app, counts in self._apps.items()}

    @staticmethod
    def _within(counts: _Counts, at_ms: int, rates: Rates) -> bool:
        if _full(len(counts.second), rates.per_second):
            return False
        if _full(counts.minute, rates.per_minute):
            counts.closed_until_ms = at_ms + MINUTE_PENALTY_MS
            return False
        if _full(counts.used_today, rates.per_day):
            counts.closed_until_ms = (at_ms // MS_PER_DAY + 1) * MS_PER_DAY
            return False
        _count(counts, at_ms)
        return True


def _full(used: int, limit: int) -> bool:
    return 0 < limit <= used


def _forget(counts: _Counts, at_ms: int) -> None:
    while counts.second and at_ms - counts.second[0] >= MS_PER_SECOND:
        counts.second.popleft()
    while counts.seconds and at_ms - counts.seconds[0][0] * MS_PER_SECOND >= MS_PER_MINUTE:
        counts.minute -= counts.seconds.popleft()[1]
    if counts.day != at_ms // MS_PER_DAY:
        counts.day, counts.used_today = at_ms // MS_PER_DAY, 0


def _count(counts: _Counts, at_ms: int) -> None:
    counts.second.append(at_ms)
    second = at_ms // MS_PER_SECOND
    if not counts.seconds or counts.seconds[-1][0] != second:
        counts.seconds.append([second, 0])
    counts.seconds[-1][1] += 1
    counts.minute += 1
    counts.used_today += 1
    sums = counts.sums
    sums.most_in_a_second = max(sums.most_in_a_second, len(counts.second))
    sums.most_in_a_minute = max(sums.most_in_a_minute, counts.minute)
    sums.most_in_a_day = max(sums.most_in_a_day, counts.used_today)
