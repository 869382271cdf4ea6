"""The click id was gone when consent came."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.outcomes import Finding

SHARE = 0.1  #: of what browsers reported


def _look(facts: PixelFacts) -> Symptom | None:
    lost = facts.finding(Finding.CLICK_LOST)
    if lost < ENOUGH or lost < SHARE * facts.browser_copies:
        return None
    told = facts.evidence.told(Finding.CLICK_LOST)
    what = f"Visitors gave consent after leaving the landing page, so the click id was lost: {lost:,} events in 7 days."
    return Symptom(what, lost, told.worth, told.samples)


CHECK = PixelCheck(
    id="ttclid_lost_before_consent",
    title="Click id lost before consent",
    cause="The banner is answered on a later page than the one with ttclid in its address.",
    evidence="Findings of the browser tag.",
    fix=("Show the banner on the landing page, or keep ttclid in the links of your shop until it is answered."),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
