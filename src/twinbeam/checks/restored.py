"""Events are held since the store was restored from a backup."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason


def _look(facts: PixelFacts) -> Symptom | None:
    restored = facts.week.reason(State.HELD, Reason.RESTORED)
    if not restored:
        return None
    what = f"Events that are held since the store was restored, because TikTok may have them: {restored:,}."
    return Symptom(what, restored, listed=State.HELD, reasons=[Reason.RESTORED], command="twinbeam restored")


CHECK = PixelCheck(
    id="restored",
    title="Held since a restore",
    cause="The store was restored from a backup over 47 hours old.",
    evidence="Held conversions.",
    fix="Send them if TikTok's own numbers lack them, else discard them.",
    look=_look,
)
