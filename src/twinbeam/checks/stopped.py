"""The pixel is stopped."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import kept_back, pixel_command
from twinbeam.core.wording import since_when


def _look(facts: PixelFacts) -> Symptom | None:
    stopped = facts.pixel.stopped
    if stopped is None:
        return None
    what = f"Stopped {since_when(stopped)}. Conversions waiting until it is started: {facts.week.waiting:,}."
    return kept_back(facts, what, command=pixel_command(facts, "start"))


CHECK = PixelCheck(
    id="stopped",
    title="The pixel is stopped",
    cause="Somebody stopped it.",
    evidence="The pixel's page and the audit say who, when and why.",
    fix=("Nothing is sent, and the browser tag does nothing. What waits for 7 days expires. To start it:"),
    look=_look,
    weight=Weight.BROKEN,
    ends=Ends.AT_ONCE,
)
