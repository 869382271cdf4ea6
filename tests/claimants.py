"""
Visitors and an adversary who refuse orders that a shop's server ties to nobody: nothing but the order id is known.

A `Source` is whoever shares one limit: a visit, or the many visits of one address. Each order has but one source that
refuses it, so what each is believed in can be counted without a look at how the gateway counts.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adversary import DENIED, GRANTED, OLD, SILENT, Order, Request, some_orders
from world import PIXEL

CAPS = {"visit": 5, "address": 30, "script": 5, "honest": 1, "": 0}  #: orders an hour


class Source(Struct):
    """Whoever shares one limit, and the orders that it refuses within one hour."""

    kind: str  #: "script" claims that TikTok's own script has sent the orders; "" leaves them alone
    orders: list[Order]
    address: str
    visitor: str

    @property
    def cap(self) -> int:
        """How many of its orders it may hold back."""
        return min(CAPS[self.kind], len(self.orders))

    def claims(self, chance: Random) -> list[Request]:
        """Give what it says of its orders, an order at a time."""
        if not self.kind:
            return []
        return [*self._looks(chance), *(self._claim(order, chance) for order in self.orders)]

    def _looks(self, chance: Random) -> list[Request]:
        """Give what honest visitors report before they order: that costs their refusal nothing."""
        if self.kind != "honest":
            return []
        seen = {"event": "ViewContent", "pixel": PIXEL, "visitor_id": self.visitor}
        said = {"consent": chance.choice([GRANTED, DENIED]), "native": chance.choice(["sent", "not_fired"])}
        return [Request([{**seen, **said, "event_id": f"{self.visitor}-{n}"}], address=self.address) for n in range(8)]

    def _claim(self, order: Order, chance: Random) -> Request:
        visitor, address = self.visitor, self.address
        if self.kind == "address":  # draws a new visit each time, or none, and a new address of its network
            visitor = chance.choice(["", f"fresh-{chance.getrandbits(64)}"])
            address = f"{address}{chance.getrandbits(16):x}"
        said = {"visitor_id": visitor} if visitor else {}
        if self.kind == "script":
            event = {"event": order.event, "pixel": order.pixel, "order_id": order.number, "consent": GRANTED}
            return Request([{**event, **said, "native": "sent", "age_ms": 170_000_000}], address=address)
        return _refusal(order, said, address, chance.choice(["order", "order", "other event", "statement"]))


def _refusal(order: Order, said: dict[str, Any], address: str, manner: str) -> Request:
    event = {"event": order.event, "pixel": order.pixel, "consent": DENIED, **said}
    match manner:
        case "statement":
            return Request(statements=[{"consent": DENIED, "order_id": order.number, **said}], address=address)
        case "other event":
            return Request([{**event, "event": "AddToCart", "order_id": order.number}], address=address)
    return Request([{**event, "order_id": order.number}], address=address)


def some_sources(chance: Random, count: int, first: int) -> list[Source]:
    """Share out orders, whose numbers begin at `first`, among sources."""
    orders = [_weak(order, chance, first) for order in some_orders(chance, count)]
    sources = []
    while orders:
        kind = chance.choice(["visit", "visit", "address", "script", "honest", "", ""])
        most = {"visit": 12, "script": 12, "address": 45, "honest": 1, "": 20}[kind]
        mine, orders = orders[:most], orders[most:]
        network = f"2001:db8:{chance.getrandbits(16):x}:{chance.getrandbits(16):x}::"
        address = network if kind == "address" else f"{network}1"
        sources.append(Source(kind, mine, address, f"visit-{chance.getrandbits(64)}"))
    return sources


def _weak(order: Order, chance: Random, first: int) -> Order:
    n = first + order.n
    given_id = f"order-{10_000 + n}" if chance.random() < 0.3 else ""
    return replace(
        order,
        n=n,
        number=f"{10_000 + n}",
        given_id=given_id,
        pixel=PIXEL,
        event="Purchase",
        tie="",
        word="the server remembered",
        is_late=False,
    )


def reports(orders: Sequence[Order], now_ms: int, consent: dict[str, Any] | None = None) -> list[Request]:
    """Let the shop's server report orders."""
    events = [order.reported(now_ms, consent=consent or OLD) for order in orders]
    return [Request(events[start : start + 20]) for start in range(0, len(events), 20)]


def pages(orders: Sequence[Order], chance: Random) -> list[Request]:
    """Let pages report some orders, each from a visit and an address of its own."""
    some = [order for order in orders if chance.random() < 0.5]
    return [
        Request(
            [order.seen(native="not_fired", consent=chance.choice([GRANTED, SILENT]))],
            address=f"2001:db8:eeee:{order.n:x}::1",
        )
        for order in some
    ]
