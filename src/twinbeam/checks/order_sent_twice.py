"""One order was sent under two event ids."""

from twinbeam.checks.contract import Ends, PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts
from twinbeam.core.outcomes import Finding


def _look(facts: PixelFacts) -> Symptom | None:
    twice = facts.finding(Finding.SENT_TWICE)
    if not twice:
        return None
    told = facts.evidence.told(Finding.SENT_TWICE)
    what = f"Orders of the last 7 days that were sent under two ids before a copy told that they were one: {twice:,}."
    return Symptom(what, twice, told.worth, told.samples)


CHECK = PixelCheck(
    id="order_sent_twice",
    title="Event id made twice",
    cause="An id is made anew on each load of a page, or by both sides.",
    evidence="Both conversions; TikTok counts the order twice.",
    fix="Send the order id, or one checkout token, with every copy.",
    look=_look,
    ends=Ends.WHEN_QUIET,
)
