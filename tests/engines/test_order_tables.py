"""A delivery costs the same however many orders the ledger holds."""

from contextlib import closing

import pytest

from ledgers import facts_of
from machine_steps import steps_of
from showroom import Showroom
from twinbeam.core.rules import MAIN
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
