"""A delivery costs the same however many orders the ledger holds."""

from contextlib import closing

import pytest
from msgspec.structs import replace

from ledgers import facts_of
from machine_steps import steps_of
from showroom import Showroom
from twinbeam.core.rules import MAIN
from twinbeam.engines.stores.sqlite.reading import _OF_ORDER
from twinbeam.engines.stores.tables.order_numbers import UNDER_NUMBER
from twinbeam.orders.ledger import OrderPlace, OrderRow

ORDERS = 4_000
STEPS = 100  #: of SQLite's machine between two looks
MOST_STEPS = 3_000  #: to look at each row of the ledger takes several for each


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with closing(Showroom(tmp_path_factory.mktemp("ledger") / "data")) as room:
        rows = [a_row(number) for number in range(ORDERS)]
        ids = room.store.orders.save(rows)
        room.store.orders.link([(id_, n) for n, id_ in enumerate(ids.values(), start=1)])
        yield room.store


def a_row(number):
    place = OrderPlace(MAIN, "", str(number))
    return OrderRow(place=place, facts=facts_of(str(number)), source="till", first_ms=1, heard_ms=1)


def test_orders_are_found_without_a_look_at_the_others(store):
    places, found = [OrderPlace(MAIN, "", number) for number in ("1000", "2000")], {}
    assert steps_of(store, lambda: found.update(store.orders.load(places)), STEPS) < MOST_STEPS
    assert sorted(found) == places


def test_orders_are_linked_without_a_look_at_the_others(store):
    pairs = [(1_000, ORDERS + 1), (2_000, ORDERS + 2)]
    assert steps_of(store, lambda: store.orders.link(pairs), STEPS) < MOST_STEPS
    store.orders.link(pairs)
    assert [len(store.orders.conversions_of(order)) for order, _ in pairs] == [2, 2]
    assert ORDERS + 2 in store.orders.conversions_of(2_000)


def test_orders_are_written_without_a_look_at_the_others(store):
    assert steps_of(store, lambda: store.orders.save([a_row(ORDERS + 7), a_row(ORDERS + 8)]), STEPS) < MOST_STEPS


def test_orders_of_several_shops_are_found_together(store):
    places = [OrderPlace(MAIN, "", "1"), OrderPlace(MAIN, "fr", "1"), OrderPlace("other", "", "1")]
    assert list(store.orders.load(places)) == places[:1]


def test_an_order_is_found_by_its_number_without_a_look_at_the_others(store):
    store.orders.save([replace(a_row(9), place=OrderPlace("other", shop, "9")) for shop in ("", "de", "fr")])
    found = []
    assert steps_of(store, lambda: found.extend(store.orders.under_number([MAIN, "other"], "9")), STEPS) < MOST_STEPS
    assert sorted((it.workspace, it.shop) for it in found) == [(MAIN, ""), *(("other", it) for it in ("", "de", "fr"))]
    assert store.orders.under_number([MAIN, "other"], "none") == []
    assert store.orders.under_number([], "9") == []


@pytest.mark.parametrize("sql", [UNDER_NUMBER, _OF_ORDER])
def test_sqlite_looks_an_order_up_by_all_that_names_it(store, sql):
    asked = store._connection.db.execute(f"EXPLAIN QUERY PLAN {sql}", {"number": "9", "workspaces": "[]"})
    plan = [row[3] for row in asked]
    assert any("its USING" in step and step.endswith("(workspace=? AND shop=? AND order_id=?)") for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN") and ("its" in step or "link" in step)], plan
