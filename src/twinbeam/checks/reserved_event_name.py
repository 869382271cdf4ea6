"""Events come under names that TikTok keeps for itself."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.02  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.RESERVED_NAME)
    if n < ENOUGH or n < SHARE * facts.week.recorded:
        return None
    return Symptom(f"Event names that TikTok takes for standard events: {n:,} copies in the last 7 days.", n)


CHECK = PixelCheck(
    id="reserved_event_name",
    title="Reserved event name",
    cause="A name such as StartCheckout or Registration is used.",
    evidence="Names as they were sent (tiktok.md 5.3).",
    fix="Send the standard event instead, such as InitiateCheckout.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.WHEN_QUIET,
)
