"""The pixel is paused or drained."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import kept_back, pixel_command
from twinbeam.core.wording import flowing_since


def _look(facts: PixelFacts) -> Symptom | None:
    flow = facts.pixel.flow
    if flow is None:
        return None
    what = f"{flow.mode.capitalize()} {flowing_since(flow)}. Conversions waiting: {facts.week.waiting:,}."
    return kept_back(facts, what, command=pixel_command(facts, "resume"))


CHECK = PixelCheck(
    id="paused",
    title="The pixel is paused or drained",
    cause="Somebody paused or drained it.",
    evidence="The pixel's page and the audit say who and when.",
    fix="What waits for 7 days expires. To send all again:",
    look=_look,
    weight=Weight.BROKEN,
    ends=Ends.AT_ONCE,
)
