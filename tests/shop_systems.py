"""
Shop systems as they speak: bodies in their documented shapes, signed as each of them signs.

Written from the systems' documentation, and not from the gateway's readers.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SECRETS = {
    "shopify": "shpss_0123456789abcdef0123456789abcdef",
    "woocommerce": "wc secret & more",
    "stripe": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
SYSTEMS = tuple(SECRETS)


def encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body).encode()


def iso(at_s: float, zone: str = "Z") -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S") + zone


def shopify_headers(body: bytes, topic: str, secret: str = SECRETS["shopify"], **more: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": "lamps.myshopify.com",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Event-Id": hashlib.sha256(body).hexdigest()[:32],
    } | more


def woo_headers(body: bytes, topic: str = "order.updated", secret: str = SECRETS["woocommerce"]) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/11.0 Hookshot (WordPress/7.0)",
        "X-WC-Webhook-Source": "https://shop.example/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-WC-Webhook-ID": "7",
        "X-WC-Webhook-Delivery-ID": "d0f1c0ffee",
    }


def stripe_headers(body: bytes, at_s: int, *secrets: str) -> dict[str, str]:
    signed = f"{at_s}.".encode() + body
    digests = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets or (SECRETS["stripe"],)
    ]
    return {"Stripe-Signature": ",".join([f"t={at_s}", *(f"v1={digest}" for digest in digests)])}


def a_shopify_order(number: int = 5_123_456_789_012_345_678, **fields: Any) -> dict[str, Any]:
    """An order of the online store, paid by card."""
    money = {name: _both(amount) for name, amount in _AMOUNTS.items()}
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "name": f"#{number % 10_000}",
        "token": f"status-{number}",
        "cart_token": f"cart-{number}",
        "checkout_token": f"checkout-{number}",
        "created_at": "2026-11-20T06:00:00-05:00",
        "processed_at": "2026-11-20T06:00:00-05:00",
        "updated_at": "2026-11-20T06:00:05-05:00",
        "cancelled_at": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "source_name": "web",
        "test": False,
        "email": "Ada@Example.com",
        "contact_email": "Ada@Example.com",
        "phone": None,
        "browser_ip": "203.0.113.77",
        "client_details": {"user_agent": "Mozilla/5.0 (Ada)", "browser_ip": "203.0.113.77"},
        "buyer_accepts_marketing": True,
        "landing_site": "/lamps?ttclid=E.C.P.landing",
        "referring_site": "https://www.tiktok.com/",
        "note_attributes": [],
        "total_tip_received": "0.00",
        "customer": {"id": 9_007_199_254_740_993, "email": "ada@example.com", "first_name": "Ada"},
        "shipping_address": _ADDRESS
        | {"zip": "10115", "country_code": "DE", "province_code": "BE", "first_name": "Ada"},
        "line_items": [
            {
                "id": 1,
                "variant_id": 44_000_000_000_000_001,
                "product_id": 8_000_000_000_000_001,
                "sku": "LAMP-1",
                "title": "Lamp",
                "vendor": "Lux",
                "quantity": 2,
                "price": "45.00",
                "gift_card": False,
                "discount_allocations": [{"amount": "10.00"}],
            }
        ],
        "refunds": [],
        "fulfillments": [],
        "merchant_of_record_app_id": None,
        **_AMOUNTS,
        **{f"{name}_set": amounts for name, amounts in money.items()},
        "current_total_price": _AMOUNTS["total_price"],
        "current_total_price_set": money["total_price"],
        "total_shipping_price_set": _both("4.90"),
    } | fields


_AMOUNTS = {"total_price": "89.90", "total_tax": "14.35", "total_discounts": "10.00", "subtotal_price": "80.00"}
_ADDRESS = {"last_name": "Lovelace", "city": "Berlin", "phone": "+49 151 23456789"}


def _both(amount: str) -> dict[str, Any]:
    side = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": side, "presentment_money": side}


def a_woo_order(number: int = 727, **fields: Any) -> dict[str, Any]:
    """An order of WooCommerce's, paid by card."""
    return {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": f"wc_order_{number}_k",
        "created_via": "checkout",
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": "2026-11-20T11:00:00",
        "date_modified_gmt": "2026-11-20T11:00:05",
        "date_paid_gmt": "2026-11-20T11:00:04",
        "date_completed_gmt": None,
        "discount_total": "10.00",
        "shipping_total": "4.90",
        "total": "89.90",
        "total_tax": "14.35",
        "customer_id": 12,
        "customer_ip_address": "203.0.113.77",
        "customer_user_agent": "Mozilla/5.0 (Ada)",
        "billing": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "city": "Berlin",
            "state": "DE-BE",
            "postcode": "10115",
            "country": "DE",
            "email": "Ada@Example.com",
            "phone": "0151 23456789",
        },
        "shipping": {},
        "payment_method": "stripe",
        "meta_data": [
            {"id": 1, "key": "_wc_order_attribution_session_entry", "value": "https://shop.example/?ttclid=E.C.P.woo"},
            {"id": 2, "key": "_wc_order_attribution_referrer", "value": "https://www.tiktok.com/"},
        ],
        "line_items": [
            {"id": 1, "name": "Lamp", "product_id": 93, "variation_id": 94, "quantity": 2, "total": "80.00", "sku": "L"}
        ],
        "fee_lines": [],
        "refunds": [],
    } | fields


def a_stripe_session(number: str = "1", **fields: Any) -> dict[str, Any]:
    """A finished checkout session, as the object of an event."""
    return {
        "id": f"cs_live_{number}",
        "object": "checkout.session",
        "amount_total": 8990,
        "currency": "eur",
        "created": 1_795_172_400,
        "client_reference_id": None,
        "customer": None,
        "customer_details": {
            "email": "Ada@Example.com",
            "name": "Ada Lovelace",
            "phone": None,
            "address": {"city": "Berlin", "country": "DE", "postal_code": "10115", "state": None},
        },
        "invoice": None,
        "livemode": True,
        "metadata": {"ttclid": "E.C.P.stripe"},
        "mode": "payment",
        "payment_intent": f"pi_{number}",
        "payment_status": "paid",
        "total_details": {"amount_discount": 1000, "amount_shipping": 490, "amount_tax": 1435},
    } | fields


def a_stripe_event(what: Mapping[str, Any], kind: str = "checkout.session.completed", **fields: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "api_version": "2026-02-25.clover",
        "created": 1_795_172_405,
        "livemode": what.get("livemode", True),
        "data": {"object": dict(what)},
    } | fields
