"""What an order's products are worth, on the way from the door to the journal; for the margin, never for TikTok."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealing import BARE, DROPPED, seal
from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel, Content
from twinbeam.pipeline.journal.codec import decode, encode

MARGIN = PixelRules(value="margin")
LINES = [
    Content(content_id="456", variant_id="456", sku="HAT-1", group_id="123", price=20, quantity=2),
    Content(content_id="9"),
]
GOODS = Goods(5_000, "EUR", [GoodsLine(["456", "HAT-1"], 2), GoodsLine(["9"], 1)])


def order(**changes):
    """Seal an order of 89.90 EUR, of which 50 are for its products."""
    parts = {"value": 89.9, "tax": 14.35, "shipping": 4.95, "tips": 0.6, "gift_cards": 20}
    return seal(**{"contents": LINES, "channel": Channel.WEBHOOK} | parts | changes)


@pytest.mark.parametrize("channel", [Channel.WEBHOOK, Channel.SERVER, Channel.FILE])
def test_a_servers_order_says_what_was_paid_for_its_products(channel):
    signal = order(channel=channel).signal
    assert signal.goods == GOODS
    (again,) = decode(encode([signal]))
    assert again.goods == GOODS


@pytest.mark.parametrize(
    "changes",
    [{"channel": Channel.BROWSER}, {"event": "AddToCart"}, {"contents": None}, {"value": None}, {"currency": None}],
)
def test_nothing_else_does(changes):
    assert order(**changes).signal.goods is None


def test_what_is_refused_says_nothing_of_them():
    assert order(permission=DROPPED).signal.goods is None


def test_nothing_of_them_goes_to_tiktok():
    assert "goods" not in order().body
    assert order().body == order(permission=BARE).body | {"user": order().body["user"]}


def test_an_id_that_is_somebodys_address_is_no_products():
    said = order(contents=[Content(content_id="ada@shop.example", sku="+4915123456789")])
    assert said.signal.goods.lines == [GoodsLine([], 1)]


@pytest.mark.parametrize("rules", [PixelRules(), PixelRules(value_without=("tax", "shipping")), MARGIN])
def test_what_the_value_leaves_out_changes_nothing_of_what_products_are_worth(rules):
    assert order(rules=rules).signal.goods == GOODS


def test_where_margins_are_sent_a_browser_says_no_value_of_an_order():
    for event in ("Purchase", "CompletePayment", "PlaceAnOrder"):
        said = order(event=event, channel=Channel.BROWSER, rules=MARGIN)
        assert (said.signal.minor, said.signal.currency) == (None, "EUR")
        assert "value" not in said.body["properties"]
        assert said.body["properties"]["contents"]
    assert order(event="AddToCart", channel=Channel.BROWSER, rules=MARGIN).body["properties"]["value"] == 89.9
    assert order(channel=Channel.BROWSER).body["properties"]["value"] == 89.9


def test_a_browsers_order_has_the_same_id_with_and_without_its_value():
    ids = {
        order(event_id=None, order_id=None, channel=Channel.BROWSER, rules=rules).signal.event_id
        for rules in (PixelRules(), MARGIN)
    }
    assert len(ids) == 1


@given(
    value=st.floats(-1e9, 1e9),
    parts=st.tuples(*[st.none() | st.floats(-1e9, 1e9) | st.sampled_from([nan, inf, -inf])] * 4),
    quantity=st.none() | st.integers(-5, 10**12),
)
def test_no_amount_breaks_it_and_no_part_adds_to_it(value, parts, quantity):
    names = ("tax", "shipping", "tips", "gift_cards")
    goods = order(
        value=value, contents=[Content(content_id="1", quantity=quantity)], **dict(zip(names, parts, strict=True))
    ).signal.goods
    assert goods.minor <= round(value * 100) + 1
    assert goods.lines[0].quantity >= 1
