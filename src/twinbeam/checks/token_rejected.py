"""TikTok rejects the access token."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import kept_back, pixel_command
from twinbeam.core.events_api import ApiState


def _look(facts: PixelFacts) -> Symptom | None:
    api = facts.api
    if api.state is not ApiState.FAILING:
        return None
    what = f"TikTok rejects the access token: {api.answer}. Conversions that wait for it: {facts.week.waiting:,}."
    command = f"{pixel_command(facts, 'token')} < token.txt"
    return kept_back(facts, what, command=command, fix=f"{api.advice} Sending then resumes.")


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
