"""How long to wait before the next attempt: exponential, with full jitter, so that lanes do not come back together."""

from random import Random

from msgspec import Struct

_MOST_DOUBLINGS = 32  # far past every cap; keeps the power small


class Backoff(Struct, frozen=True, kw_only=True, gc=False):
    """A wait that doubles with each attempt up to a cap, all in milliseconds."""

    base_ms: int
    cap_ms: int
    longest_retry_after_ms: int

    def delay_ms(self, attempt: int, rng: Random, retry_after_seconds: float | None = None) -> int:
        """
        Draw the wait in ms after a failed attempt (1 is the first).

        What the destination asks for in `Retry-After`, up to the longest that is honoured, is a floor under the draw.
        """
        drawn = rng.uniform(0, self.ceiling_ms(attempt))
        return round(self._retry_after_ms(retry_after_seconds) + drawn)

    def ceiling_ms(self, attempt: int) -> int:
        """Return the longest wait in ms that may be drawn for this attempt."""
        doublings = min(max(attempt - 1, 0), _MOST_DOUBLINGS)
        return min(self.cap_ms, self.base_ms << doublings)

    def _retry_after_ms(self, retry_after_seconds: float | None) -> float:
        return min((retry_after_seconds or 0.0) * 1_000, self.longest_retry_after_ms)
