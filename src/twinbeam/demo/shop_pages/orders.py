"""
What was ordered and asked, in memory: the newest thousand of each.

A form bears a token that was drawn for it, so the same form sent twice is the same order, however often somebody
presses the button, reloads, or comes back to it.
"""

import re
import secrets
import string
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from twinbeam.demo.shop_pages.cart import Cart
from twinbeam.demo.shop_pages.visit import Visit

T = TypeVar("T")

_MOST = 1_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_ALPHABET = "".join(sorted(set(string.ascii_uppercase + string.digits) - set("01IO")))  # nobody reads it wrong


class Customer(Struct, frozen=True):
    """Who filled in a form. Raw: memory only."""

    name: str
    email: str
    phone: str


class Order(Struct, frozen=True):
    """A paid order."""

    id: str
    token: str  #: its name that nobody can guess, the same in both copies
    placed_s: int  #: seconds since the epoch
    cart: Cart
    customer: Customer
    visit: Visit


class Question(Struct, frozen=True):
    """A form that asks the shop something."""

    id: str  #: drawn for the form, and the event id of both copies
    asked_s: int  #: seconds since the epoch
    customer: Customer
    visit: Visit


class Register(Generic[T]):
    """Things by the token of the form they came by."""

    def __init__(self) -> None:
        self._kept: dict[str, T] = {}

    def once(self, token: str, make: Callable[[], T]) -> tuple[T, bool]:
        """Return what a form led to, and whether it is new."""
        if token in self._kept:
            return self._kept[token], False
        self._kept[token] = made = make()
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return made, True

    def get(self, token: str) -> T | None:
        """Return what a form led to, if it was sent."""
        return self._kept.get(token)


def draw_order_id() -> str:
    """Draw the number of an order, short enough to be read out."""
    return "L" + "".join(secrets.choice(_ALPHABET) for _ in range(7))


def draw_token() -> str:
    """Draw a token that nobody can guess."""
    return secrets.token_urlsafe(16)


def is_token(text: str) -> bool:
    """Return whether a text can be one of our tokens."""
    return _TOKEN.fullmatch(text) is not None
