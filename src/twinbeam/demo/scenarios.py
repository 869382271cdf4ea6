"""
What goes wrong in a shop: one row per scenario, each applied to its share of the orders.

A new scenario is a new row: which orders it applies to, and what becomes of them. One with several variants has a row
for each. No row may take the server's copy of a paid order, because a browser's word alone proves no purchase.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from twinbeam.demo.pace import Pace
from twinbeam.demo.visitors import draw_visitor, letters
from twinbeam.demo.visits import BannerAnswer, PlannedDelivery, PlannedOrder, SystemOrder

FORGED = "forged"  #: no scenario of an order, since there is none: a purchase that somebody makes up
FORGED_SHARE = 0.03


T = TypeVar("T", PlannedOrder, SystemOrder)


class Scenario(NamedTuple, Generic[T]):
    """A name in every report, a share of all orders, the orders it applies to, and what becomes of them."""

    name: str
    share: float
    applies_to: Callable[[T], bool]
    apply: Callable[[random.Random, T, Pace], T]


def apply_scenarios(rng: random.Random, orders: list[T], pace: Pace, scenarios: Sequence[Scenario[T]]) -> list[T]:
    """Apply every scenario to its share of the orders, at least one each; most orders keep none."""
    marked = [replace(it, scenarios=() if it.permitted else ("refused",)) for it in orders]
    for scenario in scenarios:
        fitting = [place for place, order in enumerate(marked) if scenario.applies_to(order)]
        for place in rng.sample(fitting, min(times(scenario.share, len(marked)), len(fitting))):
            changed: T = scenario.apply(rng, marked[place], pace)
            marked[place] = replace(changed, scenarios=(*changed.scenarios, scenario.name))
    return marked


def times(share: float, orders: int) -> int:
    """Return how many orders a share of them is: at least one."""
    return max(1, math.ceil(share * orders))


def _cancel(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Give up at the payment page: the checkout was seen, and no channel ever reports a purchase."""
    return replace(order, paid=False, browser=(), server=())


def _order_as_test(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Order as a test, in a browser without TikTok's script, as the shop's own people have it."""
    return replace(order, test=True, script=False, direct=True)


def _grant_later(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """Order without a look at the banner, and allow it when everything was reported already."""
    at = max(*order.browser, *order.server) + rng.uniform(1, 3) * pace.step
    return replace(
        order, visitor=draw_visitor(rng, consented=True), answer=None, later=BannerAnswer(granted=True, at=at)
    )


def _withdraw(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """Refuse after the order, while the page's copy still waits for the server's, which comes late."""
    at = order.browser[0] + rng.uniform(1, 3) * pace.step
    return replace(
        order,
        visitor=draw_visitor(rng, consented=True),
        direct=True,
        script=rng.random() < 0.5,
        later=BannerAnswer(granted=False, at=at),
        server=tuple(at + pace.late for at in order.server),
    )


def _grant_at_checkout(rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Refuse on the way in, and allow it at the checkout."""
    answer = BannerAnswer(granted=True, at=order.placed)
    visitor = draw_visitor(rng, consented=True)
    return replace(order, visitor=visitor, answer=answer, landed=BannerAnswer(granted=False), scenarios=())


def _block_all(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Run an ad blocker that knows the shop's own tag: the browser reports nothing of the whole visit."""
    return replace(order, script=False, direct=True, browser=())


def _block_script(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Run an ad blocker that stops TikTok's script; the shop's own tag gets through, and says so."""
    return replace(order, script=False)


def _reorder(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """Let the server's copy come first, then the browser's, and the checkout before them last of all."""
    first = order.placed + rng.uniform(0, 0.2) * pace.step
    return replace(
        order, server=(first,), browser=(first + pace.step,), checkout=(first + (2 + rng.random()) * pace.step,)
    )


def _misstate_value(rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Let the page leave something out of the total, such as tax and shipping."""
    return replace(order, browser_minor=max(1, round(order.minor / rng.uniform(1.05, 1.25)) - 1))


def _rename(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Let one of the shop's back ends call a purchase by its old name (tiktok.md 5.2)."""
    return replace(order, server_name="CompletePayment")


def _make_up_id(rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Let the page draw an id for TikTok's script and the shop's tag, of which the server hears nothing."""
    return replace(order, browser_id=f"p-{letters(rng, 16)}")


def _reload(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """Show the thank-you page again, once to three times."""
    return replace(order, browser=(*order.browser, *_again(rng, order.browser[0], pace)))


def _repeat(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """Send the webhook again, as senders do that missed our answer."""
    return replace(order, server=(*order.server, *_again(rng, order.server[0], pace)))


def _again(rng: random.Random, first: float, pace: Pace) -> tuple[float, ...]:
    return tuple(first + rng.uniform(0, 4) * pace.step for _ in range(rng.randint(1, 3)))


def _delay(rng: random.Random, order: PlannedOrder, pace: Pace) -> PlannedOrder:
    """
    Hold one channel back until its twin has waited long enough: a closed laptop, a webhook lost and caught up.

    A page that makes up its ids is never the late one: what was sent under the order's id could not be joined to it.
    """
    if order.browser_id is None and rng.random() < 0.5:
        return replace(order, browser=tuple(at + pace.late for at in order.browser))
    return replace(order, server=tuple(at + pace.late for at in order.server))


def _put_email_in_url(_rng: random.Random, order: PlannedOrder, _pace: Pace) -> PlannedOrder:
    """Carry the visitor's e-mail address in the thank-you page's URL, as many shops do."""
    return replace(order, email_in_url=True)


def _clear(order: PlannedOrder) -> bool:
    """Return whether a refusal is the order's only scenario, if it has any."""
    return order.paid and set(order.scenarios) <= {"refused"}


def _clear_and_granted(order: PlannedOrder) -> bool:
    return _clear(order) and order.permitted


def _clear_and_refused(order: PlannedOrder) -> bool:
    return _clear(order) and not order.permitted


def _in_both_channels(order: PlannedOrder) -> bool:
    return bool(order.browser and order.server)


def _on_time(order: PlannedOrder) -> bool:
    """Return whether the order's copies are sent when they usually are."""
    return not {"out_of_order", "consent_changed"} & set(order.scenarios)


#: In this order: what silences a channel comes first, so that later rows see which channels are left.
SCENARIOS: tuple[Scenario[PlannedOrder], ...] = (
    Scenario("cancelled", 0.03, _clear, _cancel),
    Scenario("test_order", 0.015, _clear, _order_as_test),
    Scenario("consent_changed", 0.01, _clear_and_granted, _grant_later),
    Scenario("consent_changed", 0.01, _clear_and_granted, _withdraw),
    Scenario("consent_changed", 0.01, _clear_and_refused, _grant_at_checkout),
    Scenario("blocked", 0.08, _clear, _block_all),
    Scenario("blocked", 0.10, _clear, _block_script),
    Scenario("out_of_order", 0.06, _clear, _reorder),
    #: TikTok believes its first copy (tiktok.md 7.3): what its own script told it, nobody can mend afterwards.
    Scenario(
        "differing_value",
        0.04,
        lambda it: _in_both_channels(it) and not it.script and it.later is None,
        _misstate_value,
    ),
    Scenario("differing_name", 0.05, lambda it: bool(it.server), _rename),
    Scenario("differing_id", 0.05, lambda it: _in_both_channels(it) and _on_time(it), _make_up_id),
    Scenario("reloaded", 0.10, lambda it: bool(it.browser) and _on_time(it), _reload),
    Scenario("repeated", 0.10, lambda it: bool(it.server) and _on_time(it), _repeat),
    Scenario("late", 0.06, lambda it: _in_both_channels(it) and _on_time(it), _delay),
    Scenario("email_in_url", 0.05, lambda it: bool(it.browser), _put_email_in_url),
)


def _in_reverse(_rng: random.Random, order: SystemOrder, _pace: Pace) -> SystemOrder:
    """Let the newest webhook come first, and the oldest last."""
    times = [it.at for it in order.deliveries]
    told = reversed(order.deliveries)
    return replace(order, deliveries=tuple(replace(it, at=at) for it, at in zip(told, times, strict=True)))


def _tell_again(rng: random.Random, order: SystemOrder, pace: Pace) -> SystemOrder:
    """Repeat the word on each step up to nine times, as WooCommerce does and as Shopify does that missed our answer."""
    again = [
        replace(it, at=it.at + rng.uniform(0, 4) * pace.step)
        for it in order.deliveries
        for _ in range(rng.randint(1, 8))
    ]
    return replace(order, deliveries=(*order.deliveries, *again))


def _ship_in_part(_rng: random.Random, order: SystemOrder, pace: Pace) -> SystemOrder:
    """Let it be told as shipped by a body that holds nothing else, as with Shopify's `include_fields`."""
    return _went_on(replace(order, steps=(*order.steps, "shipped")), pace, partial=True)


def _pay_on_delivery(_rng: random.Random, order: SystemOrder, pace: Pace) -> SystemOrder:
    """Pay on delivery: shipped unpaid, and paid later."""
    return _in_steps(replace(order, cash=True, steps=("placed", "shipped", "paid")), pace)


def _refuse_on_delivery(_rng: random.Random, order: SystemOrder, pace: Pace) -> SystemOrder:
    """Order with payment on delivery, and refuse the parcel."""
    return _in_steps(replace(order, cash=True, steps=("placed", "shipped", "cancelled")), pace)


def _give_back_a_part(_rng: random.Random, order: SystemOrder, pace: Pace) -> SystemOrder:
    """Take a part back, which leaves a purchase at its full value."""
    return _went_on(replace(order, steps=(*order.steps, "refunded")), pace)


def _give_back_all(_rng: random.Random, order: SystemOrder, _pace: Pace) -> SystemOrder:
    """Take all back, which the shop tells before anything else: it is never a purchase."""
    first, second, *_ = order.deliveries
    told = (replace(first, step=2), replace(second, step=0), replace(second, step=1))
    return replace(order, steps=("placed", "paid", "returned"), deliveries=told)


def _went_on(order: SystemOrder, pace: Pace, *, partial: bool = False) -> SystemOrder:
    last = order.deliveries[-1]
    more = PlannedDelivery(last.at + 2 * pace.step, len(order.steps) - 1, partial)
    return replace(order, deliveries=(*order.deliveries, more))


def _in_steps(order: SystemOrder, pace: Pace) -> SystemOrder:
    first = order.deliveries[0].at
    told = tuple(PlannedDelivery(first + 2 * step * pace.step, step) for step in range(len(order.steps)))
    return replace(order, deliveries=told)


def _plain(order: SystemOrder) -> bool:
    return set(order.scenarios) <= {"refused"}


def _often_told(order: SystemOrder) -> bool:
    return len(order.deliveries) > 1 and "given_back" not in order.scenarios


#: What becomes of the orders of shop systems; what they went through comes before how it is told.
SYSTEM_SCENARIOS: tuple[Scenario[SystemOrder], ...] = (
    Scenario("cash_paid", 0.12, _plain, _pay_on_delivery),
    Scenario("cash_refused", 0.08, _plain, _refuse_on_delivery),
    Scenario("refunded", 0.10, _plain, _give_back_a_part),
    Scenario("given_back", 0.06, lambda it: _plain(it) and it.permitted, _give_back_all),
    Scenario("told_in_part", 0.10, lambda it: _plain(it) and it.system == "shopify", _ship_in_part),
    Scenario("told_in_reverse", 0.15, _often_told, _in_reverse),
    Scenario("told_again", 0.15, lambda _: True, _tell_again),
)

#: Every scenario that a report counts, in the order of the report.
KINDS: tuple[str, ...] = (
    *dict.fromkeys(("refused", *(it.name for it in SCENARIOS), *(it.name for it in SYSTEM_SCENARIOS))),
    FORGED,
)
