"""Orders in a store's ledger, with the purchases that follow from them."""

from typing import Any

from msgspec.structs import replace

from builders import NOW_MS
from showroom import Showroom, bought
from twinbeam.core.order import YES, OrderFacts, Refund, Stated
from twinbeam.core.values import Signal


def facts_of(number: str, *, amount: str = "20.50 EUR", placed_ms: int = NOW_MS, **said: Any) -> OrderFacts:
    """Give what a shop states of a paid order."""
    refunded = said.pop("refunded", "")
    stated = {"value": amount, "paid": YES, **said}
    return OrderFacts(
        number,
        "shopify",
        {name: Stated(placed_ms, text) for name, text in stated.items()},
        {"placed": placed_ms, "paid": placed_ms},
        {"r-1": Refund(placed_ms, refunded)} if refunded else {},
    )


def ordered(number: str, *, purchase: bool = True, facts: OrderFacts | None = None, **changes: Any) -> list[Signal]:
    """Give what a delivery of an order brings: what it states, and its purchase where one follows."""
    event = replace(bought(number, source="shopify", **changes), of_order=True)
    stated = facts or facts_of(number)
    note = replace(event, event="", pixel="", lookups=[], body=b"", of_order=False, order=stated)
    return [note, event] if purchase else [note]


def some_orders(room: Showroom, workspace: str, pixel: str) -> None:
    """Tell of five orders: two accepted, one of the till, one refused, one without an event."""
    where = {"workspace": workspace, "pixel": pixel}
    room.record(*ordered("1001", **where), *ordered("1002", facts=facts_of("1002", refunded="5.50 EUR"), **where))
    room.clock.advance(seconds=20)
    room.deliver()
    now = {"received_ms": room.clock.now_ms()}
    room.record(*ordered("1003", **where, **now))
    room.clock.advance(seconds=20)
    room.refuse()
    at_till = facts_of("1004", kind="point_of_sale")
    room.record(*ordered("1004", facts=at_till, purchase=False, **where), *ordered("1005", purchase=False, **where))
