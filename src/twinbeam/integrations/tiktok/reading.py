"""
What the Marketing API's answers hold, as values. Pure, and it raises nothing.

Fields that are missing, null or of another type are as if TikTok had not said them; unknown fields are passed over.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from twinbeam.core.accounts import AdvertiserSeen, Granted, PixelPage, PixelSeen, StatSeen
from twinbeam.core.names import Name, understood
from twinbeam.integrations.tiktok.text import identifier, one_line

MOST_EVENTS = 200  #: of a pixel that are kept; Events Manager pages beyond 100 custom ones (tiktok.md 11.1)
_MOST_COUNT = 2**53  #: more cannot be counted, and would not fit a column

#: How the Marketing API calls the standard events (tiktok.md 5.4).
EVENT_TYPES = {
    "ON_WEB_DETAIL": "ViewContent",
    "ON_WEB_CART": "AddToCart",
    "ON_WEB_ADD_TO_WISHLIST": "AddToWishlist",
    "ON_WEB_SEARCH": "Search",
    "ON_WEB_REGISTER": "CompleteRegistration",
    "ON_WEB_SUBSCRIBE": "Subscribe",
    "ON_WEB_ORDER": "PlaceAnOrder",
    "INITIATE_ORDER": "InitiateCheckout",
    "ADD_BILLING": "AddPaymentInfo",
    "SHOPPING": "Purchase",
    "FORM": "Lead",
    "BUTTON": "ClickButton",
    "CONSULT": "Contact",
    "DOWNLOAD_START": "Download",
    "PAGE_VIEW": "Pageview",
}


def granted(data: dict[str, Any]) -> Granted | None:
    """Read what came for a code (tiktok.md 12.1); None without a usable token."""
    token = data.get("access_token")
    if not (isinstance(token, str) and token.isascii() and token.isprintable() and 0 < len(token) <= 1_000):
        return None
    scopes = data.get("scope")
    numbers = scopes if isinstance(scopes, list) else []
    ids = (identifier(each) for each in _listed(data.get("advertiser_ids")))
    return Granted(token, _unique(ids), _unique(identifier(each) for each in numbers))


def subscription(data: dict[str, Any]) -> str | None:
    """Read the id of a new subscription (tiktok.md 12.7); None without one."""
    return identifier(data.get("subscription_id")) or None


def advertisers(data: dict[str, Any]) -> tuple[AdvertiserSeen, ...]:
    """Read the ad accounts of a token, each once."""
    found: dict[str, AdvertiserSeen] = {}
    for entry in _objects(data.get("list")):
        if id_ := identifier(entry.get("advertiser_id")):
            found.setdefault(id_, AdvertiserSeen(id_, one_line(entry.get("advertiser_name"))))
    return tuple(found.values())


def pixel_page(data: dict[str, Any]) -> PixelPage | None:
    """Read a page of pixels (tiktok.md 12.2); None where it has no list of them."""
    if not isinstance(data.get("pixels"), list):
        return None
    entries = [_pixel(entry) for entry in _objects(data["pixels"])]
    info = data.get("page_info")
    total = info.get("total_page") if isinstance(info, dict) else None
    return PixelPage(
        tuple(pixel for pixel in entries if pixel is not None),
        total_pages=total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None,
        unreadable=len(data["pixels"]) - sum(pixel is not None for pixel in entries),
    )


def event_stats(data: dict[str, Any]) -> tuple[StatSeen, ...] | None:
    """Read the counts of events, each pixel and event once; None where there is no list of them."""
    if not isinstance(data.get("list"), list):
        return None
    found: dict[tuple[str, str], StatSeen] = {}
    for entry in _objects(data["list"]):
        pixel_id = identifier(entry.get("pixel_id"))
        for counted in _objects(entry.get("statistics")) if pixel_id else ():
            if event := _event(counted):
                found[pixel_id, event] = _added(found.get((pixel_id, event)), _stat(pixel_id, event, counted))
    return tuple(found.values())


def _pixel(entry: dict[str, Any]) -> PixelSeen | None:
    code = identifier(entry.get("pixel_code"))
    if not code:
        return None
    told = entry.get("asset_ownership")
    ownership = told if isinstance(told, dict) else {}
    return PixelSeen(
        code=code,
        pixel_id=identifier(entry.get("pixel_id")),
        name=one_line(entry.get("pixel_name")),
        created=one_line(entry.get("create_time")),
        activity=one_line(entry.get("activity_status")),
        setup_mode=one_line(entry.get("pixel_setup_mode")),
        partner=one_line(entry.get("partner_name")),
        first_party_cookies=_flag(entry.get("enable_first_party_cookies")),
        expanded_data_sharing=_flag(entry.get("enable_expanded_data_sharing")),
        advanced_matching=_switched_on(entry.get("advanced_matching_fields")),
        automatic_advanced_matching=_switched_on(entry.get("automatic_advanced_matching_fields")),
        relation=one_line(ownership.get("asset_relation_status")),
        owned=_flag(ownership.get("ownership_status")),
        owner_bc_id=identifier(ownership.get("owner_bc_id")),
        events=_unique(map(_named, _objects(entry.get("events"))))[:MOST_EVENTS],
        selectable=_selectable(_objects(entry.get("events"))),
    )


def _selectable(events: Iterable[dict[str, Any]]) -> tuple[str, ...] | None:
    """Return the events that a campaign may optimise for (tiktok.md 12.2); None where TikTok says it of none."""
    told = [event for event in events if "optimization_event" in event]
    if not told:
        return None
    return _unique(_named(event) for event in told if one_line(event.get("optimization_event")))[:MOST_EVENTS]


def _stat(pixel_id: str, event: str, counted: dict[str, Any]) -> StatSeen:
    browser, server = _count(counted.get("browser_event_total_count")), _count(counted.get("server_event_total_count"))
    total = counted.get("total_count")
    return StatSeen(pixel_id, event, browser, server, browser + server if total is None else _count(total))


def _added(before: StatSeen | None, more: StatSeen) -> StatSeen:
    """Add the counts of two names for one event up, such as an old spelling's and the new one's."""
    if before is None:
        return more
    sums = (before.browser + more.browser, before.server + more.server, before.total + more.total)
    return StatSeen(more.pixel_id, more.event, *sums)


def _event(counted: dict[str, Any]) -> str:
    standard = one_line(counted.get("pixel_event_type"))
    return _canonical(EVENT_TYPES.get(standard, standard)) or one_line(counted.get("custom_event_type"))


def _named(event: dict[str, Any]) -> str:
    written = one_line(event.get("event_code")) or one_line(event.get("event_type")) or one_line(event.get("name"))
    return _canonical(EVENT_TYPES.get(written, written)) or one_line(event.get("custom_event_type"))


def _canonical(name: str) -> str:
    found = understood(name) if name else None
    return found.canonical if isinstance(found, Name) else name


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int:
    """Read a count, which some write as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 17:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_COUNT else 0


def _switched_on(value: object) -> tuple[str, ...]:
    fields = value if isinstance(value, dict) else {}
    return tuple(sorted(one_line(name) for name, on in fields.items() if on is True))[:20]


def _unique(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (each for each in _listed(value) if isinstance(each, dict))
