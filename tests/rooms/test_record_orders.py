"""What becomes of purchases by what their whole order is: held, counted late, ended, begun anew."""

import pytest
from msgspec.structs import replace

from builders import NOW_S
from shop_systems import a_shopify_order, a_stripe_event, a_stripe_session, a_woo_order, iso
from shopping import NOT_REQUIRED, REQUIRED, Shopping
from twinbeam.core.rules import SourceRules
from twinbeam.engines.stores.sqlite.ordering import Unwritable
from twinbeam.orders.state import state_of
from twinbeam.sources import consent_v1

DAY = 86_400
NUMBER = 5_123_456_789_012_345_678
ORDER = str(NUMBER)
COD = {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}


@pytest.fixture
def shop(tmp_path):
    shopping = Shopping(tmp_path)
    yield shopping
    shopping.close()


@pytest.fixture
def strict(tmp_path):
    shopping = Shopping(tmp_path, REQUIRED)
    yield shopping
    shopping.close()


def shopify(at_s, *, placed_s=NOW_S, **fields):
    """An order as it is after a modification."""
    moments = {"created_at": iso(placed_s), "processed_at": iso(placed_s), "updated_at": iso(at_s)}
    return a_shopify_order(NUMBER, **moments, **fields)


def test_a_paid_order_counts_once_however_often_it_is_told(shop):
    for topic in ("orders/create", "orders/paid", "orders/updated") * 3:
        assert shop.deliver("shopify", shopify(NOW_S), topic).status == 202
    shop.send()
    (counted,) = shop.counted()
    assert (counted.order_id, counted.value) == (ORDER, 89.9)
    row = shop.ledger()[ORDER]
    assert shop.store.orders.conversions_of(row.id) == [1]
    assert shop.conversions() == [("delivered", "")]


def test_cash_on_delivery_waits_for_its_payment_for_weeks_and_keeps_its_click(shop):
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.send()
    assert shop.conversions() == [("held", "not_confirmed")]
    shop.pass_time(seconds=20 * DAY)
    assert shop.conversions() == [("held", "not_confirmed")]
    later = NOW_S + 20 * DAY
    paid = shopify(later, financial_status="paid", payment_gateway_names=["cod"], landing_site=None)
    shop.deliver("shopify", paid, "orders/paid")
    shop.send()
    (counted,) = shop.counted()
    assert (counted.value, counted.event_time) == (89.9, later)
    assert counted.full(shop.tiktok.switches)["user"]["ttclid"] == "E.C.P.landing"


def test_what_is_never_paid_ends_after_its_owners_time(tmp_path):
    shop = Shopping(tmp_path, replace(NOT_REQUIRED, purchase_expires_days=5))
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.pass_time(seconds=5 * DAY - 1)
    assert shop.conversions() == [("held", "not_confirmed")]
    shop.pass_time(seconds=2)
    assert shop.conversions() == [("expired", "never_confirmed")]
    shop.close()


def test_cash_on_delivery_that_is_shipped_is_not_paid(shop):
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.deliver("shopify", shopify(NOW_S + 60, fulfillment_status="fulfilled", **COD))
    shop.send()
    assert shop.conversions() == [("held", "not_confirmed")]
    assert state_of(shop.ledger()[ORDER].facts).shown == "shipped"


@pytest.mark.parametrize(("means", "counts_at"), [("placed", 0), ("paid", 1), ("shipped", 2), ("delivered", 3)])
def test_a_purchase_means_what_its_owner_says(tmp_path, means, counts_at):
    shop = Shopping(tmp_path, replace(NOT_REQUIRED, purchase_means=means))
    parcel = {"created_at": iso(NOW_S + 2), "updated_at": iso(NOW_S + 3)}
    steps = [
        COD,
        {},
        {"fulfillment_status": "fulfilled", "fulfillments": [parcel | {"shipment_status": "in_transit"}]},
        {"fulfillment_status": "fulfilled", "fulfillments": [parcel | {"shipment_status": "delivered"}]},
    ]
    for n, fields in enumerate(steps):
        shop.deliver("shopify", shopify(NOW_S + n, **fields))
        shop.send()
        assert len(shop.counted()) == (n >= counts_at)
    shop.close()


@pytest.mark.parametrize("fields", [{"cancelled_at": iso(NOW_S + 9)}, {"financial_status": "voided"}])
def test_an_order_that_is_refused_at_the_door_is_never_sent(shop, fields):
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.record()
    shop.deliver("shopify", shopify(NOW_S + 9, **COD | fields), "orders/cancelled")
    shop.send()
    assert (shop.conversions(), shop.counted()) == ([("expired", "order_cancelled")], [])
    assert shop.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


def test_a_payment_that_is_told_after_the_cancellation_is_not_sent(shop):
    shop.deliver("shopify", shopify(NOW_S + 9, cancelled_at=iso(NOW_S + 9), **COD), "orders/cancelled")
    shop.record()
    shop.deliver("shopify", shopify(NOW_S + 5), "orders/paid")
    shop.send()
    assert (shop.counted(), shop.conversions()) == ([], [("expired", "order_cancelled")])
    assert state_of(shop.ledger()[ORDER].facts).shown == "cancelled"


def test_an_order_that_stands_again_counts(shop):
    def woo(after_s, **fields):
        moments = {"date_created_gmt": iso(NOW_S, ""), "date_modified_gmt": iso(NOW_S + after_s, "")}
        return a_woo_order(**{"date_paid_gmt": None} | moments | fields)

    shop.deliver("woocommerce", woo(0, status="pending"))
    shop.record()
    shop.deliver("woocommerce", woo(60, status="failed"))
    shop.send()
    assert shop.conversions() == [("expired", "order_cancelled")]
    shop.deliver("woocommerce", woo(120, date_paid_gmt=iso(NOW_S + 120, "")))
    shop.send()
    assert [one.value for one in shop.counted()] == [89.9]


def test_a_page_that_is_loaded_again_brings_no_cancelled_order_back(tmp_path):
    shop = Shopping(tmp_path, replace(NOT_REQUIRED, confirm_purchases="off", purchase_means="placed"))
    order = {"event": "Purchase", "order_id": ORDER, "checkout_token": f"checkout-{ORDER}"}
    shop.deliver("shopify", shopify(NOW_S, **COD))
    shop.deliver("shopify", shopify(NOW_S + 1, cancelled_at=iso(NOW_S + 1), **COD))
    shop.record()
    shop.browser(events=[order])
    shop.send()
    assert ("expired", "order_cancelled") in shop.conversions()
    assert shop.counted() == []
    shop.close()


def test_what_is_refunded_before_consent_is_given_is_not_sent(strict):
    tokens = {"visitor_id": "v1"}
    notes = [{"name": "twinbeam_visitor", "value": "v1"}]
    strict.deliver("shopify", shopify(NOW_S, note_attributes=notes), "orders/paid")
    strict.record()
    assert strict.conversions() == [("held", "consent_not_said")]
    moved = {"id": 1, "kind": "refund", "status": "success", "amount": "89.90", "currency": "EUR"}
    refund = {"id": 7, "order_id": NUMBER, "created_at": iso(NOW_S + 60), "transactions": [moved]}
    strict.deliver("shopify", refund, "refunds/create")
    granted = {"ad_storage": "granted", "ad_user_data": "granted"}
    strict.browser(consent_v1.PATH, statements=[tokens | {"consent": granted}])
    strict.send()
    assert (strict.counted(), strict.conversions()) == ([], [("expired", "order_cancelled")])
    assert state_of(strict.ledger()[ORDER].facts).shown == "refunded"


@pytest.mark.parametrize(
    ("said", "becomes"), [("granted", ("held", "consent_not_said")), ("denied", ("dropped", "no_consent"))]
)
def test_what_was_written_onto_a_cart_refuses_and_never_permits(strict, said, becomes):
    notes = [{"name": name, "value": said} for name in ("ad_storage", "ad_user_data")]
    strict.deliver("shopify", shopify(NOW_S, note_attributes=notes), "orders/paid")
    strict.record()
    assert strict.conversions() == [becomes]


def test_a_part_that_goes_back_leaves_a_purchase(shop):
    moved = {"id": 1, "kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"}
    refund = {"id": 7, "order_id": NUMBER, "created_at": iso(NOW_S + 60), "transactions": [moved]}
    shop.deliver("shopify", refund, "refunds/create")
    shop.deliver("shopify", shopify(NOW_S), "orders/paid")
    shop.send()
    assert [one.value for one in shop.counted()] == [89.9]
    state = state_of(shop.ledger()[ORDER].facts)
    assert (state.shown, str(state.refunded)) == ("paid", "10.00 EUR")


def test_a_withdrawn_consent_ends_what_waits_for_its_payment(strict):
    notes = [{"name": "twinbeam_visitor", "value": "v1"}]
    granted = {"ad_storage": "granted", "ad_user_data": "granted"}
    strict.browser(consent_v1.PATH, statements=[{"visitor_id": "v1", "consent": granted}])
    strict.deliver("shopify", shopify(NOW_S, note_attributes=notes, **COD), "orders/create")
    strict.pass_time(seconds=3 * DAY)
    assert strict.conversions() == [("held", "not_confirmed")]
    denied = {"ad_storage": "denied", "ad_user_data": "denied"}
    strict.browser(consent_v1.PATH, statements=[{"visitor_id": "v1", "consent": denied}])
    assert strict.conversions() == [("withdrawn", "no_consent")]
    assert strict.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


def test_without_permission_nothing_is_kept_longer_than_a_day(strict):
    strict.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    strict.pass_time(seconds=DAY + 1)
    assert strict.conversions() == [("expired", "consent_never_said")]


def test_the_visits_word_is_the_orders(strict):
    granted = {"ad_storage": "granted", "ad_user_data": "granted"}
    cart = {"cart_token": f"cart-{ORDER}", "checkout_token": f"checkout-{ORDER}"}
    page = {
        "event": "InitiateCheckout",
        "page": {"url": "https://shop.example/?ttclid=E.C.P.visit"},
        "consent": granted,
    }
    strict.browser(events=[page | cart])
    strict.send()
    strict.deliver("shopify", shopify(NOW_S, landing_site="/wallets/checkouts.json"), "orders/paid")
    strict.pass_time(seconds=11)  # the page may report it as well
    strict.send()
    (purchase,) = [one for one in strict.counted() if one.event == "Purchase"]
    assert purchase.full(strict.tiktok.switches)["user"]["ttclid"] == "E.C.P.visit"


def test_without_a_word_the_law_of_the_buyers_place_decides(tmp_path):
    shop = Shopping(tmp_path, replace(NOT_REQUIRED, consent=replace(NOT_REQUIRED.consent, policy="by_region")))
    for number, country in ((1, "DE"), (2, "AU")):
        billing = a_woo_order()["billing"] | {"country": country, "state": ""}
        moments = dict.fromkeys(("date_created_gmt", "date_modified_gmt", "date_paid_gmt"), iso(NOW_S, ""))
        shop.deliver("woocommerce", a_woo_order(number, billing=billing, **moments))
    shop.send()
    assert [one.order_id for one in shop.counted()] == ["2"]
    assert ("held", "consent_not_said") in shop.conversions(order_id="1")
    shop.close()


@pytest.mark.parametrize("fields", [{"source_name": "pos"}, {"source_name": "TikTok"}])
def test_orders_of_tills_and_markets_are_in_the_ledger_and_go_nowhere(shop, fields):
    shop.deliver("shopify", shopify(NOW_S, **fields), "orders/paid")
    shop.send()
    assert (shop.counted(), shop.conversions()) == ([], [])
    assert state_of(shop.ledger()[ORDER].facts).kind in ("point_of_sale", "marketplace")
    assert shop.store._db.execute("SELECT sum(n) FROM counter WHERE reason='order_ignored'").fetchone() == (1,)


def test_what_is_bought_after_the_checkout_is_in_the_value_while_it_waits(shop):
    shop.deliver("shopify", shopify(NOW_S + 30, current_total_price="104.90", current_total_price_set=None, **COD))
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.record()
    paid = shopify(NOW_S + 60, current_total_price="104.90", current_total_price_set=None)
    shop.deliver("shopify", paid, "orders/paid")
    shop.send()
    assert [one.value for one in shop.counted()] == [104.9]


def test_one_sale_of_stripes_is_one_purchase(tmp_path):
    shop = Shopping(tmp_path, source=SourceRules(stripe_sales="payment_intent"))
    intent = {"id": "pi_1", "object": "payment_intent", "amount_received": 8990, "currency": "eur", "livemode": True}
    charge = intent | {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "amount": 8990}
    kinds = (
        (charge, "charge.succeeded"),
        (a_stripe_session(), "checkout.session.completed"),
        (intent, "payment_intent.succeeded"),
    )
    for what, kind in kinds:
        shop.deliver("stripe", a_stripe_event(what | {"created": NOW_S}, kind, created=NOW_S))
        shop.send()
    assert [(one.order_id, one.value) for one in shop.counted()] == [("pi_1", 89.9)]
    assert list(shop.ledger()) == ["pi_1"]
    shop.close()


def test_placed_orders_are_told_of_where_their_owner_asks_for_it(tmp_path):
    shop = Shopping(tmp_path, replace(NOT_REQUIRED, place_an_order=True))
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.send()
    assert [one.event for one in shop.counted()] == ["PlaceAnOrder"]
    shop.pass_time(seconds=110 * DAY)  # it is 2027
    after = NOW_S + 110 * DAY
    shop.deliver("shopify", shopify(after, placed_s=after) | {"admin_graphql_api_id": "", "id": 8})
    shop.send()
    assert [one.event for one in shop.counted()] == ["PlaceAnOrder", "Purchase"]
    shop.close()


def test_a_delivery_that_is_replayed_from_the_journal_changes_nothing(shop):
    shop.deliver("shopify", shopify(NOW_S), "orders/paid")
    journal = list(shop._journal)
    shop.send()
    before = (shop.ledger(), shop.conversions())
    shop._journal, shop._groups = journal, shop._groups - 1
    shop.send()
    assert (shop.ledger(), shop.conversions()) == before
    shop._groups = 1


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE shop_order RENAME TO away",
        "UPDATE shop_order SET facts = x'c1'",
        "CREATE TRIGGER damaged BEFORE UPDATE ON shop_order BEGIN SELECT raise(ABORT, 'x') FROM nowhere; END",
        "ALTER TABLE shop_order_conversion RENAME TO away",
    ],
)
def test_a_damaged_ledger_keeps_no_purchase_from_being_sent(shop, damage):
    shop.deliver("shopify", shopify(NOW_S, **COD), "orders/create")
    shop.record()
    shop.store._db.execute(damage)
    shop.deliver("shopify", shopify(NOW_S + 1, financial_status="paid"), "orders/paid")
    shop.send()
    assert [one.order_id for one in shop.counted()] == [ORDER]


def test_a_request_that_cannot_be_kept_is_set_aside(shop):
    shop.store._db.execute("ALTER TABLE person_request RENAME TO away")
    shop.deliver("shopify", {"shop_id": 1, "customer": {"id": 7}, "orders_to_redact": []}, "customers/redact")
    with pytest.raises(Unwritable):
        shop.record()
    shop._journal = []


def test_sums_beyond_all_sense_are_no_fault_of_the_item(shop):
    dinars = [{"kind": "refund", "status": "success", "amount": 10**12}] * 12_000
    refund = {"id": 9, "created_at": iso(NOW_S), "transactions": dinars}
    order = shopify(NOW_S, currency="KWD", presentment_currency="KWD", refunds=[refund])
    assert shop.deliver("shopify", order, "orders/updated").status == 202
    assert shop.ledger()[ORDER].place.order_id == ORDER


@pytest.mark.parametrize("days", [1, 29, 45, 200])
def test_what_changes_of_an_order_long_after_it_was_sent_is_no_other_order(shop, days):
    shop.deliver("shopify", shopify(NOW_S), "orders/paid")
    shop.send()
    shop.pass_time(seconds=days * DAY)
    later = NOW_S + days * DAY
    parcel = {"created_at": iso(later), "updated_at": iso(later), "shipment_status": "delivered"}
    shop.deliver("shopify", shopify(later, fulfillment_status="fulfilled", fulfillments=[parcel]), "orders/fulfilled")
    shop.send()
    assert shop.conversions() == [("delivered", "")]
    assert len(shop.counted()) == 1
    assert state_of(shop.ledger()[ORDER].facts).shown == "delivered"


def test_another_buyer_under_an_orders_number_is_still_looked_at(shop):
    shop.deliver("shopify", shopify(NOW_S), "orders/paid")
    shop.send()
    shop.pass_time(seconds=45 * DAY)
    later, other = NOW_S + 45 * DAY, {"email": "grace@example.com", "contact_email": "grace@example.com"}
    shop.deliver("shopify", shopify(later, placed_s=later, customer={"id": 8}, phone=None, **other), "orders/paid")
    shop.send()
    assert ("held", "order_reused") in shop.conversions()
    assert len(shop.counted()) == 1
