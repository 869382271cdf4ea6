"""A margin is what products leave, or nothing: never a guess, never below zero, and the same whatever comes later."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from signals import BROWSER, a_signal
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.products import UnitCost
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel
from twinbeam.pipeline.record.conversion import copy_of
from twinbeam.pipeline.record.margin import priced
from twinbeam.pipeline.record.merge import merge

IDS = ("lamp", "hat", "cable", "cap")
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY"])
COSTS = st.dictionaries(st.sampled_from(IDS), st.builds(UnitCost, st.integers(0, 10**9), CURRENCIES))
LINES = st.lists(st.builds(GoodsLine, st.lists(st.sampled_from(IDS), max_size=2), st.integers(1, 100)), max_size=5)
RULES = st.builds(
    PixelRules,
    value=st.sampled_from(["revenue", "margin"]),
    cost_unknown=st.sampled_from(["without_value", "revenue"]),
)
REVENUE = 500.0


def an_order(currency, net, lines):
    signal = a_signal("1", value=REVENUE, currency=currency, channel=Channel.WEBHOOK)
    places = 0 if currency == "JPY" else 2
    signal = msgspec.structs.replace(signal, minor=int(REVENUE * 10**places))
    return msgspec.structs.replace(signal, goods=Goods(net, currency, lines))


def value_of(body):
    return msgspec.json.decode(body).get("properties", {}).get("value")


@given(CURRENCIES, st.integers(-10_000, 10**6), LINES, COSTS, RULES)
def test_what_is_sent_is_the_revenue_or_a_margin_above_zero_or_nothing(currency, net, lines, costs, rules):
    order = an_order(currency, net, lines)
    after, margin = priced(order, rules, costs)
    places = 0 if currency == "JPY" else 2
    value = value_of(after.body)
    assert {"revenue": REVENUE, "nothing": None}.get(margin.sends, value) == value
    assert after.minor == (None if value is None else round(value * 10**places))
    if rules.value == "revenue":
        assert after == order
    elif margin.sends == "margin":
        micros = sum(next(costs[id_] for id_ in line.ids if id_ in costs).micros * line.quantity for line in lines)
        assert 0 < after.minor == margin.margin <= net
        assert abs((net - after.minor) * 10 ** (6 - places) - micros) <= 10 ** (6 - places)
    else:
        assert margin.trouble
        assert margin.sends == (
            "revenue" if rules.cost_unknown == "revenue" and margin.trouble != "loss" else "nothing"
        )


@given(st.permutations(range(3)), COSTS)
def test_whatever_the_order_of_copies_the_servers_word_alone_is_the_value(order, costs):
    rules = PixelRules(value="margin")
    told = an_order("EUR", 40_000, [GoodsLine(["lamp"], 1)])
    late = msgspec.structs.replace(told, channel=Channel.SERVER, goods=None)
    seen = a_signal("1", currency="EUR", channel=BROWSER)
    after, margin = priced(told, rules, costs)
    signals = [after, priced(late, rules, costs)[0], seen]
    copies = [copy_of(signals[n], bytes([n])) for n in order]
    assert value_of(merge(copies, 0)) == (
        None if margin.margin is None or margin.margin <= 0 or margin.trouble else margin.margin / 100
    )
