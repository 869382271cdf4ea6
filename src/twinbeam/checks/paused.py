"""The pixel is paused or drained."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import flowing_since, workspace_option


def _look(facts: PixelFacts) -> Symptom | None:
    flow = facts.pixel.flow
    if flow is None:
        return None
    waiting = facts.week.waiting
    what = f"{flow.mode.capitalize()} {flowing_since(flow)}. Conversions waiting: {waiting:,}."
    command = f"twinbeam pixels resume {facts.pixel.code}{workspace_option(facts.pixel.workspace)}"
    worth = facts.evidence.of_state("waiting").worth
    return Symptom(what, waiting, worth, listed="waiting", command=command, is_alarm=True)


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
