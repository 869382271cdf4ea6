"""What changes while a page is open: a banner that asks late, an answer in another tab, a second snippet."""

import pytest

from platforms import COOKIEBOT, GOOGLE
from tagging import DENIED, GRANT, snippet

pytestmark = [pytest.mark.journey, pytest.mark.tag("late")]

CONTACT = "ttq.track('Contact')"
LATER = "ttq.track('Search', {search_string: 'hat'})"


def test_where_silence_permits_a_banner_that_asks_late_closes_the_gate_until_its_answer(corner):
    corner.page("/", CONTACT, law="opt_out")
    page = corner.visit("/", allowed=True)
    page.wait_for_function("!!twinbeam.call")
    page.evaluate(DENIED)
    page.evaluate(LATER)
    page.wait_for_timeout(600)
    assert "Search" not in {event["event"] for event in corner.sent()}
    assert corner.sent("/t/c") == []
    page.evaluate(GRANT)
    corner.until(lambda: "Search" in {event["event"] for event in corner.sent()}, "the event that waited")
    assert [event["event"] for event in corner.counted()].count("Search") == 1


def test_a_platform_that_loads_long_after_the_tag_is_heard(corner):
    corner.page("/", CONTACT)
    page = corner.visit("/")
    page.wait_for_timeout(1_200)
    page.evaluate(f"() => {{ {COOKIEBOT.before.replace('function banner', 'window.banner = function')} }}")
    page.wait_for_function("!!twinbeam.cookiebot")
    corner.answer(page, yes=True)
    corner.expect(("Contact", "both"))


def test_a_page_out_of_the_cache_hears_what_was_answered_elsewhere(corner):
    corner.page("/", CONTACT, before=COOKIEBOT.before)
    corner.page("/privacy", before=GOOGLE.before)
    page = corner.visit("/")
    page.wait_for_function("!!twinbeam.cookiebot")
    answered = "Object.assign(Cookiebot, {hasResponse: true, consent: {marketing: true, method: 'explicit'}})"
    page.evaluate(f"addEventListener('pagehide', () => {answered}); 1")
    page.evaluate("window.born = 1")
    corner.visit("/privacy", page)
    corner.allowed = True
    page.go_back(wait_until="commit")
    assert page.evaluate("window.born") == 1
    corner.expect(("Contact", "both"))


def test_two_snippets_on_a_page_are_one_tag(corner):
    head = corner.head(before=f"{DENIED};{GRANT}") + snippet(corner.keys["browser"])
    corner.page("/", CONTACT, head=head)
    corner.visit("/", allowed=True)
    corner.expect(("Contact", "both"))
    assert corner.told() == [("Contact", "sent")]


def test_nothing_that_a_page_calls_wrongly_is_thrown_back_into_it(corner):
    calls = [
        "ttq.track()",
        "ttq.track(null, 7, 'x')",
        "ttq.identify(null)",
        "ttq.instance().track('Contact')",
        "ttq.page(7)",
        "twinbeam.consent()",
        "twinbeam.consent({ad_storage: 7})",
        "twinbeam.set()",
        "twinbeam.allowed(7)",
        "ttq.load()",
    ]
    corner.page("/", "; ".join(calls), before=f"{DENIED};{GRANT}", base="", mode="gateway")
    page = corner.visit("/", allowed=True)
    page.wait_for_function("!!twinbeam.call")
    for call in calls:
        page.evaluate(f"{call}; 1")
    page.evaluate("ttq.track('Search', {search_string: 'hat'})")
    corner.until(lambda: "Search" in {event["event"] for event in corner.sent()}, "the good call")
    assert corner.complaints == []


def test_the_tag_leaves_no_names_in_the_page_but_its_own(corner):
    count = "window.before = Object.keys(window)"
    corner.page("/", CONTACT, before=f"{count}; {COOKIEBOT.before}")
    page = corner.visit("/?twinbeam=debug")
    page.wait_for_function("!!(twinbeam.cookiebot && twinbeam.debug)")
    corner.answer(page, yes=True)
    corner.expect(("Contact", "both"))
    corner.answer(page, yes=False)
    page.wait_for_function("!!twinbeam.refuse")
    names = set(page.evaluate("Object.keys(window).filter(name => !window.before.includes(name))"))
    assert names - {"before", "Cookiebot", "banner", "TiktokAnalyticsObject"} == {"twinbeam"}
