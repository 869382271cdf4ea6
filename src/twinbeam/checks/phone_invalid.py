"""Phone numbers come in a form that cannot be used."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.unusable_keys import unusable
from twinbeam.core.pixel_counts import ToMend


def _look(facts: PixelFacts) -> Symptom | None:
    known = sum(event.phone for event in facts.events.values())
    n = unusable(facts, ToMend.PHONE_INVALID, known)
    if not n:
        return None
    return Symptom(f"Phone numbers that cannot be used: {n:,} copies in the last 7 days. They were left out.", n)


CHECK = PixelCheck(
    id="phone_invalid",
    title="Phone number invalid",
    cause="The number comes without its country, or the field holds something else.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix="Send + and the country code before the number, or send user.country with it.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
