"""The dialects of shop systems, spoken in the systems' documented shapes, and by strangers."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NOW_S, PIXEL
from door import House, a_directory
from shop_sources import DIALECTS, OLD, a_source, headers_of
from shop_systems import (
    SECRETS,
    SYSTEMS,
    a_shopify_order,
    a_stripe_event,
    a_stripe_session,
    a_woo_order,
    encoded,
    stripe_headers,
)
from twinbeam.core.order import UNTOLD
from twinbeam.core.rules import SourceRules
from twinbeam.core.values import Channel, OrderNote
from twinbeam.orders.state import state_of
from twinbeam.pipeline.accept.problems import MOST_SIGNED_BYTES


def a_house(system, **rules):
    source = a_source(system, rules=SourceRules(**rules))
    return House(directory=replace(a_directory(), sources={"lamps": source}), dialects=DIALECTS)


BODIES = {
    "shopify": encoded(a_shopify_order()),
    "woocommerce": encoded(a_woo_order()),
    "stripe": encoded(a_stripe_event(a_stripe_session())),
}


def send(house, system, body, headers=None, source="lamps", topic=None, **scope):
    given = headers_of(system, body, topic=topic) if headers is None else headers
    return house.post(body, given, path=f"/in/{system}/{source}", **scope)


def told(system, body, topic=None, **rules):
    """Give what a delivery became: its events by name, and what it states."""
    house = a_house(system, **rules)
    answered = send(house, system, encoded(body), topic=topic)
    assert answered.status == 202, answered.body
    events = {it.event: it.item for it in house.corridor.arrivals if it.event}
    facts = [it.item.facts for it in house.corridor.arrivals if isinstance(it.item, OrderNote)]
    assert len(facts) == 1
    return events, facts[0]


# ---- whose it is ----


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_signed_is_taken_as_the_shop_systems_word(system):
    house = a_house(system)
    answered = send(house, system, BODIES[system])
    assert (answered.status, answered.json["accepted"], answered.json["rejected"]) == (202, 1, [])
    purchase, note = house.corridor.arrivals
    assert (purchase.event, purchase.pixel, purchase.origin.channel) == ("Purchase", PIXEL, Channel.WEBHOOK)
    assert (note.event, note.pixel) == ("", "")
    assert note.item.facts.order_id == purchase.item.order_id
    (served,) = house.served
    assert (served.path, served.source) == (f"/in/{system}/{{source}}", "lamps")


@pytest.mark.parametrize("system", SYSTEMS)
def test_two_secrets_count_while_one_takes_the_others_place(system):
    house, body = a_house(system), BODIES[system]
    for secret in (SECRETS[system], OLD):
        assert send(house, system, body, headers_of(system, body, secret)).status == 202
    assert send(house, system, body, headers_of(system, body, "neither of them")).status == 401


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_not_signed_is_refused_and_never_stored(system):
    house, body = a_house(system), BODIES[system]
    good = headers_of(system, body)
    forged = [
        send(house, system, body + b" ", good),
        send(house, system, body[:-40], good),
        send(house, system, body, {}),
        send(house, system, body, headers_of(system, body, "a guess")),
        send(house, system, body, good, source="unknown"),
        send(house, system, b"", good),
    ]
    assert {it.status for it in forged} == {401}
    assert len({it.body for it in forged}) == 1
    assert send(house, system, b"x" * (MOST_SIGNED_BYTES + 1), good).status == 413
    assert house.corridor.arrivals == []
    assert {it.code for it in house.served} == {"invalid_signature", "too_large"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_source_of_one_system_takes_no_other(system):
    house = a_house(system)
    for other in SYSTEMS:
        body = BODIES[other]
        signed = headers_of(other, body, SECRETS[system])
        assert send(house, other, body, signed).status == (202 if other == system else 401)
    assert house.post(b"{}", {}, path="/in/webhook/lamps").status == 401


def test_a_replayed_delivery_of_stripes_is_refused_by_its_time():
    house, body = a_house("stripe"), BODIES["stripe"]
    for at_s, status in ((NOW_S - 299, 202), (NOW_S + 299, 202), (NOW_S - 301, 401), (NOW_S + 301, 401), (1, 401)):
        assert send(house, "stripe", body, stripe_headers(body, at_s)).status == status
    rolled = stripe_headers(body, NOW_S, "not yet known here", SECRETS["stripe"])
    assert send(house, "stripe", body, rolled).status == 202


def test_the_signature_of_shopifys_newer_events_has_another_name():
    house, body = a_house("shopify"), BODIES["shopify"]
    given = headers_of("shopify", body)
    given["Shopify-Hmac-Sha256"] = given.pop("X-Shopify-Hmac-Sha256")
    assert send(house, "shopify", body, given).status == 202


def test_woocommerces_unsigned_ping_is_answered_and_tells_nobody_which_sources_exist():
    house = a_house("woocommerce")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for source in ("lamps", "unknown"):
        assert send(house, "woocommerce", b"webhook_id=17", form, source).status == 200
    for body in (b"webhook_id=17&more=1", b"webhook_id=", b"webhook_id=x", b"webhook_id=" + b"1" * 99):
        assert send(house, "woocommerce", body, form).status == 401
    assert send(house, "shopify", b"webhook_id=17", form).status == 401
    assert house.corridor.arrivals == []


@pytest.mark.parametrize("system", SYSTEMS)
@given(body=st.binary(max_size=300))
def test_no_bytes_are_our_fault(system, body):
    house = a_house(system)
    assert send(house, system, body).status in (200, 202)
    assert house.corridor.arrivals == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("system", SYSTEMS)
@given(data=st.data())
def test_a_field_that_is_not_as_documented_is_named_or_does_no_harm(system, data):
    body = json.loads(BODIES[system])
    place = body["data"]["object"] if system == "stripe" and data.draw(st.booleans()) else body
    name = data.draw(st.sampled_from(sorted(place)))
    place[name] = data.draw(JSON)
    house = a_house(system)
    answered = send(house, system, encoded(body))
    assert answered.status in {200, 202}
    if answered.status == 200 and answered.json.get("code") == "every_event_rejected":
        assert answered.json["rejected"][0]["field"]
        assert house.corridor.arrivals == []


# ---- Shopify ----


def moment(written):
    return int(datetime.fromisoformat(written).timestamp())


def test_a_paid_order_of_shopifys_is_a_purchase_with_its_money_and_visit():
    events, facts = told("shopify", a_shopify_order(), "orders/paid")
    it = events["Purchase"]
    assert set(events) == {"Purchase"}
    assert (it.order_id, it.cart_token, it.checkout_token) == (
        "5123456789012345678",
        "cart-5123456789012345678",
        "checkout-5123456789012345678",
    )
    assert it.event_time == moment("2026-11-20T06:00:00-05:00")
    assert (it.progress, it.test) == ("placed+paid", None)
    assert (it.properties.value, it.properties.currency) == (89.9, "EUR")
    assert (it.properties.tax, it.properties.shipping) == (14.35, 4.9)
    (line,) = it.properties.contents
    assert (line.content_id, line.group_id, line.sku) == ("44000000000000001", "8000000000000001", "LAMP-1")
    assert (line.price, line.quantity) == (40.0, 2)
    user = it.user
    assert (user.email, user.phone, user.country) == ("Ada@Example.com", "+49 151 23456789", "DE")
    assert (user.external_id, user.ttclid) == ("9007199254740993", "E.C.P.landing")
    assert (user.ip, user.user_agent) == ("203.0.113.77", "Mozilla/5.0 (Ada)")
    assert it.consent.ad_storage is None  # that she takes newsletters is no consent
    assert state_of(facts).shown == "paid"
    assert "ada" not in repr(facts).lower()


def test_ids_are_texts_and_the_global_id_is_believed():
    events, _ = told("shopify", a_shopify_order(admin_graphql_api_id="gid://shopify/Order/820982911946154508"))
    assert events["Purchase"].order_id == "820982911946154508"
    events, _ = told("shopify", a_shopify_order(), order_id="name")
    assert events["Purchase"].order_id == "#5678"


def test_what_the_cart_was_given_joins_the_order_with_its_visit():
    notes = {"ttclid": "E.C.P.cart", "_ttp": "ttp-1", "twinbeam_receipt": "tbc1_r", "twinbeam_visitor": "v1"}
    attributes = [{"name": name, "value": value} for name, value in notes.items()]
    events, _ = told("shopify", a_shopify_order(note_attributes=attributes))
    it = events["Purchase"]
    assert (it.user.ttclid, it.user.ttp, it.consent_receipt, it.visitor_id) == ("E.C.P.cart", "ttp-1", "tbc1_r", "v1")


@pytest.mark.parametrize("gateway", ["Cash on Delivery (COD)", "cash_on_delivery", "manual", "Bank Deposit"])
def test_cash_on_delivery_counts_from_when_it_is_marked_as_paid(gateway):
    pending = a_shopify_order(financial_status="pending", payment_gateway_names=[gateway])
    events, _ = told("shopify", pending, "orders/create")
    assert events["Purchase"].progress == "placed"
    paid = pending | {"financial_status": "paid", "updated_at": "2026-11-29T10:00:00+01:00"}
    events, _ = told("shopify", paid, "orders/paid")
    assert (events["Purchase"].progress, events["Purchase"].event_time) == (
        "placed+paid",
        moment("2026-11-29T10:00:00+01:00"),
    )


def test_an_order_that_another_app_creates_as_paid_is_a_purchase_at_once():
    events, _ = told("shopify", a_shopify_order(), "orders/create")
    assert events["Purchase"].progress == "placed+paid"


def test_what_is_bought_after_the_checkout_raises_the_value_and_what_goes_back_does_not_lower_it():
    for current, value in (("104.90", 104.9), ("40.00", 89.9)):
        both = {side: {"amount": current, "currency_code": "EUR"} for side in ("shop_money", "presentment_money")}
        events, _ = told("shopify", a_shopify_order(current_total_price=current, current_total_price_set=both))
        assert events["Purchase"].properties.value == value


def test_one_basis_of_money_counts():
    seen = {
        "shop_money": {"amount": "89.90", "currency_code": "EUR"},
        "presentment_money": {"amount": "13500", "currency_code": "JPY"},
    }
    order = a_shopify_order(total_price_set=seen, current_total_price_set=seen, presentment_currency="JPY")
    for money, value, currency in (("shop", 89.9, "EUR"), ("presentment", 13500, "JPY")):
        events, _ = told("shopify", order, money=money)
        said = events["Purchase"].properties
        assert (said.value, said.currency) == (value, currency)


@pytest.mark.parametrize(
    ("fields", "kind", "rule"),
    [
        ({"source_name": "pos"}, "point_of_sale", "point_of_sale"),
        ({"source_name": "shopify_draft_order"}, "draft", "draft"),
        ({"source_name": "subscription_contract"}, "renewal", "renewal"),
        ({"source_name": "TikTok"}, "marketplace", "marketplace"),
        ({"tags": "vip, TikTok Shop"}, "marketplace", "marketplace"),
        ({"merchant_of_record_app_id": 5}, "marketplace", "marketplace"),
        ({"source_name": "chatgpt"}, "agent", "agent"),
    ],
)
def test_orders_of_other_kinds_are_left_out_by_their_source(fields, kind, rule):
    events, facts = told("shopify", a_shopify_order(**fields))
    assert state_of(facts).kind == kind
    assert events["Purchase"].progress == UNTOLD
    assert events["Purchase"].user.email is None
    events, facts = told("shopify", a_shopify_order(**fields), **{rule: "purchase"})
    assert (state_of(facts).kind, events["Purchase"].progress) == ("", "placed+paid")


def test_a_test_order_is_a_test():
    house = a_house("shopify")
    send(house, "shopify", encoded(a_shopify_order(test=True)))
    assert house.corridor.arrivals[0].drop_reason == "test_order"


@pytest.mark.parametrize("fields", [{"cancelled_at": "2026-11-20T12:00:00Z"}, {"financial_status": "voided"}])
def test_a_cancelled_order_says_nothing_about_anybody(fields):
    events, facts = told("shopify", a_shopify_order(**fields), "orders/cancelled")
    assert (state_of(facts).shown, events["Purchase"].progress) == ("cancelled", UNTOLD)
    assert events["Purchase"].properties.value is None


def test_a_refund_counts_by_the_money_that_moved():
    moved = {"id": 1, "kind": "refund", "status": "success", "amount": "12.50", "currency": "EUR"}
    failed = moved | {"id": 2, "status": "failure"}
    refund = {"id": 77, "order_id": 1001, "created_at": "2026-11-21T00:00:00Z", "transactions": [moved, failed]}
    _, facts = told("shopify", refund, "refunds/create")
    assert (facts.order_id, [it.amount for it in facts.refunds.values()]) == ("1001", ["12.50 EUR"])
    _, facts = told("shopify", refund | {"transactions": []}, "refunds/create")
    assert facts.refunds == {}


def test_a_body_that_was_cut_down_states_what_it_holds():
    events, facts = told(
        "shopify", {"id": 1001, "financial_status": "paid", "updated_at": "2026-11-20T12:00:00Z"}, "orders/paid"
    )
    assert state_of(facts).shown == "paid"
    assert events["Purchase"].progress == UNTOLD


def test_gift_cards_tips_and_fractions_are_kept_apart():
    lines = [
        {"id": 1, "variant_id": None, "product_id": None, "title": "Tip", "quantity": 1, "price": "3.00"},
        {"id": 2, "variant_id": 7, "title": "Card", "quantity": 2, "price": "25.00", "gift_card": True},
    ]
    events, facts = told("shopify", a_shopify_order(line_items=lines, total_tip_received="3.00"))
    said = events["Purchase"].properties
    assert (said.gift_cards, said.tips) == (50.0, 3.0)
    assert str(state_of(facts).money["gift_cards"]) == "50.00 EUR"
    assert [it.content_id for it in said.contents] == [None, "7"]


@pytest.mark.parametrize("topic", ["products/create", "carts/update", "app/uninstalled"])
def test_a_topic_that_means_nothing_here_is_answered(topic):
    house = a_house("shopify")
    answered = send(house, "shopify", b'{"id": 1}', topic=topic)
    assert (answered.status, answered.json["accepted"], answered.json["notices"][0]["code"]) == (202, 0, "not_used")
    assert house.corridor.arrivals == []


# ---- WooCommerce ----


def test_a_paid_order_of_woocommerces_is_a_purchase_with_its_money_and_visit():
    events, facts = told("woocommerce", a_woo_order())
    it = events["Purchase"]
    assert (it.order_id, it.order_token, it.progress) == ("727", "wc_order_727_k", "placed+paid")
    assert it.event_time == moment("2026-11-20T11:00:04+00:00")
    assert (it.properties.value, it.properties.currency, it.properties.shipping) == (89.9, "EUR", 4.9)
    (line,) = it.properties.contents
    assert (line.content_id, line.group_id, line.price, line.quantity) == ("94", "93", 40.0, 2)
    assert (it.user.email, it.user.country, it.user.external_id) == ("Ada@Example.com", "DE", "12")
    assert (it.user.ttclid, it.page.referrer) == ("E.C.P.woo", "https://www.tiktok.com/")
    assert (it.user.ip, it.user.user_agent) == ("203.0.113.77", "Mozilla/5.0 (Ada)")
    assert "ada" not in repr(facts).lower()


def test_cash_on_delivery_of_woocommerces_is_processing_and_not_paid():
    events, facts = told("woocommerce", a_woo_order(status="processing", date_paid_gmt=None, payment_method="cod"))
    assert (events["Purchase"].progress, state_of(facts).shown) == ("placed", "placed")
    done = a_woo_order(status="completed", date_paid_gmt="2026-11-25T09:00:00", payment_method="cod")
    events, facts = told("woocommerce", done)
    assert (events["Purchase"].progress, events["Purchase"].event_time) == (
        "placed+paid+shipped",
        moment("2026-11-20T11:00:05+00:00"),
    )


@pytest.mark.parametrize(
    ("fields", "kind", "rule"),
    [
        ({"status": "checkout-draft", "date_paid_gmt": None}, "draft", "draft"),
        ({"created_via": "subscription"}, "renewal", "renewal"),
        ({"meta_data": [{"key": "_subscription_renewal", "value": "5"}]}, "renewal", "renewal"),
        ({"created_via": "pos-rest-api"}, "point_of_sale", "point_of_sale"),
        ({"created_via": "tiktok"}, "marketplace", "marketplace"),
    ],
)
def test_kinds_of_woocommerces_are_left_out(fields, kind, rule):
    events, facts = told("woocommerce", a_woo_order(**fields))
    assert (state_of(facts).kind, events["Purchase"].progress) == (kind, UNTOLD)
    _, facts = told("woocommerce", a_woo_order(**fields), **{rule: "purchase"})
    assert state_of(facts).kind == ""


@pytest.mark.parametrize("status", ["cancelled", "failed", "trash"])
def test_statuses_that_end_an_order(status):
    _, facts = told("woocommerce", a_woo_order(status=status))
    assert state_of(facts).shown == "cancelled"


def test_a_payment_without_its_time_in_gmt_is_one():
    body = {"id": 727, "status": "processing", "total": "89.90", "currency": "EUR", "date_paid": "2026-11-20T12:00:04"}
    events, facts = told("woocommerce", body | {"date_modified_gmt": "2026-11-20T11:00:05"})
    assert events["Purchase"].progress == "placed+paid"
    assert state_of(facts).since_ms.get("paid") is None
    _, facts = told("woocommerce", body | {"date_paid": None})
    assert "paid" not in state_of(facts).reached


def test_a_deleted_order_is_cancelled():
    _, facts = told("woocommerce", {"id": 727}, "order.deleted")
    assert (facts.order_id, state_of(facts).shown) == ("727", "cancelled")


def test_refunds_of_woocommerces_stand_in_the_order_with_a_minus():
    _, facts = told("woocommerce", a_woo_order(refunds=[{"id": 5, "reason": "", "total": "-10.00"}]))
    state = state_of(facts)
    assert (str(state.refunded), state.refunded_part) == ("10.00 EUR", "part")


def test_two_orders_of_one_second_share_a_delivery_id_and_are_two():
    house = a_house("woocommerce")
    for number in (1, 2):
        send(house, "woocommerce", encoded(a_woo_order(number)))
    assert [it.item.order_id for it in house.corridor.arrivals if it.event] == ["1", "2"]


# ---- Stripe ----


def test_a_finished_session_is_a_purchase_under_its_payment():
    events, facts = told("stripe", a_stripe_event(a_stripe_session()))
    it = events["Purchase"]
    assert (it.order_id, it.checkout_token, it.progress) == ("pi_1", "cs_live_1", "placed+paid")
    assert (it.properties.value, it.properties.currency, it.properties.tax) == (89.9, "EUR", 14.35)
    assert (it.user.email, it.user.first_name, it.user.last_name) == ("Ada@Example.com", "Ada", "Lovelace")
    assert (it.user.ttclid, it.user.country) == ("E.C.P.stripe", "DE")
    assert "ada" not in repr(facts).lower()


@pytest.mark.parametrize(
    ("currency", "amount", "value"),
    [
        ("usd", 8990, 89.9),
        ("jpy", 8990, 8990),
        ("mga", 8990, 8990),
        ("kwd", 8990, 8.99),
        ("isk", 8900, 89),
        ("ugx", 8900, 89),
        ("huf", 8990, 89.9),
    ],
)
def test_amounts_are_in_stripes_smallest_unit(currency, amount, value):
    events, _ = told(
        "stripe", a_stripe_event(a_stripe_session(currency=currency, amount_total=amount, total_details=None))
    )
    assert events["Purchase"].properties.value == value


def test_a_session_that_is_not_paid_yet_waits_for_its_payment():
    unpaid = a_stripe_session(payment_status="unpaid")
    events, _ = told("stripe", a_stripe_event(unpaid))
    assert events["Purchase"].progress == "placed"
    _, facts = told("stripe", a_stripe_event(unpaid, "checkout.session.async_payment_failed"))
    assert state_of(facts).shown == "cancelled"


def test_one_sale_is_one_order_however_many_events_tell_of_it():
    intent = {"id": "pi_1", "object": "payment_intent", "amount_received": 8990, "currency": "eur", "livemode": True}
    charge = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "amount": 8990,
        "currency": "eur",
        "livemode": True,
    }
    kinds = (
        (a_stripe_session(), "checkout.session.completed"),
        (intent, "payment_intent.succeeded"),
        (charge, "charge.succeeded"),
    )
    for what, kind in kinds:
        events, facts = told("stripe", a_stripe_event(what, kind), stripe_sales="payment_intent")
        assert (events["Purchase"].order_id, facts.order_id) == ("pi_1", "pi_1")
        assert events["Purchase"].properties.value == 89.9
    house = a_house("stripe")
    for what, kind in kinds[1:]:
        assert send(house, "stripe", encoded(a_stripe_event(what, kind))).json["notices"][0]["code"] == "not_used"
    assert house.corridor.arrivals == []


def test_a_subscriptions_first_payment_counts_and_its_renewals_by_rule():
    invoice = {
        "id": "in_1",
        "object": "invoice",
        "amount_paid": 1500,
        "currency": "eur",
        "livemode": True,
        "customer_email": "ada@example.com",
    }
    session = a_stripe_session(mode="subscription", payment_intent=None, invoice="in_1", subscription="sub_1")
    first = told("stripe", a_stripe_event(invoice | {"billing_reason": "subscription_create"}, "invoice.paid"))
    assert (first[1].order_id, first[0]["Purchase"].progress) == ("in_1", "placed+paid")
    assert told("stripe", a_stripe_event(session))[1].order_id == "in_1"
    renewed = a_stripe_event(invoice | {"id": "in_2", "billing_reason": "subscription_cycle"}, "invoice.paid")
    assert state_of(told("stripe", renewed)[1]).kind == "renewal"
    assert told("stripe", renewed, renewal="purchase")[0]["Purchase"].progress == "placed+paid"


def test_a_payment_does_not_tell_that_it_renews_a_subscription_and_is_said_not_to():
    payment = {"id": "pi_2", "amount_received": 1500, "currency": "eur", "livemode": True, "invoice": "in_2"}
    event = a_stripe_event(payment | {"description": "Subscription update"}, "payment_intent.succeeded")
    assert state_of(told("stripe", event, stripe_sales="payment_intent")[1]).kind == ""
    root = Path(__file__).parents[2]
    for page in ("docs/howto/stripe.md", "docs/reference/pixel-rules.md", "docs/concepts/orders.md"):
        assert re.search("payments.* do not (say|tell)", (root / page).read_text(), re.IGNORECASE), page


def test_refunds_of_stripes_are_sums_that_grow():
    facts = []
    for created, back in ((1_795_200_000, 1000), (1_795_300_000, 3000)):
        charge = {
            "id": "ch_1",
            "object": "charge",
            "payment_intent": "pi_1",
            "amount": 8990,
            "amount_refunded": back,
            "currency": "eur",
        }
        facts.append(told("stripe", a_stripe_event(charge, "charge.refunded", created=created))[1])
    assert [[it.amount for it in one.refunds.values()] for one in facts] == [["10.00 EUR"], ["30.00 EUR"]]
    assert {one.order_id for one in facts} == {"pi_1"}


def test_stripes_test_mode_is_a_test_and_a_thin_event_is_named():
    house = a_house("stripe")
    send(house, "stripe", encoded(a_stripe_event(a_stripe_session(livemode=False))))
    assert house.corridor.arrivals[0].drop_reason == "test_order"
    answered = send(
        house, "stripe", encoded({"id": "evt", "object": "v2.core.event", "type": "v1.billing.meter.error"})
    )
    assert (answered.status, answered.json["rejected"][0]["field"]) == (200, "object")
