"""
The demo's shop: who visits, what they order, and when each channel reports it. Pure and seeded.

The plan is complete before anything is sent, so the truth can be written down first. It knows what ought to be
counted because it decided it, never because it looked.
"""

import random
from collections.abc import Sequence
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.errors import ConfigError
from twinbeam.demo.pace import Pace
from twinbeam.demo.scenarios import FORGED_SHARE, SCENARIOS, SYSTEM_SCENARIOS, Scenario, apply_scenarios, times
from twinbeam.demo.visitors import Visitor, draw_visitor, letters
from twinbeam.demo.visits import (
    BannerAnswer,
    OrderLine,
    PlannedDelivery,
    PlannedOrder,
    ShopEvent,
    ShopSystem,
    SystemOrder,
)

_PRICES = (4.9, 9.99, 12.5, 19.95, 24.0, 39.9, 64.25, 119.0)
_RETURNING = 0.1  #: share of orders by somebody who ordered before: dedup by person would lose them
_LEADS_PER_ORDER = 0.15
_BROWSING_PER_ORDER = 0.25
_MOST_ORDERS = 5_000  #: in one day: of so many visitors, few draws have no shared phone number
_SYSTEM_ORDERS_PER_ORDER = 0.25
_SCRIPT_RUNS = 0.8  #: share of browsers without an ad blocker, among those that order nothing


class Day(Struct, frozen=True):
    """Everything that will happen, and therefore everything that ought to be counted."""

    visitors: tuple[Visitor, ...]
    orders: tuple[PlannedOrder, ...]
    others: tuple[ShopEvent, ...]  #: leads, checkouts and views: everything with an event id of its own
    forged: tuple[ShopEvent, ...]  #: purchases that somebody makes up, with the public key that every page shows
    system_orders: tuple[SystemOrder, ...]  #: of shop systems, which tell of them by webhooks


def plan(rng: random.Random, orders: int, pace: Pace, *, healthy: bool = False) -> Day:
    """
    Draw one day with so many orders; the same rng state gives the same day. Raises ConfigError for too many orders.

    On a healthy day nothing goes wrong in the shop, though some visitors refuse.

    A day in which two visitors share a phone number is drawn again: what leaves of the one who allows it would look
    like what the other refused.
    """
    if orders > _MOST_ORDERS:
        raise ConfigError(f"{orders} orders are too many for one day of the demo; take at most {_MOST_ORDERS}")
    days = (_draw(rng, orders, pace, () if healthy else SCENARIOS) for _ in count())
    return next(day for day in days if len({visitor.phone for visitor in day.visitors}) == len(day.visitors))


def _draw(rng: random.Random, orders: int, pace: Pace, scenarios: Sequence[Scenario[PlannedOrder]]) -> Day:
    taken = apply_scenarios(rng, _take_orders(rng, orders, pace), pace, scenarios)
    others = [
        *(happening for order in taken for happening in _visit_of(rng, order, pace)),
        *(_lead(rng, pace) for _ in range(round(orders * _LEADS_PER_ORDER))),
        *(_browse(rng, pace) for _ in range(round(orders * _BROWSING_PER_ORDER))),
    ]
    forged = [_forge(rng, pace) for _ in range(times(FORGED_SHARE, orders) if scenarios else 0)]
    sold = _sell_in_systems(rng, times(_SYSTEM_ORDERS_PER_ORDER, orders) if scenarios else 0, pace)
    people = [*(it.visitor for it in taken), *(it.visitor for it in sold), *(it.visitor for it in (*others, *forged))]
    visitors = {visitor.visitor_id: visitor for visitor in people}
    return Day(tuple(visitors.values()), tuple(taken), tuple(others), tuple(forged), tuple(sold))


def _sell_in_systems(rng: random.Random, count: int, pace: Pace) -> list[SystemOrder]:
    """Draw orders of shop systems, half of each; of one in seven the buyer refused."""
    systems: tuple[ShopSystem, ...] = ("shopify", "woocommerce")
    orders = [_system_order(rng, systems[n % 2], pace, consented=n % 7 != 3) for n in range(count)]
    return apply_scenarios(rng, orders, pace, SYSTEM_SCENARIOS) if orders else []


def _system_order(rng: random.Random, system: ShopSystem, pace: Pace, *, consented: bool) -> SystemOrder:
    """Draw one that is paid by card: placed, and paid a moment later."""
    visitor, placed = draw_visitor(rng, consented=consented), rng.uniform(0, pace.visiting)
    number = rng.randrange(10**8, 10**9) if system == "woocommerce" else 8 * 10**17 + rng.randrange(10**17)
    return SystemOrder(
        order_id=str(number),
        system=system,
        visitor=visitor,
        lines=tuple(_line(rng, visitor.country.decimals) for _ in range(rng.randint(1, 3))),
        placed=placed,
        steps=("placed", "paid"),
        deliveries=(PlannedDelivery(placed, 0), PlannedDelivery(placed + rng.uniform(0.2, 2) * pace.step, 1)),
    )


def _take_orders(rng: random.Random, count: int, pace: Pace) -> list[PlannedOrder]:
    """Draw orders of which 68 to 76 % are by visitors who consented; cancellations and tests take up to 5 % off."""
    granted = round(count * rng.uniform(0.68, 0.76))
    flags = [True] * granted + [False] * (count - granted)
    rng.shuffle(flags)
    regulars: dict[bool, list[Visitor]] = {True: [], False: []}
    return [_order(rng, _buyer(rng, regulars[flag], consented=flag), pace) for flag in flags]


def _buyer(rng: random.Random, regulars: list[Visitor], *, consented: bool) -> Visitor:
    if regulars and rng.random() < _RETURNING:
        return rng.choice(regulars)
    regulars.append(draw_visitor(rng, consented=consented))
    return regulars[-1]


def _order(rng: random.Random, visitor: Visitor, pace: Pace) -> PlannedOrder:
    placed = rng.uniform(0, pace.visiting) + 3 * pace.step
    return PlannedOrder(
        order_id=f"TB-{letters(rng, 10)}",
        visitor=visitor,
        answer=BannerAnswer(granted=visitor.consented),
        lines=tuple(_line(rng, visitor.country.decimals) for _ in range(rng.randint(1, 3))),
        placed=placed,
        checkout=(placed - pace.step,),
        browser=(placed + rng.uniform(0, 1) * pace.step,),
        server=(placed + rng.uniform(0.2, 3) * pace.step,),
    )


def _line(rng: random.Random, decimals: int) -> OrderLine:
    price = round(rng.choice(_PRICES) * 10**decimals) + (rng.randrange(10) if decimals else 0)
    return OrderLine(content_id=f"SKU-{rng.randrange(100, 1000)}", minor=price, quantity=rng.randint(1, 3))


def _visit_of(rng: random.Random, order: PlannedOrder, pace: Pace) -> list[ShopEvent]:
    """Return what the browser shows before an order, under the answer of that moment."""
    if order.direct:
        return []
    view, checkout = (
        replace(
            _browser_event(rng, event, order.visitor, at, answer=order.landed or order.answer),
            script=order.script,
            counts=order.permitted and order.landed is None,
        )
        for event, at in (("ViewContent", order.placed - 2 * pace.step), ("InitiateCheckout", order.placed - pace.step))
    )
    return [replace(view, looked_at=order.lines[:1]), replace(checkout, order=order, browser=order.checkout)]


def _lead(rng: random.Random, pace: Pace) -> ShopEvent:
    """Return one filled form, reported by both channels under one id drawn by the page."""
    at = rng.uniform(0, pace.visiting)
    return replace(_page_view(rng, "Lead", at), server=(at + rng.uniform(0, 3) * pace.step,))


def _browse(rng: random.Random, pace: Pace) -> ShopEvent:
    """Return one look around by somebody who buys nothing."""
    view = _page_view(rng, rng.choice(("ViewContent", "AddToCart", "Search")), rng.uniform(0, pace.visiting))
    if view.event == "Search":
        return view
    return replace(view, looked_at=(_line(rng, view.visitor.country.decimals),))


def _forge(rng: random.Random, pace: Pace) -> ShopEvent:
    """Make up a purchase: all that a page could say, in the name of somebody who seems to allow it."""
    order = _order(rng, draw_visitor(rng, consented=True), pace)
    seen = _browser_event(rng, "Purchase", order.visitor, order.placed, answer=order.answer)
    return replace(seen, event_id=None, order=order, browser=order.browser)


def _page_view(rng: random.Random, event: str, at: float) -> ShopEvent:
    visitor = draw_visitor(rng, consented=rng.random() < 0.7)
    seen = _browser_event(rng, event, visitor, at, answer=BannerAnswer(granted=visitor.consented))
    return replace(seen, script=rng.random() < _SCRIPT_RUNS, counts=visitor.consented)


def _browser_event(
    rng: random.Random, event: str, visitor: Visitor, at: float, *, answer: BannerAnswer | None
) -> ShopEvent:
    return ShopEvent(event, visitor, at, answer, event_id=f"e-{letters(rng, 16)}", browser=(at,))
