"""How long TikTok refuses everything after too many requests (tiktok.md 4.6), for whoever sends it any."""

from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND

MINUTE_DOOR_SECONDS = 300.0  #: after too many in a minute

_FIRST_SECONDS = 1.0  #: a second's limit is kept again after a second
_SECOND_SECONDS = 4.0  #: once more, before it is taken for a minute's
_LONGEST_SECONDS = 3_600.0  #: between two looks at a door that should open at midnight: the reason is but guessed


def door_seconds(strike: int, now_ms: int, retry_after_seconds: float | None = None) -> float:
    """
    Return how long to send nothing after TikTok refused requests as too many, for the nth time in a row (1 is first).

    TikTok does not say which limit was passed: a second's passes at once, a minute's after 5 minutes, and what still
    holds then ends at 00:00 UTC. `Retry-After`, where it is given, is a floor.
    """
    ladder = (_FIRST_SECONDS, _SECOND_SECONDS, MINUTE_DOOR_SECONDS)
    closed = ladder[strike - 1] if strike <= len(ladder) else min(seconds_to_midnight(now_ms), _LONGEST_SECONDS)
    return max(closed, min(retry_after_seconds or 0.0, _LONGEST_SECONDS))


def seconds_to_midnight(now_ms: int) -> float:
    """Return the seconds until the next 00:00 UTC."""
    return (MS_PER_DAY - now_ms % MS_PER_DAY) / MS_PER_SECOND


class RequestDoor:
    """What is closed after a refusal as too many, and then opened for one request at a time until one is taken."""

    def __init__(self) -> None:
        self._strikes = 0
        self._open_at = float("-inf")

    @property
    def is_probing(self) -> bool:
        """Whether the last answer was such a refusal, so that one request has to prove the way is free."""
        return self._strikes > 0

    def seconds_closed(self, now: float) -> float:
        """Return the seconds until a request may be made, 0 when it may now."""
        return max(0.0, self._open_at - now)

    def strike(self, now: float, now_ms: int, retry_after_seconds: float | None = None) -> None:
        """Close after a refusal; those of requests that were under way together count as one."""
        if self.seconds_closed(now) == 0.0:
            self._strikes += 1
        closed = door_seconds(self._strikes, now_ms, retry_after_seconds)
        self._open_at = max(self._open_at, now + closed)

    def free(self) -> None:
        """End the probing: a request was taken."""
        self._strikes = 0
