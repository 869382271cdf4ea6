"""
Time as an argument, so that tests own it and nothing in the product reads the wall clock behind their back.

Wall time stamps facts that are stored; monotonic time measures durations inside one process.
"""

import time
from typing import Protocol

MS_PER_SECOND = 1_000
MS_PER_DAY = 86_400_000


class Clock(Protocol):
    """What a room may know about time."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards; only differences mean something."""
        ...


#: Where it can be had, the clock that goes on while the machine sleeps: waking up is no step of the wall clock.
_MONOTONIC = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000  # noqa: TID251 -- the one place that may

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.clock_gettime(_MONOTONIC)


class HandClock:
    """A clock that moves only when told to; ships with the product because users test their own code with it."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms
        self._stepped_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, as last set."""
        return self._now_ms + self._stepped_ms

    def monotonic(self) -> float:
        """Seconds, moved together with the wall clock."""
        return self._now_ms / MS_PER_SECOND

    def advance(self, *, ms: int = 0, seconds: float = 0) -> None:
        """Move both clocks forward."""
        self._now_ms += ms + round(seconds * MS_PER_SECOND)

    def step(self, ms: int) -> None:
        """Set the wall clock alone forward, or back, as a person or a time server does."""
        self._stepped_ms += ms


def day_of(ms: int) -> int:
    """Return the UTC day number (days since the epoch) of a time in milliseconds."""
    return ms // MS_PER_DAY
