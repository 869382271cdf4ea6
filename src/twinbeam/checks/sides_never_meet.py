"""Browser and server report the same event, and no two copies meet."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

MANY = 10  #: conversions of each side alone that are too many for chance


def _look(facts: PixelFacts) -> Symptom | None:
    bought = facts.event("Purchase")
    alone = min(bought.browser, bought.server)
    if bought.both or alone < MANY or facts.pixel.rules.way != "both":
        return None
    what = f"Purchases never meet: {bought.browser:,} came from the browser alone, {bought.server:,} from the server."
    return Symptom(what, alone)


CHECK = PixelCheck(
    id="sides_never_meet",
    title="The two sides never meet",
    cause="Page and server make event ids apart, and one of them sends no order id.",
    evidence="Deduplication of the pixel is 0 %.",
    fix="Send the same order_id from the page and from the server.",
    look=_look,
)
