"""Kill -9 of each process in the middle of load: what was acknowledged is delivered, and little is sent twice."""

import random
import sys
import time
from collections import Counter, defaultdict

import pytest

from gateway import Shop, a_shop
from killing import kill, roles
from running import wait_until
from shoppers import Crowd, a_seed, ids_of

pytestmark = [pytest.mark.journey, pytest.mark.alone]

BATCH = 1_000  #: the most events of one request
IN_FLIGHT = 4  #: the most requests of one pixel at a time


@pytest.mark.parametrize(
    ("kills", "slots"), [pytest.param(5, 1, id="5"), pytest.param(30, 2, id="30", marks=pytest.mark.long)]
)
def test_whatever_is_killed_each_acknowledged_event_is_delivered_once(tmp_path, kills, slots):
    rng = random.Random(a_seed())
    with a_shop(tmp_path, ingest_processes=slots) as shop:
        # Answers come late, so that at nearly every moment a request is taken over there and not yet settled here.
        shop.tiktok.trouble("delay", seconds=0.3)
        with Crowd(shop.gateway.intake, shop.keys["server"]) as crowd:
            for role in roles(kills, rng):
                time.sleep(rng.uniform(0.3, 1.5))
                if role == "writer":
                    until_something_is_under_way(shop)
                kill(shop.gateway, role, rng)
            time.sleep(1)
        shop.gateway.wait_ready()
        shop.wait_steady(60)
        assert crowd.again > 0, "no kill was felt by anybody"
        assert crowd.surprises == []
        every_acknowledged_event_is_counted_once(shop, crowd.acknowledged)
        little_was_sent_again_and_only_byte_for_byte(shop, kills)
        the_books_are_in_order(shop, len(crowd.acknowledged))


def until_something_is_under_way(shop: Shop) -> None:
    so_far = shop.tiktok.get("totals")["requests"]
    wait_until(lambda: shop.tiktok.get("totals")["requests"] > so_far, "a request arrives")


def every_acknowledged_event_is_counted_once(shop: Shop, acknowledged: set[str]) -> None:
    counted = Counter(event["event_id"] for event in shop.tiktok.counted())
    assert acknowledged - set(counted) == set()
    assert set(counted) - acknowledged == set(), "somebody made events up"
    assert max(counted.values()) == 1


def little_was_sent_again_and_only_byte_for_byte(shop: Shop, kills: int) -> None:
    """Judge the requests as they came in, before TikTok's side threw repeats away."""
    calls = shop.tiktok.requests()
    assert all(call["code"] == 0 for call in calls)
    bodies_of = defaultdict(set)
    sent = Counter()
    for call in calls:
        sent.update(call["event_ids"])
        for event_id in call["event_ids"]:
            bodies_of[event_id].add(call["sha256"])
    again = [call for seen, call in enumerate(calls) if call["sha256"] in {each["sha256"] for each in calls[:seen]}]
    events_again = sum(sent.values()) - len(sent)
    sys.stdout.write(f"{len(sent)} events in {len(calls)} requests; again: {events_again} in {len(again)}\n")
    assert {event_id: bodies for event_id, bodies in bodies_of.items() if len(bodies) > 1} == {}
    assert 0 < events_again <= len(again) * BATCH
    assert len(again) <= kills * IN_FLIGHT  # a kill leaves open what was under way


def the_books_are_in_order(shop: Shop, acknowledged: int) -> None:
    told = shop.gateway.told("doctor")
    assert "FAIL" not in told
    assert f" = conversions {acknowledged} + " in told
    assert shop.gateway.pending() == 0
    assert ids_of(shop.stories(event_id="shopper0-0-0")) == {"shopper0-0-0"}
