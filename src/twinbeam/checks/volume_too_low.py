"""Too few conversions for TikTok to optimise for."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import WEEK_DAYS

WANTED = 50  #: within 7 days; what TikTok wants for one ad group to leave its learning phase
GOALS = ("Purchase", "Lead", "CompleteRegistration")


def _look(facts: PixelFacts) -> Symptom | None:
    goal = max((facts.event(name) for name in GOALS), key=lambda event: event.accepted)
    is_new = facts.now_ms - facts.pixel.created_ms < WEEK_DAYS * MS_PER_DAY
    if is_new or facts.pixel.event_source != "web" or not 0 < goal.accepted < WANTED:
        return None
    what = f"Too few to optimise for: {goal.accepted:,} of {goal.event} in 7 days, and TikTok learns from {WANTED}."
    return Symptom(what, goal.accepted)


CHECK = PixelCheck(
    id="volume_too_low",
    title="Volume too low to optimise",
    cause="The shop sells less than the ads need to learn from.",
    evidence="Events of the pixel's week.",
    fix="Optimise for an earlier event until there are more, such as InitiateCheckout or AddToCart.",
    look=_look,
    weight=Weight.IDLE,
)
