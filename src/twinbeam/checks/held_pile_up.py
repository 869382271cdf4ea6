"""More is held than delivered."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.kept_back import pixel_command
from twinbeam.core.lifecycle import State


def _look(facts: PixelFacts) -> Symptom | None:
    if not facts.piled:
        return None
    what = f"Held events pile up: {facts.piled:,}; fewer of the same events are delivered."
    off = pixel_command(facts, "set", " confirm_purchases=off")
    held = facts.evidence.of_state(State.HELD)
    return Symptom(what, facts.piled, held.worth, held.samples, listed=State.HELD, command=off, is_alarm=True)


CHECK = PixelCheck(
    id="held_pile_up",
    title="Held events pile up",
    cause="Purchases of the browser wait for a server that does not report them.",
    evidence="The list of held conversions.",
    fix=("Report each order from the shop's server; if no server reports, send purchases without confirmation:"),
    look=_look,
)
