"""Visitors come, and no event that a campaign would be run for."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import WEEK_DAYS

#: By as many of one of these, one visitor has bought something: of carts every tenth at least, of views one in 200.
VIEWS = 1_000
CARTS = 50
_CARTS = frozenset({"AddToCart", "InitiateCheckout", "AddPaymentInfo"})
#: What is no goal by itself; a custom event may be one.
_ON_THE_WAY = _CARTS | {"Pageview", "ViewContent", "Search", "ClickButton", "AddToWishlist", "CustomizeProduct"}


def _look(facts: PixelFacts) -> Symptom | None:
    is_new = facts.now_ms - facts.pixel.created_ms < WEEK_DAYS * MS_PER_DAY
    is_told = facts.silence is not None or bool(facts.evidence.silent)
    if (
        is_new
        or is_told
        or facts.pixel.event_source != "web"
        or facts.unnamed
        or not facts.events.keys() <= _ON_THE_WAY
    ):
        return None
    views, carts = facts.event("ViewContent").seen, max(facts.event(name).seen for name in _CARTS)
    if views < VIEWS and carts < CARTS:
        return None
    n = sum(event.seen for event in facts.events.values())
    return Symptom(f"Events of the last 7 days: {n:,}. None is a conversion, such as Purchase or Lead.", n)


CHECK = PixelCheck(
    id="no_conversion_event",
    title="No conversion event",
    cause="The page that thanks the visitor reports nothing, and no server does.",
    evidence="Events of the pixel's week.",
    fix="Report what you advertise for, such as Purchase, Lead or CompleteRegistration.",
    look=_look,
)
