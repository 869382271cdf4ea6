"""There is no access token to send with."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import pixel_command


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.pixel.token_from or not facts.pixel.rules.expects("server"):
        return None
    waiting = facts.week.waiting
    what = f"No access token; conversions that wait for it: {waiting:,}." if waiting else "No access token."
    command = f"{pixel_command(facts, 'token')} < token.txt"
    worth = facts.evidence.of_state("waiting").worth
    weight = Weight.BROKEN if waiting else Weight.IDLE
    listed = "waiting" if waiting else ""
    return Symptom(what, waiting, worth, listed=listed, command=command, weight=weight, is_alarm=bool(waiting))


CHECK = PixelCheck(
    id="token_missing",
    title="No access token",
    cause="No access token is saved for the pixel, and its account has none.",
    evidence="Conversions wait.",
    fix="Save the token from TikTok Events Manager; waiting conversions are then sent automatically.",
    look=_look,
    weight=Weight.BROKEN,
    ends=Ends.AT_ONCE,
)
