"""
What Shopify and WooCommerce write of an order, in their documented shapes, and how each signs it.

A body is the order as it stood after one of its steps. A step is a second after the one before, so that the newest
modification can be told; all of them lie before the moment of delivery.
"""

import base64
import hashlib
import hmac
import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from twinbeam.demo.visitors import Visitor
from twinbeam.demo.visits import PlannedDelivery, ShopSystem, SystemOrder

SOURCES: dict[ShopSystem, str] = {"shopify": "lamps-shopify", "woocommerce": "lamps-woo"}
"""The names of the sources, which stand in their addresses."""

_TOPICS = {
    "placed": ("orders/create", "order.created"),
    "paid": ("orders/paid", "order.updated"),
    "shipped": ("orders/fulfilled", "order.updated"),
    "cancelled": ("orders/cancelled", "order.updated"),
    "refunded": ("orders/updated", "order.updated"),
    "returned": ("orders/updated", "order.updated"),
}
_BEFORE_SECONDS = 10  #: between the first step and its delivery


def path_of(system: ShopSystem) -> str:
    """Return where a shop system delivers."""
    return f"/in/{system}/{SOURCES[system]}"


def body_of(order: SystemOrder, told: PlannedDelivery, opened: int) -> bytes:
    """Write what one delivery holds; `opened` is the opening in seconds since the epoch."""
    first = opened + int(order.placed) - _BEFORE_SECONDS
    write = _shopify if order.system == "shopify" else _woocommerce
    body = write(order, told.step, first)
    if told.partial:
        kept = ("id", "admin_graphql_api_id", "updated_at", "fulfillment_status", "fulfillments")
        body = {name: body[name] for name in kept}
    return msgspec.json.encode(body)


def headers_of(order: SystemOrder, told: PlannedDelivery, body: bytes, secret: str) -> dict[str, str]:
    """Return what a delivery says of itself, its signature included."""
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    number = hashlib.sha256(body).hexdigest()[:32]
    of_shopify, of_woo = _TOPICS[order.steps[told.step]]
    if order.system == "shopify":
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": of_shopify,
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Shop-Domain": "lamps.myshopify.com",
            "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Webhook-Id": number,
            "X-Shopify-Event-Id": number,
        }
    return {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/11.0 Hookshot (WordPress/7.0)",
        "X-WC-Webhook-Source": "https://lamps.example/",
        "X-WC-Webhook-Topic": of_woo,
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-ID": "7",
        "X-WC-Webhook-Delivery-ID": number,
    }


def _shopify(order: SystemOrder, step: int, first: int) -> dict[str, Any]:
    visitor, upto = order.visitor, order.steps[: step + 1]
    typed, code = visitor.on_server, visitor.country.currency
    moved = {"kind": "refund", "status": "success", "amount": _amount(order, order.refunded), "currency": code}
    back = {"id": int(order.order_id) + 1, "created_at": _iso(first + step), "transactions": [moved]}
    is_back = bool({"refunded", "returned"} & set(upto))
    address = {"first_name": typed.first_name, "last_name": typed.last_name, "phone": typed.phone}
    return {
        "id": int(order.order_id),
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "name": f"#{order.order_id[-4:]}",
        "created_at": _iso(first),
        "processed_at": _iso(first),
        "updated_at": _iso(first + step),
        "cancelled_at": _iso(first + step) if "cancelled" in upto else None,
        "currency": code,
        "presentment_currency": code,
        "financial_status": _financial_status(upto),
        "fulfillment_status": "fulfilled" if "shipped" in upto else None,
        "fulfillments": [{"created_at": _iso(first + upto.index("shipped"))}] if "shipped" in upto else [],
        "payment_gateway_names": ["Cash on Delivery (COD)" if order.cash else "shopify_payments"],
        "source_name": "web",
        "test": False,
        "total_price": _amount(order, order.minor),
        "current_total_price": _amount(order, order.minor - (order.refunded if is_back else 0)),
        "contact_email": typed.email,
        "email": typed.email,
        "phone": None,
        "browser_ip": visitor.ip,
        "client_details": {"user_agent": visitor.user_agent},
        "buyer_accepts_marketing": True,
        "note_attributes": [{"name": name, "value": value} for name, value in _notes(visitor).items()],
        "customer": {"id": _customer(visitor)},
        "shipping_address": {**address, "city": visitor.country.city, "country_code": visitor.country.code},
        "refunds": [back] if is_back else [],
        "line_items": [
            {"sku": line.content_id, "title": "Lamp", "quantity": line.quantity, "price": _amount(order, line.minor)}
            for line in order.lines
        ],
    }


def _financial_status(upto: tuple[str, ...]) -> str:
    if "returned" in upto:
        return "refunded"
    if "refunded" in upto:
        return "partially_refunded"
    if "cancelled" in upto:
        return "voided"
    return "paid" if "paid" in upto else "pending"


def _woocommerce(order: SystemOrder, step: int, first: int) -> dict[str, Any]:
    visitor, upto = order.visitor, order.steps[: step + 1]
    typed = visitor.on_server
    is_back = bool({"refunded", "returned"} & set(upto))
    return {
        "id": int(order.order_id),
        "number": order.order_id,
        "order_key": f"wc_order_{order.order_id}",
        "created_via": "checkout",
        "status": _woo_status(upto, cash=order.cash),
        "currency": visitor.country.currency,
        "date_created_gmt": _iso(first, ""),
        "date_modified_gmt": _iso(first + step, ""),
        "date_paid_gmt": _iso(first + upto.index("paid"), "") if "paid" in upto else None,
        "date_completed_gmt": None,
        "total": _amount(order, order.minor),
        "customer_id": _customer(visitor),
        "customer_ip_address": visitor.ip,
        "customer_user_agent": visitor.user_agent,
        "billing": {
            "first_name": typed.first_name,
            "last_name": typed.last_name,
            "city": visitor.country.city,
            "country": visitor.country.code,
            "email": typed.email,
            "phone": typed.phone,
        },
        "payment_method": "cod" if order.cash else "stripe",
        "meta_data": [
            {"id": n, "key": name, "value": value} for n, (name, value) in enumerate(_notes(visitor).items())
        ],
        "line_items": [
            {
                "name": "Lamp",
                "sku": line.content_id,
                "quantity": line.quantity,
                "total": _amount(order, line.minor * line.quantity),
            }
            for line in order.lines
        ],
        "refunds": [{"id": int(order.order_id) + 1, "total": f"-{_amount(order, order.refunded)}"}] if is_back else [],
    }


def _woo_status(upto: tuple[str, ...], *, cash: bool) -> str:
    if "returned" in upto:
        return "refunded"
    if "cancelled" in upto:
        return "cancelled"
    if "shipped" in upto:
        return "completed" if "paid" in upto else "shipped"
    return "processing" if cash or "paid" in upto else "pending"


def _notes(visitor: Visitor) -> dict[str, str]:
    """Return what the shop's theme wrote onto the cart: the click, and which visit it is of."""
    return {"_ttclid": visitor.ttclid, "_ttp": visitor.ttp, "_twinbeam_visitor": visitor.visitor_id}


def _customer(visitor: Visitor) -> int:
    """Return the number under which a shop system knows a customer."""
    return zlib.crc32(visitor.external_id.encode())


def _amount(order: SystemOrder, minor: int) -> str:
    decimals = order.visitor.country.decimals
    return f"{minor / 10**decimals:.{decimals}f}"


def _iso(at: int, zone: str = "Z") -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S") + zone
