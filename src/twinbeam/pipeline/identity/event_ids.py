"""
The ids of an event: the sender's, an order's, or one derived from the request, so that a repeat has the same id.

Ids are stored in the clear, therefore one that names a person is replaced by its hash. The replacement looks at
nothing but the id itself: both copies of a conversion must come to the same result, whatever else they know.
"""

import re
from hashlib import blake2b

import msgspec

from twinbeam.core.values import Arrival, Item
from twinbeam.pipeline.identity.hashing import is_nothing, sha256_hex
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.order_ids import one_spelling, order_token_id, token_id
from twinbeam.pipeline.identity.text import decoded, has_email, has_international_phone

_ID_BYTES = 16
_HARMLESS = re.compile(r"[A-Za-z0-9_.:#/-]+")  # neither '@' nor '+', nor anything that could encode them


def order_id_of(item: Item, told: Told) -> str | None:
    """Return the order this item belongs to, safe to store; the item's own field wins over the properties'."""
    order_id = _usable(item.order_id, "order_id", told) or _usable(
        item.properties.order_id, "properties.order_id", told
    )
    return one_spelling(order_id) if order_id else None


def given_id(arrival: Arrival, order_id: str | None, told: Told) -> str | None:
    """
    Return the id the sender chose, or the order's, or one from checkout or cart, or from the Idempotency-Key.

    An order's id comes from its order token where there is one, unless the pixel's rule says `order`.
    """
    item = arrival.item
    chosen = _usable(item.event_id, "event_id", told)
    if chosen is not None:
        return chosen
    by_token = item.order_token is not None and arrival.rules.event_id_from != "order"
    derived = (order_token_id(arrival.event, item) if by_token else None) or order_id
    derived = derived or token_id(arrival.event, item) or _request_id(arrival)
    return within(arrival.origin.shop, derived) if derived else None


def within(shop: str, derived: str) -> str:
    """Return a derived id as it is told apart from other shops' on the same pixel: by the shop's name before it."""
    return f"{shop}-{derived}" if shop else derived


def content_id(normalised: object) -> str:
    """Derive an id from everything the item itself says, normalised and hashed; equal items share it."""
    return f"hash-{blake2b(msgspec.json.encode(normalised), digest_size=_ID_BYTES).hexdigest()}"


def safe_id(text: str) -> str:
    """Return an id that may be stored: as it is, or `sha-` and its hash where it holds an e-mail or phone number."""
    plain = decoded(text)
    names_person = has_email(plain) or has_international_phone(plain)
    return f"sha-{sha256_hex(text)[:32]}" if names_person else text


def _usable(text: str | None, field: str, told: Told) -> str | None:
    if text is None:
        return None
    if is_nothing(text):
        told.append((field, Trouble.VALUE_EMPTY))
        return None
    if _HARMLESS.fullmatch(text):
        return text
    safe = safe_id(text)
    if safe != text:
        told.append((field, Trouble.ID_PERSONAL))
    return safe


def _request_id(arrival: Arrival) -> str | None:
    origin = arrival.origin
    if not origin.idempotency:
        return None
    seed = f"{origin.source}\0{origin.idempotency}\0{arrival.index}".encode()
    return f"idem-{blake2b(seed, digest_size=_ID_BYTES).hexdigest()}"
