"""One sale is one purchase, however many types of events tell of it, in any order, under each rule."""

import json
import re
from collections import Counter
from itertools import permutations

import pytest

from builders import NOW_S
from shop_systems import a_stripe_event, a_stripe_session
from shopping import NOT_REQUIRED, WORKSPACE, Shopping
from twinbeam.core.rules import SourceRules
from twinbeam.orders.reconciliation import Days, reconciled

EVER = Days(0, 10**6, WORKSPACE)
DAY = 86_400
MONEY = {"currency": "eur", "livemode": True, "created": NOW_S}
PAYMENT = MONEY | {"id": "pi_1", "object": "payment_intent", "amount": 2000, "amount_received": 2000}
CHARGE = MONEY | {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "amount": 2000, "amount_refunded": 0}
SESSION = a_stripe_session(created=NOW_S, amount_total=2000)
INVOICE = MONEY | {"id": "in_1", "object": "invoice", "amount_paid": 2000, "total": 2000}
SUBSCRIBED = SESSION | {"mode": "subscription", "payment_intent": None, "invoice": "in_1", "subscription": "sub_1"}
OF_SUBSCRIPTION = {"type": "subscription_details", "subscription_details": {"subscription": "sub_1", "metadata": {}}}
FIRST = INVOICE | {"billing_reason": "subscription_create"}
OLD, NEW = {"subscription": "sub_1"}, {"parent": OF_SUBSCRIPTION}  # until the API of 2025-03-31, and since

#: What each documented type of event tells of one sale, by how it was sold and by the version of the API.
SALES = {
    "a checkout": {
        "checkout.session.completed": SESSION,
        "payment_intent.succeeded": PAYMENT,
        "charge.succeeded": CHARGE,
    },
    "a checkout that makes an invoice": {
        "checkout.session.completed": SESSION | {"invoice": "in_1"},
        "invoice.paid": INVOICE | {"billing_reason": "manual"},
        "payment_intent.succeeded": PAYMENT,
        "charge.succeeded": CHARGE,
    },
    "a subscription": {
        "checkout.session.completed": SUBSCRIBED,
        "invoice.paid": FIRST | NEW,
        "payment_intent.succeeded": PAYMENT,
        "charge.succeeded": CHARGE,
    },
    "a subscription, before 2025-03-31": {
        "checkout.session.completed": SUBSCRIBED,
        "invoice.paid": FIRST | OLD | {"payment_intent": "pi_1", "charge": "ch_1"},
        "payment_intent.succeeded": PAYMENT | {"invoice": "in_1"},
        "charge.succeeded": CHARGE | {"invoice": "in_1"},
    },
    "an invoice twice told": {"invoice.paid": FIRST | NEW, "invoice.payment_succeeded": FIRST | NEW},
    "a payment alone": {"payment_intent.succeeded": PAYMENT, "charge.succeeded": CHARGE},
}
#: What a rule lets no event tell of.
UNTOLD = {("checkout", "a payment alone"), ("payment_intent", "an invoice twice told")}


def lines(shop):
    shop.record()
    return [
        (it.order.kind, it.order.value_minor, it.order.net_minor) for it in reconciled(shop.store.orders.listed(EVER))
    ]


def renumbered(what, number):
    """Give an object as it is of another sale."""
    return json.loads(re.sub(r"(in|pi|ch|sub|cs_live)_1", rf"\1_{number}", json.dumps(what)))


@pytest.mark.parametrize("sale", SALES)
@pytest.mark.parametrize("sales", ["checkout", "payment_intent"])
def test_one_sale_is_one_purchase(tmp_path, sale, sales):
    shop = Shopping(tmp_path, NOT_REQUIRED, SourceRules(stripe_sales=sales))
    orders = list(permutations(SALES[sale].items()))
    for number, order in enumerate(orders, start=100):
        for kind, what in order:
            shop.deliver("stripe", a_stripe_event(renumbered(what, number), kind, created=NOW_S))
        shop.send()
    times = Counter(re.sub(r"\D", "", one.order_id) for one in shop.counted())
    n = 0 if (sales, sale) in UNTOLD else 1
    assert times == dict.fromkeys(map(str, range(100, 100 + len(orders) * n)), 1)
    assert {one.value for one in shop.counted()} <= {20.0}
    assert lines(shop) == [("", 2000, 2000)] * n * len(orders)
    shop.close()


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("renewal", ["ignore", "purchase"])
def test_a_trial_is_no_purchase_and_what_is_paid_first_is(tmp_path, version, renewal):
    shop = Shopping(tmp_path, NOT_REQUIRED, SourceRules(renewal=renewal))
    free = FIRST | version | {"id": "in_0", "amount_paid": 0, "total": 0}
    session = SUBSCRIBED | {"amount_total": 0, "payment_status": "no_payment_required", "invoice": "in_0"}
    for what, kind in ((session, "checkout.session.completed"), (free, "invoice.paid")):
        shop.deliver("stripe", a_stripe_event(what, kind, created=NOW_S))
    shop.pass_time(seconds=DAY)
    shop.send()
    assert (shop.counted(), lines(shop)) == ([], [])
    for month in (1, 2):
        paid = INVOICE | version | {"id": f"in_{month}", "billing_reason": "subscription_cycle"}
        for kind in ("invoice.paid", "invoice.payment_succeeded", "invoice.paid"):
            shop.deliver("stripe", a_stripe_event(paid, kind, created=NOW_S + month * DAY))
            shop.pass_time(seconds=600)
        shop.pass_time(seconds=DAY)
        shop.send()
    counts = ["in_1"] if renewal == "ignore" else ["in_1", "in_2"]
    assert [one.order_id for one in shop.counted()] == counts
    assert sorted(lines(shop)) == sorted([("", 2000, 2000), ("renewal" if renewal == "ignore" else "", 2000, 2000)])
    shop.close()


def test_without_a_trial_renewals_are_left_out_and_nothing_of_them_is_stored(tmp_path):
    shop = Shopping(tmp_path)
    renewed = INVOICE | NEW | {"billing_reason": "subscription_cycle", "customer_email": "ada@example.com"}
    shop.deliver("stripe", a_stripe_event(renewed, "invoice.paid", created=NOW_S))
    shop.send()
    assert (shop.counted(), shop.conversions(), lines(shop)) == ([], [], [("renewal", 2000, 2000)])
    shop.close()


def test_a_session_that_sells_nothing_is_no_order(tmp_path):
    shop = Shopping(tmp_path)
    kept = SESSION | {
        "mode": "setup",
        "amount_total": None,
        "payment_intent": None,
        "payment_status": "no_payment_required",
    }
    shop.deliver("stripe", a_stripe_event(kept))
    shop.record()
    assert shop.rows() == []
    shop.close()


@pytest.mark.parametrize("sales", ["checkout", "payment_intent"])
def test_refunds_that_grow_are_subtracted_once(tmp_path, sales):
    shop = Shopping(tmp_path, NOT_REQUIRED, SourceRules(stripe_sales=sales))
    for kind, what in SALES["a checkout"].items():
        shop.deliver("stripe", a_stripe_event(what, kind, created=NOW_S))
    for later, back in ((2, 1500), (1, 500), (2, 1500)):
        returned = a_stripe_event(CHARGE | {"amount_refunded": back}, "charge.refunded", created=NOW_S + later)
        shop.deliver("stripe", returned)
    assert lines(shop) == [("", 2000, 500)]
    shop.close()
