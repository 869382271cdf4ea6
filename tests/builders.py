"""
Valid values with one keyword per deviation: `an_item(email="ada@shop.example", ad_storage=None)`.

A keyword may name a field of the value or of anything inside it; of two fields with one name the outer is meant.
"""

from typing import Any

import msgspec
from msgspec import Struct

from twinbeam.core.names import canonical
from twinbeam.core.values import (
    Arrival,
    Channel,
    Consent,
    Item,
    Origin,
    Page,
    Properties,
    User,
)

NOW_MS = 1_790_000_000_000  # where HandClock starts
NOW_S = NOW_MS // 1_000
PIXEL = "C0EXAMPLEPIXELCODE20"
WORKSPACE = "default"

_INSIDE_ITEM: dict[str, type[Struct]] = {"user": User, "page": Page, "properties": Properties, "consent": Consent}

_ITEM: dict[str, Any] = {
    "event": "Purchase",
    "event_time": NOW_S - 5,
    "event_id": "order-1001",
    "order_id": "1001",
    "email": "ada@shop.example",
    "external_id": "customer-7",
    "ttclid": "E.C.P.v3fQ2RHacdksKfofPmlyuStIIjJXOGxwfN",
    "url": "https://shop.example/thanks",
    "value": 20.5,
    "currency": "EUR",
    "ad_storage": "granted",
    "ad_user_data": "granted",
    "source": "banner",
}


def an_item(**changes: Any) -> Item:
    """Give a consented Purchase of 20.50 EUR, five seconds old."""
    fields = _ITEM | changes
    own = _taken(Item, fields)
    inside = {name: shape(**_taken(shape, fields)) for name, shape in sorted(_INSIDE_ITEM.items(), key=_last)}
    _all_used(fields)
    return Item(**inside | own)


def _last(inside: tuple[str, type[Struct]]) -> bool:
    """Sort `properties` behind the others: `city`, `country` and `region` are those of the visitor in tests."""
    return inside[0] == "properties"


def an_origin(**changes: Any) -> Origin:
    """Give the origin of a request with a server key."""
    usual = {"workspace": WORKSPACE, "source": "checkout", "channel": Channel.SERVER, "received_ms": NOW_MS}
    return Origin(**usual | changes)


def an_arrival(item: Item | None = None, **changes: Any) -> Arrival:
    """Give the arrival of an item; keywords of the arrival and its origin first, the rest makes the item."""
    origin = an_origin(**_taken(Origin, changes))
    pixel, index = changes.pop("pixel", PIXEL), changes.pop("index", 0)
    own = {name: changes.pop(name) for name in ("rules", "spelling", "test_code", "ends", "remarks") if name in changes}
    item = item or an_item(**changes)
    event_time = changes.pop("event_time", item.event_time)
    return Arrival(item, origin, pixel, canonical(item.event) or item.event, index, event_time, **own)


def a_body(*items: Item | dict[str, Any] | Any) -> bytes:
    """Give the body of `POST /v1/events` for these items; a dictionary or anything else goes in as it is."""
    return msgspec.json.encode({"events": list(items) or [an_item()]})


def _taken(shape: type[Struct], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields.pop(name) for name in shape.__struct_fields__ if name in fields}


def _all_used(fields: dict[str, Any]) -> None:
    if fields:
        raise TypeError(f"no such field: {', '.join(fields)}")
