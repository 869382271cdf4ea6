"""Values are no numbers."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.pixel_counts import ToMend

LEAST = 5
SHARE = 0.01  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.VALUE_NOT_NUMBER)
    if n < LEAST or n < SHARE * facts.week.recorded:
        return None
    return Symptom(f"Values that are no numbers: {n:,} copies in the last 7 days. They were left out.", n)


CHECK = PixelCheck(
    id="value_not_number",
    title="Value is no number",
    cause="The page sends the amount as it is shown, with signs or commas.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix='Send 89.90, not "89,90 €".',
    look=_look,
    ends=Ends.WHEN_QUIET,
)
