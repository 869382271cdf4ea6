"""Orders that the shop's own server states: the same ledger and the same gate as a webhook's, whatever comes first."""

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW_S
from shop_systems import a_shopify_order, iso
from shopping import NOT_REQUIRED, REQUIRED, Shopping
from twinbeam.orders.state import state_of

DAY = 86_400
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted"}
PLACED = {
    "order_id": "1001",
    "updated_at": NOW_S - 300,
    "states": {"placed": NOW_S - 300, "paid": False},
    "money": {"currency": "EUR", "value": 89.90, "tax": 14.35},
    "lines": [{"content_id": "LAMP-1", "price": 89.90, "quantity": 1}],
    "user": {"email": "Ada@Example.com", "phone": "+4915123456789", "ttclid": "E.C.P.api", "country": "DE"},
    "consent": GRANTED,
}
PAID = {"order_id": "1001", "updated_at": NOW_S - 200, "states": {"paid": NOW_S - 200}}
SHIPPED = {"order_id": "1001", "updated_at": NOW_S - 100, "states": {"shipped": NOW_S - 100}}


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path, REQUIRED)
    yield shopping
    shopping.close()


@pytest.mark.parametrize("bodies", list(permutations([PLACED, PAID, SHIPPED])))
def test_parts_of_an_order_are_one_purchase_in_any_order(shop, bodies):
    for body in (*bodies, *bodies[:2]):
        assert shop.state(body).status == 202
        shop.record()
    shop.send()
    (counted,) = shop.counted()
    assert (counted.order_id, counted.value, counted.currency) == ("1001", 89.9, "EUR")
    assert {"email", "phone", "ttclid"} <= counted.user_keys
    state = state_of(shop.ledger()["1001"].facts)
    assert (state.shown, str(state.money["value"])) == ("shipped", "89.9 EUR")


def test_an_order_that_is_not_paid_waits_and_a_word_alone_lets_it_go(shop):
    shop.state(PLACED)
    shop.pass_time(seconds=20 * DAY)
    shop.send()
    assert (shop.counted(), shop.conversions()) == ([], [("held", "not_confirmed")])
    shop.state({"order_id": "1001", "updated_at": NOW_S + 20 * DAY, "states": {"paid": True}})
    shop.send()
    (counted,) = shop.counted()
    assert (counted.event_time, counted.value) == (NOW_S + 20 * DAY, 89.9)


def test_a_word_alone_opens_nothing_and_reopens_nothing(shop):
    shop.state(PAID)
    shop.record()
    assert shop.conversions() == []
    assert state_of(shop.ledger()["1001"].facts).shown == "paid"
    shop.state(PLACED | {"order_id": "2", "consent": {}})
    shop.pass_time(seconds=30 * DAY)
    assert [state for state, _ in shop.conversions()] == ["expired"]
    late = NOW_S + 30 * DAY
    shop.state({"order_id": "2", "updated_at": late, "states": {"paid": True}})
    shop.send()
    assert ([state for state, _ in shop.conversions()], shop.counted()) == (["expired"], [])


def test_what_is_cancelled_before_it_is_paid_is_never_sent_and_a_later_word_brings_it_back(shop):
    shop.state(PLACED)
    shop.state({"order_id": "1001", "updated_at": NOW_S - 50, "states": {"cancelled": NOW_S - 50}})
    shop.state(PAID)
    shop.send()
    assert (shop.counted(), shop.conversions()) == ([], [("expired", "order_cancelled")])
    shop.state(PLACED | {"updated_at": NOW_S, "states": {"paid": NOW_S, "cancelled": None}})
    shop.send()
    assert len(shop.counted()) == 1


def test_without_permission_nothing_goes_whatever_is_paid(shop):
    shop.state(PLACED | {"consent": {"ad_storage": "denied", "ad_user_data": "denied"}}, PAID)
    shop.state(PLACED | {"order_id": "2", "consent": {}}, PAID | {"order_id": "2"})
    shop.send()
    assert shop.counted() == []
    assert [state for state, _ in shop.conversions()] == ["dropped", "held"]


def test_the_same_order_of_a_shop_system_and_of_the_api_is_one(tmp_path):
    shop = Shopping(tmp_path, NOT_REQUIRED)
    told = a_shopify_order(1001, updated_at=iso(NOW_S - 10), total_price_set=None, current_total_price_set=None)
    for _ in range(2):
        shop.state(PLACED, PAID)
        shop.deliver("shopify", told)
    shop.send()
    (counted,) = shop.counted()
    assert (counted.order_id, counted.value) == ("1001", 89.9)
    assert len(shop.rows()) == 1
    shop.close()


def test_nothing_of_the_buyer_reaches_the_disk(tmp_path):
    shop = Shopping(tmp_path, REQUIRED)
    shop.state(PLACED, PAID)
    shop.send()
    shop.close()
    for file in Path(tmp_path).rglob("*"):
        if file.is_file():
            held = file.read_bytes().lower()
            assert not [it for it in (b"ada@", b"4915123456789", b"e.c.p.api") if it in held], file


WORDS = st.fixed_dictionaries(
    {"updated_at": st.integers(NOW_S - 1_000, NOW_S)},
    optional={
        "states": st.dictionaries(
            st.sampled_from(["paid", "shipped", "delivered", "cancelled"]),
            st.none() | st.booleans() | st.integers(NOW_S - 1_000, NOW_S),
        ),
        "money": st.fixed_dictionaries({"currency": st.just("EUR"), "value": st.integers(0, 99)}),
        "kind": st.sampled_from(["test", "draft"]),
        "refunds": st.lists(
            st.fixed_dictionaries(
                {"refund_id": st.sampled_from("ab"), "amount": st.integers(1, 9), "currency": st.just("EUR")},
                optional={"refunded_at": st.integers(NOW_S - 1_000, NOW_S)},
            ),
            max_size=2,
        ),
    },
)


@settings(max_examples=60)
@given(st.lists(WORDS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_ledger_says_the_same_in_any_order_and_however_often(tmp_path_factory, words, chance):
    said = [{"order_id": "7"} | word for word in words]
    again = [*said, *said[:2]]
    chance.shuffle(again)
    ledgers = []
    for bodies in (said, again):
        shop = Shopping(tmp_path_factory.mktemp("shop"), NOT_REQUIRED)
        for body in bodies:
            assert shop.state(body).status == 202
        ledgers.append(shop.ledger()["7"].facts)
        shop.close()
    assert ledgers[0] == ledgers[1]
