"""TikTok's script runs before the tag."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.finding(Finding.GATE_VOID)
    if not n:
        return None
    told = facts.evidence.told(Finding.GATE_VOID)
    what = f"{Finding.GATE_VOID.sentence} Events of the last 7 days that tell so: {n:,}."
    return Symptom(what, n, told.worth, told.samples)


CHECK = PixelCheck(
    id="gate_void",
    title="TikTok's script runs before the tag",
    cause="The tag's snippet stands below TikTok's base code.",
    evidence="Findings of the browser tag (tiktok.md 9.8).",
    fix=("Put the tag's snippet before TikTok's base code; until then its script reports purchases as placed."),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
