"""The page of one order, and the ways that lead to it."""

from urllib.parse import quote_plus

import pytest

from builders import PIXEL, WORKSPACE
from ledgers import facts_of, ordered, some_orders
from reading import words


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
