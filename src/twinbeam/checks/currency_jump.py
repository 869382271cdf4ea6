"""Purchases come in a currency that was not there before."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import day_of

LEAST = 20
SHARE = 0.2  #: of the purchases of today and yesterday


def _look(facts: PixelFacts) -> Symptom | None:
    today, sales = day_of(facts.now_ms), facts.evidence.sales
    before = {it.currency for it in sales if it.day < today - 1}
    n_before = sum(it.n for it in sales if it.day < today - 1)
    newest = [it for it in sales if it.day >= today - 1]
    n = sum(it.n for it in newest)
    for it in newest:
        mine = sum(other.n for other in newest if other.currency == it.currency)
        if it.currency and it.currency not in before and n_before >= LEAST and n >= LEAST and mine >= SHARE * n:
            what = f"Purchases in {it.currency} came up since yesterday: {mine:,} of {n:,}."
            return Symptom(what, mine, {it.currency: sum(x.minor for x in newest if x.currency == it.currency)})
    return None


CHECK = PixelCheck(
    id="currency_jump",
    title="Currency jumps",
    cause="The page sends the code of one currency with the amount of another.",
    evidence="Currencies of today and yesterday against the days before.",
    fix="Send amount and currency as the shop charged them, always together.",
    look=_look,
)
