"""
Ten thousand orders of three systems: TikTok counts what was paid, once, at its value, and nothing else.

Two causes are planted by which orders are not counted: the amounts were left out of each body, and the buyer declined. Every
order that TikTok lacks has to be told with the cause that it has.
"""

import os
from collections import Counter
from itertools import chain
from random import Random

import pytest
from msgspec.structs import replace

from builders import NOW_S
from shop_histories import DAY, HOUR, histories
from shop_systems import SYSTEMS
from shopping import WORKSPACE, Shopping
from twinbeam.core.money import in_units
from twinbeam.core.rules import SourceRules
from twinbeam.orders.reconciliation import Days, Result, reconciled
from twinbeam.orders.state import state_of

MANY = int(os.environ.get("SHOP_ORDERS") or 10_000)
STEP = 2 * HOUR
PLANTED = {"no_event": 0.03, "no_consent": 0.03}  #: how many of the paid orders

#: What is told of an order by its fate, where nothing is planted.
DECIDED = {
    "cash, refused": {"order_cancelled"},
    "cash, never paid": {"never_confirmed", "not_yet"},
    "till": {"order_ignored", "never_confirmed"},  # Stripe knows neither tills nor drafts: they are never paid
    "draft": {"order_ignored", "never_confirmed"},
}

pytestmark = pytest.mark.slow


def planted(order, chance):
    """Give an order as one of the causes makes it, and the cause; most have none."""
    cause = chance.choices(["", *PLANTED], [1 - sum(PLANTED.values()), *PLANTED.values()])[0]
    if order.fate != "card" or not cause:
        return order, ""
    changed = declined if cause == "no_consent" else without_amounts
    return replace(order, deliveries=[replace(one, body=changed(one)) for one in order.deliveries]), cause


def without_amounts(one):
    """Give a body as it comes where a subscription names the fields that it wants, and the total is not one."""
    if one.system == "stripe":
        what = {name: it for name, it in one.body["data"]["object"].items() if name != "amount_total"}
        return {**one.body, "data": {"object": what}}
    return {name: it for name, it in one.body.items() if "total" not in name}


def declined(one):
    """Give a body onto which the shop wrote that its buyer declined."""
    said = {"ad_storage": "denied", "ad_user_data": "denied"}
    match one.system:
        case "shopify":
            return {**one.body, "note_attributes": [{"name": name, "value": it} for name, it in said.items()]}
        case "woocommerce":
            return {**one.body, "meta_data": [{"key": name, "value": it} for name, it in said.items()]}
        case _:
            what = one.body["data"]["object"]
            return {**one.body, "data": {"object": {**what, "metadata": said}}}


def played(folder, many, seed=1, money="shop"):
    """Let weeks pass."""
    drawn = [
        order
        for n, system in enumerate(SYSTEMS)
        for order in histories(system, Random(f"{seed} {system}"), (many + n) // len(SYSTEMS), NOW_S, money)
    ]
    chance, causes, orders = Random(seed), {}, []
    for order, cause in (planted(order, chance) for order in drawn):
        orders.append(order)
        causes[order.order_id] = cause
    told = sorted(chain.from_iterable(order.deliveries for order in orders), key=lambda one: one.at_s)
    shop = Shopping(folder, source=SourceRules(money=money))
    for one in told:
        while one.at_s > shop.now_ms // 1_000 + STEP:
            shop.pass_time(seconds=STEP)
            shop.send()
        assert shop.deliver(one.system, one.body, one.topic).status == 202
    for _ in range(31):
        shop.send()
        shop.pass_time(seconds=DAY)
    return orders, causes, shop


def without_their_cause(orders, causes, lines):
    """Give the orders that TikTok lacks, and of which something else is told than what happened."""
    told = {line.order.order_id: line for line in lines}
    return [
        (order.fate, causes[order.order_id], line.result, line.reason)
        for order in orders
        if (line := told[order.order_id]).result is not Result.ACCEPTED
        and line.reason not in ({causes[order.order_id]} if order.counts else DECIDED[order.fate])
    ]


def wrongly_left(orders, causes, known):
    """Give the orders of which something else is left than was paid and did not go back."""
    left = {it.order_id: in_units(it.net_minor, it.currency) for it in known}
    told = [(it, left[it.order_id]) for it in orders if causes[it.order_id] != "no_event"]
    return [(it.fate, it.left, net) for it, net in told if abs(it.left - float(net)) > 0.001]


EVER = Days(0, 10**6, WORKSPACE)


@pytest.mark.shops("cod-early")
def test_what_is_counted_is_what_was_paid(tmp_path, record_property):
    orders, causes, shop = played(tmp_path, MANY)
    paid = {order.order_id: order.value for order in orders if order.counts and not causes[order.order_id]}
    counted = shop.counted()
    times = Counter(one.order_id for one in counted)
    difference = sum(abs(one.value - paid.get(one.order_id, 0)) for one in counted)
    missing = paid.keys() - times.keys()
    difference += sum(paid[order_id] for order_id in missing)
    doubled = sum(n - 1 for n in times.values())
    rows = shop.ledger()
    known = shop.store.orders.listed(EVER, limit=MANY + 1)
    wrong = without_their_cause(orders, causes, reconciled(known))
    shop.close()
    figures = (
        f"{len(rows)} orders: money difference {difference:.2f}, doubled {doubled}, "
        f"missing without the planted cause {len(wrong)}"
    )
    record_property("figures", figures)
    early = times.keys() - paid.keys()
    assert (len(rows), early, missing) == (MANY, set(), set())
    assert (wrong, wrongly_left(orders, causes, known)) == ([], [])
    assert figures == f"{MANY} orders: money difference 0.00, doubled 0, missing without the planted cause 0"
    assert all(list(causes.values()).count(cause) > MANY / 200 for cause in PLANTED)
    for order in orders:
        state = state_of(rows[order.order_id].facts)
        wanted = {"card, refunded later": "refunded", "cash, refused": "cancelled"}.get(order.fate)
        assert wanted in (None, state.shown)


@pytest.mark.shops("order")
def test_in_the_buyers_currency_it_is_what_was_paid_as_well(tmp_path):
    many = max(MANY // 10, 300)
    orders, causes, shop = played(tmp_path, many, money="presentment")
    paid = {order.order_id: order.value for order in orders if order.counts and not causes[order.order_id]}
    assert {one.order_id: one.value for one in shop.counted()} == pytest.approx(paid)
    assert len(shop.counted()) == len(paid)
    assert wrongly_left(orders, causes, shop.store.orders.listed(EVER, limit=many + 1)) == []
    shop.close()
