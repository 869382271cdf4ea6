"""Shopify's custom pixel in a sandboxed frame: with the signed webhook it is one event, and without a permission none."""

import subprocess
from pathlib import Path

import pytest

from shop_pixel import ASKED, BUILT, NO, YES, PixelShop, a_checkout, an_order

pytestmark = [pytest.mark.journey, pytest.mark.sources("shopify pixel")]

ROOT = Path(__file__).parents[2]
NUMBER = 512_345_678_901_234_567  #: 18 digits: twice a number of JavaScript's would be another order
THANKS = f"/checkouts/cn/cart-{NUMBER}/thank-you"
CLICK = "E.C.P.a-click"
TTP = "01JXAMPLE0TWINBEAM0EXAMPLE_.tt.1"
CART = {"id": f"gid://shopify/Cart/cart-{NUMBER}?key=secret", "attributes": [], "lines": []}
VARIANT = a_checkout(NUMBER)["lineItems"][0]["variant"]


@pytest.fixture
def shop(corner):
    return PixelShop(corner)


def completed(shop, page, number=NUMBER, **fields):
    shop.publish(page, "checkout_completed", {"checkout": a_checkout(number, **fields)}, "sh-done")


def merged(corner, name):
    """Give what TikTok knows of the one event of a name."""
    [found] = [it for it in corner.tiktok.counted(full=1) if it["pixel"] in corner.codes and it["event"] == name]
    return found["merged"]


def story_of(corner):
    """Give the one story of this shop's order."""
    [found] = [it for it in corner.shop.stories(event_id=str(NUMBER)) if it["pixel"] in corner.codes]
    return found


@pytest.mark.sources("shopify pixel", "own-ids")
def test_the_purchase_and_its_signed_webhook_are_one_event_under_one_id(shop):
    corner = shop.corner
    page = shop.visit(f"/?ttclid={CLICK}")
    corner.context.add_cookies([{"url": corner.url("/"), "name": "_ttp", "value": TTP}])
    shop.answer(page, YES)
    page.wait_for_function("document.cookie.includes('_tb=')")  # a visitor stays longer than a cookie needs
    page = shop.visit(THANKS, privacy=YES, page=page)
    completed(shop, page)
    corner.until(shop.reported, "the purchase is reported")
    shop.webhook("orders/create", an_order(NUMBER))
    shop.webhook("orders/paid", an_order(NUMBER))
    (counted,) = corner.expect(("Purchase", "server"))
    assert counted["event_id"] == str(NUMBER)
    assert sorted(story_of(corner)["channels"]) == ["browser", "webhook"]
    user = merged(corner, "Purchase")["user"]
    assert (user["ttclid"], user["ttp"]) == (CLICK, TTP)


@pytest.mark.sources("shopify pixel", "ungated")
def test_nothing_leaves_before_the_answer_and_all_of_it_after_a_yes(shop):
    corner = shop.corner
    page = shop.visit("/products/lamp", cart=CART)
    shop.publish(page, "page_viewed", {}, "sh-page")
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-view")
    page.wait_for_timeout(500)
    assert (shop.reported(), shop.stated(), corner.early) == ([], [], [])
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]
    shop.answer(page, YES)
    corner.expect(("Pageview", "server"), ("ViewContent", "server"), pageviews=True)
    assert {event["event_id"] for event in shop.reported()} == {"sh-page", "sh-view"}


@pytest.mark.parametrize(
    ("noted", "chosen", "words"),
    [
        (("", "DEBE", "GDPR"), "answered", None),  # Shopify's settings ask nobody: no answer
        (("1", "DEBE", "GDPR"), "answered", "granted"),
        (("0", "DEBE", "GDPR"), "answered", None),
        (None, "answered", None),
        (None, "shopify", "granted"),
        (("", "USNY", ""), "answered", "silence"),  # where the law is opt-out the gateway hears that nothing was said
    ],
)
def test_what_shopify_allows_is_told_from_what_the_visitor_answered(corner, noted, chosen, words):
    shop = PixelShop(corner, PERMISSION=chosen)
    corner.allowed = words is not None
    page = shop.visit(THANKS, privacy=YES, noted=noted)
    completed(shop, page)
    if words is None:
        page.wait_for_timeout(500)
        assert shop.reported() == []
        return
    corner.until(shop.reported, "the purchase is reported")
    (event,) = shop.reported()
    assert event["consent"].get("ad_storage", "silence") == words
    assert page.evaluate("document.cookie.includes('_tb=')") is (words == "granted")
    assert event["consent"].get("region") == ("US-NY" if noted else None) or chosen != "answered" or words == "granted"


def test_an_answer_is_remembered_where_shopifys_own_cookie_has_another_form(shop):
    page = shop.visit("/")
    shop.answer(page, YES)
    page.wait_for_function("localStorage.getItem('tb_shopify_yes')")
    page = shop.visit(THANKS, privacy=YES, page=page)
    completed(shop, page)
    shop.corner.expect(("Purchase", "server"))


def test_a_refusal_is_told_by_the_checkouts_token_and_stops_the_webhooks_copy(shop):
    corner = shop.corner
    page = shop.visit(THANKS)
    completed(shop, page)
    shop.answer(page, NO)
    corner.until(shop.stated, "the refusal is stated")
    shop.webhook("orders/create", an_order(NUMBER))
    corner.expect()
    (said,) = shop.stated()
    assert (said["checkout_token"], said["consent"]["ad_storage"]) == (f"checkout-{NUMBER}", "denied")
    assert shop.reported() == []
    story = story_of(corner)
    assert (story["state"], story["reason"]) == ("dropped", "no_consent")


def test_a_withdrawal_forgets_the_visitor_and_tells_the_gateway_by_their_token(shop):
    corner = shop.corner
    page = shop.visit(f"/?ttclid={CLICK}")
    shop.answer(page, YES)
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-view")
    corner.expect(("ViewContent", "server"))
    (view,) = shop.reported()
    shop.answer(page, NO)
    corner.until(shop.stated, "the withdrawal is stated")
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-view-2")
    page.wait_for_timeout(300)
    (said,) = shop.stated()
    assert said["visitor_id"] == view["visitor_id"]
    assert len(shop.reported()) == 1
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]


def test_a_refusal_out_of_the_sandbox_counts_where_hosts_are_named(shop):
    corner = shop.corner
    corner.shop.gateway.arrange("pixels", "set", corner.codes[0], "hosts=shop.example")
    page = shop.visit(THANKS, noted=("0", "DEBE", "GDPR"))
    completed(shop, page)
    corner.until(shop.stated, "the refusal is stated")
    shop.webhook("orders/create", an_order(NUMBER))
    corner.expect()
    assert story_of(corner)["state"] == "dropped"


def test_a_reload_of_the_thank_you_page_reports_nothing_again(shop):
    corner = shop.corner
    page = shop.visit(THANKS, noted=("1", "DEBE", "GDPR"), privacy=YES)
    corner.allowed = True
    completed(shop, page)
    corner.expect(("Purchase", "server"))
    page.reload()
    page.wait_for_function("document.title === 'there'")
    completed(shop, page)
    shop.publish(page, "page_viewed", {}, "sh-after")
    corner.until(lambda: len(shop.reported()) > 1, "the page view is reported")
    assert [event["event"] for event in shop.reported()] == ["Purchase", "Pageview"]


def test_an_upsell_grows_the_order_and_the_webhooks_value_leads(shop):
    corner = shop.corner
    corner.shop.gateway.arrange("pixels", "set", corner.codes[0], "confirm_purchases=on")
    page = shop.visit(f"/checkouts/cn/cart-{NUMBER}/post-purchase", privacy=YES, noted=("1", "DEBE", "GDPR"))
    corner.allowed = True
    completed(shop, page, value=89.9)
    corner.until(shop.reported, "the purchase is reported")
    page = shop.visit(THANKS, privacy=YES, page=page)  # where Shopify does not say it again
    money = {"shop_money": {"amount": "119.90", "currency_code": "EUR"}}
    shop.webhook("orders/create", an_order(NUMBER, total_price="119.90", total_price_set=money))
    (counted,) = corner.expect(("Purchase", "server"))
    assert (counted["event_id"], counted["value"]) == (str(NUMBER), 119.9)


def test_without_its_last_page_an_order_is_counted_by_the_carts_token(shop):
    corner = shop.corner
    page = shop.visit(f"/products/lamp?ttclid={CLICK}", cart=CART)
    shop.answer(page, YES)
    line = {"merchandise": VARIANT, "quantity": 2, "cost": {"totalAmount": {"amount": 90.0, "currencyCode": "EUR"}}}
    shop.publish(page, "product_added_to_cart", {"cartLine": line}, "sh-add")
    corner.expect(("AddToCart", "server"))
    shop.webhook("orders/create", an_order(NUMBER))
    corner.expect(("AddToCart", "server"), ("Purchase", "server"))
    assert merged(corner, "Purchase")["user"]["ttclid"] == CLICK
    assert merged(corner, "AddToCart")["properties"]["value"] == 90


def test_every_step_arrives_under_tiktoks_name_and_each_of_a_checkout_once(shop):
    corner = shop.corner
    page = shop.visit("/search", privacy=YES, noted=("1", "DEBE", "GDPR"), cart=CART)
    corner.allowed = True
    checkout = a_checkout(NUMBER, order=None)
    shop.publish(page, "page_viewed", {})
    shop.publish(page, "search_submitted", {"searchResult": {"query": "lamp", "productVariants": []}})
    shop.publish(page, "product_viewed", {"productVariant": VARIANT})
    shop.publish(page, "product_added_to_cart", {"cartLine": {"merchandise": VARIANT, "quantity": 1}})
    for _ in range(2):
        shop.publish(page, "checkout_started", {"checkout": checkout})
        shop.publish(page, "payment_info_submitted", {"checkout": checkout})
    completed(shop, page)
    names = ("Pageview", "Search", "ViewContent", "AddToCart", "InitiateCheckout", "AddPaymentInfo", "Purchase")
    corner.expect(*((name, "server") for name in names), pageviews=True)
    assert len(shop.reported()) == len(names)
    purchase = merged(corner, "Purchase")
    assert purchase["properties"]["contents"][0]["content_id"] == "44000000000000001"
    assert purchase["properties"]["contents"][0]["price"] == 40
    assert "cart-" not in purchase["page"]["url"]


def test_the_checkout_alone_is_reported_where_the_theme_has_the_tag(corner):
    shop = PixelShop(corner, REPORTS="checkout")
    page = shop.visit("/", privacy=YES, noted=("1", "DEBE", "GDPR"))
    corner.allowed = True
    shop.publish(page, "product_viewed", {"productVariant": VARIANT})
    completed(shop, page)
    corner.expect(("Purchase", "server"))


@pytest.mark.parametrize(
    ("order_id", "event_id"),
    [(f"gid://shopify/OrderIdentity/{NUMBER}", str(NUMBER)), (NUMBER, None), (None, None)],
)
def test_an_order_id_that_was_rounded_or_is_missing_gives_way_to_the_checkouts_token(shop, order_id, event_id):
    corner = shop.corner
    corner.shop.gateway.arrange("pixels", "set", corner.codes[0], "confirm_purchases=on")
    page = shop.visit(THANKS, privacy=YES, noted=("1", "DEBE", "GDPR"))
    corner.allowed = True
    completed(shop, page, order={"id": order_id, "customer": None})
    corner.until(shop.reported, "the purchase is reported")
    assert shop.reported()[0].get("order_id") == event_id
    shop.webhook("orders/create", an_order(NUMBER))
    corner.expect(("Purchase", "server"))


def test_what_the_gateway_could_not_take_is_sent_again_by_the_next_page_without_the_person(shop):
    corner = shop.corner
    corner.web.refusals["/v1/events"] = [503]
    page = shop.visit(THANKS, privacy=YES, noted=("1", "DEBE", "GDPR"))
    corner.allowed = True
    completed(shop, page)
    corner.until(lambda: not corner.web.refusals["/v1/events"], "the first try is refused")
    assert "example.com" not in page.evaluate("JSON.stringify(localStorage)").lower()
    shop.visit("/", privacy=YES, page=page)
    (counted,) = corner.expect(("Purchase", "server"))
    assert counted["event_id"] == str(NUMBER)


def test_a_yes_after_silence_gives_the_visitor_a_token_from_then_on(shop):
    page = shop.visit("/", privacy=YES, noted=("", "USNY", ""))
    shop.corner.allowed = True
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-silent")
    shop.corner.until(shop.reported, "the view is reported")
    shop.answer(page, YES)
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-allowed")
    shop.corner.until(lambda: len(shop.reported()) == 2, "the second view is reported")
    silent, allowed = shop.reported()
    assert "visitor_id" not in silent
    assert allowed["visitor_id"] in page.evaluate("decodeURIComponent(document.cookie)")


def test_each_checkout_that_is_refused_is_told_once(shop):
    page = shop.visit(THANKS, noted=("0", "DEBE", "GDPR"), cart=CART)
    for _ in range(2):
        shop.publish(page, "checkout_started", {"checkout": a_checkout(NUMBER, order=None)})
        completed(shop, page)
    shop.publish(page, "product_viewed", {"productVariant": VARIANT}, "sh-view")
    shop.corner.until(shop.stated, "the refusal is stated")
    page.wait_for_timeout(300)
    (said,) = shop.stated()
    assert (said["checkout_token"], said["cart_token"]) == (f"checkout-{NUMBER}", f"cart-{NUMBER}")
    assert said["page_url"] == shop.corner.url("/")
    assert shop.reported() == []


def test_an_opt_out_of_the_sale_of_data_travels_with_the_event(shop):
    page = shop.visit(THANKS, privacy={**YES, "saleOfDataAllowed": False}, noted=("1", "USCA", "CCPA"))
    shop.corner.allowed = True
    completed(shop, page)
    shop.corner.until(shop.reported, "the purchase is reported")
    consent = shop.reported()[0]["consent"]
    assert (consent["opt_out"], consent["ad_personalization"], consent["region"]) == (True, "denied", "US-CA")


def test_without_storage_and_cookies_the_pixel_reports_all_the_same(shop):
    corner = shop.corner
    corner.context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})")
    page = shop.visit(THANKS)
    shop.answer(page, YES)
    completed(shop, page)
    corner.expect(("Purchase", "server"))


# ---- the file ----


def test_the_file_to_paste_is_what_its_source_builds(tmp_path):
    built = tmp_path / "pixel.js"
    done = subprocess.run(["node", "build.mjs", built], cwd=BUILT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert built.read_text() == BUILT.read_text()


def test_the_source_fits_shopifys_own_types():
    tsc = ROOT / "tag" / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([tsc, "--noEmit", "-p", BUILT.parent], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_stand_in_says_what_shopify_documents():
    assert set(ASKED) == set(YES) == set(NO)
    types = ROOT / "tag" / "node_modules" / "@shopify" / "web-pixels-extension" / "src" / "types" / "RegisterInit.ts"
    text = types.read_text()
    assert all(f"{name}: boolean" in text for name in ASKED)
