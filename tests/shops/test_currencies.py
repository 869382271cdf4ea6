"""Amounts of two currencies never meet: in no price, no refund and no sum. From signed deliveries to the ledger's rows."""

import json

import pytest

from builders import NOW_S
from shop_systems import a_shopify_order, iso
from shopping import NOT_REQUIRED, WORKSPACE, Shopping
from twinbeam.core.rules import SourceRules
from twinbeam.orders.reconciliation import Days
from twinbeam.orders.state import state_of

EVER = Days(0, 10**6, WORKSPACE)
CONTENT = "44000000000000001"


@pytest.fixture
def shop_of(tmp_path):
    """Give a function that makes a shop whose source counts in a currency."""
    made = []

    def make(money="shop"):
        made.append(Shopping(tmp_path / money, NOT_REQUIRED, SourceRules(money=money)))
        return made[-1]

    yield make
    for shop in made:
        shop.close()


def both(shop, seen):
    return {
        "shop_money": {"amount": shop, "currency_code": "USD"},
        "presentment_money": {"amount": seen, "currency_code": "JPY"},
    }


def an_order(**fields):
    """A Japanese buyer's order at a shop that counts in dollars: 80.00 USD, or 12000 JPY."""
    totals = dict.fromkeys(("total_price_set", "current_total_price_set"), both("80.00", "12000"))
    line = {
        "variant_id": int(CONTENT),
        "quantity": 2,
        "price": "45.00",
        "price_set": both("45.00", "6750"),
        "discount_allocations": [{"amount": "10.00", "amount_set": both("10.00", "1500")}],
    }
    moments = dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(NOW_S))
    plain = dict.fromkeys(("total_price", "current_total_price"), "80.00")
    said = {"currency": "USD", "presentment_currency": "JPY", "line_items": [line]}
    return a_shopify_order(1, **{**said, **moments, **plain, **totals, **fields})


def a_refund(amount, currency, **fields):
    """A refund as `refunds/create` tells it."""
    moved = {"kind": "refund", "status": "success", "amount": amount, "currency": currency}
    told = {"id": 7, "order_id": 1, "created_at": iso(NOW_S + 60), "refund_line_items": [], "transactions": [moved]}
    return told | fields


def refunded(status, refund, **fields):
    """The order once the refund is in it."""
    return an_order(financial_status=status, refunds=[refund], updated_at=iso(NOW_S + 60), **fields)


def row(shop):
    """Give what the only order is worth, what went back of it, and what is left."""
    shop.record()
    (order,) = shop.store.orders.listed(EVER)
    return order.currency, order.value_minor, order.refunded_minor, order.net_minor


def kept_apart(shop):
    shop.record()
    return [str(money) for money in state_of(shop.ledger()["1"].facts).apart]


def sent(shop):
    """Give the properties of what TikTok counts."""
    shop.send()
    return [json.loads(bytes(one.copies[0].raw))["properties"] for one in shop.counted()]


@pytest.mark.shops("refund-sent")
@pytest.mark.parametrize("money", ["shop", "presentment"])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_what_went_back_whole_is_never_sent_whatever_it_was_paid_back_in(shop_of, money, currency):
    shop = shop_of(money)
    back = a_refund("80.00" if currency == "USD" else "12000", currency)
    shop.deliver("shopify", refunded("refunded", back))
    assert sent(shop) == []
    value = {"shop": ("USD", 8000), "presentment": ("JPY", 12000)}[money]
    assert row(shop) == (*value, value[1], 0)


@pytest.mark.shops("refund-sent")
def test_what_went_back_whole_is_never_sent_where_the_body_lists_no_refund(shop_of):
    shop = shop_of()
    body = an_order(financial_status="refunded")
    del body["refunds"]
    shop.deliver("shopify", body)
    assert (sent(shop), row(shop)) == ([], ("USD", 8000, 8000, 0))


@pytest.mark.parametrize(
    ("money", "left"), [("shop", ("USD", 8000, None, 8000)), ("presentment", ("JPY", 12000, 1000, 11000))]
)
def test_a_part_that_went_back_leaves_a_purchase_and_is_subtracted_in_its_own_currency_alone(shop_of, money, left):
    shop = shop_of(money)
    shop.deliver("shopify", refunded("partially_refunded", a_refund("1000", "JPY")))
    assert row(shop) == left
    assert kept_apart(shop) == ([] if money == "presentment" else ["1000 JPY"])
    assert len(sent(shop)) == 1


FIGURES = {"refund_line_items": [{"subtotal_set": both("20.00", "3000"), "total_tax_set": both("2.00", "300")}]}


@pytest.mark.parametrize(
    ("moved", "figures"),
    [
        (("22.00", "USD"), FIGURES),
        (("20.00", "USD"), FIGURES),  # the tax is in the prices
        (("27.00", "USD"), FIGURES | {"order_adjustments": [{"amount_set": both("-5.00", "-750")}]}),  # and the parcel
        (("22.00", None), FIGURES),
    ],
)
@pytest.mark.parametrize("first", ["refund", "order"])
def test_a_refund_counts_by_its_own_figures_in_the_currency_of_the_basis(shop_of, moved, figures, first):
    shop = shop_of("presentment")
    back = a_refund(*moved, **figures)
    bodies = [(back, "refunds/create"), (refunded("partially_refunded", back), "orders/updated")]
    for body, topic in bodies if first == "refund" else reversed(bodies):
        shop.deliver("shopify", body, topic)
    yen = {"22.00": 3300, "20.00": 3000, "27.00": 4050}[moved[0]]
    assert row(shop) == ("JPY", 12000, yen, 12000 - yen)
    assert kept_apart(shop) == []


def test_figures_that_do_not_add_up_to_the_money_that_moved_are_not_taken(shop_of):
    shop = shop_of("presentment")
    shop.deliver("shopify", an_order())
    shop.deliver("shopify", a_refund("21.00", "USD", **FIGURES), "refunds/create")
    assert row(shop) == ("JPY", 12000, None, 12000)
    assert kept_apart(shop) == ["21.00 USD"]


@pytest.mark.parametrize("first", ["refund", "order"])
def test_a_refund_without_a_currency_is_in_that_of_its_order(shop_of, first):
    """As in Shopify's own sample of refunds/create, where the order's currency is nowhere in the body."""
    shop = shop_of()
    yen = {"shop_money": {"amount": "12000", "currency_code": "JPY"}}
    yen |= {"presentment_money": yen["shop_money"]}
    sets = dict.fromkeys(("total_price_set", "current_total_price_set"), yen)
    order = an_order(currency="JPY", presentment_currency="JPY", **sets)
    bodies = [(a_refund("1000", None), "refunds/create"), (order, "orders/paid")]
    for body, topic in bodies if first == "refund" else reversed(bodies):
        shop.deliver("shopify", body, topic)
    assert row(shop) == ("JPY", 12000, 1000, 11000)


def test_a_refund_without_a_currency_of_an_order_in_two_is_kept_apart(shop_of):
    shop = shop_of("presentment")
    shop.deliver("shopify", refunded("partially_refunded", a_refund("1000", None)))
    assert row(shop) == ("JPY", 12000, None, 12000)
    assert kept_apart(shop) == ["1000 XXX"]


def test_the_api_subtracts_no_dollars_from_yen(shop_of):
    shop = shop_of()
    back = [{"refund_id": str(n), "amount": 80, "currency": currency} for n, currency in enumerate(("JPY", "USD"))]
    money = {"value": 12000, "currency": "jpy"}
    answered = shop.state({"order_id": "1", "money": money, "states": {"paid": True}, "refunds": back})
    notices = [(it["code"], it["field"]) for it in answered.json["notices"] if it["field"].count("refunds")]
    assert notices == [("refund_apart", "orders[0].refunds[1].currency")]
    assert row(shop) == ("JPY", 12000, 80, 11920)
    assert kept_apart(shop) == ["80 USD"]


@pytest.mark.parametrize(("money", "price"), [("shop", 40.0), ("presentment", 6000.0)])
def test_prices_are_in_the_currency_of_the_value(shop_of, money, price):
    shop = shop_of(money)
    shop.deliver("shopify", an_order(), "orders/paid")
    (properties,) = sent(shop)
    assert [it["price"] for it in properties["contents"]] == [price]
    assert properties["currency"] == {"shop": "USD", "presentment": "JPY"}[money]


@pytest.mark.parametrize("lacks", ["price_set", "discount_allocations"])
def test_a_price_that_is_not_told_in_the_currency_of_the_value_is_left_out(shop_of, lacks):
    shop = shop_of("presentment")
    (line,) = an_order()["line_items"]
    cut = {"price_set": None} if lacks == "price_set" else {"discount_allocations": [{"amount": "10.00"}]}
    shop.deliver("shopify", an_order(line_items=[line | cut]), "orders/paid")
    (properties,) = sent(shop)
    (content,) = properties["contents"]
    assert (content["content_id"], "price" in content) == (CONTENT, False)
