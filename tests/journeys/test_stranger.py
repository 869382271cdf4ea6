"""A stranger with the public key floods a running gateway, crawlers run its pages, a server tries itself out."""

import json
from collections.abc import Iterator

import pytest

from gateway import Shop, a_shop
from running import ask, wait_until
from shoppers import a_purchase, a_view

pytestmark = pytest.mark.journey

RATE = 20  #: events a second of one address
FLOOD = RATE * 20 * 2  #: twice what it may send at once


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    wishes = {"browser_address_rate": RATE, "trusted_proxies": "127.0.0.0/8", "join_window_seconds": 0}
    with a_shop(tmp_path_factory.mktemp("stranger"), **wishes) as shop:
        yield shop


def seen(shop: Shop, *events: dict, client: str = "8.8.4.4", agent: str = "Mozilla/5.0") -> tuple[int, dict]:
    """Send what a page at this address reports."""
    headers = {"X-Forwarded-For": client, "User-Agent": agent, "Origin": "https://shop.example"}
    answer = shop.send(json.dumps({"events": events}).encode(), key=shop.keys["browser"], headers=headers)
    return answer.status, {**answer.json, "retry": answer.headers.get("retry-after")}


def refusals(shop: Shop) -> float:
    """Read how many requests were refused because of their address."""
    lines = ask(f"{shop.gateway.pages}/metrics").body.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if 'code="address_rate_limited"' in line and "_total" in line)


@pytest.mark.outside("rates")
def test_a_flood_of_one_address_is_refused_and_nobody_elses_events_are(shop: Shop) -> None:
    statuses = [seen(shop, *(a_view(f"f-{n}-{m}") for m in range(100)))[0] for n in range(FLOOD // 100)]
    assert statuses.count(429) >= 2
    assert statuses[:4] == [202] * 4
    status, told = seen(shop, a_view("f-last"))
    assert (status, told["code"]) == (429, "address_rate_limited")
    assert int(told["retry"]) >= 1
    assert seen(shop, a_view("visitor-1"), client="8.8.8.8")[0] == 202
    shop.post(a_purchase("order-1", order_id="1"))
    assert shop.story("order-1")["state"] == "delivered"
    assert shop.story("visitor-1")["state"] == "delivered"
    wait_until(lambda: refusals(shop) >= 3, "the refusals are counted")
    shop.wait_steady()


@pytest.mark.outside("bots")
def test_what_a_crawler_reports_is_counted_and_goes_no_further(shop: Shop) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    status, told = seen(shop, a_view("crawled"), client="66.249.66.1", agent=agent)
    assert (status, told["accepted"], told["dropped"][0]["reason"]) == (202, 0, "bot")
    shop.wait_steady()
    assert shop.stories(event_id="crawled") == []
    assert "bot 1 times" in shop.gateway.run("find", "--event-id", "crawled").stdout


@pytest.mark.outside("testcode")
def test_a_test_of_a_server_goes_under_its_code_and_counts_nowhere(shop: Shop) -> None:
    body = {"test_event_code": "TEST777", "events": [a_purchase("test-1", order_id="T1")]}
    assert shop.send(json.dumps(body).encode()).status == 202
    wait_until(lambda: any("test-1" in call["event_ids"] for call in shop.tiktok.requests()), "the test is sent")
    (call,) = [call for call in shop.tiktok.requests(body=1) if "test-1" in call["event_ids"]]
    assert json.loads(call["body"])["test_event_code"] == "TEST777"
    status, told = seen(shop, a_view("test-2") | {"test_event_code": "TEST777"}, client="8.8.8.9")
    assert (status, told["dropped"][0]["reason"]) == (202, "test_order")
    shop.wait_steady()
    counted = {event["event_id"] for event in shop.tiktok.counted()}
    assert not {"test-1", "test-2"} & counted
