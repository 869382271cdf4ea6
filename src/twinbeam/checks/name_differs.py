"""Browser and server name one event differently."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding

MANY = 5


def _look(facts: PixelFacts) -> Symptom | None:
    differ = facts.finding(Finding.NAME_DIFFERS)
    if differ < MANY:
        return None
    told = facts.evidence.told(Finding.NAME_DIFFERS)
    what = f"Events of 7 days that browser and server name differently: {differ:,}. They were sent under one name."
    return Symptom(what, differ, samples=told.samples)


CHECK = PixelCheck(
    id="name_differs",
    title="Names differ",
    cause="One side uses an old name, such as CompletePayment, and the other Purchase.",
    evidence="The timeline of a conversion shows both names.",
    fix="Use the same name on both sides: Purchase, not CompletePayment.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.WHEN_QUIET,
)
