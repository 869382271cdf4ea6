"""Content ids are not in the product feed."""

from twinbeam.checks.contract import PixelCheck, Symptom
from twinbeam.checks.facts import PixelFacts

LEAST = 20
TARGET = 0.9  #: what TikTok recommends for a catalogue (tiktok.md 11.3)


def _look(facts: PixelFacts) -> Symptom | None:
    ids, matched = facts.evidence.ids, facts.evidence.matched
    if ids < LEAST or matched >= TARGET * ids:
        return None
    what = f"Product ids that the product feed does not know: {ids - matched:,} of {ids:,} in the last 7 days."
    return Symptom(what, ids - matched)


CHECK = PixelCheck(
    id="content_ids_unknown",
    title="Product ids unknown",
    cause="Events name products by another id than the feed.",
    evidence="Unknown ids on the page of products.",
    fix=("Look at the unknown ids under Products, and set product_id to the kind of id that the feed has."),
    look=_look,
)
