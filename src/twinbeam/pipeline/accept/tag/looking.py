"""
When a key's tag carries, behind itself, the part that looks where TikTok's base code stands.

One answer in ten minutes does, so that what all visitors fetch stays small. It is kept in memory: a restart only makes
one answer more carry it.
"""

from twinbeam.core.clock import Clock

EVERY_SECONDS = 600
_MOST_KEYS = 10_000  #: then all begin anew


class Looking:
    """The keys whose tag carried it lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._carried: dict[str, float] = {}

    def is_due(self, key_id: str) -> bool:
        """Return whether the next answer to a key carries it, and take it that it does."""
        now = self._clock.monotonic()
        if now - self._carried.get(key_id, -EVERY_SECONDS) < EVERY_SECONDS:
            return False
        if len(self._carried) >= _MOST_KEYS:
            self._carried.clear()
        self._carried[key_id] = now
        return True
