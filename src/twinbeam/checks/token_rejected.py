"""TikTok rejects the access token."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.events_api import ApiState
from twinbeam.core.wording import workspace_option


def _look(facts: PixelFacts) -> Symptom | None:
    api, waiting = facts.api, facts.week.waiting
    if api.state is not ApiState.FAILING:
        return None
    what = f"TikTok rejects the access token: {api.answer}. Conversions that wait for it: {waiting:,}."
    command = f"twinbeam pixels token {facts.pixel.code}{workspace_option(facts.pixel.workspace)} < token.txt"
    worth = facts.evidence.of_state("waiting").worth
    fix = f"{api.advice} Sending then resumes."
    return Symptom(what, waiting, worth, listed="waiting", command=command, fix=fix, is_alarm=True)


CHECK = PixelCheck(
    id="token_rejected",
    title="TikTok rejects the token",
    cause="The token was revoked, belongs to another pixel, or its owner lost access.",
    evidence="TikTok's newest answer to a delivery or a trial.",
    fix="Save a new token from Events Manager. Sending then resumes.",
    look=_look,
    weight=Weight.BROKEN,
    ends=Ends.AT_ONCE,
)
