"""
Ids that an order, a checkout or a cart gives an event, so that a browser and a server come to the same one unasked.

Tokens open carts and checkouts, so they are hashed before they become an id. The recipes are in
docs/reference/identifiers.md, with vectors in spec/identifiers.json.
"""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from twinbeam.core.values import Item
from twinbeam.pipeline.identity.hashing import is_nothing, sha256_hex

_DIGITS = 32  #: of the hash; 128 bits

Namer = Literal["order", "token", "checkout", "cart"]
"""What may give an event its id."""


class Naming(Struct, frozen=True):
    """What names one kind of event where its sender did not, the first that is there."""

    ids: tuple[Namer, ...]
    aliases: tuple[Namer, ...]  #: of these there is but one such event each, whatever id a copy bears


#: A cart may outlive an order and lead to another, so only its checkout names a purchase.
_ORDER = Naming(ids=("token", "order", "checkout"), aliases=("order", "token", "checkout"))
_STEP = Naming(ids=("token", "order", "checkout", "cart"), aliases=("order", "token", "checkout", "cart"))
#: One checkout may hold several sign-ups that their sender tells apart by ids of its own.
_SIGN_UP = Naming(ids=("token", "order", "checkout"), aliases=("order", "token"))

#: By canonical name; an event that is not listed is named by its order alone.
NAMING: Mapping[str, Naming] = {
    "Purchase": _ORDER,
    "PlaceAnOrder": _ORDER,
    "InitiateCheckout": _STEP,
    "AddPaymentInfo": _STEP,
    "Lead": _SIGN_UP,
    "CompleteRegistration": _SIGN_UP,
    "Subscribe": _SIGN_UP,
    "StartTrial": _SIGN_UP,
}

#: Named by the cart, its line and the count of the change: a cart takes many of them.
LINE_EVENTS = frozenset({"AddToCart", "AddToWishlist"})


#: How shop systems write one order: Shopify's name `#1001` and its global id `gid://shopify/Order/1001`.
_SPELLED = re.compile(r"(?:#\s*|gid://[^/?#]+/[^/?#]+/)([^/?#]+)(?:\?.*)?")


def one_spelling(order_id: str) -> str:
    """Return an order id without what shop systems write around it, so that every copy names the order alike."""
    if order_id[0] not in "#g":
        return order_id
    spelled = _SPELLED.fullmatch(order_id)
    return spelled[1] if spelled else order_id


def token_id(event: str, item: Item) -> str | None:
    """Return the id that the tokens of an item give this event, or None where they name no single event."""
    if item.checkout_token is None and item.cart_token is None and item.order_token is None:
        return None
    naming = NAMING.get(event)
    if naming is not None:
        return next(filter(None, (_id_by(namer, event, item, "") for namer in naming.ids)), None)
    return _line_id(event, item) if event in LINE_EVENTS else None


def order_token_id(event: str, item: Item) -> str | None:
    """Return the id that the order token of an item gives this event, or None where there is none."""
    token = item.order_token
    return _hashed("token", event, token) if token and event in NAMING and not is_nothing(token) else None


def other_ids(event: str, item: Item, order_id: str, event_id: str) -> list[str]:
    """Return every id but its own under which another copy of this very event may have come."""
    tokens = (item.checkout_token, item.cart_token, item.order_token)
    has_token = any(token is not None for token in tokens)
    if not has_token and (not order_id or order_id == event_id):
        return []
    naming = NAMING.get(event)
    if naming is None:
        return []
    if not has_token:
        return [order_id]  # every event that has a naming at all is named by its order
    found = [_id_by(namer, event, item, order_id) for namer in naming.aliases]
    return [other for other in dict.fromkeys(found) if other and other != event_id]


def _id_by(namer: Namer, event: str, item: Item, order_id: str) -> str | None:
    if namer == "order":
        return order_id
    token = {"token": item.order_token, "checkout": item.checkout_token, "cart": item.cart_token}[namer]
    return _hashed(namer, event, token) if token and not is_nothing(token) else None


def _line_id(event: str, item: Item) -> str | None:
    cart, line, action = item.cart_token, item.cart_line, item.action
    if not cart or not line or action is None or is_nothing(cart):
        return None
    return _hashed("line", event, cart, line, str(action))


def _hashed(kind: str, *parts: str) -> str:
    digest = sha256_hex("\n".join((kind, *parts)))
    return f"{kind}-{digest[:_DIGITS]}"
