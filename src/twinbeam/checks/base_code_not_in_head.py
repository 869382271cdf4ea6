"""Base code outside the head."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.finding(Finding.BASE_CODE_NOT_IN_HEAD)
    if not n or facts.finding(Finding.BASE_CODE_TWICE):
        return None
    told = facts.evidence.told(Finding.BASE_CODE_NOT_IN_HEAD)
    what = f"{Finding.BASE_CODE_NOT_IN_HEAD.sentence} Events of the last 7 days that tell so: {n:,}."
    return Symptom(what, n, told.worth, told.samples)


CHECK = PixelCheck(
    id="base_code_not_in_head",
    title="Base code outside the head",
    cause="A plug-in puts it at the end of the page.",
    evidence="Findings of the browser tag (tiktok.md 9.8).",
    fix="Move it into the head, right behind the tag.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
