"""
What shop and tag wrote onto an order to tie it to its visit: attributes of a cart, meta data of an order or a session.

The names are ours, and those under which others keep the click. Consent is granted by a receipt or by what the visit
itself said alone: whoever fills a cart may write onto it. A refusal counts however it is told. That a buyer takes
newsletters is no word on either.
"""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from twinbeam.core.values import Consent, Said
from twinbeam.orders.reports import Joined

_NAMES = {
    "ttclid": "ttclid",
    "_ttclid": "ttclid",
    "tiktok_ttclid": "ttclid",
    "_ttp": "ttp",
    "ttp": "ttp",
    "twinbeam_receipt": "receipt",
    "_twinbeam_receipt": "receipt",
    "consent_receipt": "receipt",
    "twinbeam_visitor": "visitor_id",
    "_twinbeam_visitor": "visitor_id",
    "visitor_id": "visitor_id",
    "twinbeam_order": "order_token",
    "_twinbeam_order": "order_token",
    "order_token": "order_token",
    "twinbeam_cart": "cart_token",
    "cart_token": "cart_token",
    "checkout_token": "checkout_token",
    "client_ip": "ip",
    "client_user_agent": "user_agent",
    "page_url": "url",
    "ad_storage": "ad_storage",
    "ad_user_data": "ad_user_data",
    "ad_personalization": "ad_personalization",
}
_MOST = {"ttclid": 3_000, "receipt": 2_000, "user_agent": 1_000, "url": 2_000}
_REFUSED: dict[str, Said] = {"denied": "denied"}


class VisitNotes(Struct, frozen=True):
    """What was written onto an order, by our names."""

    found: dict[str, str]

    def get(self, name: str) -> str | None:
        """Return a note, or None."""
        return self.found.get(name)

    def joined(
        self, *, cart_token: str | None = None, checkout_token: str | None = None, order_token: str | None = None
    ) -> Joined:
        """Return what ties the order to its visit, with what the system itself says."""
        return Joined(
            cart_token=cart_token or self.get("cart_token"),
            checkout_token=checkout_token or self.get("checkout_token"),
            order_token=self.get("order_token") or order_token,
            visitor_id=self.get("visitor_id"),
            receipt=self.get("receipt"),
            consent=Consent(
                ad_storage=_REFUSED.get(self.found.get("ad_storage", "")),
                ad_user_data=_REFUSED.get(self.found.get("ad_user_data", "")),
                ad_personalization=_REFUSED.get(self.found.get("ad_personalization", "")),
            ),
        )


def visit_notes(pairs: Iterable[tuple[object, object]]) -> VisitNotes:
    """Pick our notes from names and values; what is too long to be one is none."""
    found: dict[str, str] = {}
    for name, value in pairs:
        known = _NAMES.get(name.strip().lower()) if isinstance(name, str) else None
        if known is None or not isinstance(value, str) or "\0" in value:
            continue
        if value and len(value) <= _MOST.get(known, 256):
            found.setdefault(known, value)
    return VisitNotes(found)


def click_in(address: str | None) -> str | None:
    """Return the click id of an address, whole or only its path."""
    try:
        found = parse_qs(urlsplit(address or "").query).get("ttclid")
    except ValueError:
        return None
    return found[0] if found and len(found[0]) <= _MOST["ttclid"] else None
