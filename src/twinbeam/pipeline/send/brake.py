"""What slows one lane down, so that an outage or a bad token costs a request now and then, not thousands."""

from random import Random

from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.pipeline.send.backoff import Backoff


class Brake:
    """Closes a lane for a while after a failure, and lets single probes through until one succeeds."""

    def __init__(self, *, backoff: Backoff, clock: Clock, rng: Random) -> None:
        self._backoff = backoff
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._open_at = clock.monotonic()

    @property
    def closed(self) -> bool:
        """Whether nothing of the lane may start now."""
        return self.opens_in() > 0

    @property
    def probing(self) -> bool:
        """Whether the last answer was a failure, so that one small request has to prove the way is free."""
        return self._failures > 0

    def opens_in(self) -> float:
        """Give the seconds until the lane may go on, 0 when it may now."""
        return max(0.0, self._open_at - self._clock.monotonic())

    def slow(self, after_seconds: float | None) -> None:
        """Close after a failure; failures of requests that were under way together count as one."""
        if not self.closed:
            self._failures += 1
        self._close(self._backoff.delay_ms(self._failures, self._rng, after_seconds))

    def pause(self, ms: int) -> None:
        """Close for a fixed while and probe afterwards."""
        self._failures = max(self._failures, 1)
        self._close(ms)

    def clear(self) -> None:
        """Note a success: the lane is free again, but a pause that began meanwhile stays."""
        self._failures = 0

    def release(self) -> None:
        """Open at once, and probe: what the lane was closed for has changed."""
        self._open_at = self._clock.monotonic()

    def _close(self, ms: int) -> None:
        self._open_at = max(self._open_at, self._clock.monotonic() + ms / MS_PER_SECOND)
