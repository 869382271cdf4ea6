"""InitiateCheckout is reported again and again."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

LEAST = 30
TIMES = 3  #: for each visitor of a day


def _look(facts: PixelFacts) -> Symptom | None:
    crowd = facts.evidence.checkouts
    if crowd.most < LEAST or crowd.most < TIMES * crowd.of:
        return None
    what = f"InitiateCheckout is repeated: on one day {crowd.of:,} visitors sent it {crowd.most:,} times."
    return Symptom(what, crowd.most - crowd.of)


CHECK = PixelCheck(
    id="checkout_repeated",
    title="Checkout events repeated",
    cause="Each step of the checkout, or each reload, fires it anew.",
    evidence="InitiateCheckout against its visitors.",
    fix="Fire it once, when the checkout begins, and send checkout_token with it.",
    look=_look,
)
