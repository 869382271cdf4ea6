"""Each order of each pixel is accepted, ignored or missing, for one reason; sums add up whatever comes first."""

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Reason
from twinbeam.orders.reconciliation import (
    DECIDED,
    Cause,
    KnownOrder,
    OrderConversion,
    Result,
    by_order,
    reconciled,
    sentence,
)
from twinbeam.orders.state import KINDS
from twinbeam.orders.sums import by_place, place_of, tally

ACCEPTED, IGNORED, MISSING = Result.ACCEPTED, Result.IGNORED, Result.MISSING
AMOUNTS = st.none() | st.integers(0, 10_000)
CONVERSIONS = st.builds(
    OrderConversion,
    id=st.integers(1, 50),
    pixel=st.sampled_from("AB"),
    state=st.sampled_from(["", *State]),
    reason=st.sampled_from(["", *Reason]),
    value_minor=AMOUNTS,
    currency=st.sampled_from(["EUR", "JPY"]),
    enriched=st.booleans(),
    test=st.booleans(),
)
ORDERS = st.lists(
    st.builds(
        KnownOrder,
        workspace=st.just("main"),
        shop=st.sampled_from(["", "fr"]),
        order_id=st.integers(1, 30).map(str),
        source=st.sampled_from(["shopify", "till"]),
        kind=st.sampled_from(["", *KINDS]),
        state=st.sampled_from(["placed", "paid", "cancelled", "refunded"]),
        placed_ms=st.integers(0, 3 * MS_PER_DAY),
        paid_ms=st.none(),
        currency=st.sampled_from(["EUR", "JPY"]),
        value_minor=AMOUNTS,
        refunded_minor=AMOUNTS,
        conversions=st.lists(CONVERSIONS, max_size=3, unique_by=lambda it: it.id),
    ),
    max_size=12,
    unique_by=lambda it: (it.shop, it.order_id),
)


@dataclass
class Case:
    """A conversion of an order, and what it makes of the order."""

    state: str
    reason: str
    result: Result
    told: str


CASES = [
    Case("delivered", "", ACCEPTED, ""),
    Case("ready", "", MISSING, Cause.BEING_SENT),
    Case("leased", "no_consent", MISSING, Cause.BEING_SENT),
    Case("waiting", "", MISSING, Cause.BEING_SENT),
    Case("held", "not_confirmed", IGNORED, Cause.NOT_YET),
    Case("held", "consent_not_said", MISSING, "consent_not_said"),
    Case("held", "order_reused", MISSING, "order_reused"),
    Case("dropped", "no_consent", IGNORED, "no_consent"),
    Case("dropped", "left_to_browser", IGNORED, "left_to_browser"),
    Case("withdrawn", "", IGNORED, "denied_by_another_copy"),
    Case("refused", "refused_by_tiktok", MISSING, "refused_by_tiktok"),
    Case("expired", "too_old", MISSING, "too_old"),
    Case("expired", "dedup_window", MISSING, "dedup_window"),
    Case("expired", "order_cancelled", IGNORED, "order_cancelled"),
    Case("expired", "discarded", IGNORED, "discarded"),
    Case("expired", "pixel_stopped", IGNORED, "pixel_stopped"),
    Case("expired", "pixel_paused", MISSING, "pixel_paused"),
    Case("erased", "", IGNORED, "erasure_asked"),
    Case("", "", MISSING, Cause.REMOVED),
]


def an_order(number="1", *conversions, **changes):
    usual = {
        "workspace": "main",
        "shop": "",
        "order_id": number,
        "source": "till",
        "kind": "",
        "state": "paid",
        "placed_ms": MS_PER_DAY,
        "paid_ms": None,
        "currency": "EUR",
        "value_minor": 1_000,
        "refunded_minor": None,
    }
    return KnownOrder(**usual | changes, conversions=conversions)


def a_purchase(id_=1, state="delivered", reason="", *, minor=1_000, currency="EUR", pixel="A", **changes):
    return OrderConversion(id_, pixel, state, reason, minor, currency, **changes)


def told(*conversions, **changes):
    return [(line.pixel, line.result, line.reason) for line in reconciled([an_order("1", *conversions, **changes)])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.state}-{case.reason}")
def test_what_a_conversion_makes_of_its_order(case):
    assert told(a_purchase(1, case.state, case.reason)) == [("A", case.result, case.told)]


def test_every_reason_has_its_sentence_and_every_decision_is_one():
    assert all(sentence(reason).endswith(".") for reason in [*Reason, *Cause])
    assert all(told(a_purchase(1, "expired", reason))[0][1] is IGNORED for reason in DECIDED)


def test_what_was_accepted_and_is_sent_once_more_stays_accepted():
    assert told(a_purchase(1, "ready", enriched=True)) == [("A", ACCEPTED, "")]


def test_a_test_that_tiktok_took_is_no_purchase():
    assert told(a_purchase(1, "delivered", test=True)) == [("A", IGNORED, "test_order")]


@pytest.mark.parametrize(
    ("changes", "result", "reason"),
    [
        ({}, MISSING, "no_event"),
        ({"kind": "test"}, IGNORED, "test_order"),
        ({"kind": "point_of_sale"}, IGNORED, "order_ignored"),
        ({"state": "cancelled"}, IGNORED, "order_cancelled"),
        ({"state": "refunded"}, IGNORED, "order_cancelled"),
    ],
)
def test_an_order_without_an_event_is_told_by_what_it_is(changes, result, reason):
    assert told(**changes) == [("", result, reason)]


def test_what_is_no_order_has_no_line():
    assert told(a_purchase(), kind="no_order") == []


def test_of_several_purchases_of_a_pixel_the_accepted_one_tells():
    assert told(a_purchase(2, "refused"), a_purchase(1), a_purchase(3, "dropped", "no_consent")) == [
        ("A", ACCEPTED, "")
    ]
    assert told(a_purchase(2, ""), a_purchase(1)) == [("A", ACCEPTED, "")]


def test_an_order_of_two_pixels_is_listed_once_by_the_one_that_lacks_it():
    lines = reconciled([an_order("1", a_purchase(1), a_purchase(2, "refused", "refused_by_tiktok", pixel="B"))])
    assert [line.result for line in lines] == [ACCEPTED, MISSING]
    assert [(line.pixel, line.result) for line in by_order(lines)] == [("B", MISSING)]


def test_money_is_compared_in_one_currency_only():
    orders = [
        an_order("1", a_purchase(1, minor=900)),
        an_order("2", a_purchase(2, minor=500, currency="JPY"), refunded_minor=300),
        an_order("3", a_purchase(3, "refused", "refused_by_tiktok")),
        an_order("4", state="cancelled", refunded_minor=200),
    ]
    total = tally(reconciled(orders))
    assert (total.orders, total.accepted, total.ignored, total.missing) == (
        4,
        2,
        {"order_cancelled": 1},
        {"refused_by_tiktok": 1},
    )
    money = total.money["EUR"]
    assert (money.value, money.accepted, money.ignored, money.missing) == (4_000, 2_000, 1_000, 1_000)
    assert (money.compared, money.told, money.delta) == (1_000, 900, -100)
    assert (money.refunded, money.net) == (500, 1_000 + 700 + 1_000)
    assert total.accuracy == 0.75
    assert tally([]).accuracy is None


@given(ORDERS, st.randoms(use_true_random=False))
def test_every_order_is_in_one_class_and_the_order_of_input_means_nothing(orders, chance: Random):
    lines, other = reconciled(orders), list(orders)
    chance.shuffle(other)
    mixed = list(lines)
    chance.shuffle(mixed)
    assert reconciled(other) == lines
    assert by_order(mixed) == by_order(lines)
    assert by_place(mixed) == by_place(lines)
    real = [it for it in orders if it.kind != "no_order"]
    assert len(by_order(lines)) == len(real)
    assert {(it.order.order_id, it.order.shop) for it in lines} == {(it.order_id, it.shop) for it in real}
    assert len({(it.order.order_id, it.order.shop, it.pixel) for it in lines}) == len(lines)


@given(ORDERS)
def test_sums_add_up(orders):
    lines = reconciled(orders)
    total, places = tally(lines), by_place(lines)
    assert total.orders == total.accepted + total.n_ignored + total.n_missing == len(lines)
    assert sum(it.orders for it in places.values()) == total.orders
    for currency, money in total.money.items():
        assert money.value == money.accepted + money.ignored + money.missing
        parts = [it.money[currency] for place, it in places.items() if place.currency == currency]
        for name in money.__struct_fields__:
            assert getattr(money, name) == sum(getattr(part, name) for part in parts)
    assert all(set(it.money) == {place.currency} for place, it in places.items())
    assert {place_of(line) for line in lines} == set(places)
    assert all((line.reason == "") == (line.result is ACCEPTED) for line in lines)
