"""The page of one order, and the ways that lead to it."""

from urllib.parse import quote_plus

import pytest
from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from ledgers import facts_of, ordered, some_orders
from reading import words
from twinbeam.core.order import OrderFacts, Refund, Stated


@pytest.fixture
def shop(room):
    room.add_pixel()
    some_orders(room, WORKSPACE, PIXEL)
    return room


def page(room, number):
    return words(room.get(f"/orders/{WORKSPACE}/{number}"))


def test_an_accepted_order_tells_state_money_and_what_tiktok_was_told(shop):
    told = page(shop, "1001")
    assert "Order 1001" in told
    assert "State paid" in told
    assert "Value 20.50 EUR" in told
    assert "Accepted. Copies and attempts" in told
    assert told.endswith("20.50 EUR") or "20.50 EUR" in told.split("Copies and attempts")[1]


def test_a_refund_leaves_the_net(shop):
    told = page(shop, "1002")
    assert "Refunded 5.50 EUR" in told
    assert "Net 15.00 EUR" in told


@pytest.mark.parametrize(
    ("number", "result"), [("1003", "Missing."), ("1004", "Deliberately not sent."), ("1005", "Missing.")]
)
def test_an_order_that_tiktok_does_not_have_says_why(shop, number, result):
    assert result in page(shop, number)


@pytest.mark.parametrize("number", ["1004", "#1005"])
def test_an_order_of_which_no_event_came_is_found(shop, number):
    answer = shop.get("/find", method="POST", body=f"q={quote_plus(number)}".encode())
    assert (answer.status, answer.headers["location"]) == (303, f"/orders/{WORKSPACE}/{number.strip('#')}")


def test_an_order_with_an_event_leads_from_its_conversion(shop):
    conversion = shop.get("/find?q=1001").headers["location"]
    assert f'href="/orders/{WORKSPACE}/1001"' in shop.get(conversion).text


def test_a_number_may_hold_anything(shop):
    hostile = "<b>/../a?b#c"
    shop.record(*ordered(hostile, purchase=False, facts=facts_of(hostile), workspace=WORKSPACE))
    answer = shop.get("/find", method="POST", body=f"q={quote_plus(hostile)}".encode())
    shown = shop.get(answer.headers["location"])
    assert shown.status == 200
    assert "<b>/" not in shown.text


@pytest.mark.parametrize(
    "address", [f"/orders/{WORKSPACE}/none", "/orders/nobody/1001", f"/orders/{WORKSPACE}/{'9' * 300}"]
)
def test_what_is_no_order_is_not_found(shop, address):
    assert shop.get(address).status == 404


def test_what_went_back_in_another_currency_is_shown_and_not_subtracted(shop):
    back = {"a": Refund(NOW_MS, "5.00 EUR"), "b": Refund(NOW_MS, "800 JPY")}
    facts = replace(facts_of("2001"), refunds=back)
    shop.record(*ordered("2001", purchase=False, facts=facts, workspace=WORKSPACE))
    told = page(shop, "2001")
    assert "Refunded 800 JPY" in told
    assert "in another currency than the order: not subtracted Net 15.50 EUR" in told
    assert "not subtracted" not in page(shop, "1002")
    whole = replace(facts, stated={**facts.stated, "refunded": Stated(NOW_MS, "whole")})
    shop.record(*ordered("2002", purchase=False, facts=replace(whole, order_id="2002"), workspace=WORKSPACE))
    told = page(shop, "2002")
    assert "Refunded 20.50 EUR Net 0.00 EUR" in told
    assert "not subtracted" not in told
    assert "Refunded 800 JPY" in words(shop.get(f"/orders/{WORKSPACE}/2001", who="viewer", workspace=WORKSPACE))


def test_an_order_of_which_only_a_refund_is_known_says_so(shop):
    alone = OrderFacts("2003", "shopify", refunds={"a": Refund(NOW_MS, "5.00 EUR")})
    shop.record(*ordered("2003", purchase=False, facts=alone, workspace=WORKSPACE))
    told = page(shop, "2003")
    assert "It is no order by the shop's rules, or only what went back of it is known: nothing of it is sent." in told
    assert "Refunded 5.00 EUR" in told
