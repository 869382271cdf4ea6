"""Time that can be moved: every rule of the emulator asks this clock, so a test passes 48 hours in a moment."""

import time
from datetime import UTC, datetime

MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60_000
MS_PER_HOUR = 3_600_000
MS_PER_DAY = 86_400_000


class Clock:
    """The machine's time plus an offset, or a moment that stands still until it is moved."""

    def __init__(self) -> None:
        self._offset_ms = 0
        self._frozen_ms: int | None = None

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        if self._frozen_ms is not None:
            return self._frozen_ms
        return time.time_ns() // 1_000_000 + self._offset_ms  # noqa: TID251 -- the one place that may

    def move(self, seconds: float) -> None:
        """Move time by a number of seconds, backwards if negative."""
        self.set(self.now_ms() + round(seconds * MS_PER_SECOND))

    def set(self, at_ms: int) -> None:
        """Make it a given moment, in milliseconds since the epoch."""
        if self._frozen_ms is not None:
            self._frozen_ms = at_ms
        else:
            self._offset_ms += at_ms - self.now_ms()

    def freeze(self) -> None:
        """Stop time where it is; it then moves only when told to."""
        self._frozen_ms = self.now_ms()

    def thaw(self) -> None:
        """Let time run on from where it stands."""
        at_ms, self._frozen_ms = self.now_ms(), None
        self.set(at_ms)

    @property
    def state(self) -> tuple[int, int | None]:
        """The offset in milliseconds, and the moment at which time stands still, if it does."""
        return self._offset_ms, self._frozen_ms

    def restore(self, offset_ms: int, frozen_ms: int | None) -> None:
        """Go on as an earlier clock stood."""
        self._offset_ms, self._frozen_ms = offset_ms, frozen_ms

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_ms is not None


def iso(at_ms: int) -> str:
    """Write a time in milliseconds as ISO 8601, UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at_ms / MS_PER_SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_text(at_ms: int) -> str:
    """Write a time in milliseconds as the Business API does, UTC, in seconds."""
    return datetime.fromtimestamp(at_ms / MS_PER_SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")


def utc_date(at_ms: int) -> str:
    """Write the UTC date of a time in milliseconds, as `2026-01-31`."""
    return iso(at_ms)[:10]
