"""What Shopify passes on of persons' rights leads to erasure and export, and to nothing that names anybody on disk."""

import json

import pytest

from builders import NOW_S
from shop_systems import a_shopify_order, iso
from shopping import Shopping
from twinbeam.admin import requests
from twinbeam.admin.audit import latest
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import Conflict, NotFound
from twinbeam.admin.export import as_json
from twinbeam.orders.state import state_of

NUMBER = 5_123_456_789_012_345_678
CUSTOMER = {"id": 9_007_199_254_740_993, "email": "ADA@example.com", "phone": "+4915123456789"}


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path)
    moments = dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(NOW_S))
    shopping.deliver("shopify", a_shopify_order(NUMBER, **moments), "orders/paid")
    shopping.deliver(
        "shopify",
        a_shopify_order(2, **moments, contact_email="bob@example.com", email="", phone="+4915199999999", customer={}),
        "orders/paid",
    )
    shopping.send()
    yield shopping
    shopping.close()


class Around:
    """The store itself carries erasures out, as the writer does."""

    def __init__(self, shop):
        self.shop, self.remembered = shop, []

    def positions(self):
        return {}

    def remember(self, request):
        self.remembered.append(request.id)

    def carried_out(self, request_id):
        while self.shop.store.erasure(request_id) is None and self.shop.store.tidy(self.shop.now_ms):
            pass
        return self.shop.store.erasure(request_id)


def admin_of(shop):
    return Admin(shop.store, Actor("ada"), shop.house.clock)


def asked(shop, topic, **body):
    assert shop.deliver("shopify", {"shop_id": 1, "shop_domain": "lamps.myshopify.com"} | body, topic).status == 202
    shop.record()
    return requests.listed(admin_of(shop), "main")[-1]


def left(shop):
    return len(shop.conversions(state="delivered")), len(shop.conversions(state="erased"))


def test_a_customers_erasure_reaches_what_they_are_known_by_and_nobody_else(shop):
    row = asked(shop, "customers/redact", customer=CUSTOMER, orders_to_redact=[NUMBER])
    assert row.kind == requests.BY_ITSELF
    around = Around(shop)
    done = requests.erase(admin_of(shop), row.id, around)
    assert (done.erasures, done.done, done.removed) == (4, 4, 1)
    assert (left(shop), len(around.remembered)) == ((1, 1), 4)
    told = [line.after for line in latest(admin_of(shop), limit=5)]
    assert told == ["erased: 1 conversions", *["asked by shopify (redact)"] * 4]
    (after,) = requests.listed(admin_of(shop), "main")
    assert (after.people, after.done_ms) == ([], shop.now_ms)
    with pytest.raises(Conflict, match="is done already"):
        requests.erase(admin_of(shop), row.id, around)
    assert state_of(shop.ledger()[str(NUMBER)].facts).shown == "paid"  # about nobody, so it stays


def test_a_request_that_is_delivered_again_is_one(shop):
    for _ in range(3):
        asked(shop, "customers/redact", customer=CUSTOMER, orders_to_redact=[NUMBER])
    assert len(requests.listed(admin_of(shop), "main")) == 1


def test_a_customer_is_told_what_is_stored(shop):
    row = asked(shop, "customers/data_request", customer=CUSTOMER, orders_requested=[NUMBER], data_request={"id": 7})
    found = as_json(requests.export(admin_of(shop), row.id))
    assert [it["story"]["order_id"] for it in found["stored"]] == [str(NUMBER)]
    with pytest.raises(Conflict):
        requests.export(admin_of(shop), row.id)
    with pytest.raises(NotFound):
        requests.export(admin_of(shop), "another")


def test_a_whole_shop_is_erased_by_its_orders_when_its_owner_says_so(shop):
    row = asked(shop, "shop/redact")
    assert row.kind != requests.BY_ITSELF
    done = requests.erase(admin_of(shop), row.id, Around(shop))
    assert (done.erasures, done.removed) == (2, 2)
    assert left(shop) == (0, 2)


def test_nobody_is_named_on_the_way(shop):
    shop.deliver("shopify", {"customer": CUSTOMER, "orders_to_redact": [NUMBER]}, "customers/redact")
    told = repr(list(shop._journal)).lower()
    row = asked(shop, "customers/data_request", customer=CUSTOMER)
    dump = "\n".join(shop.store._db.iterdump()).lower() + repr(row).lower() + json.dumps(told)
    assert "ada@" not in dump
    assert "15123456789" not in dump
