"""Events were rejected on arrival for their names."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.names import CUSTOM_RULE
from twinbeam.pipeline.accept.codes import Rejection

LEAST = 5
SHARE = 0.01  #: of all that arrived


def _look(facts: PixelFacts) -> Symptom | None:
    codes = (Rejection.BAD_EVENT_NAME, Rejection.APP_EVENT_NAME, Rejection.OFFLINE_EVENT_NAME)
    n = facts.evidence.turned_away(*codes)
    if n < LEAST or n < SHARE * facts.arrived:
        return None
    return Symptom(f"Events rejected on arrival for their names: {n:,} in the last 7 days.", n)


CHECK = PixelCheck(
    id="event_name_invalid",
    title="Event name invalid",
    cause="The name is empty, of an app, or has signs that TikTok does not take.",
    evidence="Rejected events in the debugger (tiktok.md 11.3).",
    fix=f"Send another name: {CUSTOM_RULE}.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
