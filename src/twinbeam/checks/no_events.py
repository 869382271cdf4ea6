"""Nothing came for a pixel."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import workspace_option


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.week.recorded or facts.imported:
        return None
    command = f"twinbeam keys create server --source checkout --pixel {facts.pixel.code}"
    command += workspace_option(facts.pixel.workspace)
    return Symptom("No event in the last 7 days.", command=command)


CHECK = PixelCheck(
    id="no_events",
    title="No event in 7 days",
    cause="No key leads to it, or nothing posts with it.",
    evidence="The pixel's page.",
    fix="Make a key, and post events with it to /v1/events.",
    look=_look,
    weight=Weight.IDLE,
)
