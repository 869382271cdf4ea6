"""Old orders go, a bounded number at a time, and nothing that is young, open or of a workspace that keeps longer."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from builders import NOW_S
from shop_systems import a_shopify_order, iso
from shopping import NOT_REQUIRED, Shopping
from twinbeam.admin.contract import FileProgress
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.dead_letters import LetterFilter, Resend
from twinbeam.jobs import order_retention
from twinbeam.jobs.order_retention import OrderRetention
from twinbeam.orders.retention import KEEP_DAYS, OrderAge, ended

SHOP = {"shop_id": 1, "shop_domain": "lamps.myshopify.com"}


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path, replace(NOT_REQUIRED, purchase_means="placed"))
    yield shopping
    shopping.close()


def counted(shop, table):
    with shop.store.orders._tables.reading() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_an_order_goes_when_nobody_has_told_of_it_for_so_long_with_its_links(shop):
    for number in (1, 2):
        shop.deliver("shopify", a_shopify_order(number, updated_at=iso(NOW_S - 60)))
    shop.send()
    shop.house.clock.advance(seconds=300 * 86_400)
    shop.deliver("shopify", a_shopify_order(2, updated_at=iso(NOW_S + 299 * 86_400), fulfillment_status="fulfilled"))
    shop.record()
    assert counted(shop, "shop_order_conversion") == 2
    retention = OrderRetention(shop.store, lambda _: 400)
    retention.go_on(shop.now_ms)
    assert len(shop.rows()) == 2
    retention.go_on(shop.now_ms + 101 * MS_PER_DAY)
    assert [row.place.order_id for row in shop.rows()] == ["2"]
    assert counted(shop, "shop_order_conversion") == 1
    retention.go_on(shop.now_ms + 401 * MS_PER_DAY)
    assert (shop.rows(), counted(shop, "shop_order_conversion")) == ([], 0)
    assert shop.conversions(state="delivered") == [("delivered", "")] * 2, "what was sent is kept by rules of its own"


def test_each_workspace_keeps_its_own_days():
    ages = [OrderAge(1, "main", 0), OrderAge(2, "hats", 0), OrderAge(3, "main", 90 * MS_PER_DAY)]
    keeps = {"main": 100, "hats": 3_650}
    assert ended(ages, keeps.__getitem__, 101 * MS_PER_DAY) == [1]
    assert ended(ages, keeps.__getitem__, 100 * MS_PER_DAY) == []


def test_a_resend_goes_long_after_it_was_asked_for_once_it_is_carried_out(shop):
    asked = Resend(0, LetterFilter("main"), "ada", shop.now_ms, count=1, upto=1)
    resends = shop.store.resends
    done, still_open = resends.add(asked), resends.add(asked)
    resends.note(replace(done, finished_ms=shop.now_ms))
    retention = OrderRetention(shop.store, lambda _: 400)
    retention.go_on(shop.now_ms + KEEP_DAYS * MS_PER_DAY)
    assert [it.id for it in resends.newest(["main"], limit=9)] == [still_open.id, done.id]
    retention.go_on(shop.now_ms + KEEP_DAYS * MS_PER_DAY + 1)
    assert [it.id for it in resends.newest(["main"], limit=9)] == [still_open.id]


def test_many_orders_are_looked_through_a_bounded_number_at_a_time(shop, monkeypatch):
    monkeypatch.setattr(order_retention, "LOOKED_AT", 4)
    for number in range(1, 11):
        shop.deliver("shopify", a_shopify_order(number, updated_at=iso(NOW_S - 60)))
    shop.record()
    retention, left = OrderRetention(shop.store, lambda _: 400), []
    for _ in range(4):
        retention.go_on(shop.now_ms + 500 * MS_PER_DAY)
        left.append(len(shop.rows()))
    assert left == [6, 2, 0, 0]


def test_a_request_goes_long_after_it_is_done_and_never_before(shop):
    for number in (1, 2):
        body = SHOP | {"customer": {"id": number}, "orders_requested": [], "data_request": {"id": number}}
        shop.deliver("shopify", body, "customers/data_request")
    shop.record()
    done, still_open = shop.store.person_requests.all_of_them()
    shop.store.person_requests.note_done(done.id, shop.now_ms)
    retention = OrderRetention(shop.store, lambda _: 400)
    retention.go_on(shop.now_ms + (KEEP_DAYS - 1) * MS_PER_DAY)
    assert len(shop.store.person_requests.all_of_them()) == 2
    retention.go_on(shop.now_ms + 10 * KEEP_DAYS * MS_PER_DAY)
    assert [it.id for it in shop.store.person_requests.all_of_them()] == [still_open.id]


def test_how_far_a_file_came_is_forgotten_when_nobody_goes_on(shop):
    shop.store.orders.note_import("old", FileProgress(7), shop.now_ms)
    shop.store.orders.note_import("new", FileProgress(9), shop.now_ms + 300 * MS_PER_DAY)
    OrderRetention(shop.store, lambda _: 400).go_on(shop.now_ms + 500 * MS_PER_DAY)
    assert [shop.store.orders.imported(name).done for name in ("old", "new")] == [0, 9]


def test_an_order_that_was_forgotten_begins_anew_and_is_not_sent_again(shop):
    shop.deliver("shopify", a_shopify_order(1, updated_at=iso(NOW_S - 60)))
    shop.send()
    OrderRetention(shop.store, lambda _: 30).go_on(shop.now_ms + 31 * MS_PER_DAY)
    assert shop.rows() == []
    shop.house.clock.advance(seconds=31 * 86_400)
    shop.deliver("shopify", a_shopify_order(1, updated_at=iso(NOW_S - 60)))
    shop.send()
    assert (len(shop.rows()), len(shop.counted())) == (1, 1)


def test_the_job_goes_on_where_it_was_and_rests_while_it_is_not_due(shop):
    async def on_store(call, *arguments):
        return call(*arguments)

    shop.deliver("shopify", a_shopify_order(1, updated_at=iso(NOW_S - 60)))
    shop.record()
    shop.house.clock.advance(seconds=500 * 86_400)
    job = order_retention.job(shop.store, on_store, shop.house.clock, lambda _: 400, is_due=lambda: False)
    assert (job.name, job.is_due(), job.alone) == ("order_retention", False, True)
    asyncio.run(job.act())
    assert shop.rows() == []
    assert Path(order_retention.__file__).stem == job.name
