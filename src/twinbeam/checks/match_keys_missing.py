"""TikTok accepts conversions that carry neither e-mail nor phone."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts

SHARE = 0.1  #: with one of them
#: Whoever does one of these has mostly said who they are.
EVENTS = ("Purchase", "Lead", "CompleteRegistration")


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.pixel.event_source != "web":
        return None
    events = [facts.event(name) for name in EVENTS]
    accepted = facts.identifiable(*EVENTS)
    with_one = sum(event.email + event.phone for event in events)  # whoever gave both counts twice: not too few
    if accepted < ENOUGH or with_one >= SHARE * accepted:
        return None
    without = accepted - with_one
    what = f"Conversions without e-mail and phone: {without:,} of {accepted:,} in 7 days. TikTok matches few of them."
    return Symptom(what, without)


CHECK = PixelCheck(
    id="match_keys_missing",
    title="E-mail and phone missing",
    cause="Page and server do not hand on what the buyer typed.",
    evidence="Match keys of purchases, leads and registrations on the pixel's page.",
    fix="Send user.email and user.phone with each order or lead; they are hashed here.",
    look=_look,
)
