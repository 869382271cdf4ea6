"""Orders are held because their number was used before."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason


def _look(facts: PixelFacts) -> Symptom | None:
    reused = facts.week.reason(State.HELD, Reason.ORDER_REUSED)
    if not reused:
        return None
    what = f"Orders that are held because their number was used before: {reused:,}."
    return Symptom(what, reused, listed=State.HELD, reasons=[Reason.ORDER_REUSED], command="twinbeam release ORDER")


CHECK = PixelCheck(
    id="order_number_reused",
    title="Order number used before",
    cause="A shop restarted its numbers, or two shops share one key.",
    evidence="Held conversions.",
    fix="Look at them; where they are orders of their own, release them.",
    look=_look,
)
