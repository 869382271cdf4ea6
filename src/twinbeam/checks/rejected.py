"""TikTok rejected conversions."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State


def _look(facts: PixelFacts) -> Symptom | None:
    refused = facts.week.refused
    if not refused:
        return None
    told = facts.evidence.of_state(State.REFUSED)
    what = f"Rejected by TikTok in the last 7 days: {refused:,}."
    return Symptom(what, refused, told.worth, told.samples, listed=State.REFUSED, codes=facts.evidence.refused)


CHECK = PixelCheck(
    id="rejected",
    title="Rejected by TikTok",
    cause="A field is not as TikTok wants it; its message says which.",
    evidence="Dead letters with TikTok's message.",
    fix="Dead letters show TikTok's message and what to do, and send them again.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
