"""
What goes first of all that waits in a lane. Pure: engines look up the stretches they are told, in their order.

Fresh is what became due within the last minute; all else is backlog, which an outage, a pause or a limit left.
"""

from enum import Enum, auto

from msgspec import Struct

from twinbeam.pipeline.send.limits import Ages

FRESH_MS = 60_000  #: how long after it became due a conversion is fresh
NEAR_MS = 3_600_000  #: before the end of its 47 hours a conversion goes before other backlog


class Urgency(Enum):
    """Who competes for requests."""

    TEST = auto()  #: test streams: a small share, at once
    FRESH = auto()
    BACKLOG = auto()  #: at most 80 % of all requests


class Stretch(Struct, frozen=True, gc=False):
    """Due conversions of a lane: by when they became due, or, where they were tried, by their first attempt."""

    after_ms: int | None = None  #: due later than this
    until_ms: int | None = None  #: due by then
    tried: bool = False  #: those alone that wait after an attempt, the earliest first attempt first
    tried_until_ms: int | None = None  #: first tried by then; None: whenever


EVERYTHING = (Stretch(),)
"""All that is due, the longest due first."""


def stretches(part: Urgency, now_ms: int, ages: Ages, drained_ms: int | None = None) -> tuple[Stretch, ...]:
    """
    Return what a lane sends next, as stretches in their order.

    Of the backlog goes first what TikTok may have for nearly 47 hours, by an attempt of ours or by its script; then
    what is due longest, which is also what will be unsent for seven days first. Of a lane that is drained since
    `drained_ms` only what waited then is sent, and what was tried.
    """
    ends_soon = now_ms - ages.resend_ms + NEAR_MS
    until = now_ms - FRESH_MS if drained_ms is None else min(now_ms, drained_ms)
    tried = Stretch(tried=True, tried_until_ms=ends_soon)
    near = Stretch(after_ms=now_ms - ages.resend_ms, until_ms=min(ends_soon, until))
    backlog = (tried, near, Stretch(until_ms=until))
    if drained_ms is not None:
        return (*backlog, Stretch(tried=True))
    match part:
        case Urgency.FRESH:
            return (Stretch(after_ms=until),)
        case Urgency.BACKLOG:
            return backlog
        case Urgency.TEST:
            return EVERYTHING
