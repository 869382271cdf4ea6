"""
Time that passes only where everybody waits: an event loop whose clock jumps to the next thing that is due.

What waits in the gateway, waits in this time, so a month of it takes as long as its work takes.
"""

import asyncio
import math
import selectors

from twinbeam.core.clock import MS_PER_SECOND, HandClock


class JumpingSelector(selectors.DefaultSelector):
    """Looks for what is ready, and instead of waiting for it moves a clock."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, the time until the next timer has passed."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and nothing is due: this month would never end")
        if not ready and timeout:
            self._clock.advance(ms=math.ceil(round(timeout * MS_PER_SECOND, 6)))
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop that goes by such a clock."""

    def __init__(self, clock: HandClock) -> None:
        self._hand_clock = clock
        self._began_ms = clock.now_ms()
        super().__init__(JumpingSelector(clock))

    def time(self) -> float:
        """Return the seconds since the loop began: of large numbers asyncio could not tell which timer is due."""
        return (self._hand_clock.now_ms() - self._began_ms) / MS_PER_SECOND
