"""`GET /pixel/list/` and `/pixel/event/stats/`: pixels, their events, and their counts (tiktok.md 12.2)."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tiktok_emulator.accounts import Pixel
from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.base_code import base_code
from tiktok_emulator.business.parameters import from_query, page_of, refused_advertiser
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_HOUR, iso
from tiktok_emulator.ledger import DayCount, Seen
from tiktok_emulator.names import RETIRING, Kind, kind_of
from tiktok_emulator.status import is_active
from tiktok_emulator.world import World

MAX_PIXELS = 10
MAX_DAYS = 30

#: How the rest of the API calls the standard events (tiktok.md 5.4).
EVENT_TYPES = {
    "ViewContent": "ON_WEB_DETAIL",
    "AddToCart": "ON_WEB_CART",
    "AddToWishlist": "ON_WEB_ADD_TO_WISHLIST",
    "Search": "ON_WEB_SEARCH",
    "CompleteRegistration": "ON_WEB_REGISTER",
    "Subscribe": "ON_WEB_SUBSCRIBE",
    "PlaceAnOrder": "ON_WEB_ORDER",
    "InitiateCheckout": "INITIATE_ORDER",
    "AddPaymentInfo": "ADD_BILLING",
    "Purchase": "SHOPPING",
    "Lead": "FORM",
    "ClickButton": "BUTTON",
    "Contact": "CONSULT",
    "Download": "DOWNLOAD_START",
    "Pageview": "PAGE_VIEW",
}


class Filtering(msgspec.Struct, frozen=True):
    """The `filtering` of a pixel list; the emulator has no catalogue, so it changes nothing."""

    available_for_catalog_only: bool = False


class ListQuery(msgspec.Struct, frozen=True):
    """The query of the pixel list."""

    advertiser_id: str
    pixel_id: str = ""
    code: str = ""
    name: str = ""
    order_by: Literal["EARLIEST_CREATE", "LATEST_CREATE"] = "EARLIEST_CREATE"
    filtering: Filtering = Filtering()
    page: Annotated[int, Meta(ge=1)] = 1
    page_size: Annotated[int, Meta(ge=1, le=20)] = 10


class DateRange(msgspec.Struct, frozen=True):
    """A range of UTC dates, both included."""

    start_date: date
    end_date: date


class StatsQuery(msgspec.Struct, frozen=True):
    """The query of the event statistics."""

    advertiser_id: str
    pixel_ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_PIXELS)]
    date_range: DateRange


def pixel_list(world: World, call: Call) -> Answer:
    """List an advertiser's pixels, page by page."""
    asked = from_query(call, ListQuery, frozenset({"filtering"}))
    if isinstance(asked, Answer):
        return asked
    refusal = refused_advertiser(world, call, asked.advertiser_id)
    if refusal is not None:
        return refusal
    pixels = sorted(
        (each for each in world.accounts.pixels.values() if _listed(each, asked)),
        key=lambda each: (each.created_ms, each.code),
        reverse=asked.order_by == "LATEST_CREATE",
    )
    shown, info = page_of(pixels, asked.page, asked.page_size)
    listed = [_show(world, each, asked.advertiser_id) for each in shown]
    return Answer(data={"pixels": listed, "page_info": info})


def _listed(pixel: Pixel, asked: ListQuery) -> bool:
    """Ids are matched exactly, names by any part of them."""
    return (
        asked.advertiser_id in (pixel.advertiser_id, *pixel.linked)
        and asked.pixel_id in ("", pixel.pixel_id)
        and asked.code in ("", pixel.code)
        and asked.name.lower() in pixel.name.lower()
    )


def _show(world: World, pixel: Pixel, advertiser_id: str) -> dict[str, Any]:
    automatic = pixel.automatic_advanced_matching
    return {
        "pixel_id": pixel.pixel_id,
        "pixel_code": pixel.code,
        "pixel_name": pixel.name,
        "pixel_category": "ONLINE_STORE",
        "pixel_script": base_code(pixel.code),
        "create_time": iso(pixel.created_ms)[:19].replace("T", " "),
        "pixel_setup_mode": pixel.setup_mode,
        "partner_name": pixel.partner or None,
        "activity_status": "ACTIVE" if is_active(world, pixel.code) else "INACTIVE",
        "advanced_matching_fields": {each: each in pixel.advanced_matching for each in ("email", "phone_number")},
        "automatic_advanced_matching_fields": {
            each: each in automatic for each in ("email", "phone_number", "name", "address", "external_id")
        },
        "enable_first_party_cookies": pixel.enable_first_party_cookies,
        "enable_expanded_data_sharing": pixel.enable_expanded_data_sharing,
        "asset_ownership": _ownership(pixel, advertiser_id),
        "events": _events(world, pixel),
    }


def _ownership(pixel: Pixel, advertiser_id: str) -> dict[str, Any]:
    """Show whose a pixel is: shared ones and those that left their owner are not the advertiser's (tiktok.md 12.2)."""
    relation = "SHARED" if advertiser_id != pixel.advertiser_id else pixel.relation or None
    return {
        "asset_relation_status": relation,
        "ownership_status": relation in (None, "TRANSFERRED"),
        "owner_bc_id": pixel.owner_bc_id or None,
    }


def _events(world: World, pixel: Pixel) -> list[dict[str, Any]]:
    """List the events seen up to the last refresh of this list."""
    every_ms = world.switches.pixel_events_refresh_hours * MS_PER_HOUR
    now_ms = world.clock.now_ms()
    refreshed_ms = now_ms // every_ms * every_ms if every_ms else now_ms
    seen = world.settled_ledger().seen.items()
    return [
        _show_event(pixel, event, number)
        for number, ((source_id, event), when) in enumerate(seen, 1)
        if source_id == pixel.code and _refreshed(when, refreshed_ms)
    ]


def _refreshed(when: Seen, refreshed_ms: int) -> bool:
    return when.first_ms <= refreshed_ms


def _show_event(pixel: Pixel, event: str, number: int) -> dict[str, Any]:
    custom = kind_of(event, "web") is Kind.CUSTOM
    return {
        "event_id": f"{pixel.pixel_id[:-4]}{number:04}",
        "event_code": event,
        "name": event,
        "event_type": None if custom else event_type(event),
        "optimization_event": None if custom or event == "Pageview" else event_type(event),
        "custom_event_type": event if custom else None,
        "statistic_type": "EVERY_TIME",
        "currency": "USD",
        "currency_value": "0",
        "deprecated": event in RETIRING,
        "rules": [
            {"trigger": "PAGE_VIEW", "variable": each.variable, "operator": each.operator, "value": each.value}
            for each in pixel.event_rules
            if each.event == event
        ],
    }


def event_type(event: str) -> str:
    """Return the API's word for a standard event; where the list of 5.4 has none, its name, which is a guess."""
    return EVENT_TYPES.get(event, event)


def event_stats(world: World, call: Call) -> Answer:
    """Count events by channel over UTC days, before deduplication: the total is browser plus server."""
    asked = from_query(call, StatsQuery, frozenset({"pixel_ids", "date_range"}))
    if isinstance(asked, Answer):
        return asked
    problem = _range_problem(asked.date_range)
    if problem:
        return refuse(Code.PARAMETER, problem)
    refusal = refused_advertiser(world, call, asked.advertiser_id)
    if refusal is not None:
        return refusal
    pixels = [each for each in world.accounts.pixels.values() if each.pixel_id in asked.pixel_ids]
    foreign = [each.pixel_id for each in pixels if asked.advertiser_id not in (each.advertiser_id, *each.linked)]
    if foreign:
        return refuse(Code.PERMISSION, f"No permission to operate pixel {foreign[0]}.")
    return Answer(data={"list": [_statistics(world, each, asked.date_range) for each in pixels]})


def _range_problem(dates: DateRange) -> str:
    days = (dates.end_date - dates.start_date).days
    if days < 0:
        return "date_range: start_date is after end_date."
    return f"date_range: Must not be longer than {MAX_DAYS} days." if days >= MAX_DAYS else ""


def _statistics(world: World, pixel: Pixel, dates: DateRange) -> dict[str, Any]:
    start, end = dates.start_date.isoformat(), dates.end_date.isoformat()
    sums: dict[str, DayCount] = {}
    for (source_id, event, day), count in world.settled_ledger().days.items():
        if source_id == pixel.code and start <= day <= end:
            total = sums.setdefault(event, DayCount())
            total.browser += count.browser
            total.server += count.server
    return {"pixel_id": pixel.pixel_id, "statistics": [_show_sum(event, each) for event, each in sums.items()]}


def _show_sum(event: str, total: DayCount) -> dict[str, Any]:
    """Show one event's counts; nothing here is ever attributed to an ad."""
    custom = kind_of(event, "web") is Kind.CUSTOM
    name = {"custom_event_type": event} if custom else {"pixel_event_type": event_type(event)}
    return {
        **name,
        "attributed_count": 0,
        "preview_count": 0,
        "total_count": total.browser + total.server,
        "browser_event_total_count": total.browser,
        "server_event_total_count": total.server,
    }
