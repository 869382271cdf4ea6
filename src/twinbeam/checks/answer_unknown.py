"""TikTok answers with a code that nobody has described."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom, Weight
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import kept_back
from twinbeam.core.error_reference import is_described


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.answer is None or is_described(facts.answer.code):
        return None
    what = (
        f"TikTok answers with a code that is not known here: {facts.answer.code} {facts.answer.message.rstrip('.')}. "
        f"Conversions waiting: {facts.week.waiting:,}."
    )
    return kept_back(facts, what)


CHECK = PixelCheck(
    id="answer_unknown",
    title="Answer of TikTok's not known",
    cause="TikTok has a new code, or something between the gateway and TikTok answers in its place.",
    evidence="TikTok's newest answer that has a code, and the attempts of what waits.",
    fix="It is tried 20 times, then it is a dead letter. Look at the message, and ask TikTok with the request id.",
    look=_look,
    weight=Weight.BROKEN,
    ends=Ends.AT_ONCE,
)
