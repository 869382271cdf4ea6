"""What the shop's server sends: its system's signed webhook to the gateway, or an event of its own to TikTok."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from month.assumptions import BY_CODE, START_S
from month.page import PURCHASE, SHOP, agent_of, hashed, properties
from month.shoppers import Shopper
from month.tiktok import PIXEL

SECRET = "shpss_0123456789abcdef0123456789abcdef"


def shopify_order(shopper: Shopper) -> bytes:
    """Write the body of `orders/paid`, as far as it is used (docs/howto/shopify.md)."""
    moment = _moment(shopper.ordered_at)
    amount = f"{shopper.major(shopper.minor):.{shopper.decimals}f}"
    order: dict[str, Any] = {
        "id": int(shopper.order_id),
        "admin_graphql_api_id": f"gid://shopify/Order/{shopper.order_id}",
        "checkout_token": shopper.checkout_token,
        "created_at": moment,
        "processed_at": moment,
        "updated_at": moment,
        "cancelled_at": None,
        "currency": shopper.currency,
        "financial_status": "paid",
        "payment_gateway_names": ["shopify_payments"],
        "source_name": "web",
        "test": False,
        "total_price": amount,
        "email": shopper.email,
        "phone": shopper.phone,
        "browser_ip": shopper.address,
        "client_details": {"user_agent": agent_of(shopper), "browser_ip": shopper.address},
        "note_attributes": [],
        "shipping_address": {"country_code": shopper.country, "city": BY_CODE[shopper.country].city},
        "line_items": [
            {
                "id": 1,
                "sku": f"LAMP-{shopper.n % 40}",
                "title": "Lamp",
                "quantity": 1,
                "price": amount,
            }
        ],
    }
    return msgspec.json.encode(order)


def signature_of(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a webhook."""
    digest = hmac.digest(SECRET.encode(), body, sha256)
    return [
        (b"content-type", b"application/json"),
        (b"x-shopify-topic", b"orders/paid"),
        (b"x-shopify-hmac-sha256", b64encode(digest)),
        (b"x-shopify-event-id", sha256(body).hexdigest()[:32].encode()),
    ]


COLUMNS = ("order_id", "status", "placed_at", "value", "currency", "email", "phone", "country")
TOKENS = ("checkout_token", "consent_receipt")


def listed(shopper: Shopper, receipt: str) -> list[str]:
    """Return an order as a row of the list that the shop's system exports."""
    amount = f"{shopper.major(shopper.minor):.{shopper.decimals}f}"
    who = [shopper.email, shopper.phone, shopper.country]
    order = [shopper.order_id, "paid", _moment(shopper.ordered_at), amount, shopper.currency]
    return [*order, *who, shopper.checkout_token, receipt]


def own_event(shopper: Shopper) -> bytes:
    """
    Write a purchase as a shop's server reports it to TikTok by itself (tiktok.md 2).

    It knows the order and who paid it, and neither the click nor what was said to the banner.
    """
    event = {
        "event": PURCHASE,
        "event_time": START_S + int(shopper.ordered_at),
        "event_id": shopper.order_id,
        "user": {
            "email": hashed(shopper.email),
            "phone": hashed(shopper.phone),
            "ip": shopper.address,
            "user_agent": agent_of(shopper),
        },
        "page": {"url": f"{SHOP}/checkout"},
        "properties": properties(shopper, shopper.minor),
    }
    return msgspec.json.encode({"event_source": "web", "event_source_id": PIXEL, "data": [event]})


def _moment(at: float) -> str:
    return datetime.fromtimestamp(START_S + at, UTC).isoformat(timespec="seconds")
