"""The demo's shop: its plan must be a truth that a sound gateway can meet exactly."""

import json
import random
from collections import Counter
from datetime import datetime
from decimal import Decimal
from ipaddress import ip_network

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinbeam.core.errors import ConfigError
from twinbeam.core.values import Channel
from twinbeam.demo import webhooks
from twinbeam.demo.pace import Pace
from twinbeam.demo.posts import Post, To, posts_of
from twinbeam.demo.scenarios import KINDS
from twinbeam.demo.shop import Day, plan
from twinbeam.demo.truth import truth_of, write_truth
from twinbeam.demo.visits import PlannedOrder

OPENED = 1_790_000_000
SEEDS = st.integers(0, 10**6)
ORDERS = st.integers(40, 200)

many_days = settings(max_examples=20)  #: a day costs milliseconds, and these are all pure


def a_day(seed: int = 1, orders: int = 120, seconds: float = 24) -> Day:
    return plan(random.Random(seed), orders, Pace(seconds))


def posted(day: Day) -> list[Post]:
    return posts_of(day, OPENED, "PIXEL")


def items(post: Post) -> list[dict]:
    return json.loads(post.body)["events"]


def order_id(item: dict) -> str | None:
    return item.get("order_id") or item.get("properties", {}).get("order_id")


def purchases(day: Day) -> list[tuple[Post, dict]]:
    """Every copy of a purchase that goes to the gateway, made-up ones left out."""
    forged = {it.order.order_id for it in day.forged}
    told = [(post, item) for post in posted(day) if post.to is To.EVENTS for item in items(post)]
    return [
        (post, item)
        for post, item in told
        if item["event"] in {"Purchase", "CompletePayment"} and order_id(item) not in forged
    ]


def beacons(day: Day) -> list[tuple[Post, dict]]:
    """Every purchase that TikTok's own script reports."""
    told = [(post, json.loads(post.body)) for post in posted(day) if post.to is To.SCRIPT]
    return [(post, beacon) for post, beacon in told if beacon["event"] == "Purchase"]


def struck(day: Day, kind: str) -> list[PlannedOrder]:
    orders = [order for order in day.orders if kind in order.scenarios]
    assert orders
    return orders


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    assert posted(a_day(seed=5)) == posted(a_day(seed=5))
    assert posted(a_day(seed=5)) != posted(a_day(seed=6))


@many_days
@given(SEEDS, ORDERS)
def test_between_60_and_80_percent_of_the_orders_ought_to_be_counted(seed, orders):
    day = a_day(seed, orders)
    assert 0.6 <= sum(order.counts for order in day.orders) / orders <= 0.8


@many_days
@given(SEEDS, ORDERS)
def test_every_scenario_meets_at_least_one_percent_of_the_orders(seed, orders):
    day = a_day(seed, orders)
    met = Counter(kind for order in (*day.orders, *day.system_orders) for kind in order.scenarios)
    met["forged"] = len(day.forged)
    assert all(met[kind] >= max(1, orders / 100) for kind in KINDS)


@many_days
@given(SEEDS, ORDERS)
def test_every_paid_order_is_reported_by_the_server_and_no_other(seed, orders):
    day = a_day(seed, orders)
    reported = {order_id(item) for post, item in purchases(day) if post.channel is Channel.SERVER}
    assert reported == {order.order_id for order in day.orders if order.paid}


@many_days
@given(SEEDS)
def test_every_server_copy_tells_the_truth_about_value_and_currency(seed):
    day = a_day(seed)
    truth = {order["order_id"]: order for order in truth_of(day, seed=seed, pixel="P")["orders"]}
    for post, item in purchases(day):
        order = truth[order_id(item)]
        assert item["properties"]["currency"] == order["currency"]
        wrong = Decimal(str(item["properties"]["value"])) != Decimal(order["value"])
        assert wrong == ("differing_value" in order["scenarios"] and post.channel is Channel.BROWSER)


@many_days
@given(SEEDS)
def test_what_counts_is_what_the_last_answer_permits_or_the_script_had_reported_before(seed):
    day = a_day(seed)
    sent = {beacon["properties"]["order_id"] for _, beacon in beacons(day)}
    for order in day.orders:
        last = order.later or order.answer
        in_earnest = order.paid and not order.test
        assert order.counts == (in_earnest and (last.granted or order.order_id in sent))


@many_days
@given(SEEDS)
def test_a_value_is_the_sum_of_its_lines(seed):
    for post, item in purchases(a_day(seed, 40)):
        lines = item["properties"]["contents"]
        total = sum(Decimal(str(line["price"])) * line["quantity"] for line in lines)
        assert post.channel is Channel.BROWSER or total == Decimal(str(item["properties"]["value"]))


@many_days
@given(SEEDS)
def test_both_spellings_of_a_visitor_come_to_one_e_mail_and_one_phone(seed):
    for visitor in a_day(seed, 40).visitors:
        for typed in (visitor.in_browser, visitor.on_server):
            number = phonenumbers.parse(typed.phone, visitor.country.code)
            assert phonenumbers.is_valid_number(number)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == visitor.phone
            assert typed.email.strip().lower() == visitor.email


@pytest.mark.parametrize("seed", [21, 30, 48])
def test_nobody_shares_a_phone_number_where_the_first_draw_would(seed):
    visitors = a_day(seed, 600).visitors
    assert len({visitor.phone for visitor in visitors}) == len(visitors)


def test_more_orders_than_phone_numbers_can_be_drawn_for_are_refused():
    with pytest.raises(ConfigError, match="5001 orders are too many"):
        a_day(orders=5_001)


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


def test_a_blocker_hides_the_script_and_sometimes_the_whole_browser():
    blocked = struck(a_day(), "blocked")
    assert not any(order.script for order in blocked)
    assert {bool(order.browser) for order in blocked} == {True, False}
    assert all(order.server for order in blocked)


def test_nobody_reports_what_was_cancelled():
    assert not any(order.browser or order.server or order.counts for order in struck(a_day(), "cancelled"))


def test_every_copy_of_a_test_order_says_so_and_of_no_other():
    day = a_day()
    tests = {order.order_id for order in struck(day, "test_order")}
    assert all(item.get("test", False) == (order_id(item) in tests) for _, item in purchases(day))
    assert not any(order.counts for order in day.orders if order.test)


def test_the_script_reports_under_the_pages_own_id_and_only_what_was_allowed_by_then():
    day = a_day()
    orders = {order.order_id: order for order in day.orders}
    assert beacons(day)
    for _, beacon in beacons(day):
        order = orders[beacon["properties"]["order_id"]]
        assert order.script
        assert order.answer.granted
        assert beacon["event_id"] == (order.browser_id or order.order_id)


def test_the_tag_says_what_became_of_the_scripts_copy():
    day = a_day()
    sent = {beacon["properties"]["order_id"] for _, beacon in beacons(day)}
    for post, item in purchases(day):
        if post.channel is Channel.BROWSER:
            assert (item["native"] == "sent") == (order_id(item) in sent)


def test_three_ways_of_changing_ones_mind():
    changed = struck(a_day(), "consent_changed")
    ways = {(order.answer and order.answer.granted, order.later and order.later.granted) for order in changed}
    assert ways == {(None, True), (True, False), (True, None)}
    assert all(order.landed for order in changed if order.later is None)


def test_a_refusal_after_the_order_comes_before_its_servers_copy():
    pace = Pace(24)
    back = [order for order in struck(a_day(), "consent_changed") if order.later and not order.later.granted]
    assert all(order.browser[0] < order.later.at < order.server[0] - pace.late / 2 for order in back)


def test_an_answer_without_an_event_is_posted_as_a_statement():
    day = a_day()
    said = [json.loads(post.body)["statements"][0] for post in posted(day) if post.to is To.CONSENT]
    changed = [order for order in day.orders if order.later]
    # A shop system knows the visit and not its answer, so the page states that itself.
    assert {it["visitor_id"] for it in said} == {it.visitor.visitor_id for it in (*changed, *day.system_orders)}


def test_a_page_that_names_another_value_is_believed_by_nobody_yet():
    orders = struck(a_day(), "differing_value")
    assert all(order.browser_minor != order.minor and not order.by_script for order in orders)


def test_a_page_that_makes_up_its_id_is_told_by_the_server_under_the_order_alone():
    day = a_day()
    made_up = {order.order_id: order.browser_id for order in struck(day, "differing_id")}
    for post, item in purchases(day):
        if order_id(item) in made_up:
            mine = post.channel is Channel.BROWSER
            assert item.get("event_id") == (made_up[order_id(item)] if mine else None)


def test_only_servers_use_the_old_name():
    day = a_day()
    old = {order.order_id for order in struck(day, "differing_name")}
    for post, item in purchases(day):
        is_old = order_id(item) in old and post.channel is Channel.SERVER
        assert item["event"] == ("CompletePayment" if is_old else "Purchase")


def test_a_forged_purchase_is_told_by_a_browser_alone_and_belongs_to_no_order():
    day = a_day()
    forged = {it.order.order_id for it in day.forged}
    told = [(post, item) for post in posted(day) if post.to is To.EVENTS for item in items(post)]
    channels = {post.channel for post, item in told if order_id(item) in forged}
    assert channels == {Channel.BROWSER}
    assert forged.isdisjoint(order.order_id for order in day.orders)
    assert forged.isdisjoint(beacon["properties"]["order_id"] for _, beacon in beacons(day))


def test_reloads_and_repeated_webhooks_send_the_same_bytes_again():
    day = a_day()
    again = [order for order in day.orders if {"reloaded", "repeated"} & set(order.scenarios)]
    bodies = Counter(post.body for post, _ in purchases(day))
    assert again
    assert all(len(order.browser) > 1 or len(order.server) > 1 for order in again)
    assert max(bodies.values()) > 1


def test_late_copies_come_after_the_join_window():
    pace = Pace(24)
    late = struck(a_day(), "late")
    assert all(abs(min(order.browser) - min(order.server)) > pace.join_window - 3 * pace.step for order in late)
    assert pace.late > pace.join_window


def test_out_of_order_means_server_then_browser_then_checkout():
    orders = struck(a_day(), "out_of_order")
    assert all(order.server[0] < order.browser[0] < order.checkout[0] for order in orders)


@many_days
@given(SEEDS)
def test_the_day_is_over_when_it_says(seed):
    assert all(0 <= post.at <= 24 for post in posted(a_day(seed)))


def test_every_browser_reports_from_an_address_of_its_own():
    day = a_day(orders=600)
    assert {post.address for post in posted(day) if post.channel is Channel.SERVER} == {""}
    browsers = {visitor.ip for visitor in day.visitors}
    assert {post.address for post in posted(day) if post.channel is Channel.BROWSER} <= browsers
    sites = ((visitor.ip, 64 if ":" in visitor.ip else 32) for visitor in day.visitors)
    networks = Counter(ip_network(site, strict=False) for site in sites)
    assert max(networks.values()) < 10


def test_requests_come_in_the_order_of_sending():
    times = [post.at for post in posted(a_day())]
    assert times == sorted(times)


def test_the_truth_file_holds_every_order_and_every_spelling(tmp_path):
    day = a_day(orders=50)
    write_truth(tmp_path / "truth.json", day, seed=1, pixel="PIXEL")
    truth = json.loads((tmp_path / "truth.json").read_bytes())
    assert [order["order_id"] for order in truth["orders"]] == [order.order_id for order in day.orders]
    spelled = {email for visitor in truth["visitors"] for email in visitor["typed"]["email"]}
    assert {item["user"]["email"] for _, item in purchases(day)} <= spelled


@many_days
@given(SEEDS, ORDERS)
def test_shop_systems_tell_of_each_step_of_each_order_before_the_day_ends(seed, orders):
    day = a_day(seed, orders)
    for order in day.system_orders:
        told = {it.step for it in order.deliveries}
        assert told == set(range(len(order.steps)))
        assert all(0 <= it.at < 24 for it in order.deliveries)
        assert order.counts == (order.visitor.consented and order.stands)
    assert len({order.order_id for order in day.system_orders}) == len(day.system_orders)


def test_a_body_tells_no_moment_that_is_still_to_come():
    for order in a_day(1, 600).system_orders:
        for told in order.deliveries:
            body = json.loads(webhooks.body_of(order, told, 1_000_000_000))
            revised = body.get("updated_at") or f"{body['date_modified_gmt']}Z"
            assert datetime.fromisoformat(revised).timestamp() <= 1_000_000_000 + told.at
