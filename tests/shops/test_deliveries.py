"""The ledger says the same, in whatever order deliveries come and however often."""

from random import Random

import pytest

from builders import NOW_S
from shop_histories import histories
from shop_systems import SYSTEMS
from shopping import Shopping

MANY = 1_000

pytestmark = pytest.mark.slow


@pytest.mark.shops("order")
def test_deliveries_in_any_order_make_the_same_ledger(tmp_path, record_property):
    equal = 0
    for system in SYSTEMS:
        told = [one for each in histories(system, Random(system), MANY, NOW_S) for one in each.deliveries]
        in_order = sorted(told, key=lambda one: one.at_s)
        shuffled = [*told, *told[::3]]
        Random(f"again {system}").shuffle(shuffled)
        ledgers = []
        for name, deliveries in (("in order", in_order), ("shuffled", shuffled)):
            shop = Shopping(tmp_path / f"{system} {name}")
            for n, one in enumerate(deliveries):
                assert shop.deliver(system, one.body, one.topic).status == 202
                if n % 50 == 0:
                    shop.record()
            ledgers.append({order_id: row.facts for order_id, row in shop.ledger().items()})
            shop.close()
        assert len(ledgers[0]) == MANY
        equal += ledgers[0] == ledgers[1]
    record_property("figures", f"deliveries in any order: {equal} systems x {MANY} equal")
    assert equal == len(SYSTEMS)
