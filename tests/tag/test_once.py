"""An order fires once, however often its page is shown, and both sides come to its id unasked."""

import pytest

from tagging import CHROME, DENIED, GRANT

pytestmark = [pytest.mark.journey, pytest.mark.tag("double")]

ALLOWED = f"{DENIED};{GRANT}"
DAY_MS = 86_400_000
PURCHASE = "ttq.track('Purchase', {value: 20, currency: 'EUR', order_id: '1001'})"
NAMELESS = "ttq.track('Purchase', {value: 20, currency: 'EUR'})"
BOUGHT = [("Purchase", "both")]


def bought(corner, call=PURCHASE, path="/thanks"):
    """Open the thank-you page; the shop's server reports the order too."""
    corner.page(path, call, before=ALLOWED)
    corner.page("/", before=ALLOWED)
    page = corner.visit(path, allowed=True)
    corner.order("1001")
    corner.expect(*BOUGHT)
    return page


def still_once(corner, page):
    """Look that the last page has had its say, and that nothing was counted or sent again."""
    page.wait_for_function("!!twinbeam.call")
    page.wait_for_timeout(800)
    (purchase,) = corner.expect(*BOUGHT)
    assert purchase["browser_copies"] == 1
    assert len([event for event in corner.sent() if event["event"] == "Purchase"]) == 1


def test_a_reload_fires_nothing_again(corner):
    page = bought(corner)
    page.reload()
    still_once(corner, page)


def test_coming_back_by_the_back_button_fires_nothing_again(corner):
    corner.web.headers["Cache-Control"] = "no-store"  # so that the page is made anew
    page = bought(corner)
    corner.visit("/", page)
    page.go_back()
    still_once(corner, page)


def test_a_page_out_of_the_browsers_cache_fires_nothing_again(corner):
    page = bought(corner)
    page.wait_for_load_state("networkidle")  # Chromium keeps no page of which something is under way
    page.evaluate("window.born = performance.now()")
    corner.visit("/", page)
    page.go_back(wait_until="commit")
    assert page.evaluate("typeof window.born") == "number", "the page was not kept"
    still_once(corner, page)


def test_a_second_tab_fires_nothing_again(corner):
    bought(corner)
    still_once(corner, corner.visit("/thanks"))


def test_the_next_day_fires_nothing_again(corner):
    page = bought(corner)
    three_days = 3 * DAY_MS
    page.close()
    corner.context.add_init_script(f"(() => {{ const now = Date.now; Date.now = () => now() + {three_days}; }})()")
    still_once(corner, corner.visit("/thanks"))


def test_the_same_order_under_another_address_fires_nothing_again(corner):
    bought(corner)
    corner.page("/receipt", PURCHASE, before=ALLOWED)
    still_once(corner, corner.visit("/receipt"))


def test_a_purchase_without_any_name_is_not_fired_again_by_a_reload(corner):
    corner.page("/thanks", NAMELESS, before=ALLOWED)
    page = corner.visit("/thanks", allowed=True)
    corner.expect(("Purchase", "both"))
    page.reload()
    page.wait_for_function("!!twinbeam.call")
    page.wait_for_timeout(800)
    corner.expect(("Purchase", "both"))


def test_two_purchases_without_any_name_are_two(corner):
    corner.page("/thanks", NAMELESS, before=ALLOWED)
    corner.visit("/thanks", allowed=True)
    corner.visit("/thanks")
    corner.expect(("Purchase", "both"), ("Purchase", "both"))


@pytest.mark.parametrize("event", ["InitiateCheckout", "AddPaymentInfo"])
def test_a_step_of_one_checkout_fires_once_and_that_of_the_next_again(corner, event):
    step = f"ttq.track('{event}', {{value: 20, currency: 'EUR'}})"
    for token in ("k-1", "k-2"):
        corner.page(f"/checkout/{token}", f"twinbeam.set({{checkout_token: '{token}'}}); {step}", before=ALLOWED)
    corner.visit("/checkout/k-1", allowed=True)
    corner.visit("/checkout/k-1").reload()
    corner.expect((event, "both"))
    corner.visit("/checkout/k-2")
    first, second = corner.expect((event, "both"), (event, "both"))
    assert [event["event_id"].partition("-")[0] for event in (first, second)] == ["checkout", "checkout"]


def test_the_order_token_names_a_purchase_on_both_sides(corner):
    corner.page(
        "/thanks",
        "ttq.track('CompletePayment', {value: 20, currency: 'EUR', order_id: '9', order_token: 'k-9'})",
        before=ALLOWED,
    )
    corner.visit("/thanks", allowed=True)
    corner.shop.post(
        {
            "event": "Purchase",
            "age_ms": 0,
            "order_id": "9",
            "order_token": "k-9",
            "properties": {"value": 20, "currency": "EUR"},
        },
        key=corner.keys["server"],
    )
    (purchase,) = corner.expect(("Purchase", "both"))
    assert purchase["event_id"].startswith("token-")


def test_cached_html_gives_two_visitors_two_ids(corner):
    corner.page("/hat", "ttq.track('AddToCart', {content_id: 'hat'})", before=ALLOWED)
    corner.visit("/hat", allowed=True)
    corner.until(corner.sent, "the first visitor's event")
    corner.window(corner.context.browser.new_context(user_agent=CHROME))
    corner.visit("/hat")
    first, second = corner.expect(("AddToCart", "both"), ("AddToCart", "both"))
    assert first["event_id"] != second["event_id"]
    assert len({event["visitor_id"] for event in corner.sent()}) == 2
    corner.context.close()


def test_both_copies_bear_one_id_even_where_nobody_chose_it(corner):
    corner.page("/", "ttq.track('Contact')", "ttq.track('Subscribe')", before=ALLOWED)
    corner.visit("/", allowed=True)
    counted = corner.expect(("Contact", "both"), ("Subscribe", "both"))
    assert all(event["browser_copies"] == event["server_copies"] == 1 for event in counted)
