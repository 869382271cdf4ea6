"""Carts carry the click id, purchases do not."""

from math import sqrt

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

LEAST = 50  #: accepted events before the checkout that tell what is usual
SIGMAS = 3  #: fewer than expected by so much is no chance


def _look(facts: PixelFacts) -> Symptom | None:
    before = [facts.event(name) for name in ("ViewContent", "AddToCart")]
    accepted, clicks = sum(it.accepted for it in before), sum(it.ttclid for it in before)
    bought = facts.event("Purchase")
    if accepted < LEAST or not bought.accepted:
        return None
    expected = clicks / accepted * bought.accepted
    lost = expected - bought.ttclid
    if lost <= SIGMAS * sqrt(expected):
        return None
    what = (
        f"The click id is lost at checkout: {clicks / accepted:.0%} of events before it carry it, "
        f"and {bought.ttclid / bought.accepted:.0%} of purchases."
    )
    return Symptom(what, round(lost))


CHECK = PixelCheck(
    id="ttclid_lost_at_checkout",
    title="Click id lost at checkout",
    cause="The checkout is on another host, or a redirect drops ttclid.",
    evidence="Match keys of ViewContent, AddToCart and Purchase on the pixel's page.",
    fix="Put the tag on the checkout as well, or send checkout_token or visitor_id with each order.",
    look=_look,
)
