"""
What goes wrong in a shop: one row per scenario, each applied to its share of the orders.

A new scenario is a new row: which orders it applies to, and what becomes of them. One with several variants has a row
for each. No row may take the server's copy of a paid order, because a browser's word alone proves no purchase.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from twinbeam.demo.pace import Pace
from twinbeam.demo.visitors import draw_visitor, letters
from twinbeam.demo.visits import BannerAnswer, PlannedOrder

FORGED = "forged"  #: no scenario of an order, since there is none: a purchase that somebody makes up
FORGED_SHARE = 0.03


class Scenario(NamedTuple):
    """A name in every report, a share of all orders, the orders it applies to, and what becomes of them."""

    name: str
    share: float
    applies_to: Callable[[PlannedOrder], bool]
    apply: Callable[[random.Random, PlannedOrder, Pace], PlannedOrder]


def apply_scenarios(
    rng: random.Random, orders: list[PlannedOrder], pace: Pace, scenarios: Sequence[Scenario]
) -> list[PlannedOrder]:
    """Apply every scenario to its share of the orders, at least one each; most orders keep none."""
    marked = [replace(it, scenarios=() if it.permitted else ("refused",)) for it in orders]
    for scenario in scenarios:
        fitting = [place for place, order in enumerate(marked) if scenario.applies_to(order)]
        for place in rng.sample(fitting, min(times(scenario.share, len(marked)), len(fitting))):
            changed = scenario.apply(rng, marked[place], pace)
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
SCENARIOS: tuple[Scenario, ...] = (
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

#: Every scenario that a report counts, in the order of the report.
KINDS: tuple[str, ...] = (*dict.fromkeys(("refused", *(scenario.name for scenario in SCENARIOS))), FORGED)
