"""TikTok accepted events and does not count them."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.missing is None or not facts.missing.overdue:
        return None
    what = f"Accepted by TikTok, and still not in its statistics: {facts.missing.overdue:,}."
    return Symptom(what, facts.missing.overdue, listed=State.DELIVERED)


CHECK = PixelCheck(
    id="not_counted",
    title="Accepted, and not in TikTok's statistics",
    cause="TikTok dropped them after it had accepted them.",
    evidence="TikTok's own counts of the imported account.",
    fix=("Compare the events in Events Manager, and look there at Diagnostics; TikTok may have dropped them."),
    look=_look,
)
