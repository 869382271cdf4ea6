"""How many requests there may be, and how many there were: pure counting over a clock that is handed in."""

from collections import deque
from math import ceil, inf

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.doors import seconds_to_midnight
from twinbeam.core.sending_waits import WaitCause

_SECOND, _MINUTE = 1.0, 60.0
_SMOOTH = 0.9  #: of the second's limit is spent evenly, so that nobody waits for a second to end
_BURST = 0.05  #: of it may start together after a quiet moment


class Rates(Struct, frozen=True, gc=False):
    """How many requests there may be; 0 is any number."""

    per_second: int = 0
    per_minute: int = 0
    per_day: int = 0

    def share(self, percent: int) -> "Rates":
        """Return a share of these, at least one request of each."""
        all_of_them = (self.per_second, self.per_minute, self.per_day)
        return Rates(*(max(1, n * percent // 100) if n else 0 for n in all_of_them))

    def most_within(self, seconds: float) -> int:
        """Return how many requests there may have been within some seconds of one day; 0 where these limit none."""
        limits = (
            self.per_second and self.per_second * (ceil(seconds / _SECOND) + 1),
            self.per_minute and self.per_minute * (ceil(seconds / _MINUTE) + 1),
            self.per_day,
        )
        return min(filter(None, limits), default=0)


class Window:
    """
    The requests that may be in a window of the other side's clock, which nobody here sees.

    A request counts from when it is made until its answer has been here for as long as the window: wherever in between
    the other side counts it, no window of its clock holds more than are counted here together.
    """

    def __init__(self, seconds: float, grain_seconds: float) -> None:
        self._seconds = seconds
        self._grain = grain_seconds
        self._answered: deque[list[float]] = deque()  # until when each counts, and how many do
        self._count = 0

    def wait(self, limit: int, under_way: int, now: float) -> float:
        """Return the seconds until one more may be made; inf where that takes an answer first."""
        self._forget(now)
        room = limit - 1 - under_way
        if not limit or self._count <= room:
            return 0.0
        if room < 0:
            return inf
        left = float(self._count)
        for until, count in self._answered:
            left -= count
            if left <= room:
                return until - now
        raise AssertionError("all that is counted ends")

    def answered(self, now: float, count: int = 1) -> None:
        """Count requests whose answers came now."""
        until = (now // self._grain + 1) * self._grain + self._seconds
        if self._answered and self._answered[-1][0] >= until:
            self._answered[-1][1] += count
        else:
            self._answered.append([until, count])
        self._count += count

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0][0] <= now:
            self._count -= int(self._answered.popleft()[1])


class Usage:
    """What was used of some rates: by an app, by a pixel, or by a kind of requests."""

    def __init__(self) -> None:
        self.under_way = 0
        self._second = Window(_SECOND, 0.01)
        self._minute = Window(_MINUTE, 1.0)
        self._full_at = -inf
        self._day = 0
        self._today = 0

    def wait(self, rates: Rates, now: float, now_ms: int) -> float:
        """Return the seconds until one more request may be made, 0 when it may now; inf where that takes an answer."""
        full = rates.per_day and self.used_today(now_ms) >= rates.per_day
        return max(
            seconds_to_midnight(now_ms) if full else 0.0,
            self._second.wait(rates.per_second, self.under_way, now),
            self._minute.wait(rates.per_minute, self.under_way, now),
            self._full_at - self._tolerance(rates) - now if rates.per_second else 0.0,
        )

    def reached(self, rates: Rates, now: float, now_ms: int) -> tuple[WaitCause, int] | None:
        """Return which limit keeps the next request now, the longest first, and how many it allows."""
        if rates.per_day and self.used_today(now_ms) >= rates.per_day:
            return WaitCause.DAY, rates.per_day
        if self._minute.wait(rates.per_minute, self.under_way, now) > 0:
            return WaitCause.MINUTE, rates.per_minute
        return (WaitCause.SECOND, rates.per_second) if self.wait(rates, now, now_ms) > 0 else None

    def used_today(self, now_ms: int) -> int:
        """Return how many were made on this UTC day."""
        self._turn(now_ms)
        return self._today

    def set_today(self, used: int, now_ms: int) -> None:
        """Take over what is known to be used of this day, by others too."""
        self._turn(now_ms)
        self._today = used

    def begin(self, rates: Rates, now: float, now_ms: int) -> None:
        """Count a request that is about to be made."""
        self._turn(now_ms)
        self._today += 1
        self.under_way += 1
        if rates.per_second:
            self._full_at = max(self._full_at, now) + self._interval(rates)

    def give_back(self, rates: Rates, day: int) -> None:
        """Take back a request that was not made; `day` is when it was begun."""
        self.under_way -= 1
        self._today -= day == self._day
        if rates.per_second:
            self._full_at -= self._interval(rates)

    def end(self, day: int, now: float, now_ms: int) -> None:
        """Count the end of a request; one that was under way at midnight counts on both days."""
        self._turn(now_ms)
        self._today += day != self._day
        self.under_way -= 1
        self._second.answered(now)
        self._minute.answered(now)

    def add_earlier(self, count: int, rates: Rates, now: float) -> None:
        """Count what somebody else may have made until now."""
        if count:
            self._second.answered(now, min(count, rates.per_second))
            self._minute.answered(now, count)

    def _turn(self, now_ms: int) -> None:
        if (day := day_of(now_ms)) > self._day:
            self._day, self._today = day, 0

    @staticmethod
    def _interval(rates: Rates) -> float:
        return 1 / (rates.per_second * _SMOOTH)

    def _tolerance(self, rates: Rates) -> float:
        return self._interval(rates) * (max(1, int(rates.per_second * _BURST)) - 1) + 1e-9
