"""E-mail addresses come in a form that cannot be used."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.unusable_keys import unusable
from twinbeam.core.pixel_counts import ToMend


def _look(facts: PixelFacts) -> Symptom | None:
    known = sum(event.email for event in facts.events.values())
    n = unusable(facts, ToMend.EMAIL_INVALID, known)
    if not n:
        return None
    return Symptom(f"E-mail addresses that cannot be used: {n:,} copies in the last 7 days. They were left out.", n)


CHECK = PixelCheck(
    id="email_invalid",
    title="E-mail address invalid",
    cause="A field is sent that holds no address, such as a name, or it is hashed in another way.",
    evidence="Notices in the debugger, at Decided (tiktok.md 11.3).",
    fix="Send the address as the visitor typed it, or its SHA-256 in hex.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
