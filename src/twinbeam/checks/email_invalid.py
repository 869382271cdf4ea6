"""E-mail addresses come in a form that cannot be used."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.pixel_counts import ToMend

SHARE = 0.1  #: of those that came
SHARE_OF_ALL = 0.01  #: of all copies, where no good one is known: without a token nothing is accepted


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.mended(ToMend.EMAIL_INVALID)
    known = sum(event.email for event in facts.events.values())
    if n < ENOUGH or n < (SHARE * (n + known) if known else SHARE_OF_ALL * facts.week.recorded):
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
