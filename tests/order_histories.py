"""
Random histories of orders: which copies of them are reported, by whom, under which ids, and when.

A page and its shop's server report one order several times, as shops do: the page draws an id, uses the server's or
names none, TikTok's own script has fired under that id or has not, copies name order, checkout and visit or leave them
out, and come within a second or days later. All of it is honest; strangers are in adversary.py.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from msgspec import Struct

from adversary import DENIED, GRANTED, SECOND_MS, SILENT
from world import PIXEL, UNCONFIRMED

MINUTE_MS, HOUR_MS = 60 * SECOND_MS, 3_600 * SECOND_MS

#: How long after the last copy the next one comes, ms: at once, within the join window, soon, later, days later.
_GAPS = [
    (0, 0),
    *[(50, 9_000)] * 9,
    *[(11_000, 240_000)] * 4,
    *[(5 * MINUTE_MS, HOUR_MS)] * 2,
    (2 * HOUR_MS, 30 * HOUR_MS),
]
_DAYS = (48 * HOUR_MS, 60 * HOUR_MS)
#: What copies say of consent in one history.
_MOODS = [*[[GRANTED]] * 14, *[[GRANTED, GRANTED, SILENT]] * 5, [GRANTED, GRANTED, GRANTED, DENIED]]


class Fired(NamedTuple):
    """What TikTok's own script reported."""

    event_id: str
    before_ms: int  #: how long before the page's copy came in


class Copy(Struct, frozen=True):
    """One report of an order, as its sender posts it."""

    after_ms: int  #: since the history began
    body: dict[str, Any]
    address: str = ""  #: of the page; the shop's server has none here
    fired: Fired | None = None
    is_elsewhere: bool = False  #: from another visit than the order's own, or from none that it names

    @property
    def is_page(self) -> bool:
        """Whether a page reports it."""
        return bool(self.address)

    @property
    def said(self) -> dict[str, Any]:
        """What it says of consent."""
        said: dict[str, Any] = self.body["consent"]
        return said


class Order(Struct):
    """One order and all reports of it."""

    n: int
    pixel: str
    event: str
    copies: list[Copy]

    @property
    def name(self) -> str:
        """What each copy, and so each event at TikTok, tells which order it is of."""
        return f"order {self.n}"

    @property
    def number(self) -> str:
        """Its order id."""
        return f"{10_000 + self.n}"

    @property
    def page_value(self) -> float:
        """What its page says it cost, in EUR."""
        return 10 * self.n + 1.0

    @property
    def server_value(self) -> float:
        """What its server says it cost."""
        return 10 * self.n + 2.5


class History(NamedTuple):
    """The orders of one visitor, usually one."""

    starts_ms: int
    orders: Sequence[Order]


def some_histories(chance: Random, count: int, *, first: int = 1, within_ms: int = 30 * HOUR_MS) -> list[History]:
    """Make histories that begin within some hours; their orders are numbered from `first` on, two for each."""
    return [_a_history(chance, first + 2 * n, chance.randrange(within_ms)) for n in range(count)]


def _a_history(chance: Random, n: int, starts_ms: int) -> History:
    visitor, second = f"visit-{n}-{chance.getrandbits(64):x}", chance.random() < 0.1
    orders = [_an_order(chance, n, visitor), *([_an_order(chance, n + 1, visitor)] if second else [])]
    return History(starts_ms, orders)


def _an_order(chance: Random, n: int, visitor: str) -> Order:
    event = chance.choice(["Purchase"] * 4 + ["Lead", "CompleteRegistration"])
    order = Order(n, chance.choice([PIXEL, UNCONFIRMED]), event, [])
    writer = _Writer(chance, order, visitor)
    after_ms = 0
    for place in range(chance.choice([2, 3, 3, 3, 4, 4, 5, 6])):
        after_ms += chance.randint(*chance.choice(_GAPS if chance.random() < 0.98 else [_DAYS])) if place else 0
        order.copies.append(writer.page(after_ms) if chance.random() < 0.55 else writer.server(after_ms))
    return order


class _Writer:
    """Writes the copies of one order."""

    def __init__(self, chance: Random, order: Order, visitor: str) -> None:
        self._chance = chance
        self._order = order
        self._visitor = visitor
        self._checkout = f"checkout-{order.n}-{chance.getrandbits(64):x}"
        self._token = f"token-{chance.getrandbits(64):x}" if chance.random() < 0.2 else ""
        self._drawn = [f"page-{chance.getrandbits(48):x}" for _ in range(2)]
        self._numbered = [order.number, f"order-{order.number}"]
        self._mood = chance.choice(_MOODS)
        self._roams = chance.random() < 0.15
        self._address = f"2001:db8:{order.n >> 16:x}:{order.n & 0xFFFF:x}::1"

    def page(self, after_ms: int) -> Copy:
        """Report it as a page."""
        chance, drawn = self._chance, self._drawn
        elsewhere = self._roams and chance.random() < 0.4
        ids = [f"{drawn[0]}-elsewhere"] if elsewhere else [drawn[0]] * 5 + [drawn[1]] * 2
        event_id = chance.choice([*ids, "", chance.choice(self._numbered)])
        natives = ["blocked", "not_fired"] + ["sent", "sent", "unknown", ""] * bool(event_id)
        native = chance.choice(natives)
        age_ms = chance.choice([0, 300, 1_500] * 4 + [chance.randint(MINUTE_MS, 20 * MINUTE_MS)])
        has_fired = native == "sent" or (native in ("unknown", "") and bool(event_id) and chance.random() < 0.5)
        named = self._tied(order=0.6, checkout=0.55, token=0.5)
        if elsewhere:
            named.pop("checkout_token", None)
            named.pop("order_token", None)
            named |= chance.choice([{}, {"visitor_id": f"other-{self._order.n}"}])
        else:
            named["visitor_id"] = self._visitor
        said = {"event_id": event_id, "native": native, "age_ms": age_ms, **named}
        fired = Fired(event_id, age_ms) if has_fired else None
        return Copy(
            after_ms,
            self._body(self._order.page_value, said),
            self._address,
            fired,
            is_elsewhere=elsewhere,
        )

    def server(self, after_ms: int) -> Copy:
        """Report it as the shop's server."""
        chance = self._chance
        event_id = chance.choice(
            ["", "", "", self._drawn[0], self._drawn[0], *self._numbered, f"server-{self._order.n}"]
        )
        said = {"event_id": event_id, **self._tied(order=0.8, checkout=0.5, token=0.5)}
        said |= {"visitor_id": self._visitor} if chance.random() < 0.3 else {}
        return Copy(after_ms, self._body(self._order.server_value, said))

    def _tied(self, *, order: float, checkout: float, token: float) -> dict[str, Any]:
        """Name the order in some ways, and at least in one."""
        chance = self._chance
        ways = {"order_id": (self._order.number, order), "checkout_token": (self._checkout, checkout)}
        ways |= {"order_token": (self._token, token)} if self._token else {}
        return {name: value for name, (value, share) in ways.items() if chance.random() < share}

    def _body(self, value: float, said: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {"content_name": self._order.name}
        if self._chance.random() < 0.85:
            properties |= {"value": value, "currency": "EUR"}
        named = {name: each for name, each in said.items() if each != ""}
        consent = self._chance.choice(self._mood)
        return {
            "event": self._order.event,
            "pixel": self._order.pixel,
            "properties": properties,
            "consent": consent,
            **named,
        }
