"""What is stated of an order: joined in any order, and what the whole of it means."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.order import PARTS, STATES, YES, OrderFacts, Refund, Stated, reached, refund_since
from twinbeam.core.rules import STAGES
from twinbeam.orders.merging import MOST_REFUNDS, merged
from twinbeam.orders.refunds import deltas
from twinbeam.orders.state import KINDS, stage_of, state_of

MOMENTS = st.integers(0, 3)
AMOUNTS = st.sampled_from(["0.00 EUR", "1500 XXX", "10.00 EUR", "89.90 EUR", "9000 JPY", ""])
STATED = st.dictionaries(
    st.sampled_from([*STATES, *PARTS, "kind", "refunded"]),
    st.builds(Stated, MOMENTS, st.sampled_from([YES, "", "89.90 EUR", "89.89 EUR", *KINDS, "whole", "part"])),
    max_size=4,
)
REFUNDS = st.dictionaries(
    st.sampled_from("abc"), st.builds(Refund, MOMENTS, AMOUNTS, st.sampled_from(["", "ch_1"])), max_size=3
)
FACTS = st.builds(
    OrderFacts,
    order_id=st.just("1001"),
    system=st.sampled_from(["shopify", "file"]),
    stated=STATED,
    since_ms=st.dictionaries(st.sampled_from(STATES), MOMENTS, max_size=3),
    refunds=REFUNDS,
)


@given(FACTS, FACTS, FACTS)
def test_joining_is_commutative_associative_and_idempotent(one, other, third):
    assert merged(one, other) == merged(other, one)
    assert merged(merged(one, other), third) == merged(one, merged(other, third))
    assert merged(one, one) == one
    assert merged(merged(one, other), other) == merged(one, other)


@given(FACTS)
def test_whatever_is_stated_means_something(facts):
    state, stage = state_of(facts), stage_of(facts)
    assert state.shown in {"placed", "paid", "shipped", "delivered", "cancelled", "refunded"}
    assert stage in {"cancelled", "ignored"} or set(stage.split("+")) <= set(STATES)


def test_more_refunds_than_an_order_can_have_are_bounded_the_same_way_in_any_order():
    halves = [
        OrderFacts("1", "file", refunds={f"{side}{n:04}": Refund(1, "1.00 EUR") for n in range(MOST_REFUNDS)})
        for side in "ab"
    ]
    joined = merged(*halves)
    assert joined == merged(*reversed(halves))
    assert len(joined.refunds) == MOST_REFUNDS


def test_since_when_refunds_are_known_is_bounded_with_them():
    def undated(side):
        ids = [f"{side}{n:04}" for n in range(MOST_REFUNDS)]
        since = {refund_since(id_): 5 for id_ in ids}
        return OrderFacts(
            "1", "file", since_ms={"placed": 1, **since}, refunds=dict.fromkeys(ids, Refund(0, "1.00 EUR"))
        )

    joined = merged(undated("a"), undated("b"))
    assert set(joined.since_ms) == {"placed", *map(refund_since, joined.refunds)}
    assert merged(joined, undated("b")) == joined == merged(undated("b"), undated("a"))


def stated(at_ms=1, **texts):
    return OrderFacts("1", "file", {name: Stated(at_ms, text) for name, text in texts.items()})


@pytest.mark.parametrize(
    ("facts", "stage", "shown"),
    [
        (stated(), "placed", "placed"),
        (stated(paid=YES), "placed+paid", "paid"),
        (stated(shipped=YES), "placed+shipped", "shipped"),  # cash on delivery, on its way
        (stated(paid=YES, shipped=YES, delivered=YES), "placed+paid+shipped+delivered", "delivered"),
        (stated(paid=YES, cancelled=YES), "cancelled", "cancelled"),
        (stated(paid=YES, refunded="whole"), "cancelled", "refunded"),
        (stated(paid=YES, refunded="part"), "placed+paid", "paid"),
        (stated(paid=YES, kind="point_of_sale"), "ignored", "paid"),
        (stated(paid=YES, kind="test"), "placed+paid", "paid"),
    ],
)
def test_the_whole_order_has_one_stage(facts, stage, shown):
    assert (stage_of(facts), state_of(facts).shown) == (stage, shown)


def test_the_newest_modification_wins_and_a_partial_one_takes_nothing_away():
    placed = stated(1, paid="", value="80.00 EUR", cancelled="")
    paid, cut = stated(2, paid=YES, value="89.90 EUR"), stated(3, shipped=YES)
    for order in ((placed, paid, cut), (cut, paid, placed), (paid, cut, placed)):
        joined = merged(merged(order[0], order[1]), order[2])
        assert stage_of(joined) == "placed+paid+shipped"
        assert str(state_of(joined).money["value"]) == "89.90 EUR"


def test_a_cancelled_order_may_stand_again():
    assert stage_of(merged(stated(2, cancelled=YES), stated(3, cancelled="", paid=YES))) == "placed+paid"


def test_refunds_are_summed_up_once_each():
    back = {"r1": Refund(5, "10.00 EUR"), "r2": Refund(7, "5.50 EUR")}
    facts = OrderFacts("1", "shopify", {"value": Stated(1, "89.90 EUR")}, refunds=back)
    assert merged(facts, facts).refunds == back
    state = state_of(facts)
    assert (str(state.refunded), state.refunded_part) == ("15.50 EUR", "part")
    assert [(at, str(amount)) for at, amount in deltas(facts, "EUR")] == [(5, "10.00 EUR"), (7, "5.50 EUR")]


def test_what_went_back_whole_by_the_shops_word_is_all_that_was_paid():
    back = {"r1": Refund(5, "30.00 EUR"), "r2": Refund(7, "80.00 USD")}
    stated_ = {"value": Stated(1, "100.00 EUR"), "refunded": Stated(7, "whole")}
    state = state_of(OrderFacts("1", "shopify", stated_, refunds=back))
    assert (str(state.refunded), state.apart, state.refunded_part) == ("100.00 EUR", (), "whole")


def test_a_refund_in_no_known_currency_gives_way_to_the_same_one_in_a_known_one():
    told = [OrderFacts("1", "shopify", refunds={"r": Refund(5, amount)}) for amount in ("1500 XXX", "15.00 EUR")]
    value = OrderFacts("1", "shopify", {"value": Stated(1, "20.00 EUR")})
    for one, other in (told, told[::-1]):
        state = state_of(merged(merged(one, other), value))
        assert (str(state.refunded), state.apart) == ("15.00 EUR", ())


def test_of_a_sum_that_grows_only_what_it_grew_by_went_back():
    back = {"ch:9": Refund(9, "30.00 EUR", "ch"), "ch:5": Refund(5, "10.00 EUR", "ch")}
    facts = OrderFacts("1", "stripe", {"value": Stated(1, "30.00 EUR")}, refunds=back)
    state = state_of(facts)
    assert (state.refunded.amount, state.refunded_part) == (Decimal("30.00"), "whole")
    assert [str(amount) for _, amount in deltas(facts, "EUR")] == ["10.00 EUR", "20.00 EUR"]


@pytest.mark.parametrize(
    ("stage", "reaches"),
    [
        ("placed", {"placed"}),
        ("paid", {"placed", "paid"}),
        ("delivered", set(STAGES)),
        ("placed+shipped", {"placed", "shipped"}),
        ("placed+paid+shipped", {"placed", "paid", "shipped"}),
        ("cancelled", set()),
        ("ignored", set()),
        ("untold", set()),
    ],
)
def test_a_stage_reaches_what_its_owner_may_ask_for(stage, reaches):
    assert {means for means in STAGES if reached(stage, means, STAGES)} == reaches
