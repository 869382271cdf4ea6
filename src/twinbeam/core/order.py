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
    """Money that went back; with `of` it is all that had gone back of that charge by then."""

    at_ms: int
    amount: str
    of: str = ""


class OrderFacts(Struct, frozen=True, gc=False):
    """All that is stated about one order: by one delivery, or merged."""

    order_id: str
    system: str  #: who states it first in the alphabet: shopify, woocommerce, stripe, api, file ...
    stated: dict[str, Stated] = {}  #: by STATES, PARTS, `kind` and `refunded`
    since_ms: dict[str, int] = {}  #: when each of STATES was first reached
    refunds: dict[str, Refund] = {}


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
