"""Signed deliveries of shop systems against a real gateway: one purchase at TikTok, one row in the ledger."""

import contextlib
import json
import socket
import time

import pytest

from gateway import PIXEL, a_shop
from running import ask, wait_until
from shop_systems import (
    SECRETS,
    SYSTEMS,
    a_shopify_order,
    a_stripe_event,
    a_stripe_session,
    a_woo_order,
    encoded,
    iso,
    shopify_headers,
    stripe_headers,
    woo_headers,
)
from twinbeam.app.keyring import open_keyring
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.orders.state import state_of
from twinbeam.settings import load

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), consent="not_required", join_window_seconds=0) as opened:
        for system in SYSTEMS:
            words = ("sources", "create", f"my-{system}", "--kind", system, "--pixel", PIXEL, "--secret-stdin")
            opened.gateway.arrange(*words, told=SECRETS[system])
        yield opened


def deliver(shop, system, body, headers, source=""):
    """Post a delivery, until the gateway knows its source."""
    address = f"{shop.gateway.intake}/in/{system}/{source or f'my-{system}'}"

    def tried():
        answer = ask(address, "POST", body=body, headers=headers)
        return answer if answer.status != 401 else None

    return wait_until(tried, "the source is known", 5)


def ledger(shop):
    """The rows of the ledger, by order id."""
    settings = load(shop.gateway.settings)
    with contextlib.closing(SqliteSetup(settings.data, open_keyring(settings))) as store:
        return {
            row.place.order_id: (row, store.orders.conversions_of(row.id)) for row in store.orders.orders_of("main")
        }


def signed(system):
    now = int(time.time())
    match system:
        case "shopify":
            moments = dict.fromkeys(("created_at", "processed_at", "updated_at"), iso(now))
            body = encoded(a_shopify_order(**moments))
            return "5123456789012345678", body, shopify_headers(body, "orders/paid")
        case "woocommerce":
            moments = dict.fromkeys(("date_created_gmt", "date_modified_gmt", "date_paid_gmt"), iso(now, ""))
            body = encoded(a_woo_order(**moments))
            return "727", body, woo_headers(body)
        case _:
            body = encoded(a_stripe_event(a_stripe_session(created=now), created=now))
            return "pi_1", body, stripe_headers(body, now)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_signed_order_becomes_one_purchase_and_one_row(shop, system):
    order_id, body, headers = signed(system)
    answers = [deliver(shop, system, body, headers) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 202], answers[0].body
    story = shop.story(order_id)
    assert (story["event"], story["state"], story["value"], story["currency"]) == ("Purchase", "delivered", 89.9, "EUR")
    shop.wait_steady()
    (counted,) = [one for one in shop.tiktok.counted() if one["event_id"] == story["event_id"]]
    assert counted["event"] == "Purchase"
    row, conversions = ledger(shop)[order_id]
    state = state_of(row.facts)
    assert (row.facts.system, state.shown, str(state.money["value"])) == (system, "paid", "89.90 EUR")
    assert conversions == [story["id"]] if "id" in story else len(conversions) == 1
    assert "ada" not in json.dumps(row.facts.stated, default=str).lower()


def test_what_shopify_has_erased_is_erased_by_the_gateway_itself(shop):
    customer = {"id": 9_007_199_254_740_993, "email": "ada@example.com", "phone": None}
    order_id, body, headers = signed("shopify")
    deliver(shop, "shopify", body, headers)
    shop.story(order_id)
    shop.wait_steady()
    assert shop.gateway.states().get("erased", 0) == 0
    body = encoded({"shop_id": 1, "customer": customer, "orders_to_redact": [5_123_456_789_012_345_678]})
    assert deliver(shop, "shopify", body, shopify_headers(body, "customers/redact")).status == 202

    def is_done():
        return "is done" in shop.gateway.told("requests", "list")

    wait_until(is_done, "the request is carried out", 40)
    states = shop.gateway.states()  # of whatever system reported her
    assert (states["erased"] > 0, states.get("delivered", 0)) == (True, 0)


def test_woocommerces_ping_is_answered_as_it_is_sent_by_http_1_0(shop):
    host, _, port = shop.gateway.intake.removeprefix("http://").partition(":")
    head = "POST /in/woocommerce/my-woocommerce HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"{head}Host: shop.example\r\nContent-Length: 12\r\n\r\nwebhook_id=7".encode())
        assert b" 200 " in connection.recv(1_000).partition(b"\r\n")[0]
