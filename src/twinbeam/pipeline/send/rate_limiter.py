"""
The rate limit of one app: a token bucket that counts requests of all lanes together (tiktok.md 4.6).

It is kept per process. Several sender processes need shares of the rate that sum up to the limit.
"""

from twinbeam.core.clock import Clock


class RateLimiter:
    """
    Gives each request its moment: at most `burst` at once, and `per_second` on average.

    A bucket is written as the one moment at which it would be full again, so there is nothing to refill.
    """

    def __init__(self, *, per_second: float, burst: int, clock: Clock) -> None:
        self._interval = 1 / per_second
        self._tolerance = self._interval * (burst - 1)
        self._clock = clock
        self._full_at = clock.monotonic()

    def reserve(self) -> float:
        """Take the next free place and return the seconds until it, 0 when the request may go at once."""
        now = self._clock.monotonic()
        place = max(self._full_at, now)
        self._full_at = place + self._interval
        return max(0.0, place - self._tolerance - now)
