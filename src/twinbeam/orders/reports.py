"""
What one delivery tells of an order, whoever speaks: the value that the dialects of shop systems read their bodies into.

It becomes facts for the ledger, and the events that may follow. Raw: memory only.
"""

from decimal import Decimal

from msgspec import Struct

from twinbeam.core.order import CANCELLED, IGNORED, PARTS, UNTOLD, YES, Money, OrderFacts, Refund, Stated
from twinbeam.core.values import Consent, Content, OrderEvent, Page, Properties, User
from twinbeam.orders.state import RefundedPart, stage_of

_ZERO = Decimal(0)
_MOST_CONTENTS = 1_000  #: lines that an event bears
_LATEST_FIRST = ("delivered", "shipped", "paid", "placed")


class Joined(Struct, frozen=True, kw_only=True):
    """What ties an order to the visit it was placed in."""

    cart_token: str | None = None
    checkout_token: str | None = None
    order_token: str | None = None
    visitor_id: str | None = None
    receipt: str | None = None
    consent: Consent = Consent()


class OrderReport(Struct, frozen=True, kw_only=True):
    """One delivery."""

    order_id: str
    system: str
    revised_ms: int  #: the modification of the order that it is of
    states: dict[str, bool] = {}  #: those it tells of, and whether the order is there
    since_ms: dict[str, int] = {}
    kind: str | None = None  #: None: it does not tell
    money: dict[str, Money] = {}  #: by PARTS
    refunds: dict[str, Refund] = {}
    refunded: RefundedPart | None = None
    user: User = User()
    page: Page = Page()
    contents: list[Content] | None = None
    joined: Joined = Joined()
    began_as: str = ""  #: of a renewal: the row of its subscription, if that began with nothing to pay
    is_whole: bool = True  #: it has what an event needs; not so a refund, or a body that was cut down


def facts_of(told: OrderReport) -> OrderFacts:
    """Return what a delivery states of its order, about nobody."""
    texts = {
        **{state: YES if there else "" for state, there in told.states.items()},
        **{part: str(told.money[part]) for part in PARTS if part in told.money},
    }
    if told.kind is not None:
        texts["kind"] = told.kind
    if told.refunded is not None:
        texts["refunded"] = told.refunded
    stated = {name: Stated(told.revised_ms, text) for name, text in texts.items()}
    return OrderFacts(told.order_id, told.system, stated, told.since_ms, told.refunds, told.began_as)


def events_of(told: OrderReport, facts: OrderFacts | None = None, *, placed: bool = True) -> list[OrderEvent]:
    """
    Return the events that may follow from a delivery: a purchase, and before it that the order was placed.

    `facts` are those of the delivery, where they are at hand; without `placed` nobody asks for the second.
    """
    stage = stage_of(facts or facts_of(told))
    may_be_first = stage == IGNORED and told.began_as
    if (stage in (CANCELLED, IGNORED) and not may_be_first) or not told.is_whole:
        return [_event("Purchase", told, UNTOLD)]
    purchase = _event("Purchase", told, stage)
    is_asked = placed and not may_be_first
    return [purchase, _event("PlaceAnOrder", told, stage, since="placed")] if is_asked else [purchase]


def _event(name: str, told: OrderReport, progress: str, *, since: str = "") -> OrderEvent:
    """Return an event of an order; one that only hears what the order is says nothing about anybody."""
    joined, is_bare = told.joined, progress == UNTOLD
    is_test = told.kind == "test"
    return OrderEvent(
        event=name,
        event_time=_moment_s(told, since),
        order_id=told.order_id,
        cart_token=joined.cart_token,
        checkout_token=joined.checkout_token,
        order_token=joined.order_token,
        visitor_id=joined.visitor_id,
        consent_receipt=None if is_bare else joined.receipt,
        consent=Consent() if is_bare else joined.consent,
        user=User() if is_bare else told.user,
        page=Page() if is_bare else told.page,
        properties=Properties() if is_bare else _properties(told),
        test=is_test or None,
        revised_ms=told.revised_ms,
        progress=progress,
        is_optional=name == "PlaceAnOrder",
    )


def _moment_s(told: OrderReport, since: str) -> int:
    """Return when it happened: when the order came to where it is, or to the state named."""
    names = (since,) if since else tuple(name for name in _LATEST_FIRST if name == "placed" or told.states.get(name))
    moments = [told.since_ms[name] for name in names if name in told.since_ms]
    return (moments[0] if moments else told.revised_ms) // 1_000


def _properties(told: OrderReport) -> Properties:
    value = told.money.get("value")
    if value is None:
        return Properties(contents=_contents(told))
    parts = {part: _of_currency(told.money.get(part), value.currency) for part in PARTS}
    return Properties(
        value=float(value.amount),
        currency=value.currency,
        contents=_contents(told),
        tax=parts["tax"],
        shipping=parts["shipping"],
        gift_cards=parts["gift_cards"],
        tips=parts["tips"],
    )


def _of_currency(money: Money | None, currency: str) -> float | None:
    """Return a part of a value; one in another currency is none of it."""
    return float(money.amount) if money is not None and money.currency == currency and money.amount > _ZERO else None


def _contents(told: OrderReport) -> list[Content] | None:
    return told.contents[:_MOST_CONTENTS] if told.contents else None
