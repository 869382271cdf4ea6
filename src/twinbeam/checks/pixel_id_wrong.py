"""Events name a pixel that their key may not use."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.pipeline.accept.codes import Rejection

LEAST = 5
SHARE = 0.01  #: of all that arrived


def _look(facts: PixelFacts) -> Symptom | None:
    n = facts.evidence.turned_away(Rejection.FOREIGN_PIXEL, Rejection.WRONG_PIXEL_KIND)
    if n < LEAST or n < SHARE * facts.arrived:
        return None
    return Symptom(f"Events rejected on arrival, for a pixel that they may not name: {n:,} in the last 7 days.", n)


CHECK = PixelCheck(
    id="pixel_id_wrong",
    title="Pixel id wrong",
    cause="The sender names a pixel that its key does not lead to, or sends web events to an event set.",
    evidence="Rejected events in the debugger (tiktok.md 11.3).",
    fix="Leave the pixel away, or name one that the key leads to: twinbeam keys list.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
