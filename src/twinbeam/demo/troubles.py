"""
What goes wrong in a shop: one row per kind of trouble, each drawn for its share of the orders.

A new kind is a new row: which orders it can befall, and what becomes of them. A kind with several faces has a row for
each. No row may take the server's copy of a paid order, because a browser's word alone proves no purchase.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from twinbeam.demo.pace import Pace
from twinbeam.demo.visitors import arrive, letters
from twinbeam.demo.visits import Answer, Order

FORGED = "forged"  #: no trouble of an order, since there is none: a purchase that somebody makes up
FORGED_SHARE = 0.03


class Trouble(NamedTuple):
    """One kind: its name in every report, its share of all orders, whom it can befall, and what it does."""

    name: str
    share: float
    fits: Callable[[Order], bool]
    befall: Callable[[random.Random, Order, Pace], Order]


def afflict(rng: random.Random, orders: list[Order], pace: Pace, troubles: Sequence[Trouble]) -> list[Order]:
    """Let every kind of trouble befall its share of the orders, at least one each; most orders keep a clear day."""
    marked = [replace(it, troubles=() if it.permitted else ("refused",)) for it in orders]
    for trouble in troubles:
        fitting = [place for place, order in enumerate(marked) if trouble.fits(order)]
        for place in rng.sample(fitting, min(times(trouble.share, len(marked)), len(fitting))):
            struck = trouble.befall(rng, marked[place], pace)
            marked[place] = replace(struck, troubles=(*struck.troubles, trouble.name))
    return marked


def times(share: float, orders: int) -> int:
    """Give how often something happens that befalls a share of the orders: at least once."""
    return max(1, math.ceil(share * orders))


def _cancel(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Give up at the payment page: the checkout was seen, and no channel ever reports a purchase."""
    return replace(order, paid=False, browser=(), server=())


def _try_out(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Order as a test, in a browser without TikTok's script, as the shop's own people have it."""
    return replace(order, test=True, script=False, direct=True)


def _agree_later(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Order without a look at the banner, and allow it when everything was reported already."""
    at = max(*order.browser, *order.server) + rng.uniform(1, 3) * pace.step
    return replace(order, visitor=arrive(rng, consented=True), answer=None, later=Answer(granted=True, at=at))


def _take_back(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Refuse after the order, while the page's copy still waits for the server's, which comes late."""
    at = order.browser[0] + rng.uniform(1, 3) * pace.step
    return replace(
        order,
        visitor=arrive(rng, consented=True),
        direct=True,
        script=rng.random() < 0.5,
        later=Answer(granted=False, at=at),
        server=tuple(at + pace.late for at in order.server),
    )


def _come_round(rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Refuse on the way in, and allow it at the checkout."""
    answer = Answer(granted=True, at=order.placed)
    visitor = arrive(rng, consented=True)
    return replace(order, visitor=visitor, answer=answer, landed=Answer(granted=False), troubles=())


def _block_all(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Run an ad blocker that knows the shop's own tag: the browser reports nothing of the whole visit."""
    return replace(order, script=False, direct=True, browser=())


def _block_script(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Run an ad blocker that stops TikTok's script; the shop's own tag gets through, and says so."""
    return replace(order, script=False)


def _overtake(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Let the server's copy come first, then the browser's, and the checkout before them last of all."""
    first = order.placed + rng.uniform(0, 0.2) * pace.step
    return replace(
        order, server=(first,), browser=(first + pace.step,), checkout=(first + (2 + rng.random()) * pace.step,)
    )


def _misprice(rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Let the page leave something out of the total, such as tax and shipping."""
    return replace(order, browser_minor=max(1, round(order.minor / rng.uniform(1.05, 1.25)) - 1))


def _rename(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Let one of the shop's back ends call a purchase by its old name (tiktok.md 5.2)."""
    return replace(order, server_name="CompletePayment")


def _make_up_id(rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Let the page draw an id for TikTok's script and the shop's tag, of which the server hears nothing."""
    return replace(order, browser_id=f"p-{letters(rng, 16)}")


def _reload(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Show the thank-you page again, once to three times."""
    return replace(order, browser=(*order.browser, *_again(rng, order.browser[0], pace)))


def _repeat(rng: random.Random, order: Order, pace: Pace) -> Order:
    """Send the webhook again, as senders do that missed our answer."""
    return replace(order, server=(*order.server, *_again(rng, order.server[0], pace)))


def _again(rng: random.Random, first: float, pace: Pace) -> tuple[float, ...]:
    return tuple(first + rng.uniform(0, 4) * pace.step for _ in range(rng.randint(1, 3)))


def _delay(rng: random.Random, order: Order, pace: Pace) -> Order:
    """
    Hold one channel back until its twin has waited long enough: a closed laptop, a webhook lost and caught up.

    A page that makes up its ids is never the late one: what was sent under the order's id could not be joined to it.
    """
    if order.browser_id is None and rng.random() < 0.5:
        return replace(order, browser=tuple(at + pace.late for at in order.browser))
    return replace(order, server=tuple(at + pace.late for at in order.server))


def _tell_url(_rng: random.Random, order: Order, _pace: Pace) -> Order:
    """Carry the visitor's e-mail address in the thank-you page's URL, as many shops do."""
    return replace(order, email_in_url=True)


def _clear(order: Order) -> bool:
    """Tell an order whose only trouble, if any, is a refusal."""
    return order.paid and set(order.troubles) <= {"refused"}


def _clear_and_granted(order: Order) -> bool:
    return _clear(order) and order.permitted


def _clear_and_refused(order: Order) -> bool:
    return _clear(order) and not order.permitted


def _twice_told(order: Order) -> bool:
    return bool(order.browser and order.server)


def _in_its_time(order: Order) -> bool:
    """Tell an order whose copies are sent when they usually are."""
    return not {"out_of_order", "consent_changed"} & set(order.troubles)


#: In this order: what silences a channel comes first, so that later rows see which channels are left.
TROUBLES: tuple[Trouble, ...] = (
    Trouble("cancelled", 0.03, _clear, _cancel),
    Trouble("test_order", 0.015, _clear, _try_out),
    Trouble("consent_changed", 0.01, _clear_and_granted, _agree_later),
    Trouble("consent_changed", 0.01, _clear_and_granted, _take_back),
    Trouble("consent_changed", 0.01, _clear_and_refused, _come_round),
    Trouble("blocked", 0.08, _clear, _block_all),
    Trouble("blocked", 0.10, _clear, _block_script),
    Trouble("out_of_order", 0.06, _clear, _overtake),
    #: TikTok believes its first copy (tiktok.md 7.3): what its own script told it, nobody can mend afterwards.
    Trouble("differing_value", 0.04, lambda it: _twice_told(it) and not it.script and it.later is None, _misprice),
    Trouble("differing_name", 0.05, lambda it: bool(it.server), _rename),
    Trouble("differing_id", 0.05, lambda it: _twice_told(it) and _in_its_time(it), _make_up_id),
    Trouble("reloaded", 0.10, lambda it: bool(it.browser) and _in_its_time(it), _reload),
    Trouble("repeated", 0.10, lambda it: bool(it.server) and _in_its_time(it), _repeat),
    Trouble("late", 0.06, lambda it: _twice_told(it) and _in_its_time(it), _delay),
    Trouble("email_in_url", 0.05, lambda it: bool(it.browser), _tell_url),
)

#: Every kind a report counts, in the order of the report.
KINDS: tuple[str, ...] = (*dict.fromkeys(("refused", *(trouble.name for trouble in TROUBLES))), FORGED)
