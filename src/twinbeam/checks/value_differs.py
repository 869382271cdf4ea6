"""Browser and server report different values."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding

LEAST = 5
SHARE = 0.05  #: of what both sides reported


def _look(facts: PixelFacts) -> Symptom | None:
    differ = facts.finding(Finding.VALUE_DIFFERS)
    both = sum(event.both for event in facts.events.values())
    if differ < LEAST or differ < SHARE * both:
        return None
    told = facts.evidence.told(Finding.VALUE_DIFFERS)
    what = f"Conversions of the last 7 days of which browser and server report different values: {differ:,}."
    return Symptom(what, differ, told.worth, told.samples)


CHECK = PixelCheck(
    id="value_differs",
    title="Values differ between channels",
    cause="One side counts tax, shipping or another currency, the other does not.",
    evidence="The timeline of a conversion shows what each copy said.",
    fix="Take the amount from the same place on both sides: with or without tax and shipping.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
