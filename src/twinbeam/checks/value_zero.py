"""Purchases come worth 0."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import Noting

LEAST = 3
SHARE = 0.05  #: of all purchases


def _look(facts: PixelFacts) -> Symptom | None:
    told, sales = facts.evidence.told(Noting.VALUE_ZERO), facts.evidence.told(Noting.SALE)
    if told.n < LEAST or told.n < SHARE * sales.n or facts.pixel.rules.value == "margin":
        return None
    what = f"Purchases of the last 7 days worth 0: {told.n:,} of {sales.n:,}."
    return Symptom(what, told.n, samples=told.samples)


CHECK = PixelCheck(
    id="value_zero",
    title="Purchases worth 0",
    cause=("The page or the server reads the amount before it is known, or from a field that is not there."),
    evidence="Conversions without it.",
    fix="Send the total of the order as value; leave out orders that cost nothing.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
