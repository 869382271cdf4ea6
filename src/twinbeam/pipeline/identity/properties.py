"""
What happened, as JSON ready to send: the sender's properties, scrubbed where they are free text.

The properties are encoded first and looked at once as a whole; only where something in them may be an e-mail
address or a phone number is each text examined. Ids of products are numbers often enough, so in them only what
is shaped like an e-mail address or an international number is removed.
"""

import msgspec
from msgspec.structs import replace

from twinbeam.core.values import Content, Properties
from twinbeam.core.verticals import LISTS, TEXTS
from twinbeam.pipeline.identity.hashing import Several
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.text import (
    REDACTED,
    has_email,
    has_international_phone,
    may_hold_personal,
    own_digits,
    without_personal,
)

_FREE_TEXT = (
    "content_name",
    "content_category",
    "brand",
    "description",
    "search_string",
    "delivery_category",
    "status",
    *TEXTS,
)
_CONTENT_TEXT = ("content_name", "content_category", "content_type", "brand")
_EMPTY = b"{}"

_encode = msgspec.json.Encoder().encode


def understood(properties: Properties, order_id: str | None, currency: str | None) -> Properties:
    """Put the checked order id and currency in their places."""
    if properties.order_id == order_id and properties.currency == currency:
        return properties
    return replace(properties, order_id=order_id, currency=currency)


def encoded_properties(properties: Properties, phones: Several, told: Told) -> bytes | None:
    """Return understood properties as a JSON object, or None if there are none."""
    encoded = _encode(properties)
    order_id = properties.order_id
    if encoded == _EMPTY:
        return None
    if not may_hold_personal(encoded.replace(order_id.encode(), b"") if order_id else encoded):
        return encoded  # the order id, often many digits, was looked at by itself
    return _encode(_scrubbed(properties, own_digits(phones), told))


def _scrubbed(properties: Properties, own: tuple[str, ...], told: Told) -> Properties:
    changes: dict[str, object] = dict(_changed_text(properties, _FREE_TEXT, own))
    if properties.shop_id is not None and _is_personal_id(properties.shop_id):
        changes["shop_id"] = REDACTED
    if properties.content_ids:
        changes["content_ids"] = list(map(_safe_id, properties.content_ids))
    for name in LISTS:
        if texts := getattr(properties, name):
            changes[name] = [without_personal(text, own) for text in texts]
    if properties.contents:
        changes["contents"] = [_scrubbed_content(content, own) for content in properties.contents]
    changed = [name for name, value in changes.items() if value != getattr(properties, name)]
    told += [(f"properties.{name}", Trouble.TEXT_SCRUBBED) for name in changed]
    return replace(properties, **changes)


def _scrubbed_content(content: Content, own: tuple[str, ...]) -> Content:
    changes = _changed_text(content, _CONTENT_TEXT, own)
    if content.content_id is not None and _is_personal_id(content.content_id):
        changes["content_id"] = REDACTED
    return replace(content, **changes) if changes else content


def _changed_text(record: Properties | Content, names: tuple[str, ...], own: tuple[str, ...]) -> dict[str, str]:
    changes = {}
    for name in names:
        text = getattr(record, name)
        if text and (clean := without_personal(text, own)) != text:
            changes[name] = clean
    return changes


def _safe_id(text: str) -> str:
    return REDACTED if _is_personal_id(text) else text


def _is_personal_id(text: str) -> bool:
    return has_email(text) or has_international_phone(text)
