"""Each recipe of the documentation in Chromium: nothing before a permission, then one event by its name at TikTok."""

import pytest

from tagging import DENIED, GRANT, SECURE
from twinbeam.demo.sites.recipes import MODELS, html_of

pytestmark = [pytest.mark.journey, pytest.mark.sources("recipes", "ungated", "double-pageview")]

EACH = [pytest.param(model, recipe, id=f"{model.name}-{recipe.name}") for model in MODELS for recipe in model.recipes]
WATCHED = "[data-twinbeam-event],[data-twinbeam-start],a"
BANNER = f"{DENIED}; function banner() {{ {GRANT} }}"


@pytest.fixture
def corner(as_described):
    """One shop with one pixel, whose events are as the specification describes them."""
    return as_described()


def put(corner, html, *, path="/recipe", **how):
    """Put a page with a recipe's lines on the web server, and the page behind its form."""
    corner.page("/thanks", before=f"{DENIED};{GRANT}", **how)
    corner.page("/map", before=f"{DENIED};{GRANT}", **how)
    corner.page(path, before=BANNER, **how)
    corner.web.pages[path] = corner.web.pages[path].replace("</body>", f"{html}</body>")


def perform(page, steps):
    """Do what a visitor does."""
    for what, *about in steps:
        if what == "type":
            page.fill(*about)
        elif what == "click":
            page.click(about[0], no_wait_after=True)
        elif what == "see":
            page.locator(about[0]).scroll_into_view_if_needed()
        else:
            page.evaluate(f"postMessage({about[0]}, '*')")


def says(event, recipe):
    """Tell whether an event says at least what its recipe promises."""
    got = event["merged"]["properties"]
    wanted = dict(recipe.properties)
    lines = [(line, got["contents"][at]) for at, line in enumerate(wanted.pop("contents", []))]
    return wanted.items() <= got.items() and all(line.items() <= its.items() for line, its in lines)


def documents(corner):
    """Count the pages that were shown."""
    return len([each for each in corner.fetched if each.resource_type == "document" and each.response().ok])


@pytest.mark.parametrize(("model", "recipe"), EACH)
def test_a_recipe_reports_its_event_once_and_only_with_permission(corner, model, recipe):
    put(corner, html_of(model, recipe))
    page = corner.visit("/recipe", host=SECURE)
    page.wait_for_function("!!twinbeam.call")
    if not recipe.steps:
        page.wait_for_timeout(600)
        assert corner.counted(pageviews=True) == []
    corner.answer(page, yes=True)
    if recipe.steps:
        page.wait_for_function(f"!!twinbeam.twins || !document.querySelector('{WATCHED}')")
    perform(page, recipe.steps)
    others = [] if recipe.event == "Pageview" else [(recipe.event, "both")]
    corner.until(lambda: len(corner.counted()) >= len(others), f"{recipe.event} at TikTok", 20)
    page.wait_for_timeout(500)
    corner.expect(*[("Pageview", "browser")] * documents(corner), *others, pageviews=True)
    found = corner.tiktok.counted(full=1, pixel=corner.codes[0], event=recipe.event)
    assert says(found[0], recipe), found[0]["merged"]["properties"]
    assert {"email", "phone"} & set(found[0]["user_keys"]) == set(recipe.identifiers)
    ids = {event["event_id"] for event in corner.sent() if event["event"] != "Pageview"}
    assert len(ids) == len(others)  # the page that follows may send the same again: its answer was not awaited
