"""Products are put into carts more often than they are looked at."""

from twinbeam.checks.contract import PixelCheck, Symptom, Weight
from twinbeam.checks.facts import ENOUGH, PixelFacts

SHARE = 0.8  #: views for each cart; carts are filled from lists of products, too


def _look(facts: PixelFacts) -> Symptom | None:
    views, carts = (facts.by_browser(name) for name in ("ViewContent", "AddToCart"))
    if facts.pixel.rules.way_of("ViewContent") == "browser" or carts < ENOUGH or views >= SHARE * carts:
        return None
    what = (
        f"Fewer views than carts: the browser reported {views:,} of ViewContent and {carts:,} of AddToCart in 7 days."
    )
    return Symptom(what, carts - views)


CHECK = PixelCheck(
    id="fewer_views_than_carts",
    title="Fewer views than carts",
    cause="Pages of products do not report that they were looked at.",
    evidence="ViewContent against AddToCart, of the browser (tiktok.md 11.3).",
    fix="Report ViewContent on each page of a product.",
    look=_look,
    weight=Weight.IDLE,
)
