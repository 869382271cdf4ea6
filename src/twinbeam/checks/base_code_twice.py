"""Base code twice."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.finding(Finding.BASE_CODE_TWICE)
    if not n:
        return None
    told = facts.evidence.told(Finding.BASE_CODE_TWICE)
    what = f"{Finding.BASE_CODE_TWICE.sentence} Events of the last 7 days that tell so: {n:,}."
    return Symptom(what, n, told.worth, told.samples)


CHECK = PixelCheck(
    id="base_code_twice",
    title="Base code twice",
    cause="A theme and a tag manager both load it.",
    evidence="Findings of the browser tag (tiktok.md 9.8).",
    fix="Remove one of the two; look in themes, plug-ins and tag managers.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
