"""Browser and server report different currencies."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding

LEAST = 5
SHARE = 0.05  #: of what both sides reported


def _look(facts: PixelFacts) -> Symptom | None:
    differ = facts.finding(Finding.CURRENCY_DIFFERS)
    both = sum(event.both for event in facts.events.values())
    if differ < LEAST or differ < SHARE * both:
        return None
    told = facts.evidence.told(Finding.CURRENCY_DIFFERS)
    what = f"Conversions of the last 7 days of which browser and server report different currencies: {differ:,}."
    return Symptom(what, differ, told.worth, told.samples)


CHECK = PixelCheck(
    id="currency_differs",
    title="Currencies differ between channels",
    cause="One side counts tax, shipping or another currency, the other does not.",
    evidence="The timeline of a conversion shows what each copy said.",
    fix="Send amount and currency as the shop charged them, from both sides.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
