"""A week of orders to print."""

import pytest

from builders import PIXEL, WORKSPACE
from ledgers import ordered, some_orders
from reading import words

MONDAY = "2026-09-21"
PATH = f"/reconciliation/week/{MONDAY}"


@pytest.fixture
def shop(room):
    room.add_pixel()
    some_orders(room, WORKSPACE, PIXEL)
    return room


def test_it_answers_first_and_says_why(shop):
    text = words(shop.get(PATH))
    assert "Week of 2026-09-21" in text
    assert "TikTok says 2 , your shop says 5 . 1 is deliberately not sent, 2 are missing: accuracy 60.0 %" in text
    assert "The week before: 0 orders, 0 accepted." in text
    assert "Missing no_event The shop told of this order" in text
    assert "2026-09-21 5 2 1 2 102.50 EUR 97.00 EUR" in text


def test_it_holds_sums_alone(shop):
    page = shop.get(PATH)
    assert not {number for number in ("1001", "1002", "1003") if number in page.text}
    assert "/events/" not in page.text


def test_a_week_without_orders_tells_of_the_one_before(shop):
    shop.clock.advance(seconds=7 * 86_400)
    text = words(shop.get("/reconciliation/week/2026-09-28"))
    assert "No orders in this week The week before there were 5." in text


def test_a_viewer_of_one_workspace_sees_its_week_alone(shop):
    where = {"workspace": "hats", "pixel": "C0EXAMPLEPIXELCODE21", "received_ms": shop.clock.now_ms()}
    shop.add_pixel("C0EXAMPLEPIXELCODE21", workspace="hats", name="Hats")
    shop.record(*ordered("9001", **where))
    assert "your shop says 6" in words(shop.get(PATH))
    assert "your shop says 1" in words(shop.get(PATH, who="viewer", workspace="hats"))
    assert "No orders in this week" in words(shop.get(f"{PATH}?workspace={WORKSPACE}", who="viewer", workspace="hats"))
    assert "your shop says 1" in words(shop.get(f"{PATH}?workspace=hats"))


@pytest.mark.parametrize("week", ["2026-09-22", "2026-09-28", "now", "1999-01-04", "2026-9-21", "9999-12-27"])
def test_what_is_no_monday_of_the_past_is_not_found(shop, week):
    assert shop.get(f"/reconciliation/week/{week}").status == 404
