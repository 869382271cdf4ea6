"""From a POST to TikTok's answer, over real sockets and processes."""

import gzip
import hashlib
import json
import time

import pytest

from gateway import PIXEL, Shop, a_shop
from running import ask
from shoppers import DENIED, a_purchase, a_view, ids_of

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("corridor"), join_window_seconds=1.5) as opened:
        yield opened


def wire(shop: Shop, event_id: str) -> list[dict]:
    """Give the events under this id as they stood in the requests, and fail for a request with more than one."""
    bodies = [json.loads(call["body"]) for call in shop.tiktok.requests(body=1) if event_id in call["event_ids"]]
    return [event for body in bodies for event in body["data"] if event["event_id"] == event_id]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_an_event_is_told_as_delivered_with_the_request_id_of_tiktok(shop):
    answer = shop.post(a_purchase("order-1001", order_id="1001", user={"email": "ada@shop.example"}))
    assert answer == {
        "accepted": 1,
        "dropped": [],
        "held": [],
        "rejected": [],
        "notices": [],
        "event_ids": ["order-1001"],
    }
    story = shop.story("order-1001")
    assert story["state"] == "delivered"
    assert story["value"] == 20.5
    [attempt] = story["attempts"]
    [call] = [call for call in shop.tiktok.requests() if "order-1001" in call["event_ids"]]
    assert attempt["request_id"] == call["request_id"] != ""
    assert shop.stories(order_id="1001") == [story]


def test_an_unknown_event_is_unknown(shop):
    assert shop.stories(event_id="nobody-ever-posted-this") == []


def test_what_is_posted_in_one_go_is_counted_one_by_one(shop):
    events = [a_view(f"batch-{number}") for number in range(1_000)]
    assert shop.post(*events)["accepted"] == 1_000
    shop.wait_steady()
    counted = [event["event_id"] for event in shop.tiktok.counted() if event["event_id"].startswith("batch-")]
    assert sorted(counted) == sorted(ids_of(events))


def test_one_event_more_than_a_thousand_is_refused_as_a_whole(shop):
    answer = shop.send(json.dumps({"events": [a_view(f"many-{number}") for number in range(1_001)]}).encode())
    assert (answer.status, answer.json["code"]) == (413, "too_many_events")
    assert shop.stories(event_id="many-0") == []


def test_a_compressed_body_is_as_good_as_a_plain_one(shop):
    body = gzip.compress(json.dumps({"events": [a_view("zipped-1")]}).encode())
    assert shop.send(body, headers={"Content-Encoding": "gzip"}).status == 202
    assert shop.story("zipped-1")["state"] == "delivered"


def test_both_copies_leave_as_one_event_with_the_keys_of_both(shop):
    browser = a_purchase(
        "joined-1",
        user={"ttclid": "E.C.P.browserclick", "ttp": "browser.cookie"},
        properties={"value": 999, "currency": "EUR"},
    )
    server = a_purchase(
        "joined-1", user={"email": "Ada@Shop.example", "phone": "+49 30 901820"}, page=None, order_id="J1"
    )
    shop.post(browser, key=shop.keys["browser"], headers={"User-Agent": "Journey/1.0"})
    shop.post(server)
    story = shop.story("joined-1")
    assert (story["state"], sorted(story["channels"])) == ("delivered", ["browser", "server"])
    [sent] = wire(shop, "joined-1")
    assert sent["user"]["ttclid"] == "E.C.P.browserclick"
    assert sent["user"]["email"] == sha256("ada@shop.example")
    assert sent["user"]["phone"] == sha256("+4930901820")
    assert sent["user"]["user_agent"] == "Journey/1.0"
    assert sent["properties"]["value"] == 20.5  # the till knows better than the page
    assert [event["order_id"] for event in shop.tiktok.counted() if event["event_id"] == "joined-1"] == ["J1"]


@pytest.mark.parametrize(
    ("event_id", "consent", "fate", "reason"),
    [("refused-1", DENIED, "dropped", "no_consent"), ("unsaid-1", {}, "held", "consent_not_said")],
)
def test_what_the_visitor_did_not_allow_never_leaves(shop, event_id, consent, fate, reason):
    answer = shop.post(a_purchase(event_id, consent=consent))
    assert answer["accepted"] == (fate == "held")
    assert [kept_back["reason"] for kept_back in answer[fate]] == [reason]
    shop.post(a_purchase(f"after-{event_id}"))
    assert shop.story(f"after-{event_id}")["state"] == "delivered"
    assert wire(shop, event_id) == []
    assert all(event_id not in call["event_ids"] for call in shop.tiktok.requests())


def test_a_receipt_from_the_page_speaks_for_the_server(shop):
    receipt = shop.post(a_view("seen-1", visitor_id="visitor-1"), key=shop.keys["browser"])["receipt"]
    forged = shop.post(a_purchase("forged-1", consent=None, consent_receipt=f"{receipt}A"))
    assert (len(forged["held"]), [notice["code"] for notice in forged["notices"]]) == (1, ["receipt_altered"])
    passed_on = shop.post(a_purchase("passed-on-1", consent=None, consent_receipt=receipt))
    assert (passed_on["held"], passed_on["notices"]) == ([], [])
    assert shop.story("passed-on-1")["state"] == "delivered"
    assert wire(shop, "forged-1") == []


def test_a_repeated_post_without_an_event_id_is_the_same_conversion(shop):
    event = a_purchase(event_id=None, event_time=int(time.time()) - 60, user={"email": "again@shop.example"})
    first, second = shop.post(event), shop.post(event)
    assert first["event_ids"] == second["event_ids"]
    [derived] = first["event_ids"]
    assert shop.story(derived)["state"] == "delivered"
    assert len(wire(shop, derived)) == 1


def test_an_order_without_an_event_id_is_known_by_its_number_on_both_sides(shop):
    for key in ("server", "browser"):
        [event_id] = shop.post(a_purchase(event_id=None, order_id="9001"), key=shop.keys[key])["event_ids"]
    assert shop.story(event_id)["state"] == "delivered"
    assert len(wire(shop, event_id)) == 1


def test_a_repeat_after_delivery_is_not_sent_again(shop):
    shop.post(a_view("late-1"))
    assert shop.story("late-1")["state"] == "delivered"
    shop.post(a_view("late-1"))
    shop.wait_steady()
    assert len(wire(shop, "late-1")) == 1


def test_the_wire_speaks_events_api_2_0(shop):
    shop.post(a_view("wired-1"))
    shop.story("wired-1")
    [call] = [call for call in shop.tiktok.requests(body=1) if "wired-1" in call["event_ids"]]
    body = json.loads(call["body"])
    assert call["path"] == "/open_api/v1.3/event/track/"
    assert (body["event_source"], body["event_source_id"]) == ("web", PIXEL)
    assert isinstance(body["data"][0]["event_time"], int)


def test_each_arrival_has_exactly_one_end(shop):
    shop.wait_steady()
    told = shop.gateway.told("doctor")
    assert "Counters agree: " in told
    assert "FAIL" not in told


def test_the_command_finds_an_event_by_what_people_know_of_it(shop):
    shop.post(a_purchase("found-1", order_id="F1", user={"email": "Finder@Shop.example"}))
    shop.story("found-1")
    for asked in (("--event-id", "found-1"), ("--order-id", "F1"), ("--email", "finder@shop.example")):
        told = shop.gateway.told("find", *asked)
        assert "Purchase found-1" in told
        assert "delivered" in told


def test_a_read_key_cannot_write_and_a_write_key_cannot_read(shop):
    assert shop.send(b'{"events":[]}', key=shop.keys["read"]).status == 403
    headers = {"Authorization": f"Bearer {shop.keys['server']}"}
    assert ask(f"{shop.gateway.pages}/v1/conversions?event_id=wired-1", headers=headers).status == 403
