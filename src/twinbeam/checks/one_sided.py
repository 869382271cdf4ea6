"""Only one side reports."""

from collections.abc import Mapping

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.values import Side


def _look(facts: PixelFacts) -> Symptom | None:
    since_ms = facts.now_ms - WEEK_DAYS * MS_PER_DAY
    missing = [side for side in Side if facts.seen.get(side, 0) < since_ms]
    told = facts.silence is not None or facts.pixel.event_source != "web"
    if len(missing) != 1 or told or facts.week.recorded < ENOUGH or not facts.awaits(missing[0]):
        return None
    what = f"Only one side reports: the {missing[0]} has not for 7 days or more."
    return Symptom(what, facts.week.recorded, fix=_LOST_WITHOUT[missing[0]])


_LOST_WITHOUT: Mapping[Side, str] = {
    Side.BROWSER: "Send the browser's copy too: it carries the click id, the browser id and the visitor's address.",
    Side.SERVER: "Send the server's copy too: ad blockers and closed tabs hide purchases from the browser.",
}


CHECK = PixelCheck(
    id="one_sided",
    title="Only one side reports",
    cause="The tag is not on the pages, or the shop's server is not connected.",
    evidence="When each side last reported stands on the pixel's page.",
    fix="Connect the other side too.",
    look=_look,
)
