"""The click survives from the landing page to the order, and hidden fields carry what the shop's server needs."""

import json

import pytest

from platforms import GOOGLE
from tagging import CHROME, DENIED, GRANT, OUTBOX

pytestmark = [pytest.mark.journey, pytest.mark.tag("lost-click")]

ALLOWED = f"{DENIED};{GRANT}"
PURCHASE = "ttq.track('Purchase', {value: 20, currency: 'EUR', order_id: '1001'})"


def clicks(corner):
    return [event["user"].get("ttclid") for event in corner.sent()]


def test_a_click_of_the_landing_page_is_there_at_the_order(corner):
    corner.page("/", before=ALLOWED)
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    page = corner.visit("/?ttclid=E.C.P.first&utm_source=tiktok", allowed=True)
    corner.until(corner.context.cookies, "the cookie")
    page.goto("about:blank")
    corner.visit("/thanks", page)
    corner.order("1001")
    (purchase,) = corner.expect(("Purchase", "both"))
    assert "ttclid" in purchase["user_keys"]
    assert clicks(corner) == ["E.C.P.first"]


def test_the_gateway_sets_the_cookie_on_the_shops_host_with_a_life_of_its_own(corner):
    corner.page("/", before=ALLOWED)
    corner.visit("/?ttclid=E.C.P.first", allowed=True)
    answers = corner.until(lambda: [it for it in corner.fetched if "/t/k?" in it.url], "the cookie's request")
    header = answers[0].response().header_value("set-cookie")
    assert header.startswith("_tb=")
    assert {"Max-Age=7776000", "Domain=shop.example", "SameSite=Lax"} <= set(header.split("; "))


def test_a_click_id_of_a_thousand_characters_is_kept_whole_and_a_longer_one_is_none(corner):
    longest = "E.C.P." + "x" * 994
    corner.page("/", "ttq.track('Contact')", before=ALLOWED)
    page = corner.visit(f"/?ttclid={longest}", allowed=True)
    corner.until(lambda: clicks(corner) == [longest], "the click")
    page.wait_for_function(f"{OUTBOX} === 0")
    corner.visit(f"/?ttclid={longest}y")
    corner.until(lambda: clicks(corner) == [longest, longest], "the click that was kept")


def test_first_and_last_click_are_kept_with_their_times(corner):
    corner.page("/", "ttq.track('Contact')", before=ALLOWED)
    page = corner.visit("/?ttclid=one", allowed=True)
    corner.until(lambda: clicks(corner) == ["one"], "the first click")
    page.wait_for_function(f"{OUTBOX} === 0")  # or the next page sends it once more
    corner.visit("/?ttclid=two")
    corner.until(lambda: clicks(corner) == ["one", "two"], "both clicks")
    (kept,) = [cookie["value"] for cookie in corner.context.cookies() if cookie["name"] == "_tb"]
    _, _, last, last_at, first, first_at = kept.split("|")
    assert (last, first) == ("two", "one")
    assert int(first_at) < int(last_at)


def test_a_permission_on_the_second_page_finds_the_click_in_the_referrer(corner):
    corner.page("/", before=GOOGLE.before)
    corner.page("/hat", "ttq.track('Contact')", before=GOOGLE.before)
    page = corner.visit("/?ttclid=E.C.P.before")
    page.wait_for_function("!!twinbeam.call")
    page.evaluate("document.body.innerHTML = '<meta name=referrer content=unsafe-url><a href=/hat>hat</a>'")
    page.click("a")
    page.wait_for_function("!!twinbeam.call")
    corner.answer(page, yes=True)
    corner.until(lambda: clicks(corner) == ["E.C.P.before"], "the click of the page before")


def test_a_permission_two_pages_later_finds_the_click_in_the_cart_or_counts_it_as_lost(corner):
    for path in ("/", "/hat", "/cart"):
        corner.page(path, "ttq.track('Contact')", before=GOOGLE.before)
    page = corner.visit("/?ttclid=E.C.P.gone")
    for path in ("/hat", "/cart"):
        page.wait_for_function("!!twinbeam.call")
        page.evaluate(f"document.body.innerHTML = '<a href={path}>on</a>'")
        page.click("a")
    page.wait_for_function("!!twinbeam.call")
    corner.answer(page, yes=True)
    corner.until(lambda: clicks(corner) == [None], "an event without a click")
    assert corner.findings() == {"click_lost"}
    before = corner.context
    before.close()
    corner.window(before.browser.new_context(user_agent=CHROME))
    corner.allowed = False
    page = corner.visit("/cart")
    page.wait_for_function("!!twinbeam.call")
    page.evaluate("twinbeam.set({ttclid: 'E.C.P.cart'})")
    corner.answer(page, yes=True)
    corner.until(lambda: clicks(corner) == [None, "E.C.P.cart"], "the click that the cart knows")
    corner.context.close()


def test_hidden_fields_and_the_context_hand_on_what_the_shops_server_needs(corner):
    form = (
        "document.body.innerHTML = '<form action=/done>' + ['visitor_id', 'consent_receipt', 'ttclid', 'ttp', 'page_url']"
        ".map(name => '<input type=hidden name=twinbeam_' + name + '>').join('') + '<button>Buy</button></form>'"
    )
    corner.page("/", "ttq.track('Contact')", form, before=ALLOWED)
    corner.page("/done", before=ALLOWED)
    page = corner.visit("/?ttclid=E.C.P.form", allowed=True)
    corner.expect(("Contact", "both"))
    page.wait_for_function("!!twinbeam.context().consent_receipt")
    context = page.evaluate("twinbeam.context()")
    page.click("button")
    page.wait_for_url("**/done?*")
    sent = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    for name in ("visitor_id", "consent_receipt", "ttclid", "ttp", "page_url"):
        assert sent[f"twinbeam_{name}"] == context[name] != ""
    receipt = {"consent_receipt": context["consent_receipt"], "visitor_id": context["visitor_id"]}
    corner.order("1001", **receipt)
    (_, purchase) = corner.expect(("Contact", "both"), ("Purchase", "server"))
    assert "ttclid" in purchase["user_keys"]


def test_the_context_says_nothing_before_a_permission(corner):
    corner.page("/", before=DENIED)
    page = corner.visit("/?ttclid=E.C.P.form")
    page.wait_for_function("!!twinbeam.call")
    assert json.dumps(page.evaluate("twinbeam.context()")) == "{}"
