"""What slows one lane down, so that an outage or a bad token costs a request now and then, not thousands."""

from random import Random

from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.pipeline.send.backoff import Backoff


class CircuitBreaker:
    """
    Opens after a failure and lets nothing through for a while, then single probes until one succeeds.

    Closed is the normal state, in which everything passes; half open is the one of the probes.
    """

    def __init__(self, *, backoff: Backoff, clock: Clock, rng: Random) -> None:
        self._backoff = backoff
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._open_until = clock.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether nothing of the lane may start now."""
        return self.seconds_open() > 0

    @property
    def is_half_open(self) -> bool:
        """Whether the last answer was a failure, so that one small request has to prove the way is free."""
        return self._failures > 0

    def seconds_open(self) -> float:
        """Return the seconds until the lane may go on, 0 when it may now."""
        return max(0.0, self._open_until - self._clock.monotonic())

    def record_failure(self, retry_after_seconds: float | None) -> None:
        """Open for a backoff; failures of requests that were under way together count as one."""
        if not self.is_open:
            self._failures += 1
        self._open_for(self._backoff.delay_ms(self._failures, self._rng, retry_after_seconds))

    def trip(self, ms: int) -> None:
        """Open for a fixed while and probe afterwards."""
        self._failures = max(self._failures, 1)
        self._open_for(ms)

    def record_success(self) -> None:
        """End the probing; where the breaker was opened meanwhile, it stays open for its while."""
        self._failures = 0

    def allow_probe(self) -> None:
        """End the waiting at once, and probe: what the breaker was opened for has changed."""
        self._open_until = self._clock.monotonic()

    def _open_for(self, ms: int) -> None:
        self._open_until = max(self._open_until, self._clock.monotonic() + ms / MS_PER_SECOND)
