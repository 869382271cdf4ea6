"""An event that came every day comes no more."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts


def _look(facts: PixelFacts) -> Symptom | None:
    if not facts.evidence.silent or facts.pixel.stopped is not None:
        return None
    names = ", ".join(name for name, _ in facts.evidence.silent[:3])
    before = sum(n for _, n in facts.evidence.silent)
    return Symptom(
        f"Reported by no side yesterday and today: {names}. Before, {before:,} came in a week.",
        before,
        is_alarm=True,
    )


CHECK = PixelCheck(
    id="event_silent",
    title="Event type silent",
    cause="A page, a plug-in or a rule that reported it was changed.",
    evidence="Events by day: it came each day of a week, and 10 times or more on most, as for the alert.",
    fix="Look what was changed on the pages that report it, and try the event once.",
    look=_look,
)
