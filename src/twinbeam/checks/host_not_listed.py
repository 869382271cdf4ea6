"""Pages that are on none of the shop's hosts report events."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.outcomes import Outcome, Reason

SHARE = 0.02  #: of all copies; translators and copies of the shop's pages report a few


def _look(facts: PixelFacts) -> Symptom | None:
    foreign = facts.week.reason(Outcome.DROPPED, Reason.FOREIGN_HOST)
    if foreign < ENOUGH or foreign < SHARE * facts.week.recorded:
        return None
    what = f"Events of pages on other hosts than the shop's: {foreign:,} in the last 7 days. They are not sent."
    return Symptom(what, foreign)


CHECK = PixelCheck(
    id="host_not_listed",
    title="Host not listed",
    cause="A host of the shop is missing in its list, or somebody else's page carries the tag.",
    evidence="Dropped events with the reason foreign_host.",
    fix="If the pages are the shop's, add their host to the rule hosts of the pixel. If not, nothing is lost.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
