"""Orders carry an e-mail address that is nobody's."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import Noting

LEAST = 3


def _look(facts: PixelFacts) -> Symptom | None:
    told = facts.evidence.told(Noting.PLACEHOLDER)
    if told.n < LEAST:
        return None
    what = f"Conversions of the last 7 days with a placeholder as e-mail address: {told.n:,}."
    return Symptom(what, told.n, told.worth, told.samples)


CHECK = PixelCheck(
    id="placeholder_data",
    title="Placeholder data",
    cause="A form or a plug-in fills in an address such as test@example.com.",
    evidence="Hashes of well-known placeholders.",
    fix="Leave the e-mail address out where the visitor gave none.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
