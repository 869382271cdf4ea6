"""Nothing came for a pixel."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.wording import workspace_option

NONE_YET = "No event yet."


def is_young(facts: PixelFacts) -> bool:
    """Return whether a pixel was added within the time that is looked at."""
    return facts.now_ms - facts.pixel.created_ms < WEEK_DAYS * MS_PER_DAY


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.week.recorded or facts.imported:
        return None
    command = f"twinbeam keys create server --source checkout --pixel {facts.pixel.code}"
    command += workspace_option(facts.pixel.workspace)
    return Symptom(NONE_YET if is_young(facts) else "No event in the last 7 days.", command=command)


CHECK = PixelCheck(
    id="no_events",
    title="No event in 7 days",
    cause="No key leads to it, or nothing posts with it.",
    evidence="The pixel's page.",
    fix="Make a key, and post events with it to /v1/events.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.AT_ONCE,
)
