"""Purchases come with a value and without a currency."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import Noting

LEAST = 3
SHARE = 0.02  #: of all purchases


def _look(facts: PixelFacts) -> Symptom | None:
    told, sales = facts.evidence.told(Noting.CURRENCY_MISSING), facts.evidence.told(Noting.SALE)
    if told.n < LEAST or told.n < SHARE * sales.n:
        return None
    what = f"Purchases of the last 7 days with a value and without a currency: {told.n:,} of {sales.n:,}."
    return Symptom(what, told.n, samples=told.samples)


CHECK = PixelCheck(
    id="currency_missing",
    title="Currency missing",
    cause=("The page or the server reads the amount before it is known, or from a field that is not there."),
    evidence="Conversions without it.",
    fix="Send currency as three letters, such as EUR, with each value.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
