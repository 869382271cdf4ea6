"""How much may be sent: somebody with a public key and many addresses keeps nobody else out and fills no memory."""

import asyncio
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_body, an_item
from door import BROWSER_KEY, SERVER_KEY, House, a_scope
from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.directory import AccessKey
from twinbeam.pipeline.accept.problems import ProblemCode
from twinbeam.pipeline.accept.rate_limits import (
    BURST_SECONDS,
    MOST_ADDRESSES,
    MOST_RETRY_SECONDS,
    Buckets,
    EventRates,
    RateLimits,
    site_of,
)

pytestmark = pytest.mark.outside("rates")

BROWSER = {"authorization": f"Bearer {BROWSER_KEY}", "origin": "https://shop.example"}
SERVER = {"authorization": f"Bearer {SERVER_KEY}"}
TAG = AccessKey("k2", KeyKind.BROWSER, "main", "tag")
SHOP = AccessKey("k1", KeyKind.SERVER, "main", "checkout")
USUAL = EventRates(server_key=50_000, browser_key=2_000, browser_address=100)
VIEW = a_body(an_item(event="ViewContent"))


def a_house(**rates):
    return House(limits=RateLimits(EventRates(**rates)))


def ask(house, client, headers=BROWSER, body=VIEW):
    return house.post(body, headers, client=(client, 50_000))


def test_who_sends_too_much_is_told_when_to_come_back_and_is_taken_then():
    house = a_house(browser_address=10)
    statuses = [ask(house, "8.8.4.4").status for _ in range(300)]
    assert statuses == [202] * 201 + [429] * 99  # 20 seconds' worth, and the one that overdraws it
    refused = ask(house, "8.8.4.4")
    assert refused.json["code"] == ProblemCode.ADDRESS_RATE_LIMITED
    assert refused.headers[b"content-type"] == b"application/problem+json"
    assert refused.headers[b"access-control-allow-origin"] == b"*"
    assert b"retry-after" in refused.headers[b"access-control-expose-headers"]
    wait = int(refused.headers[b"retry-after"])
    assert refused.json["retry_seconds"] == wait == 1
    house.clock.advance(seconds=wait)
    assert ask(house, "8.8.4.4").status == 202
    assert [served.code for served in house.served if served.status == 429] == ["address_rate_limited"] * 100


def test_statements_about_consent_are_limited_alike():
    house = a_house(browser_address=1)
    said = json.dumps({"statements": [{"visitor_id": "v", "consent": {"ad_storage": "denied"}}] * 21}).encode()
    answers = [house.post(said, BROWSER, path="/v1/consent", client=("8.8.4.4", 1)).status for _ in range(2)]
    assert answers == [202, 429]


def test_nobody_else_is_kept_out_by_what_one_address_sends():
    house = a_house(browser_address=1, browser_key=1_000)
    flood = [ask(house, "8.8.4.4").status for _ in range(500)]
    assert flood.count(202) == 21
    assert ask(house, "8.8.8.8").status == 202
    assert ask(house, "8.8.4.4", SERVER).status == 202


def test_the_addresses_of_one_ipv6_network_are_one_client():
    house = a_house(browser_address=1)
    flood = [ask(house, f"2a01:4f8:1:2::{n:x}").status for n in range(100)]
    assert flood.count(202) == 21
    assert ask(house, "2a01:4f8:1:3::1").status == 202
    assert len({site_of(f"2a01:4f8:1:2:{n:x}::1") for n in range(100)}) == 1
    assert len({site_of(address) for address in ("fe80::1%eth0", "8.8.4.4", "8.8.4.5", "no:address")}) == 4


@pytest.mark.parametrize(
    "client", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "100.64.0.1", "testclient"]
)
def test_what_is_surely_a_proxy_is_not_taken_for_one_visitor(client):
    house = a_house(browser_address=1)
    assert {ask(house, client).status for _ in range(100)} == {202}


def test_a_few_addresses_that_use_up_a_key_do_not_keep_out_visitors():
    limits, now, flooded = RateLimits(USUAL), 0.0, 0
    for second in range(120):
        for address in range(60):  # 60 addresses at 100 a second are three times what the key may send
            for _ in range(10):
                if limits.refused(TAG, f"8.8.4.{address}", now) is None:
                    limits.spend(TAG, f"8.8.4.{address}", now, events=10, size_bytes=9_000)
                    flooded += 10
        for visitor in range(50):
            client = f"9.{second}.{visitor}.1"
            assert limits.refused(TAG, client, now) is None
            limits.spend(TAG, client, now, events=10, size_bytes=9_000)
        now += 1.0
    assert 120 * 1_000 < flooded < USUAL.browser_key * (120 + BURST_SECONDS)


def test_a_server_is_limited_by_its_key_alone_and_so_high_that_no_process_takes_more():
    limits = RateLimits(USUAL)
    for tick in range(600):  # a minute at the most that was ever measured, docs/performance.md
        assert limits.refused(SHOP, None, tick / 10) is None
        limits.spend(SHOP, None, tick / 10, events=2_300, size_bytes=2_300 * 1_400)
    assert RateLimits(EventRates(server_key=1)).refused(SHOP, None, 0.0) is None


def test_a_server_key_that_runs_wild_is_told_to_wait():
    house = a_house(server_key=10)
    body = a_body(*[an_item(event_id=str(n)) for n in range(250)])
    assert [ask(house, "8.8.4.4", SERVER, body).status for _ in range(2)] == [202, 429]
    refused = ask(house, "8.8.4.4", SERVER, body)
    assert (refused.json["code"], refused.headers[b"retry-after"]) == (ProblemCode.KEY_RATE_LIMITED, b"5")
    house.clock.advance(seconds=5)
    assert ask(house, "8.8.4.4", SERVER, body).status == 202


def test_a_rate_of_0_is_no_limit():
    house = a_house()
    assert {ask(house, "8.8.4.4").status for _ in range(500)} == {202}
    assert len(house.door.limits._addresses) == 0


def test_bodies_that_hold_no_event_cost_what_they_took_to_read():
    house = a_house(browser_address=100)
    garbage = b"[" * 1_000_000
    statuses = [ask(house, "8.8.4.4", body=garbage).status for _ in range(4)]
    assert statuses == [400, 400, 400, 429]


def test_a_thousand_connections_that_send_their_bodies_at_once_are_no_way_around_it():
    house = a_house(browser_address=10)
    encoded = [(name.encode(), value.encode()) for name, value in BROWSER.items()]
    complete = asyncio.Event()

    async def one():
        parts = [VIEW]

        async def receive():
            await complete.wait()
            return {"type": "http.request", "body": parts.pop(), "more_body": False}

        sent = []

        async def send(message):
            sent.append(message)

        await house.door(a_scope(headers=encoded, client=("8.8.4.4", 1)), receive, send)
        return sent[0]["status"]

    async def all_at_once():
        waiting = [asyncio.create_task(one()) for _ in range(1_000)]
        await asyncio.sleep(0)
        complete.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(all_at_once()).count(202) == 201


@pytest.mark.slow
def test_any_number_of_addresses_takes_no_more_memory_than_some():
    limits = RateLimits(USUAL, most_addresses=8_192)
    tracemalloc.start()
    for n in range(40_000):
        client = f"{11 + n % 80}.{n // 65_536}.{n // 256 % 256}.{n % 256}" if n % 2 else f"2a01:{n:x}::1"
        limits.refused(TAG, client, n / 1e6)
        limits.spend(TAG, client, n / 1e6, events=1, size_bytes=500)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(limits._addresses) <= 8_192 < MOST_ADDRESSES
    assert size < 25_000_000 * 8_192 / MOST_ADDRESSES


def test_a_limit_names_a_time_that_a_library_can_wait_for():
    limits = RateLimits(EventRates(browser_address=1))
    limits.spend(TAG, "8.8.4.4", 0.0, events=1_000, size_bytes=0)
    assert limits.refused(TAG, "8.8.4.4", 0.0).retry_seconds == MOST_RETRY_SECONDS


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 1_000)), max_size=60), st.integers(1, 500))
def test_what_is_taken_stays_below_the_rate_and_the_burst_and_one_request(arrivals, rate):
    bucket, now, taken, largest = Buckets(rate), 0.0, 0, 0
    for pause, cost in arrivals:
        now += pause
        if bucket.owed("a", now) <= BURST_SECONDS:
            bucket.spend("a", cost, now)
            taken, largest = taken + cost, max(largest, cost)
    assert taken <= rate * (now + BURST_SECONDS) + largest + 1e-6
