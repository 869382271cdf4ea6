"""Two orders came under one event id."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    reused = facts.finding(Finding.ORDER_DIFFERS)
    if not reused:
        return None
    told = facts.evidence.told(Finding.ORDER_DIFFERS)
    what = f"Orders of the last 7 days that came under the event id of another order: {reused:,}."
    return Symptom(what, reused, told.worth, told.samples)


CHECK = PixelCheck(
    id="event_id_reused",
    title="One event id for several orders",
    cause="The id is a constant, a session or a customer instead of the order.",
    evidence="The timeline of a conversion shows both orders.",
    fix="Leave event_id out, so that the order gives it, or make one for each order.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
