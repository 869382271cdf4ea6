"""
What goes wrong in a shop: one row per kind of trouble, each drawn for its share of the orders.

A new kind is a new row: which orders it can befall, and what becomes of them. No row may take the last copy of a
paid order, because then nothing on earth could count it.
"""

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from twinbeam.demo.pace import Pace
from twinbeam.demo.visits import Order


class Trouble(NamedTuple):
    """One kind: its name in every report, its share of all orders, whom it can befall, and what it does."""

    name: str
    share: float
    fits: Callable[[Order], bool]
    befall: Callable[[random.Random, Order, Pace], Order]


def afflict(rng: random.Random, orders: list[Order], pace: Pace) -> list[Order]:
    """Let every kind of trouble befall its share of the orders, at least one each; most orders keep a clear day."""
    marked = [replace(it, troubles=() if it.visitor.consented else ("refused",)) for it in orders]
    for trouble in TROUBLES:
        fitting = [place for place, order in enumerate(marked) if trouble.fits(order)]
        wanted = max(1, math.ceil(trouble.share * len(marked)))
        for place in rng.sample(fitting, min(wanted, len(fitting))):
            struck = trouble.befall(rng, marked[place], pace)
            marked[place] = replace(struck, troubles=(*struck.troubles, trouble.name))
    return marked


def _cancel(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Give up at the payment page: the checkout was seen, and no channel ever reports a purchase."""
    return replace(order, paid=False, browser=(), server=())


def _block(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Run an ad blocker: the browser reports nothing of the whole visit."""
    return replace(order, blocked=True, browser=(), checkout=())


def _lose_webhook(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Let the shop's server forget: only the browser tells."""
    return replace(order, server=())


def _reload(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Show the thank-you page again, once to three times."""
    return replace(order, browser=(*order.browser, *_again(rng, order.browser[0], pace)))


def _repeat(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Send the webhook again, as senders do that missed our answer."""
    return replace(order, server=(*order.server, *_again(rng, order.server[0], pace)))


def _again(rng: random.Random, first: float, pace: Pace) -> tuple[float, ...]:
    return tuple(first + rng.uniform(0, 4) * pace.step for _ in range(rng.randint(1, 3)))


def _delay(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Hold one channel back until its twin is long delivered: a closed laptop, a stuck webhook queue."""
    if rng.random() < 0.5:
        return replace(order, browser=tuple(at + pace.late for at in order.browser))
    return replace(order, server=tuple(at + pace.late for at in order.server))


def _overtake(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Let the server's copy come first, then the browser's, and the checkout before them last of all."""
    first = order.placed + rng.uniform(0, 0.2) * pace.step
    return replace(
        order, server=(first,), browser=(first + pace.step,), checkout=(first + (2 + rng.random()) * pace.step,)
    )


def _tell_url(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Carry the visitor's e-mail address in the thank-you page's URL, as many shops do."""
    return replace(order, email_in_url=True)


def _clear(order: Order) -> bool:
    """Tell an order whose only trouble, if any, is a refusal."""
    return order.paid and set(order.troubles) <= {"refused"}


def _twice_told(order: Order) -> bool:
    return bool(order.browser and order.server)


#: In this order: what silences a channel comes first, so that later rows see which channels are left.
TROUBLES: tuple[Trouble, ...] = (
    Trouble("cancelled", 0.03, _clear, _cancel),
    Trouble("blocked", 0.18, _clear, _block),
    Trouble("webhook_lost", 0.05, _clear, _lose_webhook),
    Trouble("out_of_order", 0.06, _clear, _overtake),
    Trouble("reloaded", 0.10, lambda it: bool(it.browser) and "out_of_order" not in it.troubles, _reload),
    Trouble("repeated", 0.10, lambda it: bool(it.server) and "out_of_order" not in it.troubles, _repeat),
    Trouble("late", 0.06, lambda it: _twice_told(it) and "out_of_order" not in it.troubles, _delay),
    Trouble("email_in_url", 0.05, lambda it: bool(it.browser), _tell_url),
)

#: Every kind a report counts, in the order of the report.
KINDS: tuple[str, ...] = ("refused", *(trouble.name for trouble in TROUBLES))
