"""`POST /v1/orders`: what an order's body becomes, what is refused, and what is left out with a notice."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_S
from door import BROWSER_KEY, READ_KEY, House, a_directory
from twinbeam.core.order import UNTOLD
from twinbeam.core.values import OrderNote
from twinbeam.orders.state import KINDS, state_of
from twinbeam.pipeline.accept.problems import MOST_ORDERS
from twinbeam.sources.orders_v1 import PATH, read

AN_ORDER = {
    "order_id": "1001",
    "updated_at": NOW_S - 30,
    "states": {"placed": NOW_S - 60, "paid": NOW_S - 30},
    "money": {
        "currency": "eur",
        "value": 89.90,
        "tax": "14.35",
        "shipping": 4.9,
        "tips": 0,
        "discounts": 10,
        "gift_cards": 0,
    },
    "lines": [{"content_id": "LAMP-1", "content_name": "Lamp", "price": 40.0, "quantity": 2}],
    "user": {"email": "Ada@Example.com", "phone": "0151 23456789", "country": "DE"},
    "page": {"url": "https://shop.example/thanks"},
    "consent": {"ad_storage": "granted", "ad_user_data": "granted"},
    "cart_token": "c-1",
    "visitor_id": "v-1",
}


def send(house, *orders, headers=None, **envelope):
    return house.post(json.dumps({"orders": orders} | envelope).encode(), headers, path=PATH)


def told(*orders):
    """Give events by order and name, and facts by order."""
    house = House()
    answered = send(house, *orders)
    assert answered.status == 202, answered.body
    events = {(it.item.order_id, it.event): it.item for it in house.corridor.arrivals if it.event}
    facts = {it.item.order_id: it.item.facts for it in house.corridor.arrivals if isinstance(it.item, OrderNote)}
    return answered.json, events, facts


def test_an_order_is_facts_for_the_ledger_and_a_purchase():
    answer, events, facts = told(AN_ORDER)
    assert (answer["accepted"], answer["rejected"], answer["notices"]) == (1, [], [])
    purchase, state = events["1001", "Purchase"], state_of(facts["1001"])
    assert (purchase.progress, purchase.event_time) == ("placed+paid", NOW_S - 30)
    assert (purchase.user.email, purchase.cart_token, purchase.visitor_id) == ("Ada@Example.com", "c-1", "v-1")
    assert (purchase.properties.value, purchase.properties.currency, purchase.properties.tax) == (89.9, "EUR", 14.35)
    assert purchase.properties.contents[0].content_id == "LAMP-1"
    assert purchase.consent.ad_storage == "granted"
    assert facts["1001"].system == "api"
    assert state.money["value"].amount == Decimal("89.90")
    assert str(state.money["discounts"]) == "10 EUR"
    assert state.since_ms == {"placed": (NOW_S - 60) * 1_000, "paid": (NOW_S - 30) * 1_000}
    assert all(name not in repr(facts["1001"]) for name in ("Ada", "0151", "v-1", "c-1"))


def test_every_state_and_every_time_is_understood():
    states = {
        "placed": "2026-09-20T12:00:00Z",
        "paid": (NOW_S - 50) * 1_000,
        "shipped": True,
        "delivered": "2026-09-21T14:00:00.250+02:00",
        "cancelled": None,
    }
    _, _, facts = told({"order_id": "1", "updated_at": NOW_S, "states": states})
    state = state_of(facts["1"])
    assert state.reached == {"placed", "paid", "shipped", "delivered"}
    assert state.since_ms["shipped"] == NOW_S * 1_000
    assert state.since_ms["delivered"] % 1_000 == 250
    assert facts["1"].stated["cancelled"].text == ""


def test_what_a_body_does_not_say_is_not_told():
    _, events, facts = told({"order_id": "1", "states": {"paid": True}})
    assert set(facts["1"].stated) == {"paid"}
    assert events["1", "Purchase"].progress == UNTOLD
    _, _, facts = told({"order_id": "1"})
    assert facts["1"].stated == {}


def test_refunds_count_once_under_their_ids():
    back = [{"refund_id": "r-1", "amount": 10.5, "currency": "EUR", "refunded_at": NOW_S}]
    _, _, facts = told({"order_id": "1", "refunds": back})
    assert [(it.at_ms, it.amount) for it in facts["1"].refunds.values()] == [(NOW_S * 1_000, "10.5 EUR")]


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_of_another_kind_is_told_and_goes_nowhere_but_a_test(kind):
    _, events, facts = told(AN_ORDER | {"kind": kind})
    assert facts["1001"].stated["kind"].text == kind
    assert (events["1001", "Purchase"].progress == UNTOLD) == (kind != "test")
    assert events["1001", "Purchase"].test is (True if kind == "test" else None)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"order_id": None}, "order_id", "missing_field"),
        ({"order_id": 7}, "order_id", "wrong_type"),
        ({"order_id": ""}, "order_id", "out_of_range"),
        ({"order_id": "a\0b"}, "order_id", "nul_character"),
        ({"updated_at": "yesterday"}, "updated_at", "bad_event_time"),
        ({"updated_at": "2026-11-20T11:05:00"}, "updated_at", "bad_event_time"),
        ({"updated_at": NOW_S + 2 * 86_400}, "updated_at", "bad_event_time"),
        ({"updated_at": 7}, "updated_at", "bad_event_time"),
        ({"states": {"paid": "soon"}}, "states.paid", "bad_event_time"),
        ({"states": {"paid": [1]}}, "states.paid", "wrong_type"),
        ({"states": "paid"}, "states", "wrong_type"),
        ({"kind": "gift"}, "kind", "out_of_range"),
        ({"money": {"value": 1}}, "money.currency", "missing_field"),
        ({"money": {"currency": "EURO", "value": 1}}, "money.currency", "out_of_range"),
        ({"money": {"currency": "EUR", "value": "89,90"}}, "money.value", "out_of_range"),
        ({"money": {"currency": "EUR", "value": "NaN"}}, "money.value", "out_of_range"),
        ({"money": {"currency": "EUR", "value": 1e13}}, "money.value", "out_of_range"),
        ({"money": {"currency": "EUR", "value": "1e-99999999"}}, "money.value", "out_of_range"),
        ({"money": {"currency": "EUR", "value": True}}, "money.value", "wrong_type"),
        ({"refunds": [{"amount": 1, "currency": "EUR"}]}, "refunds[0].refund_id", "missing_field"),
        ({"refunds": [{"refund_id": "r", "amount": 1}]}, "refunds[0].currency", "missing_field"),
        ({"cart_token": 7}, "cart_token", "wrong_type"),
        ({"visitor_id": "x" * 257}, "visitor_id", "out_of_range"),
        ({"consent_receipt": 7}, "consent_receipt", "wrong_type"),
    ],
)
def test_an_order_that_cannot_be_taken_is_refused_alone_with_its_field_and_the_fix(change, field, code):
    house = House()
    bad = {name: value for name, value in (AN_ORDER | change).items() if value is not None or name != "order_id"}
    answered = send(house, bad, AN_ORDER | {"order_id": "good"})
    assert (answered.status, answered.json["accepted"]) == (202, 1)
    (rejected,) = answered.json["rejected"]
    assert (rejected["index"], rejected["field"], rejected["code"]) == (0, f"orders[0].{field}", code)
    assert rejected["fix"]
    assert rejected["message"]
    assert answered.json["event_ids"] == [None, "derived"]
    alone = send(House(), bad)
    assert (alone.status, alone.json["code"], len(alone.json["rejected"])) == (422, "every_order_rejected", 1)


def test_what_an_order_can_do_without_is_left_out_with_a_notice():
    answer, events, _ = told(
        AN_ORDER
        | {"user": {"email": {"a": 1}, "country": "DE"}, "lines": {"content_id": "A", "price": "40,00 EUR"}, "vat": 1}
        | {"money": {"currency": "EUR", "value": 1, "postage": 3}}
    )
    assert {(it["field"], it["code"]) for it in answer["notices"]} == {
        ("orders[0].vat", "unknown_field"),
        ("orders[0].money.postage", "unknown_field"),
        ("orders[0].user.email", "value_left_out"),
        ("orders[0].lines", "value_mended"),
        ("orders[0].lines[0].price", "value_left_out"),
    }
    assert events["1001", "Purchase"].user.country == "DE"


def test_a_state_that_is_null_is_taken_back_also_where_something_else_was_mended():
    _, _, facts = told({"order_id": "1", "states": {"paid": None, "shipped": False}, "unknown": 1})
    assert {name: said.text for name, said in facts["1"].stated.items()} == {"paid": "", "shipped": ""}


def test_consent_is_understood_in_the_words_of_others_too():
    answer, events, _ = told(AN_ORDER | {"consent": {"gcs": "G100"}})
    assert events["1001", "Purchase"].consent.ad_storage == "denied"
    assert answer["notices"][0]["field"].startswith("orders[0].consent")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"\xff", 400, "bad_json"),
        (b"[]", 400, "no_orders"),
        (b"{}", 400, "no_orders"),
        (b'{"orders": []}', 400, "no_orders"),
        (b'{"orders": {}}', 400, "no_orders"),
        (json.dumps({"orders": [{}] * (MOST_ORDERS + 1)}).encode(), 413, "too_many_orders"),
        (b'{"orders": [7]}', 422, "every_order_rejected"),
    ],
)
def test_a_body_that_is_no_list_of_orders_is_refused(body, status, code):
    answered = House().post(body, path=PATH)
    assert (answered.status, answered.json["code"]) == (status, code)


def test_a_broken_order_among_good_ones_is_refused_alone():
    body = b'{"orders": [{"order_id": "1", "states": {}}, {"order_id": \xff}, {"order_id": "3"}]}'
    answered = House().post(body, path=PATH)
    assert (answered.status, answered.json["accepted"]) == (202, 2)
    assert [it["field"] for it in answered.json["rejected"]] == ["orders[1]"]


@pytest.mark.parametrize(
    ("key", "code"),
    [(BROWSER_KEY, "orders_need_server_key"), (READ_KEY, "read_key_cannot_write"), ("tbs_x", "invalid_write_key")],
)
def test_only_a_server_key_states_orders(key, code):
    house = House()
    answered = send(house, AN_ORDER, headers={"authorization": f"Bearer {key}"})
    assert (answered.status in (401, 403), answered.json["code"]) == (True, code)
    assert send(house, AN_ORDER, headers={}).status == 401
    assert house.corridor.arrivals == []


def test_positions_in_the_answer_are_those_of_orders():
    orders = [AN_ORDER | {"order_id": "a"}, {"order_id": 1}, AN_ORDER | {"order_id": "b"}, {"order_id": "c"}]
    answer, events, facts = told(*orders)
    assert (answer["accepted"], [it["index"] for it in answer["rejected"]]) == (3, [1])
    assert len(answer["event_ids"]) == 4
    assert set(facts) == {"a", "b", "c"}
    assert {order for order, _ in events} == {"a", "b", "c"}


def test_an_order_that_no_route_takes_is_in_the_ledger_all_the_same():
    house = House(directory=a_directory(codes=[]))
    answered = send(house, AN_ORDER)
    assert (answered.status, answered.json["accepted"], answered.json["rejected"]) == (202, 1, [])
    assert {(it["code"], it["index"]) for it in answered.json["notices"]} == {("no_pixel", 0)}
    assert [isinstance(it.item, OrderNote) for it in house.corridor.arrivals] == [True]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fall(body):
    read(body, NOW_S * 1_000)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*AN_ORDER, "value", "paid"]), inner),
    max_leaves=8,
)


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(AN_ORDER, _ANYTHING)), min_size=1, max_size=4))
def test_no_order_makes_it_fall(orders):
    house = House()
    answered = send(house, *orders, {"order_id": "good"})
    assert answered.status == 202
    assert answered.json["accepted"] + len(answered.json["rejected"]) == len(orders) + 1
