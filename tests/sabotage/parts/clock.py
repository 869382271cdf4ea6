"""Believe whatever the wall clock shows."""

from twinbeam.app.known_time import Watch
from twinbeam.core.steady import SteadyClock

SteadyClock.now_ms = lambda clock: clock._clock.now_ms()  # type: ignore[method-assign]
SteadyClock.is_sure = lambda _clock: True  # type: ignore[method-assign]
Watch.is_right = lambda _watch: True  # type: ignore[method-assign]
