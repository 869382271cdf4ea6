"""TikTok accepts events without the visitor's address."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts

SHARE = 0.5  #: with it


def _look(facts: PixelFacts) -> Symptom | None:
    accepted, with_ip = facts.identifiable(), sum(event.ip for event in facts.events.values())
    if facts.pixel.event_source != "web" or accepted < ENOUGH or with_ip >= SHARE * accepted:
        return None
    without = accepted - with_ip
    return Symptom(f"Events without the visitor's IP address: {without:,} of {accepted:,} in 7 days.", without)


CHECK = PixelCheck(
    id="ip_missing",
    title="IP address missing",
    cause="The server does not keep the visitor's address and user agent, and no copy of the browser brings them.",
    evidence="Match keys on the pixel's page.",
    fix="Keep both at checkout, and send them as user.ip and user.user_agent.",
    look=_look,
)
