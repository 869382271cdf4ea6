"""Events come so late, or with such a time, that TikTok does not use them."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.pixel_counts import ToMend
from twinbeam.pipeline.accept.codes import Rejection

LEAST = 5
SHARE = 0.01  #: of all that arrived


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.turned_away(Rejection.BAD_EVENT_TIME) + facts.evidence.mended(ToMend.TIME_OLD)
    if n < LEAST or n < SHARE * facts.arrived:
        return None
    return Symptom(f"Events with a time that is too old, or cannot be read: {n:,} in the last 7 days.", n)


CHECK = PixelCheck(
    id="event_time_stale",
    title="Event time too old",
    cause="The sender's clock is wrong, it writes milliseconds or local time, or it sends days later.",
    evidence="Rejected events, and notices of what was taken, in the debugger.",
    fix="Send event_time in seconds since 1970 (UTC), as soon as it happened.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
