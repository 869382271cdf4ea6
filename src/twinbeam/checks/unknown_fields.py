"""Events have fields that nobody knows."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.1  #: of all copies


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.UNKNOWN_FIELD)
    if n < ENOUGH or n < SHARE * facts.week.recorded:
        return None
    return Symptom(f"Fields that are not known: {n:,} copies in the last 7 days. They were ignored.", n)


CHECK = PixelCheck(
    id="unknown_fields",
    title="Unknown fields",
    cause="A field is misspelled, or stands in the wrong place.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix="Look at the answer to a request: it names the field, and what may be meant.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.WHEN_QUIET,
)
