"""Ten thousand orders of three systems: TikTok counts what was paid, once, at its value, and nothing else."""

from collections import Counter
from itertools import chain
from random import Random

import pytest

from builders import NOW_S
from shop_histories import DAY, HOUR, histories
from shop_systems import SYSTEMS
from shopping import Shopping
from twinbeam.orders.state import state_of

MANY = 10_000
STEP = 2 * HOUR

pytestmark = pytest.mark.slow


def played(folder, many, seed=1):
    """Let weeks pass."""
    orders = [
        order
        for n, system in enumerate(SYSTEMS)
        for order in histories(system, Random(f"{seed} {system}"), (many + n) // len(SYSTEMS), NOW_S)
    ]
    told = sorted(chain.from_iterable(order.deliveries for order in orders), key=lambda one: one.at_s)
    shop = Shopping(folder)
    for one in told:
        while one.at_s > shop.now_ms // 1_000 + STEP:
            shop.pass_time(seconds=STEP)
            shop.send()
        assert shop.deliver(one.system, one.body, one.topic).status == 202
    for _ in range(31):
        shop.send()
        shop.pass_time(seconds=DAY)
    return orders, shop


@pytest.mark.shops("cod-early")
def test_what_is_counted_is_what_was_paid(tmp_path, record_property):
    orders, shop = played(tmp_path, MANY)
    paid = {order.order_id: order.value for order in orders if order.counts}
    counted = shop.counted()
    times = Counter(one.order_id for one in counted)
    difference = sum(abs(one.value - paid.get(one.order_id, 0)) for one in counted)
    missing = paid.keys() - times.keys()
    difference += sum(paid[order_id] for order_id in missing)
    doubled = sum(n - 1 for n in times.values())
    rows = shop.ledger()
    shop.close()
    figures = f"{len(rows)} orders: money difference {difference:.2f}, doubled {doubled}"
    record_property("figures", figures)
    early = times.keys() - paid.keys()
    assert (len(rows), early, missing) == (MANY, set(), set())
    assert figures == f"{MANY} orders: money difference 0.00, doubled 0"
    for order in orders:
        state = state_of(rows[order.order_id].facts)
        wanted = {"card, refunded later": "refunded", "cash, refused": "cancelled"}.get(order.fate)
        assert wanted in (None, state.shown)
