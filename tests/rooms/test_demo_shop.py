"""The demo's shop: its plan must be a truth that a sound gateway can meet exactly."""

import json
import random
from collections import Counter
from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinbeam.demo.pace import Pace
from twinbeam.demo.posts import Post, posts_of
from twinbeam.demo.shop import Day, plan
from twinbeam.demo.troubles import KINDS
from twinbeam.demo.truth import tell, write_truth

OPENED = 1_790_000_000
SEEDS = st.integers(0, 10**6)
ORDERS = st.integers(40, 200)

many_days = settings(max_examples=20)  #: a day costs milliseconds, and these are all pure


def a_day(seed: int = 1, orders: int = 120, seconds: float = 24) -> Day:
    return plan(random.Random(seed), orders, Pace(seconds))


def items(post: Post) -> list[dict]:
    return json.loads(post.body)["events"]


def order_id(item: dict) -> str | None:
    return item.get("order_id") or item.get("properties", {}).get("order_id")


def purchases(day: Day) -> list[tuple[Post, dict]]:
    return [(post, item) for post in posts_of(day, OPENED) for item in items(post) if item["event"] == "Purchase"]


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    assert posts_of(a_day(seed=5), OPENED) == posts_of(a_day(seed=5), OPENED)
    assert posts_of(a_day(seed=5), OPENED) != posts_of(a_day(seed=6), OPENED)


@many_days
@given(SEEDS, ORDERS)
def test_between_60_and_80_percent_of_the_orders_ought_to_be_counted(seed, orders):
    day = a_day(seed, orders)
    assert 0.6 <= sum(order.counts for order in day.orders) / orders <= 0.8


@many_days
@given(SEEDS, ORDERS)
def test_every_kind_of_trouble_meets_at_least_one_percent_of_the_orders(seed, orders):
    met = Counter(kind for order in a_day(seed, orders).orders for kind in order.troubles)
    assert all(met[kind] >= max(1, orders / 100) for kind in KINDS)


@many_days
@given(SEEDS, ORDERS)
def test_every_paid_order_is_reported_by_at_least_one_channel(seed, orders):
    day = a_day(seed, orders)
    reported = {order_id(item) for _, item in purchases(day)}
    assert reported == {order.order_id for order in day.orders if order.paid}


@many_days
@given(SEEDS)
def test_every_copy_of_an_order_tells_the_truth_about_value_currency_and_consent(seed):
    day = a_day(seed)
    truth = {order["order_id"]: order for order in tell(day, seed=seed, pixel="P")["orders"]}
    for _, item in purchases(day):
        order = truth[order_id(item)]
        assert Decimal(str(item["properties"]["value"])) == Decimal(order["value"])
        assert item["properties"]["currency"] == order["currency"]
        assert item["consent"]["ad_storage"] == ("granted" if order["consented"] else "denied")


@many_days
@given(SEEDS)
def test_a_value_is_the_sum_of_its_lines(seed):
    for _, item in purchases(a_day(seed, 40)):
        lines = item["properties"]["contents"]
        total = sum(Decimal(str(line["price"])) * line["quantity"] for line in lines)
        assert total == Decimal(str(item["properties"]["value"]))


@many_days
@given(SEEDS)
def test_both_spellings_of_a_visitor_come_to_one_e_mail_and_one_phone(seed):
    for visitor in a_day(seed, 40).visitors:
        for typed in (visitor.in_browser, visitor.on_server):
            number = phonenumbers.parse(typed.phone, visitor.country.code)
            assert phonenumbers.is_valid_number(number)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == visitor.phone
            assert typed.email.strip().lower() == visitor.email


@many_days
@given(SEEDS)
def test_names_are_too_long_to_turn_up_by_accident(seed):
    for visitor in a_day(seed, 40).visitors:
        for typed in (visitor.in_browser, visitor.on_server):
            assert min(len(typed.first_name.strip()), len(typed.last_name.strip())) >= 8


def test_some_spellings_are_awkward_in_every_way_the_shop_knows():
    typed = [spelled for visitor in a_day().visitors for spelled in (visitor.in_browser, visitor.on_server)]
    assert any(it.email != it.email.strip() for it in typed)
    assert any(it.email != it.email.lower() for it in typed)
    assert any(not it.phone.strip().startswith("+") for it in typed)
    assert any("(0)" in it.phone for it in typed)
    assert any(not it.last_name.isascii() for it in typed)


@pytest.mark.parametrize(
    ("kind", "browser", "server"),
    [("blocked", {0}, {1, 2, 3, 4}), ("webhook_lost", {1, 2, 3, 4}, {0}), ("cancelled", {0}, {0})],
)
def test_what_silences_a_channel_leaves_only_the_other(kind, browser, server):
    orders = [order for order in a_day().orders if kind in order.troubles]
    assert orders
    assert {len(order.browser) for order in orders} <= browser
    assert {len(order.server) for order in orders} <= server


def test_reloads_and_repeated_webhooks_send_the_same_bytes_again():
    day = a_day()
    again = [order for order in day.orders if {"reloaded", "repeated"} & set(order.troubles)]
    bodies = Counter(post.body for post, _ in purchases(day))
    assert again
    assert all(len(order.browser) > 1 or len(order.server) > 1 for order in again)
    assert max(bodies.values()) > 1


def test_late_copies_come_after_the_join_window():
    pace = Pace(24)
    late = [order for order in a_day().orders if "late" in order.troubles]
    assert late
    assert all(abs(min(order.browser) - min(order.server)) > pace.join_window - 3 * pace.step for order in late)
    assert pace.late > pace.join_window


def test_out_of_order_means_server_then_browser_then_checkout():
    orders = [order for order in a_day().orders if "out_of_order" in order.troubles]
    assert orders
    assert all(order.server[0] < order.browser[0] < order.checkout[0] for order in orders)


@many_days
@given(SEEDS)
def test_the_day_is_over_when_it_says(seed):
    assert all(0 <= post.at <= 24 for post in posts_of(a_day(seed), OPENED))


def test_requests_come_in_the_order_of_sending():
    times = [post.at for post in posts_of(a_day(), OPENED)]
    assert times == sorted(times)


def test_the_truth_file_holds_every_order_and_every_spelling(tmp_path):
    day = a_day(orders=50)
    write_truth(tmp_path / "truth.json", day, seed=1, pixel="PIXEL")
    truth = json.loads((tmp_path / "truth.json").read_bytes())
    assert [order["order_id"] for order in truth["orders"]] == [order.order_id for order in day.orders]
    spelled = {email for visitor in truth["visitors"] for email in visitor["typed"]["email"]}
    assert {item["user"]["email"] for _, item in purchases(day)} <= spelled
