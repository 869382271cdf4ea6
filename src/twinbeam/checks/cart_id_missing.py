"""Purchases meet by their ids, and carts do not."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

MET = 5  #: purchases that both sides reported under one id
MANY = 10  #: carts of each side alone
SHARE = 0.05  #: of carts that may have met all the same


def _look(facts: PixelFacts) -> Symptom | None:
    bought, cart = facts.event("Purchase"), facts.event("AddToCart")
    alone = min(cart.browser, cart.server)
    if bought.both < MET or alone < MANY or cart.both > SHARE * alone:
        return None
    what = f"Purchase has one event id on both sides, AddToCart has not: {alone:,} carts count twice."
    return Symptom(what, alone)


CHECK = PixelCheck(
    id="cart_id_missing",
    title="Purchase with an event id, AddToCart without",
    cause="Only the order was given an id that page and server share.",
    evidence="AddToCart from browser and server, and hardly any from both.",
    fix="Send the same event_id, or cart_token and cart_line, with AddToCart from both sides.",
    look=_look,
)
