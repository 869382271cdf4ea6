"""What a buyer's pages send: TikTok's own script to TikTok, and the shop's tag to the gateway."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from month.assumptions import START_S, Platform
from month.shoppers import Browser, Shopper
from month.tiktok import PIXEL

SHOP = "https://shop.example"
PURCHASE, CHECKOUT = "Purchase", "InitiateCheckout"
_AGENTS = {
    Platform.IOS: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    Platform.ANDROID: "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile",
    Platform.DESKTOP: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
}

Body = dict[str, Any]


def agent_of(shopper: Shopper) -> str:
    """Return what a buyer's browser calls itself."""
    return _AGENTS[shopper.platform]


def hashed(text: str) -> str:
    """Return the SHA-256 of what is normalised already."""
    return sha256(text.encode()).hexdigest()


def properties(shopper: Shopper, minor: int) -> Body:
    """Return what was bought, at a value."""
    price = shopper.major(minor)
    value = price if shopper.decimals else int(price)
    return {
        "value": value,
        "currency": shopper.currency,
        "content_type": "product",
        "contents": [{"content_id": f"LAMP-{shopper.n % 40}", "price": value, "quantity": 1}],
        "order_id": shopper.order_id,
    }


def beacon(shopper: Shopper, event: str, at: float, event_id: str) -> bytes:
    """Write what TikTok's script reports of an event of a page, as its collector takes it (tiktok.md 9.4)."""
    user = {"email": hashed(shopper.email), "phone_number": hashed(shopper.phone)} if event == PURCHASE else {}
    context = {
        "ad": {"callback": shopper.ttclid},
        "user": {"ttp": shopper.ttp, **user},
        "pixel": {"code": PIXEL},
        "page": {"url": _url(shopper, event), "referrer": "https://www.tiktok.com/"},
        "library": {"name": "pixel.js", "version": "2.1.33"},
        "userAgent": agent_of(shopper),
    }
    moment = datetime.fromtimestamp(START_S + at, UTC).isoformat(timespec="milliseconds")
    told = {"event": event, "event_id": event_id, "timestamp": moment, "context": context}
    return msgspec.json.encode({**told, "properties": _stated(shopper, event)})


def script_at(shopper: Shopper, event: str) -> str:
    """Say what became of TikTok's script on a page, as the shop's tag sees it."""
    if not shopper.permitted:
        return "not_fired"
    match shopper.browser:
        case Browser.OPEN:
            return "sent"
        case Browser.PAGE_LOST:
            return "sent" if event == CHECKOUT else "not_fired"
        case Browser.STOPS_SCRIPT if shopper.looks_sent:
            return "sent"
        case Browser.SCRIPT_FAILED:
            return "unknown"
        case _:
            return "blocked"


def is_sent(shopper: Shopper, event: str) -> bool:
    """Return whether TikTok hears of an event of a page from its own script."""
    return script_at(shopper, event) == "sent" and not shopper.looks_sent


def tag_runs(shopper: Shopper, event: str) -> bool:
    """Return whether the shop's own tag is there on a page."""
    return shopper.browser is not Browser.STOPS_ALL and (event == CHECKOUT or shopper.browser is not Browser.PAGE_LOST)


def mirrored(shopper: Shopper, event: str) -> bytes:
    """Write what the tag reports to the gateway of an event of a page."""
    user: Body = {"ttclid": shopper.ttclid, "ttp": shopper.ttp}
    if event == PURCHASE:
        user |= {"email": shopper.email, "phone": shopper.phone}
    item = {
        "event": event,
        "age_ms": 0,
        "user": user,
        "page": {"url": _url(shopper, event), "referrer": "https://www.tiktok.com/"},
        "properties": _stated(shopper, event),
        "consent": said(shopper),
        "visitor_id": shopper.visitor_id,
        "checkout_token": shopper.checkout_token,
        "native": script_at(shopper, event),
    }
    return msgspec.json.encode({"events": [item]})


def refusal(shopper: Shopper) -> bytes:
    """Write what the tag says of a buyer who refused: by the checkout's token alone, and nothing about who it is."""
    return msgspec.json.encode({"statements": [{"checkout_token": shopper.checkout_token, "consent": said(shopper)}]})


def said(shopper: Shopper) -> Body:
    """Return a buyer's answer to the banner, in the words of Google's consent mode."""
    place = {"region": shopper.country}
    if shopper.answer is None:
        return place
    word = "granted" if shopper.answer else "denied"
    return {**dict.fromkeys(("ad_storage", "ad_user_data", "ad_personalization"), word), "source": "banner", **place}


def event_id(shopper: Shopper, event: str) -> str:
    """Return the id that tag and gateway give an event: that of the order, or of its checkout."""
    return shopper.order_id if event == PURCHASE else f"{event}-{shopper.token}"


def _stated(shopper: Shopper, event: str) -> Body:
    """Return what a page states of the order; before there is one, only its value."""
    stated = properties(shopper, shopper.page_minor)
    return stated if event == PURCHASE else {**stated, "order_id": None}


def _url(shopper: Shopper, event: str) -> str:
    return f"{SHOP}/{'thanks' if event == PURCHASE else 'checkout'}?ttclid={shopper.ttclid}"
