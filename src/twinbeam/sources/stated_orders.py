"""
An order as the shop's own server states it: its fields, and what of an `OrderReport` they become.

What is absent is not told, and leaves what was told before; only a state that is false or null is taken back.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from twinbeam.core import values
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.order import PARTS, Money, Refund
from twinbeam.orders.reports import Joined, OrderReport
from twinbeam.orders.state import Kind
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.event_checks import EARLIEST_S, TIME_FIX
from twinbeam.pipeline.accept.problems import MOST_ORDERS
from twinbeam.sources import strict
from twinbeam.sources.fields import Unfit, amount_of
from twinbeam.sources.times import ms_of

API = "api"  #: the system that the ledger names
MOST_REFUNDS = 100
_MOST_AHEAD_MS = MS_PER_DAY  #: an order of next year would win over all that is told of it until then
_AHEAD = "Send when the shop changed the order, and check the clock of its server."

Moment = int | float | Annotated[str, Meta(max_length=64)]
"""Seconds since 1970, or ISO 8601 with its zone."""

Told = bool | Moment | UnsetType | None
"""When a state was reached, or that it was; false or null takes it back."""


class OrderStates(Struct, frozen=True, forbid_unknown_fields=True):
    """How far the order is; each state is told by itself."""

    placed: Moment | UnsetType | None = UNSET
    paid: Told = UNSET
    shipped: Told = UNSET
    delivered: Told = UNSET
    cancelled: Told = UNSET


class OrderMoney(Struct, frozen=True, forbid_unknown_fields=True):
    """What is paid: `value` is the total, the others are parts of it or were taken off before it."""

    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$", max_length=3)]
    value: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None
    tips: Decimal | None = None
    discounts: Decimal | None = None
    gift_cards: Decimal | None = None


class OrderRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """Money that went back; it counts once under its id."""

    refund_id: values.Short
    amount: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$", max_length=3)]
    refunded_at: Moment | None = None


class StatedOrder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One order; everything but its id may be absent. Raw: memory only."""

    order_id: values.Short
    updated_at: Moment | None = None  #: of two bodies that differ the one of the newer modification counts
    states: OrderStates = OrderStates()
    kind: Kind | None = None
    money: OrderMoney | None = None
    refunds: Annotated[list[OrderRefund], Meta(max_length=MOST_REFUNDS)] = []
    lines: Annotated[list[strict.Content], Meta(max_length=1_000)] | None = None
    user: strict.User = strict.User()
    page: strict.Page = strict.Page()
    consent: strict.Consent = strict.Consent()
    consent_receipt: Annotated[str, Meta(max_length=2_000)] | None = None
    cart_token: values.Short | None = None
    checkout_token: values.Short | None = None
    order_token: values.Short | None = None
    visitor_id: values.Short | None = None


class Orders(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of one request to `POST /v1/orders`."""

    orders: Annotated[list[StatedOrder], Meta(min_length=1, max_length=MOST_ORDERS)]


def report_of(order: StatedOrder, received_ms: int) -> OrderReport:
    """Return what an order's body tells; raises Unfit."""
    moments = dict(_moments(order.states, received_ms))
    revised_ms = _moment_ms("updated_at", order.updated_at, received_ms)
    revised_ms = received_ms if revised_ms is None else revised_ms
    money = _money(order.money)
    said = {name: told for name, told in asdict(order.states).items() if told is not UNSET and name != "placed"}
    states = {name: told not in (None, False) for name, told in said.items()}
    reached = {name: moments.get(name, revised_ms) for name, there in states.items() if there}
    placed_ms = moments.get("placed", min([*moments.values(), revised_ms]))
    return OrderReport(
        order_id=order.order_id,
        system=API,
        revised_ms=revised_ms,
        states=states,
        since_ms={} if _is_refund_alone(order) else {"placed": placed_ms, **reached},
        kind=order.kind,
        money=money,
        refunds=dict(_refunds(order.refunds, received_ms)),
        user=order.user,
        page=order.page,
        contents=list(order.lines) if order.lines else None,
        joined=Joined(
            cart_token=order.cart_token,
            checkout_token=order.checkout_token,
            order_token=order.order_token,
            visitor_id=order.visitor_id,
            receipt=order.consent_receipt,
            consent=order.consent,
        ),
        is_whole="value" in money,
    )


def _is_refund_alone(order: StatedOrder) -> bool:
    """Return whether nothing is told but what went back: that tells neither that the order was placed, nor when."""
    return bool(order.refunds) and order.money is None and order.states == OrderStates()


def _moments(states: OrderStates, received_ms: int) -> Iterator[tuple[str, int]]:
    for name, told in asdict(states).items():
        if told is UNSET or isinstance(told, bool):
            continue
        moment = _moment_ms(f"states.{name}", told, received_ms)
        if moment is not None:
            yield name, moment


def _moment_ms(field: str, told: Any, received_ms: int) -> int | None:
    if told is None:
        return None
    moment = ms_of(told)
    if moment is None or moment < EARLIEST_S * 1_000:
        raise Unfit(field, TIME_FIX, Rejection.BAD_EVENT_TIME)
    if moment > received_ms + _MOST_AHEAD_MS:
        raise Unfit(field, _AHEAD, Rejection.BAD_EVENT_TIME)
    return moment


def _money(amounts: OrderMoney | None) -> dict[str, Money]:
    if amounts is None:
        return {}
    found = {part: amount_of(f"money.{part}", getattr(amounts, part)) for part in PARTS}
    return {part: Money(it, amounts.currency.upper()) for part, it in found.items() if it is not None}


def _refunds(refunds: list[OrderRefund], received_ms: int) -> Iterator[tuple[str, Refund]]:
    for place, back in enumerate(refunds):
        amount = amount_of(f"refunds[{place}].amount", back.amount)
        at_ms = _moment_ms(f"refunds[{place}].refunded_at", back.refunded_at, received_ms)
        if amount is not None:
            money = Money(abs(amount), back.currency.upper())
            yield back.refund_id, Refund(received_ms if at_ms is None else at_ms, str(money))
