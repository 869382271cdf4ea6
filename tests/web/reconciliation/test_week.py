"""A week of orders to print."""

from datetime import date

import pytest

from builders import PIXEL, WORKSPACE
from ledgers import ordered, some_orders
from reading import words
from twinbeam.admin.weekly_report import MOST_ROWS, read_report, text_of
from twinbeam.checks.records import IssueRecord

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


def test_it_tells_how_each_pixel_did(shop):
    text = words(shop.get(PATH))
    assert "Example shop 66.7 % none 0.0 of 10 0 0" in text
    at_ms = shop.clock.now_ms()
    ended = IssueRecord(WORKSPACE, PIXEL, "one_sided", at_ms - 1_000, at_ms, at_ms, ended_ms=at_ms)
    earlier = IssueRecord(WORKSPACE, PIXEL, "rejected", at_ms - 40 * 86_400_000, at_ms, at_ms)
    shop.store.issues.keep_records([ended, earlier], [])
    assert "Example shop 66.7 % none 0.0 of 10 1 1" in words(shop.get(PATH))


def test_the_command_and_the_mail_write_the_same(shop):
    week = read_report(shop.reader, date(2026, 9, 21), shop.clock.now_ms(), WORKSPACE)
    text = text_of(week)
    assert "Example shop: accepted 66.7 %, deduplication none, match 0.0 of 10; issues 0 opened, 0 closed" in text
    assert [it.place for it in week.figures] == [(WORKSPACE, PIXEL)]


def test_of_many_pixels_those_where_most_happened_are_told_of_and_the_rest_are_counted(shop):
    at_ms = shop.clock.now_ms()
    for n in range(MOST_ROWS + 5):
        shop.add_pixel(f"C0IDLE{n:014}", name=f"Idle {n}")
    busy = [f"C0BUSY{n:014}" for n in range(MOST_ROWS + 2)]
    for n, code in enumerate(busy):
        shop.add_pixel(code, name=f"Busy {n:02}")
    one = [IssueRecord(WORKSPACE, code, "one_sided", at_ms - 1_000, at_ms, at_ms) for code in busy]
    two = [IssueRecord(WORKSPACE, code, "rejected", at_ms - 1_000, at_ms, at_ms) for code in busy[-3:]]
    shop.store.issues.keep_records([*one, *two], [])
    week = read_report(shop.reader, date(2026, 9, 21), at_ms, WORKSPACE)
    assert [it.place[1] for it in week.figures] == [PIXEL, *busy[-3:], *busy[: MOST_ROWS - 4]]
    assert week.figures_left == 3
    said = "3 more are left out, of which less happened: see the page Pixels."
    assert said in text_of(week)
    assert said in words(shop.get(PATH))


def test_issues_of_long_ago_are_not_counted_as_none(shop):
    week = read_report(shop.reader, date(2026, 9, 21), shop.clock.now_ms() + 60 * 86_400_000)
    assert "issues not kept" in text_of(week)


def test_without_a_monday_it_is_the_last_week_that_is_over(shop):
    shop.clock.advance(seconds=7 * 86_400)
    assert "Week of 2026-09-21" in words(shop.get("/reconciliation/week"))
    assert 'href="/reconciliation/week"' in shop.get("/").text
    assert f'href="/reconciliation/week?workspace={WORKSPACE}"' in shop.get(f"/pixels/{WORKSPACE}/{PIXEL}").text


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
