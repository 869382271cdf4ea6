"""Events come under names that TikTok replaced."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.02  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.OLD_NAME)
    if n < ENOUGH or n < SHARE * facts.week.recorded:
        return None
    return Symptom(f"Old event names, CompletePayment or SubmitForm: {n:,} copies in the last 7 days.", n)


CHECK = PixelCheck(
    id="old_event_name",
    title="Old event name",
    cause="The page or a plug-in is older than May 2025.",
    evidence="Names as they were sent (tiktok.md 5.2).",
    fix="Send Purchase and Lead, from both sides at once.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.WHEN_QUIET,
)
