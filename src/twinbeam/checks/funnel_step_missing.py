"""Purchases come without an event of the steps before them."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts

#: Of each of these TikTok should get one: where there is no cart, there is a checkout.
STEPS = (("ViewContent",), ("AddToCart", "InitiateCheckout"))


def _look(facts: PixelFacts) -> Symptom | None:
    bought = facts.by_browser("Purchase")  # a server by itself knows of no step before it
    if bought < ENOUGH or facts.unnamed:
        return None
    missing = [" or ".join(step) for step in STEPS if not any(_comes(facts, name) for name in step)]
    if not missing:
        return None
    return Symptom(f"Purchases of the last 7 days: {bought:,}. No event of {' and '.join(missing)} came.", bought)


def _comes(facts: PixelFacts, name: str) -> bool:
    return name in facts.events or facts.pixel.rules.way_of(name) == "browser"


CHECK = PixelCheck(
    id="funnel_step_missing",
    title="Step before the purchase missing",
    cause="Only the last page reports events.",
    evidence="Events of the pixel's week.",
    fix="Report ViewContent, and AddToCart or InitiateCheckout: ads can be optimised for them, too.",
    look=_look,
    weight=Weight.IDLE,
)
