"""An imported pixel gets no events."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.no_events import is_young
from twinbeam.core.wording import workspace_option


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.week.recorded or not facts.imported:
        return None
    command = f"twinbeam tag snippet {facts.pixel.code}{workspace_option(facts.pixel.workspace)}"
    what = "Imported, but no event came yet." if is_young(facts) else "Imported, but no event came in the last 7 days."
    return Symptom(what, command=command)


CHECK = PixelCheck(
    id="imported_no_events",
    title="Imported but no events",
    cause="Nothing reports to it here yet.",
    evidence="The pixel's page.",
    fix="Put the tag on its pages, or make a key for its server.",
    look=_look,
    weight=Weight.IDLE,
    ends=Ends.AT_ONCE,
)
