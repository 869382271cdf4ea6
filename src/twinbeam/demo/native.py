"""What TikTok's own script reports of a visit, in the form that its collector takes (tiktok.md 9.4)."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from twinbeam.core.values import Native, Page, Properties
from twinbeam.demo.visits import ShopEvent

PATH = "/api/v2/pixel"


def outcome(it: ShopEvent) -> Native:
    """Return what became of the script's own copy: no page loads the script before the visitor allowed it."""
    if it.answer is None or not it.answer.granted:
        return "not_fired"
    return "sent" if it.script else "blocked"


def beacon(it: ShopEvent, opened: int, pixel: str, page: Page, properties: Properties) -> bytes:
    """Write one beacon; the script hashes identifiers in the page, from the clean form."""
    visitor = it.visitor
    typed = {"email": _hash(visitor.email), "phone_number": _hash(visitor.phone)}
    context: dict[str, Any] = {
        "ad": {"callback": visitor.ttclid},
        "user": {"ttp": visitor.ttp} | (typed if it.event in {"Purchase", "Lead"} else {}),
        "pixel": {"code": pixel},
        "page": page,
        "library": {"name": "pixel.js", "version": "2.1.33"},
        "userAgent": visitor.user_agent,
    }
    said = {
        "event": it.event,
        "event_id": event_id(it),
        "timestamp": datetime.fromtimestamp(opened + it.at, UTC).isoformat(),
        "context": context,
        "properties": properties,
    }
    return msgspec.json.encode(said)


def event_id(it: ShopEvent) -> str:
    """Return the id under which the page hands an event to the script: its own, or that of the order it knows of."""
    return it.event_id or (it.order.order_id if it.order else "")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
