"""Browser and server say different things about consent."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import Noting

LEAST = 3


def _look(facts: PixelFacts) -> Symptom | None:
    told = facts.evidence.told(Noting.CONSENT_DIFFERS)
    if told.n < LEAST:
        return None
    what = f"Conversions of the last 7 days of which one copy says granted and another declined: {told.n:,}."
    return Symptom(what, told.n, told.worth, told.samples)


CHECK = PixelCheck(
    id="consent_differs",
    title="Consent inconsistent between channels",
    cause="The server sends a fixed answer instead of the visitor's.",
    evidence="The timeline of a conversion shows what each copy said. A refusal wins.",
    fix=("Hand the visitor's answer to the server: send consent_receipt, or visitor_id, with each order."),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
