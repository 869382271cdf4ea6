"""Orders beside their conversions, from signed deliveries to what TikTok took, read from a real store."""

import pytest
from msgspec.structs import replace

from shop_systems import a_shopify_order, iso
from shopping import NOT_REQUIRED, REQUIRED, Shopping
from tiktok_emulator.accounts import DEFAULT_PIXEL
from twinbeam.admin import reconciling
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import NotFound
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rules import MAIN
from twinbeam.orders.sums import tally

COD = {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}


@pytest.fixture
def opened(tmp_path):
    shops = []

    def give(rules=NOT_REQUIRED):
        shops.append(Shopping(tmp_path, rules))
        return shops[0]

    yield give
    for shop in shops:
        shop.close()


def shopify(number, shop, **fields):
    moment = _iso(shop.now_ms)
    return a_shopify_order(number, created_at=moment, processed_at=moment, updated_at=moment, **fields)


def _iso(ms):
    return iso(ms // 1_000)


def an_admin(shop):
    return Admin(shop.store, Actor("ada"), shop.house.clock)


def with_a_pixel(shop, code, rules):
    shop.store.save_pixel(workspace=MAIN, code=code, event_source="web", name="", now_ms=shop.now_ms, rules=rules)


def read(shop, workspace, **asked):
    days = reconciling.last_days(shop.now_ms, 7, workspace)
    question = reconciling.OrderScope(days, **asked)
    found = list(reconciling.lines_of(shop.store.orders, shop.store.pixels(), question))
    assert reconciling.reconciliation(shop.store.orders, shop.store.pixels(), question).total == tally(found)
    return found


def became(shop, **asked):
    lines = reconciling.listed(an_admin(shop), MAIN, **asked)
    assert reconciling.reconcile(an_admin(shop), MAIN, **asked).total == tally(lines)
    return {line.order.order_id: (line.pixel, line.result.value, line.reason) for line in lines}


def test_each_order_is_told_with_what_became_of_its_purchase(opened):
    shop = opened()
    shop.deliver("shopify", shopify(1, shop))
    shop.deliver("shopify", shopify(2, shop, **COD))
    shop.deliver("shopify", shopify(3, shop, source_name="pos"))
    shop.deliver("shopify", shopify(4, shop, cancelled_at=_iso(shop.now_ms)), "orders/cancelled")
    shop.send()
    shop.deliver("shopify", shopify(5, shop))
    shop.record()
    found = became(shop)
    assert found["1"] == (DEFAULT_PIXEL, "accepted", "")
    assert found["2"] == (DEFAULT_PIXEL, "ignored", "not_yet")
    assert found["3"][1:] == ("ignored", "order_ignored")
    assert found["4"][1:] == ("ignored", "order_cancelled")
    assert found["5"] == (DEFAULT_PIXEL, "missing", "being_sent")
    money = reconciling.reconcile(an_admin(shop), MAIN).total.money["EUR"]
    assert (money.compared, money.told, money.delta) == (8_990, 8_990, 0)


def test_what_a_pixel_leaves_to_the_browser_is_told(opened):
    rules = replace(NOT_REQUIRED, way="browser")
    shop = opened(rules)
    with_a_pixel(shop, DEFAULT_PIXEL, rules)
    shop.deliver("shopify", shopify(1, shop))
    shop.record()
    assert became(shop)["1"] == (DEFAULT_PIXEL, "ignored", "left_to_browser")
    with_a_pixel(shop, "C0EXAMPLEPIXELCODE21", NOT_REQUIRED)
    assert became(shop)["1"] == ("", "missing", "no_event")


def test_an_order_of_which_nobody_said_whether_it_is_allowed_is_missing(opened):
    shop = opened(REQUIRED)
    shop.deliver("shopify", shopify(1, shop))
    shop.record()
    assert became(shop)["1"] == (DEFAULT_PIXEL, "missing", "consent_not_said")


def test_a_place_an_order_that_went_is_no_purchase(opened):
    shop = opened(replace(NOT_REQUIRED, place_an_order=True))
    shop.deliver("shopify", shopify(1, shop, **COD), "orders/create")
    shop.send()
    assert [event.event for event in shop.counted()] == ["PlaceAnOrder"]
    assert became(shop)["1"] == (DEFAULT_PIXEL, "ignored", "not_yet")


def test_orders_are_bounded_by_the_days_on_which_they_were_placed(opened):
    shop = opened()
    shop.deliver("shopify", shopify(1, shop))
    shop.pass_time(seconds=3 * MS_PER_DAY / 1_000)
    shop.deliver("shopify", shopify(2, shop))
    shop.record()
    assert set(became(shop, days=3)) == {"2"}
    assert list(became(shop, days=4)) == ["2", "1"]
    assert set(became(shop, days=1)) == {"2"}
    assert len(read(shop, MAIN)) == len(read(shop, "")) == 2
    assert read(shop, "hats") == []
    assert len(read(shop, MAIN, pixel=(MAIN, DEFAULT_PIXEL))) == 2
    assert read(shop, MAIN, pixel=("hats", DEFAULT_PIXEL)) == []


def test_what_led_to_no_event_is_of_the_only_pixel(opened):
    shop = opened(replace(NOT_REQUIRED, way="browser"))
    with_a_pixel(shop, DEFAULT_PIXEL, NOT_REQUIRED)
    shop.deliver("shopify", shopify(1, shop))
    shop.record()
    assert len(read(shop, MAIN, pixel=(MAIN, DEFAULT_PIXEL))) == 1
    with_a_pixel(shop, "C0EXAMPLEPIXELCODE21", NOT_REQUIRED)
    assert read(shop, MAIN, pixel=(MAIN, DEFAULT_PIXEL)) == []


def test_one_order_is_shown_by_its_number(opened):
    shop = opened()
    shop.deliver("shopify", shopify(1, shop))
    shop.record()
    (line,) = reconciling.shown(an_admin(shop), MAIN, "1")
    assert line.conversion == 1
    with pytest.raises(NotFound, match="There is no order 2"):
        reconciling.shown(an_admin(shop), MAIN, "2")
