"""The pixel is stopped."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.wording import since_when, workspace_option


def _look(facts: PixelFacts) -> Symptom | None:
    stopped = facts.pixel.stopped
    if stopped is None:
        return None
    waiting = facts.week.waiting
    what = f"Stopped {since_when(stopped)}. Conversions waiting until it is started: {waiting:,}."
    command = f"twinbeam pixels start {facts.pixel.code}{workspace_option(facts.pixel.workspace)}"
    worth = facts.evidence.of_state("waiting").worth
    return Symptom(what, waiting, worth, listed="waiting", command=command, is_alarm=True)


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
