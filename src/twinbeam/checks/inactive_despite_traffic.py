"""Events come, and TikTok does not see them."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.events_api import ApiState
from twinbeam.core.lifecycle import State


def _look(facts: PixelFacts) -> Symptom | None:
    week = facts.week
    if facts.pixel.stopped is not None or facts.pixel.flow is not None or facts.api.state is not ApiState.CONFIGURED:
        return None
    if facts.activity and facts.activity != "ACTIVE" and week.delivered >= ENOUGH:
        what = f"TikTok calls the pixel inactive, though it accepted {week.delivered:,} events in 7 days."
        return Symptom(what, week.delivered, listed=State.DELIVERED)
    if week.delivered or week.conversions < ENOUGH or week.waiting < ENOUGH:
        return None
    what = f"Inactive despite traffic: {week.conversions:,} conversions came in 7 days, and none reached TikTok."
    return Symptom(
        what, week.conversions, facts.evidence.of_state("waiting").worth, listed="waiting", weight=Weight.BROKEN
    )


CHECK = PixelCheck(
    id="inactive_despite_traffic",
    title="Pixel inactive despite traffic",
    cause="What comes goes to another pixel at TikTok, or nothing can be sent.",
    evidence="TikTok's word in the imported account, and conversions that wait.",
    fix=("Compare the pixel's code with Events Manager, and open a waiting conversion to see what keeps it."),
    look=_look,
)
