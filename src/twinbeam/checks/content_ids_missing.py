"""Some events of a shop name no products."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import ENOUGH, PixelFacts

TARGET = 0.9  #: as the page of events has it


def _look(facts: PixelFacts) -> Symptom | None:
    told = facts.evidence.content_ids
    if sum(named for named, _ in told.values()) < ENOUGH:
        return None  # who sells no products names none
    lacking = {event: whole - named for event, (named, whole) in told.items() if _lacks(named, whole)}
    if not lacking:
        return None
    parts = ", ".join(f"{event} {n:,} of {told[event][1]:,}" for event, n in lacking.items())
    return Symptom(f"Events without product ids in 7 days: {parts}.", sum(lacking.values()))


def _lacks(named: int, whole: int) -> bool:
    return whole - named >= ENOUGH and named < TARGET * whole


CHECK = PixelCheck(
    id="content_ids_missing",
    title="Product ids missing",
    cause="One page or the server does not say which products an event is about.",
    evidence="Parameters of the pixel's events (tiktok.md 11.3).",
    fix="Send properties.contents with the content_id of each product, as in the other events.",
    look=_look,
)
