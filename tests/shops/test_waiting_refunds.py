"""What is told of an order that nobody told of yet waits for it, and counts nowhere."""

import pytest

from builders import NOW_S
from shop_systems import a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, iso
from shopping import WORKSPACE, Shopping
from twinbeam.orders.reconciliation import Days, reconciled
from twinbeam.orders.refunds import deltas

EVER = Days(0, 10**6, WORKSPACE)
REFUND = {
    "id": 7,
    "order_id": 1,
    "created_at": iso(NOW_S),
    "refund_line_items": [],
    "transactions": [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"}],
}
CHARGE = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "currency": "eur", "livemode": True}
DISPUTE = {"id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur", "status": "needs_response"}
#: Of a system: what comes first, and the order that it waits for.
EARLY = {
    "a refund of Shopify's": ("shopify", REFUND, "refunds/create", a_shopify_order(1)),
    "a refund of Stripe's": (
        "stripe",
        a_stripe_event(CHARGE | {"amount_refunded": 1000}, "charge.refunded"),
        "",
        a_stripe_event(a_stripe_session()),
    ),
    "a dispute": (
        "stripe",
        a_stripe_event(DISPUTE | {"charge": "ch_1", "payment_intent": "pi_1"}, "charge.dispute.created"),
        "",
        a_stripe_event(a_stripe_session()),
    ),
    "a test's refund": (
        "stripe",
        a_stripe_event(CHARGE | {"amount_refunded": 1000, "livemode": False}, "charge.refunded"),
        "",
        a_stripe_event(a_stripe_session(livemode=False)),
    ),
}


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path)
    yield shopping
    shopping.close()


def counted(shop):
    """Give what the sums and the lists say of orders: how many, their value and what is left of it."""
    shop.record()
    lines = reconciled(shop.store.orders.listed(EVER))
    sums = [it for it in shop.store.orders.counted(EVER).alike if it.alike.kind != "no_order"]
    assert sum(it.n for it in sums) == len(lines)
    return [(line.order.value_minor, line.order.net_minor) for line in lines]


@pytest.mark.parametrize("early", EARLY)
def test_it_counts_once_its_order_is_known(shop, early):
    system, body, topic, order = EARLY[early]
    shop.deliver(system, body, topic)
    assert counted(shop) == []
    shop.deliver(system, order)
    assert counted(shop) == [(8990, 7990)]
    assert len(shop.ledger()) == 1


def test_an_order_that_is_told_of_by_its_refund_alone_is_none_by_the_api_either(shop):
    back = {"refund_id": "r", "amount": 10, "currency": "EUR"}
    shop.state({"order_id": "1", "refunds": [back]})
    assert counted(shop) == []
    shop.state({"order_id": "1", "money": {"value": 89.9, "currency": "EUR"}, "states": {"paid": True}})
    assert counted(shop) == [(8990, 7990)]


def test_a_refund_that_comes_first_takes_no_purchase_from_its_order(shop):
    shop.deliver("shopify", REFUND, "refunds/create")
    shop.send()
    shop.deliver("shopify", a_shopify_order(1), "orders/paid")
    shop.send()
    assert [one.value for one in shop.counted()] == [89.9]


def test_a_deleted_order_that_nobody_told_of_is_none(shop):
    shop.deliver("woocommerce", {"id": 9}, "order.deleted")
    assert counted(shop) == []
    moments = ("date_created_gmt", "date_modified_gmt", "date_paid_gmt")
    shop.deliver("woocommerce", a_woo_order(9, **dict.fromkeys(moments, iso(NOW_S - 60, ""))))
    assert counted(shop) == [(8990, 0)]


def test_an_undated_refund_stays_at_the_time_at_which_it_was_first_told_of(shop):
    back = [{"id": 5, "total": "-10.00"}]
    for day in ("22", "21", "25"):
        shop.deliver("woocommerce", a_woo_order(1, refunds=back, date_modified_gmt=f"2026-11-{day}T11:00:00"))
    ((at_ms, money),) = deltas(shop.ledger()["1"].facts, "EUR")
    assert (iso(at_ms / 1_000), str(money)) == ("2026-11-21T11:00:00Z", "10.00 EUR")
