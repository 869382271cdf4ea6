"""No server confirmed what browsers reported as purchases."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import pixel_command
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason


def _look(facts: PixelFacts) -> Symptom | None:
    alone = facts.expired_for(Reason.NEVER_CONFIRMED)
    if not alone:
        return None
    what = f"Purchases of the last 7 days that no server confirmed: {alone:,}."
    off = pixel_command(facts, "set", " confirm_purchases=off")
    return Symptom(what, alone, listed=State.EXPIRED, reasons=[Reason.NEVER_CONFIRMED], command=off)


CHECK = PixelCheck(
    id="never_confirmed",
    title="Purchases that no server confirmed",
    cause="The thank-you page reports what is no order, or the server reports only some orders.",
    evidence="Expired conversions.",
    fix=("Report each order from the shop's server. If it does, these were no orders. To send them unconfirmed:"),
    look=_look,
    ends=Ends.WHEN_QUIET,
)
