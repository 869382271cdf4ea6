"""A browser refused an order without proof of whose visit it was."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason


def _look(facts: PixelFacts) -> Symptom | None:
    contested = facts.expired_for(Reason.CONSENT_CONTESTED)
    contested += facts.week.reason(State.HELD, Reason.CONSENT_CONTESTED)
    if not contested:
        return None
    what = f"Orders of the last 7 days that a browser refused without proof of whose visit it was: {contested:,}."
    return Symptom(what, contested, reasons=[Reason.CONSENT_CONTESTED])


CHECK = PixelCheck(
    id="consent_contested",
    title="Consent contested",
    cause="A page named an order and declined, and nothing ties that page to the order.",
    evidence="Held conversions.",
    fix=("Let the shop's server send visitor_id, checkout_token or order_token with each order: then no other counts."),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
