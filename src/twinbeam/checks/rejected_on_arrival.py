"""Events were rejected on arrival for their form."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.pipeline.accept.codes import Rejection

LEAST = 5
SHARE = 0.01  #: of all that arrived
CODES = (
    Rejection.UNREADABLE,
    Rejection.NOT_AN_OBJECT,
    Rejection.MISSING_FIELD,
    Rejection.WRONG_TYPE,
    Rejection.OUT_OF_RANGE,
    Rejection.NUL_CHARACTER,
    Rejection.LEAD_REQUIRED,
)


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.turned_away(*CODES)
    if n < LEAST or n < SHARE * facts.arrived:
        return None
    return Symptom(f"Events rejected on arrival, for a field that is missing or cannot be read: {n:,} in 7 days.", n)


CHECK = PixelCheck(
    id="rejected_on_arrival",
    title="Rejected on arrival",
    cause="The sender leaves a field out, such as the event's name, or writes it in another form.",
    evidence="Rejected events in the debugger, with the field and the fix (tiktok.md 11.3).",
    fix="Open one in the debugger: the answer to its sender names the field and what to send.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
