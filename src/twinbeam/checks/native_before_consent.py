"""TikTok's script runs before consent."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.finding(Finding.NATIVE_BEFORE_CONSENT)
    if not n:
        return None
    told = facts.evidence.told(Finding.NATIVE_BEFORE_CONSENT)
    what = f"{Finding.NATIVE_BEFORE_CONSENT.sentence} Events of the last 7 days that tell so: {n:,}."
    return Symptom(what, n, told.worth, told.samples)


CHECK = PixelCheck(
    id="native_before_consent",
    title="TikTok's script runs before consent",
    cause="The base code stands in the page or in a tag manager, outside of the tag.",
    evidence="Findings of the browser tag (tiktok.md 9.8).",
    fix=("Put the tag's snippet before TikTok's base code, and take the base code out of your tag manager."),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
