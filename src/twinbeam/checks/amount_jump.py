"""The usual amount of a purchase changed at once."""

from collections.abc import Sequence

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import DaySales, PixelFacts
from twinbeam.checks.noting import Noting
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown

LEAST = 20  #: purchases on each side of the jump
TIMES = 3


def _look(facts: PixelFacts) -> Symptom | None:
    today = day_of(facts.now_ms)
    for currency in sorted({it.currency for it in facts.evidence.sales}):
        mine = [it for it in facts.evidence.sales if it.currency == currency]
        before, now = (_mean([it for it in mine if (it.day >= today - 1) is late]) for late in (False, True))
        if before and now and max(before / now, now / before) >= TIMES:
            what = f"The mean purchase went from {shown(round(before), currency)} to {shown(round(now), currency)}."
            newest = [it for it in mine if it.day >= today - 1]
            n, worth = sum(it.n for it in newest), sum(it.minor for it in newest)
            return Symptom(what, n, {currency: worth}, facts.evidence.told(Noting.SALE).samples, is_alarm=True)
    return None


def _mean(sales: Sequence[DaySales]) -> float:
    n = sum(it.n for it in sales)
    return sum(it.minor for it in sales) / n if n >= LEAST else 0


CHECK = PixelCheck(
    id="amount_jump",
    title="Amount jumps",
    cause="Amounts in cents instead of euros, a total instead of a price, or another currency's number.",
    evidence="Mean of today and yesterday against the days before.",
    fix="Open a purchase and compare it with the order in the shop; send 89.90, not 8990.",
    look=_look,
)
