"""Most events do not say whether consent was given."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome, Reason


def _look(facts: PixelFacts) -> Symptom | None:
    unsaid = facts.expired_for(Reason.CONSENT_NEVER_SAID)
    for outcome in (Outcome.DROPPED, State.HELD):
        unsaid += facts.week.reason(outcome, Reason.CONSENT_NOT_SAID)
    if not unsaid or unsaid * 2 < facts.week.recorded:
        return None
    what = f"Events without consent, which this pixel requires: {unsaid:,} of {facts.week.recorded:,}."
    return Symptom(what, unsaid, is_alarm=True)


CHECK = PixelCheck(
    id="consent_never_said",
    title="Consent is never said",
    cause="The consent banner is not connected, or the server sends events without its answer.",
    evidence="Reasons of held and dropped events.",
    fix="Send consent.ad_storage and consent.ad_user_data with each event, as your banner knows them.",
    look=_look,
)
