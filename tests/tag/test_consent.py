"""One gate for both channels: before, after and without a permission, for every platform that may give it."""

import pytest

from platforms import PLATFORMS
from tagging import DENIED, GRANT, REFUSE

pytestmark = [pytest.mark.journey, pytest.mark.tag("ungated")]

EACH = pytest.mark.parametrize("name", PLATFORMS)
CART = "twinbeam.set({cart_token: 'cart-7', checkout_token: 'checkout-7'})"
VIEW = "ttq.track('ViewContent', {content_id: 'hat', value: 20, currency: 'EUR'})"
LATER = "ttq.track('Contact')"


def waits(page, milliseconds=700):
    """Let a page have the time in which a wrong tag would have spoken."""
    page.wait_for_function("!!twinbeam.call")
    page.wait_for_timeout(milliseconds)


def nothing_kept(page):
    """Tell that neither cookie nor storage holds anything."""
    kept = "[document.cookie, Object.keys(localStorage).join(), Object.keys(sessionStorage).join()]"
    return page.evaluate(kept) == ["", "", ""]


@EACH
def test_what_happened_before_the_answer_goes_on_with_a_permission(corner, name):
    corner.page("/hat", VIEW, before=PLATFORMS[name].before)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    waits(page)
    assert nothing_kept(page)
    assert corner.counted(pageviews=True) == []
    corner.answer(page, yes=True)
    page.evaluate(LATER)
    corner.expect(("ViewContent", "both"), ("Contact", "both"), ("Pageview", "browser"), pageviews=True)
    assert all(event["user"]["ttclid"] == "E.C.P.abc" for event in corner.sent())
    assert {event["consent"]["ad_storage"] for event in corner.sent()} == {"granted"}


@EACH
def test_an_answer_that_was_given_before_counts_at_once(corner, name):
    platform = PLATFORMS[name]
    later = platform.later.replace("ANSWER", "true")
    if name == "own":
        corner.page("/hat", f"{platform.before}; {later}; {VIEW}")
    else:
        corner.page("/hat", VIEW, before=f"{platform.before}; {later}")
    corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"))


@EACH
def test_a_refusal_is_told_by_what_the_shop_knows_and_nothing_else_leaves(corner, name):
    corner.page("/hat", CART, VIEW, before=PLATFORMS[name].before)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    waits(page, 300)
    corner.answer(page, yes=False)
    page.evaluate(LATER)
    waits(page)
    assert corner.counted(pageviews=True) == []
    assert corner.sent() == []
    (statement,) = corner.sent("/t/c")
    assert (statement["cart_token"], statement["checkout_token"]) == ("cart-7", "checkout-7")
    assert "visitor_id" not in statement
    assert statement["consent"]["ad_storage"] == "denied"
    assert corner.refusals == 1
    assert nothing_kept(page)


@EACH
def test_a_withdrawal_stops_both_channels_and_forgets(corner, name):
    corner.page("/hat", VIEW, before=PLATFORMS[name].before)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    waits(page, 100)
    corner.answer(page, yes=True)
    corner.expect(("ViewContent", "both"))
    assert "_tb" in page.evaluate("document.cookie")
    visitor = corner.sent()[0]["visitor_id"]
    corner.answer(page, yes=False)
    page.evaluate(LATER)
    waits(page)
    corner.expect(("ViewContent", "both"))
    (statement,) = corner.sent("/t/c")
    assert (statement["visitor_id"], statement["consent"]["ad_user_data"]) == (visitor, "denied")
    corner.until(lambda: page.evaluate("document.cookie") == "", "the cookies are gone")
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('tb_')).join()") == ""


def test_a_cookie_that_is_under_way_at_the_withdrawal_does_not_come_back(corner):
    name = "onetrust"
    corner.page("/hat", VIEW, before=PLATFORMS[name].before)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    corner.web.delays["/t/k?"] = 1.5
    waits(page, 100)
    corner.answer(page, yes=True)
    corner.until(lambda: any(path.startswith("/t/k?") for _, path in corner.web.asked), "the cookie is asked for")
    with page.expect_request_finished(lambda request: "/t/k?" in request.url):
        corner.answer(page, yes=False)
    corner.until(lambda: page.evaluate("document.cookie") == "", "the cookies are gone")


@EACH
def test_a_visitor_who_never_answers_leaves_no_trace(corner, name):
    corner.page("/hat", CART, VIEW, before=PLATFORMS[name].before)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    waits(page, 1_200)
    page.close(run_before_unload=True)
    assert corner.counted(pageviews=True) == []
    assert corner.web.bodies == []


def test_where_no_platform_is_nothing_leaves(corner):
    corner.page("/hat", VIEW)
    page = corner.visit("/hat?ttclid=E.C.P.abc")
    waits(page, 1_000)
    assert nothing_kept(page)
    assert corner.web.bodies == []


def test_a_default_of_granted_permits_where_the_law_is_opt_out_and_only_there(opened):
    default = DENIED.replace("denied", "granted")
    strict, free = opened(), opened()
    strict.page("/hat", VIEW, before=default)
    waits(strict.visit("/hat"))
    assert strict.web.bodies == []
    free.rule(
        "consent.policy=by_region", "purchase_means=paid", shows="paid"
    )  # the second one shows that both are known
    free.page("/hat", VIEW, before=default, law="by_region", region="US-CA")
    free.visit("/hat", allowed=True)
    free.expect(("ViewContent", "both"))


def test_global_privacy_control_limits_what_is_sent_where_the_law_is_opt_out(corner):
    corner.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    corner.page("/hat", VIEW, law="opt_out")
    corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "browser"))
    calls = corner.tiktok.requests(body=1, pixel=corner.codes[0])
    native = [call for call in calls if call["path"] == "/api/v2/pixel"]
    assert native
    assert all('"limited_data_use":true' in call["body"] for call in native)
    corner.until(corner.sent, "the gateway's copy")
    assert corner.sent()[0]["consent"]["opt_out"] is True


def test_a_refusal_is_obeyed_by_the_servers_copy(corner):
    corner.page("/thanks", CART, "ttq.track('Purchase', {order_id: '7', value: 20, currency: 'EUR'})", before=DENIED)
    page = corner.visit("/thanks")
    waits(page, 100)
    page.evaluate(REFUSE)
    waits(page, 300)
    corner.order("7", checkout_token="checkout-7")
    corner.shop.wait_steady()
    assert corner.counted() == []
    assert [story["state"] for story in corner.shop.stories(order_id="7", wait=5)] == ["dropped"]


def test_tiktoks_script_may_not_start_again_on_the_next_page_after_a_refusal(corner):
    corner.page("/", VIEW, before=f"{DENIED};{REFUSE}")
    page = corner.visit("/")
    waits(page, 300)
    corner.visit("/", page)
    waits(page, 300)
    assert corner.web.bodies == []


def test_an_answer_that_comes_back_opens_the_gate_again(corner):
    corner.page("/", before=f"{DENIED};{GRANT}")
    page = corner.visit("/", allowed=True)
    waits(page, 300)
    page.evaluate(REFUSE)
    page.evaluate(LATER)
    page.evaluate(GRANT)
    page.evaluate(VIEW)
    corner.expect(("ViewContent", "both"))
