"""
What a shop system states about an order: facts, as they travel in the journal and lie in the ledger.

Nothing in them is about a person. Amounts are written with their currency, such as `89.90 EUR`, and are one value.
"""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from msgspec import Struct

STATES = ("placed", "paid", "shipped", "delivered", "cancelled")
"""What an order can become; each is a fact of its own, since parcels leave before they are paid."""

PARTS = ("value", "tax", "shipping", "tips", "discounts", "gift_cards")
"""The amounts of an order; the others are parts of `value`, or were taken off before it."""

YES = "yes"

FIRST = "first"
"""Of an order: that it is the first payment of a subscription. Of the subscription's row: which order that is."""

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217: no currency is meant, or none is known."""

CANCELLED, IGNORED = "cancelled", "ignored"
"""Stages of an order that is no purchase, or not any more."""


UNTOLD = "untold"
"""
Of a delivery that says too little to be an event: it tells what waits how far the whole order is, and opens nothing.

Once that is known its stage says so behind a plus, such as `untold+placed+paid`.
"""


class Money(NamedTuple):
    """An amount and its currency: one value."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


class Stated(Struct, frozen=True, gc=False, array_like=True, order=True):
    """What was stated, and by which modification of the order; an empty text states that there is none."""

    at_ms: int
    text: str


class Refund(Struct, frozen=True, gc=False, array_like=True, order=True):
    """
    Money that went back; with `of` it is all that had gone back of that charge by then.

    Without a currency it is in that of the order: a refund that comes alone may not name it.
    """

    at_ms: int  #: 0 where its system does not date it: then since_ms of the facts says when it was first told of
    amount: str
    of: str = ""
    same_as: str = ""  #: the id of the refund whose money this is in another currency


class OrderFacts(Struct, frozen=True, gc=False):
    """All that is stated about one order: by one delivery, or merged."""

    order_id: str
    system: str  #: who states it first in the alphabet: shopify, woocommerce, stripe, api, file ...
    stated: dict[str, Stated] = {}  #: by STATES, PARTS, `kind`, `refunded` and FIRST
    since_ms: dict[str, int] = {}  #: when each of STATES was first reached, and an undated refund first told of
    refunds: dict[str, Refund] = {}
    began_as: str = (
        ""  #: the row of a subscription that began with nothing to pay, if there is one: this may be its first
    )


def refund_since(id_: str) -> str:
    """Return the name under which `since_ms` says when an undated refund was first told of."""
    return f"refund {id_}"


def money_of(text: str) -> Money | None:
    """Read an amount as it is written in facts; None where there is none."""
    amount, _, currency = text.partition(" ")
    try:
        return Money(Decimal(amount), currency) if amount else None
    except InvalidOperation:
        return None


def says_too_little(stage: str) -> bool:
    """Return whether a delivery is no event by itself."""
    return stage.partition("+")[0] == UNTOLD


def reached(stage: str, means: str, stages: tuple[str, ...]) -> bool:
    """
    Return whether an order is as far as its owner's word for a purchase asks.

    Several stages joined by `+` are all that it has reached; one alone stands for those before it too.
    """
    words = stage.split("+")
    if len(words) > 1:
        return means in words
    return stage in stages and stages.index(stage) >= stages.index(means)
