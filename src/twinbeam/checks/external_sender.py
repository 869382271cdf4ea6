"""Somebody else sends to the pixel."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.checks.noting import Noting
from twinbeam.core.clock import MS_PER_DAY

TOLERANCE = 1.1
SLACK = 20
SETTLED_MS = 8 * MS_PER_DAY  #: a pixel that is younger here had another sender within the week, as it should


def _look(facts: PixelFacts) -> Symptom | None:
    if facts.now_ms - facts.pixel.created_ms < SETTLED_MS:
        return None
    above = 0
    for event, theirs in facts.theirs.items():
        ours = facts.event(event).accepted + facts.evidence.told(Noting.ENRICHED, event).n
        if theirs > TOLERANCE * ours + SLACK:
            above += theirs - ours
    if not above:
        return None
    what = f"Another sender fires: TikTok counts {above:,} server events of the week that did not come from here."
    return Symptom(what, above)


CHECK = PixelCheck(
    id="external_sender",
    title="Another sender still fires",
    cause="A plug-in, another gateway or an agency sends to the same pixel.",
    evidence="TikTok's counts of server events against what it accepted from here.",
    fix=("Find the other sender and turn it off, or its purchases count twice: look at apps and plug-ins of the shop."),
    look=_look,
)
