"""
A clock that is believed only while it goes as quickly as time does.

A wall clock may be set: by a person, by a machine that wakes, by a time server that is wrong for a minute. What ends or
removes something must not follow such a step at once. So time is told by the wall as long as that agrees with the
monotonic clock, and carried on by the monotonic one from the moment on at which they part.
"""

from twinbeam.core.clock import MS_PER_SECOND, Clock

#: How far the clocks may be apart: a time server slews more slowly than this can tell, a step is larger.
AGREE_MS = 5_000
#: A step of up to an hour is taken over by itself once it has stood for ten minutes: what has a deadline of hours or
#: days is hurt by no hour (an attempt is repeated for 47 hours where TikTok drops repeats for 48).
SMALL_MS = 3_600_000
STANDS_SECONDS = 600.0
#: After a start at which the clock is so far ahead of all that is known, it has to go on well for ten minutes first.
AHEAD_MS = 24 * 3_600_000
#: The most that clocks drift apart by themselves or are slewed, in a second (adjtime: 500 millionths).
_DRIFT = 0.001


class SteadyClock:
    """
    The wall clock as long as it agrees with the monotonic one, and the monotonic one from then on.

    `known_ms` is the newest time that was seen to be right before this start, `floor_ms` the earliest that is possible.
    Until the clock shows a possible time, and for a while where it is far ahead of what is known, any step of it is
    taken over: what it showed before was not believed either.
    """

    def __init__(self, clock: Clock, *, known_ms: int = 0, floor_ms: int = 0) -> None:
        self._clock = clock
        self._known_ms = known_ms
        self._floor_ms = floor_ms
        self._parted_since: float | None = None
        self._base_ms = self._looked = self._doubted_until = 0.0
        self._begin()

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC, as far as that can be believed."""
        monotonic, wall = self._clock.monotonic(), self._clock.now_ms()
        carried = self._base_ms + monotonic * MS_PER_SECOND
        apart = wall - carried
        if not -AGREE_MS <= apart <= AGREE_MS:
            if carried < self._floor_ms or monotonic < self._doubted_until:
                self._begin()
                return wall
            self._parted_since = monotonic if self._parted_since is None else self._parted_since
            return round(carried)
        self._parted_since = None
        if monotonic - self._looked >= 1:
            most = (monotonic - self._looked) * MS_PER_SECOND * _DRIFT
            self._base_ms += max(-most, min(most, apart))
            self._looked = monotonic
        return wall

    def monotonic(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return self._clock.monotonic()

    def apart_ms(self) -> int:
        """Return how far the wall clock is ahead of time as it was carried on; 0 while they agree."""
        carried_ms = self.now_ms()
        return 0 if self._parted_since is None else self._clock.now_ms() - carried_ms

    def look(self) -> bool:
        """Take a small step over that has stood for long enough; tells whether it did. Call it each second."""
        apart, since = self.apart_ms(), self._parted_since
        if since is None or abs(apart) > SMALL_MS or self._clock.monotonic() - since < STANDS_SECONDS:
            return False
        self.accept()
        return True

    def accept(self) -> None:
        """Believe the wall clock as it is now: somebody has confirmed it."""
        self._known_ms = self._floor_ms = 0
        self._begin()

    def is_sure(self) -> bool:
        """Return whether something may be ended or removed because of the time."""
        return not self.apart_ms() and self._clock.monotonic() >= self._doubted_until

    def _begin(self) -> None:
        """Take the wall clock as it is, and doubt it for a while where it is far ahead."""
        monotonic, wall = self._clock.monotonic(), self._clock.now_ms()
        self._base_ms = wall - monotonic * MS_PER_SECOND
        self._looked, self._parted_since = monotonic, None
        is_ahead = bool(self._known_ms) and wall - self._known_ms > AHEAD_MS
        self._doubted_until = monotonic + (STANDS_SECONDS if is_ahead else 0)
