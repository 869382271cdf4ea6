"""Browser and server sent one order under different event ids."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    apart = facts.finding(Finding.ID_MISMATCH)
    if not apart:
        return None
    told = facts.evidence.told(Finding.ID_MISMATCH)
    what = f"Copies of the last 7 days that came under another id when their order had been sent: {apart:,}."
    return Symptom(what, apart, told.worth, told.samples)


CHECK = PixelCheck(
    id="event_id_mismatch",
    title="Event ids differ on both sides",
    cause="Page and server each make an id of their own.",
    evidence="The timeline of a conversion shows both ids.",
    fix="Give page and server one event id: leave it out, and the order gives it.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
