"""
A shop whose server and visitors report orders, and an adversary who knows everything about them but their tokens.

The adversary holds the public key, knows every order id and how event ids are made, stole click keys and e-mail
addresses, draws new visitor ids, and posts from many addresses before, between and after the shop's own copies.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec import Struct

from builders import NOW_S
from world import PIXEL, UNCONFIRMED, World

SECOND_MS, HOUR_MS = 1_000, 3_600_000
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted", "region": "DE"}
DENIED = {"ad_storage": "denied", "ad_user_data": "denied", "region": "DE"}
SILENT = {"region": "DE"}
OLD = {**GRANTED, "at": NOW_S - 60}  #: a grant that the shop's server remembers from before

#: What ties a server's copy to the visit of the page.
TIES = ("visitor_id", "cart_token", "checkout_token", "order_token", "consent_receipt")
#: Who says what about consent, and whether the order may leave: by the server, by a copy of the visit, by a statement.
WORDS: dict[str, tuple[Any, Any, Any, bool]] = {
    "the server granted": (GRANTED, SILENT, None, True),
    "both granted": (GRANTED, GRANTED, None, True),
    "the page granted": (SILENT, GRANTED, None, True),
    "a statement granted": (SILENT, SILENT, GRANTED, True),
    "nobody said anything": (SILENT, SILENT, None, False),
    "the server remembered": (OLD, SILENT, None, True),
    "the page refused": (OLD, DENIED, None, False),
    "a statement refused": (OLD, SILENT, DENIED, False),
    "the server refused": (DENIED, GRANTED, None, False),
}
LAWFUL = [word for word, said in WORDS.items() if said[-1]]


class Request(Struct, frozen=True):
    """What one sender posts at once; the shop's server has no address here."""

    events: Sequence[dict[str, Any]] = ()
    statements: Sequence[dict[str, Any]] = ()
    address: str = ""
    is_page: bool = False  #: one of the shop's own, where TikTok's own script runs

    def post(self, world: World) -> None:
        """Hand it in."""
        if self.events:
            ids = world.post(*self.events, address=self.address)["event_ids"]
            for event, event_id in zip(self.events, ids, strict=True):
                if self.is_page and event["native"] == "sent":
                    world.fired(event, event_id)
        if self.statements:
            world.state(*self.statements, address=self.address)


class Order(Struct):
    """One order: who bought, what ties its copies together, and what was said."""

    n: int
    number: str
    pixel: str
    tie: str  #: one of TIES, or nothing but the order id
    word: str
    event: str = "Purchase"
    given_id: str = ""  #: what the server names the event; empty: it leaves that to the gateway
    is_late: bool = False  #: the server reports it days later
    token: str = ""  #: of its visit
    receipt: str = ""  #: what the gateway gave its page for a grant

    @property
    def value(self) -> float:
        """What it cost, in EUR; no two orders cost the same."""
        return (1_000 + self.n) / 100

    @property
    def is_permitted(self) -> bool:
        """Whether its own visit or server lets it leave."""
        return WORDS[self.word][-1]

    @property
    def email(self) -> str:
        """Who bought it."""
        return f"buyer-{self.n}@shop.example"

    @property
    def is_native(self) -> bool:
        """
        Whether TikTok's own script may report it as well, under the id that the server uses.

        Only under an id that cannot be guessed: whoever sends an event under its id before is counted instead,
        whether through a gateway or straight to TikTok.
        """
        return self.given_id.startswith("drawn-") and self.is_permitted and not self.is_late

    def reported(self, now_ms: int, **changes: Any) -> dict[str, Any]:
        """Report it as the shop's server."""
        said = {"event_time": now_ms // 1_000, "user": {"email": self.email}, "consent": WORDS[self.word][0]}
        return self._copy(self.given_id, **said | self._tied() | changes)

    def seen(self, event_id: str = "", **changes: Any) -> dict[str, Any]:
        """Report it as the page of its visit."""
        said = {"consent": WORDS[self.word][1], "user": {"ttclid": f"E.C.P.buyer{self.n:08}"}, "age_ms": 500}
        return self._copy(event_id, **said | self._tied(page=True) | changes)

    def stated(self) -> dict[str, Any] | None:
        """Say what its visit says without an event."""
        consent = WORDS[self.word][2]
        return {"consent": consent, **self._tied(page=True)} if consent else None

    def _copy(self, event_id: str, **said: Any) -> dict[str, Any]:
        money = {"value": self.value, "currency": "EUR"}
        named = {"event_id": event_id} if event_id else {}
        return {"event": self.event, "pixel": self.pixel, "order_id": self.number, "properties": money, **named, **said}

    def _tied(self, *, page: bool = False) -> dict[str, Any]:
        if not self.tie:
            return {"visitor_id": f"visit-{self.token}"} if page else {}
        if self.tie == "consent_receipt":
            return {"visitor_id": f"visit-{self.token}"} if page else {"consent_receipt": self.receipt}
        return {self.tie: self.token}


def an_address(n: int) -> str:
    """Give the address of an honest visitor."""
    return f"2001:db8:ffff:{n:x}::1"


def some_orders(chance: Random, count: int) -> list[Order]:
    """Make orders whose server names their visits."""
    return [
        Order(
            n=n,
            number=f"{10_000 + n}",
            pixel=chance.choice([PIXEL, PIXEL, UNCONFIRMED]),
            tie=chance.choice(TIES),
            word=chance.choice([*WORDS, *LAWFUL]),
            event=chance.choice(["Purchase"] * 5 + ["Lead"]),
            given_id=chance.choice(["", f"order-{10_000 + n}", f"drawn-{chance.getrandbits(48)}"]),
            is_late=chance.random() < 0.1,
            token=f"{chance.getrandbits(96):x}",
        )
        for n in range(count)
    ]


class Adversary:
    """Posts whatever may harm somebody's orders."""

    def __init__(self, chance: Random, orders: Sequence[Order], *, holds_back: bool = True) -> None:
        """With `holds_back` off nothing is said that could hold an order back: no refusal, and nothing is `sent`."""
        self._chance = chance
        self._holds_back = holds_back
        self._orders = orders
        self._addresses = [self._an_address() for _ in range(200)]

    def requests(self, orders: Sequence[Order]) -> Iterator[Request]:
        """Attack each of these orders in some way, several at once from one address."""
        chance, start = self._chance, 0
        while start < len(orders):
            some = orders[start : (start := start + chance.choice([1, 5, 20, 100]))]
            usual = self._usual()
            statements = [it for order in some if chance.random() < 0.25 and (it := self._statement(order, usual))]
            events = [self._event(order, usual) for order in some]
            yield Request(events, statements, chance.choice(self._addresses))

    def _usual(self) -> dict[str, Any]:
        """Choose what the events of a request have in common: an attack seldom changes its manner."""
        chance = self._chance
        return {
            "consent": chance.choice([GRANTED, SILENT, *[DENIED] * self._holds_back]),
            "visitor_id": chance.choice(["", "mallory", f"fresh-{chance.getrandbits(64)}"]),
            "event_id": chance.choice(["", "", "one-for-all", "number", "guessed", "of-another", "drawn"]),
            "native": chance.choice(["blocked", "not_fired", "unknown", *["sent"] * 2 * self._holds_back]),
            "age_ms": chance.choice([0, 500, 47 * HOUR_MS, 100 * HOUR_MS]),
            "by": chance.choice(["order", "order", "order", "of-another", "nothing"]),
            "token": chance.choice(["", "", "", "cart_token", "checkout_token", "order_token"]),
        }

    def _event(self, order: Order, usual: dict[str, Any]) -> dict[str, Any]:
        chance = self._chance
        said = usual if chance.random() < 0.7 else {**usual, **self._usual()}
        number = {"order": order.number, "of-another": self._another().number, "nothing": ""}[said["by"]]
        event = {
            "event": chance.choice([order.event] * 5 + ["CompletePayment", "Lead", "AddToCart", "PlaceAnOrder"]),
            "pixel": order.pixel,
            "order_id": f"#{number}" if number and chance.random() < 0.2 else number,
            "event_id": self._event_id(said["event_id"], order),
            "visitor_id": said["visitor_id"],
            "consent": said["consent"],
            "native": said["native"],
            "age_ms": said["age_ms"],
            "properties": {"value": 1.0, "currency": "USD"},
            "user": {
                "email": "mallory@evil.example",
                "phone": "+4915112345678",
                "external_id": "mallory",
                "ttclid": chance.choice(["E.C.P.mallory00000", "E.C.P.stolen000000"]),
            },
            "page": {"url": "https://evil.example/"},
        }
        return {name: value for name, value in {**event, **self._token(said["token"], order)}.items() if value != ""}

    def _event_id(self, kind: str, order: Order) -> str:
        ids = {
            "number": order.number,
            "guessed": f"order-{order.number}",
            "of-another": self._another().number,
            "drawn": f"drawn-{self._chance.getrandbits(48)}",
        }
        return ids.get(kind, kind)

    def _statement(self, order: Order, usual: dict[str, Any]) -> dict[str, Any] | None:
        tokens = {"visitor_id": usual["visitor_id"], "order_id": order.number, **self._token(usual["token"], order)}
        consent = self._chance.choice([GRANTED, *[DENIED] * 2 * self._holds_back])
        return {"consent": consent, **{name: value for name, value in tokens.items() if value}}

    def _token(self, name: str, order: Order) -> dict[str, str]:
        """Guess a token of the visit."""
        return {name: self._chance.choice([order.number, f"order-{order.number}", "mallory"])} if name else {}

    def _another(self) -> Order:
        return self._chance.choice(self._orders)

    def _an_address(self) -> str:
        chance = self._chance
        if chance.random() < 0.5:
            return f"2001:db8:{chance.getrandbits(16):x}:{chance.getrandbits(16):x}::{chance.getrandbits(16):x}"
        return f"203.0.{chance.randrange(256)}.{chance.randrange(1, 255)}"


#: What must not be found in what a shop's server reported.
TRACES = ("mallory", "evil.example", "stolen")
