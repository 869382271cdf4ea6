"""The page's dataLayer as a source: before and after the tag, through Tag Manager's hands, and never twice."""

import json

import pytest

from tagging import DENIED, GRANT, GTAG, REFUSE

pytestmark = [pytest.mark.journey, pytest.mark.tag("layer")]

ALLOWED = f"{DENIED};{GRANT}"
ITEM = "{item_id: 'hat', item_name: 'Hat', item_brand: 'Ada', item_category: 'Head', item_category2: 'Felt', price: 20}"
BANNER = f"{DENIED}; function banner(yes) {{ if (yes) {GRANT}; else {REFUSE} }}"
#: What Tag Manager does to the layer: it wraps `push`, hands on to the one before, and keeps the last 300.
MANAGER = """
(function () {
  dataLayer.push({'gtm.start': Date.now(), event: 'gtm.js'});
  var before = dataLayer.push;
  dataLayer.push = function () {
    var result = before.apply(dataLayer, arguments);
    while (dataLayer.length > 300) dataLayer.shift();
    return result;
  };
  dataLayer.push({event: 'gtm.dom'});
})()
"""


def pushed(event, **ecommerce):
    return f"dataLayer.push({{event: '{event}', ecommerce: {json.dumps(ecommerce).replace(chr(34) + ITEM + chr(34), ITEM)}}})"


def view(value=20):
    return pushed("view_item", currency="EUR", value=value, items=[ITEM])


def merged(corner, event):
    (found,) = corner.tiktok.counted(full=1, pixel=corner.codes[0], event=event)
    return found["merged"]


def layered(corner):
    """Tell whether the part that reads the layer was fetched."""
    return any(request.url.endswith("/layer.js") for request in corner.fetched)


def test_what_lay_there_before_the_tag_counts_as_what_comes_after_it(corner):
    corner.page("/hat", before=f"{ALLOWED};{view()}")
    page = corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"))
    page.evaluate(pushed("add_to_cart", currency="EUR", value=40, items=[ITEM]))
    page.evaluate(f"gtag('event', 'add_to_wishlist', {{currency: 'EUR', value: 20, items: [{ITEM}]}})")
    corner.expect(("ViewContent", "both"), ("AddToCart", "both"), ("AddToWishlist", "both"))
    (line,) = merged(corner, "AddToCart")["properties"]["contents"]
    assert line == {
        "content_id": "hat",
        "content_name": "Hat",
        "brand": "Ada",
        "content_category": "Head,Felt",
        "price": 20,
        "quantity": 1,
    }


def test_what_was_pushed_alone_belongs_to_the_next_event_and_null_takes_it_back(corner):
    corner.page("/hat", before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    page.evaluate(f"dataLayer.push({{ecommerce: {{currency: 'EUR', value: 7, items: [{ITEM}]}}}})")
    page.evaluate("dataLayer.push({event: 'add_to_cart'})")
    page.evaluate(f"dataLayer.push({{ecommerce: {{currency: 'EUR', value: 9, items: [{ITEM}]}}}})")
    page.evaluate("dataLayer.push({ecommerce: null}); dataLayer.push({event: 'add_to_wishlist'})")
    corner.expect(("AddToCart", "both"), ("AddToWishlist", "both"))
    assert merged(corner, "AddToCart")["properties"]["value"] == 7
    assert "value" not in merged(corner, "AddToWishlist")["properties"]


def test_without_a_value_it_is_what_the_items_come_to(corner):
    items = "[{item_id: 'hat', price: '19.95', quantity: 2}, {id: 7, name: 'Pin', price: 0.1}]"
    corner.page("/hat", f"gtag('event', 'begin_checkout', {{currency: 'EUR', items: {items}}})", before=ALLOWED)
    corner.visit("/hat", allowed=True)
    corner.expect(("InitiateCheckout", "both"))
    said = merged(corner, "InitiateCheckout")["properties"]
    assert said["value"] == 40
    assert [line["content_id"] for line in said["contents"]] == ["hat", "7"]


@pytest.mark.parametrize("manager", ["before", "after"])
def test_tag_manager_may_wrap_the_layer_before_or_after_the_tag(corner, manager):
    early = f"dataLayer = dataLayer || []; {MANAGER};" if manager == "before" else ""
    corner.page("/hat", view(), before=f"{early}{ALLOWED}")
    page = corner.visit("/hat", allowed=True)
    page.wait_for_function("!!(twinbeam.call && twinbeam.twins)")
    if manager == "after":
        page.evaluate(MANAGER)
    page.evaluate(pushed("add_to_cart", currency="EUR", value=20, items=[ITEM]))
    corner.expect(("ViewContent", "both"), ("AddToCart", "both"))


def test_where_tag_manager_alone_pushes_nothing_is_fetched_for_it(corner):
    corner.page("/hat", "ttq.track('Contact')", before=f"{ALLOWED};{MANAGER}")
    corner.visit("/hat", allowed=True)
    corner.expect(("Contact", "both"))
    assert not layered(corner)


def test_where_tag_manager_brought_the_tag_its_template_reports_the_layer(corner):
    tag = f"<script src='/t.js?key={corner.keys['browser']}&whole=1'></script>"
    corner.page("/hat", "ttq.track('Contact')", head=f"{GTAG}<script>{ALLOWED};{view()}</script>{tag}{corner.base()}")
    corner.visit("/hat", allowed=True)
    corner.expect(("Contact", "both"))
    assert not layered(corner)


@pytest.mark.parametrize("first", ["layer", "page"])
def test_an_event_that_the_page_reports_itself_as_well_counts_once(corner, first):
    corner.page("/hat", before=f"{ALLOWED};{view()}")
    page = corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"))
    calls = [
        pushed("add_to_cart", currency="EUR", value=20, items=[ITEM]),
        "ttq.track('AddToCart', {content_id: 'hat'})",
    ]
    for call in calls if first == "layer" else reversed(calls):
        page.evaluate(call)
    corner.expect(("ViewContent", "both"), ("AddToCart", "both"))
    page.wait_for_timeout(5_100)
    page.evaluate(calls[0])
    page.evaluate(calls[0])
    corner.expect(("ViewContent", "both"), *[("AddToCart", "both")] * 3)


def test_a_call_of_the_page_before_the_layers_part_came_is_known_to_it(corner):
    corner.page("/hat", "ttq.track('ViewContent', {content_id: 'hat'})", view(), before=ALLOWED)
    corner.visit("/hat", allowed=True)
    corner.until(lambda: layered(corner), "the part")
    corner.expect(("ViewContent", "both"))


def test_a_purchase_bears_its_orders_id_so_the_servers_copy_is_the_same(corner):
    bought = pushed("purchase", transaction_id="R-1001", currency="EUR", value=20, coupon="FELT", items=[ITEM])
    corner.page("/thanks", bought, before=ALLOWED)
    page = corner.visit("/thanks", allowed=True)
    corner.order("R-1001")
    (counted,) = corner.expect(("Purchase", "both"))
    assert counted["event_id"] == "R-1001"
    page.reload()
    page.wait_for_function("!!twinbeam.twins")
    corner.expect(("Purchase", "both"))


def test_a_refusal_in_the_same_layer_is_heard_once(corner):
    corner.page("/hat", "twinbeam.set({cart_token: 'cart-7'})", view(), before=BANNER)
    page = corner.visit("/hat")
    page.wait_for_function("!!twinbeam.twins")
    corner.answer(page, yes=False)
    page.evaluate(pushed("add_to_cart", currency="EUR", items=[ITEM]))
    page.wait_for_timeout(700)
    assert corner.counted(pageviews=True) == []
    assert len(corner.sent("/t/c")) == corner.refusals == 1


def test_a_search_and_names_of_tiktoks_own_in_googles_spelling(corner):
    calls = "dataLayer.push({event: 'search', search_term: 'felt hat'}); gtag('event', 'find_location')"
    others = (
        "gtag('event', 'scroll'); dataLayer.push({event: 'constructor'}); gtag('config', 'G-1'); gtag('js', new Date())"
    )
    corner.page("/hat", calls, others, before=ALLOWED)
    corner.visit("/hat", allowed=True)
    corner.expect(("Search", "browser"), ("FindLocation", "both"))
    assert corner.tiktok.counted(full=1, pixel=corner.codes[0], event="Search")[0]["merged"]["properties"] == {
        "search_string": "felt hat"
    }


def test_what_nobody_can_read_harms_neither_the_page_nor_what_follows(corner):
    rubbish = (
        "null, 7, 'purchase', [], function () {}, {event: 7}, {event: 'add_to_cart', ecommerce: 'hat'},"
        "{event: 'add_to_wishlist', ecommerce: {items: [null]}}, {event: 'search', ecommerce: 7, search_term: {a: 1}},"
        "Object.create(null), {event: 'view_item', ecommerce: {items: 'hat', value: 'much'}}"
    )
    corner.page("/hat", before=f"{ALLOWED};[{rubbish}].forEach(function (item) {{ dataLayer.push(item) }})")
    page = corner.visit("/hat", allowed=True)
    page.wait_for_function("!!twinbeam.twins")
    assert page.evaluate(f"dataLayer.push({rubbish}) === dataLayer.length")
    page.evaluate(pushed("begin_checkout", currency="EUR", value=20, items=[ITEM]))
    corner.until(lambda: [each for each in corner.counted() if each["event"] == "InitiateCheckout"], "what follows")
    assert merged(corner, "InitiateCheckout")["properties"]["value"] == 20


@pytest.mark.parametrize("way", ["attribute", "rule"])
def test_the_layer_can_be_switched_off(corner, way):
    if way == "rule":
        corner.rule("tag_without=layer,links", shows='"without":["layer","links"]')
    corner.page(
        "/hat", view(), "ttq.track('Contact')", before=ALLOWED, **({"without": "layer"} if way == "attribute" else {})
    )
    corner.visit("/hat", allowed=True)
    corner.expect(("Contact", "both"))
    assert not layered(corner)


def test_a_page_view_in_the_layer_adds_none_to_tiktoks_own(corner):
    view_of = "gtag('event', 'page_view', {page_title: 'Hat'})"
    corner.page("/hat", view_of, before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    page.wait_for_function("!!(twinbeam.twins && ttq._emulator)")
    page.evaluate(f"history.pushState({{}}, '', '/cap'); {view_of}")
    corner.expect(*[("Pageview", "browser")] * 2, pageviews=True)


def test_where_its_owner_says_so_a_page_view_in_the_layer_is_a_view_of_content(corner):
    corner.rule("page_view_as=ViewContent", shows='"view":"ViewContent"')
    view_of = "dataLayer.push({event: 'page_view'})"
    corner.page("/hat", view_of, view_of, before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    corner.expect(("ViewContent", "both"), ("Pageview", "browser"), pageviews=True)
    page.evaluate(f"history.pushState({{}}, '', '/cap'); {view_of}")
    corner.expect(*[("ViewContent", "both"), ("Pageview", "browser")] * 2, pageviews=True)


def test_page_views_where_tiktoks_script_is_blocked_are_the_tags_and_each_counts_once(corner):
    corner.context.route("**/i18n/pixel/events.js*", lambda route: route.abort())
    corner.page("/hat", "gtag('event', 'page_view')", before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    corner.expect(("Pageview", "server"), pageviews=True)
    page.evaluate("history.pushState({}, '', '/cap'); ttq.page(); history.replaceState({}, '', '/cap')")
    corner.expect(*[("Pageview", "server")] * 2, pageviews=True)
    page.go_back()
    corner.expect(*[("Pageview", "server")] * 3, pageviews=True)
