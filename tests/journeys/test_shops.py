"""Two shops on one pixel, whose orders bear the same numbers: through real processes, to TikTok's side."""

import hashlib
import json

import pytest

from gateway import PIXEL, Shop, a_shop
from shoppers import DENIED, a_purchase

pytestmark = pytest.mark.journey

BUYERS = {"": ("ada@shop.example", 49.0), "shop-fr": ("berthe@shop.example", 120.0)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two shops whose pages are not believed alone, so that each page's copy waits for its server's."""
    with a_shop(tmp_path_factory.mktemp("shops"), join_window_seconds=0) as opened:
        opened.gateway.stop()
        opened.gateway.arrange("pixels", "set", PIXEL, "confirm_purchases=on")
        opened.gateway.told("shops", "add", "shop-fr")
        for kind in ("server", "browser"):
            opened.keys[f"{kind} shop-fr"] = opened.make_key(kind, PIXEL, shop="shop-fr")
        opened.gateway.start()
        yield opened


def key(shop: Shop, kind: str, name: str) -> str:
    return shop.keys[f"{kind} {name}".strip()]


def counted(shop: Shop, order: str) -> dict[str, dict]:
    """Give what TikTok counts of an order number, by event id."""
    return {event["event_id"]: event for event in shop.tiktok.counted() if event["order_id"] == order}


def persons(shop: Shop) -> dict[str, tuple[str, str]]:
    """Give e-mail hash and click of each order 1001 as they stood in the requests."""
    bodies = [json.loads(call["body"]) for call in shop.tiktok.requests(body=1)]
    events = [event for body in bodies for event in body["data"] if event["properties"]["order_id"] == "1001"]
    return {event["event_id"]: (event["user"]["email"], event["user"]["ttclid"]) for event in events}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.outside("shops")
def test_one_order_number_of_two_shops_is_counted_twice_with_its_own_money_and_person(shop):
    for name, (email, value) in BUYERS.items():
        seen = a_purchase(None, order_id="1001", user={"ttclid": f"E.C.P.{name or 'de'}"})
        shop.post(seen, key=key(shop, "browser", name))
        paid = a_purchase(None, order_id="1001", user={"email": email})
        shop.post({**paid, "properties": {"value": value, "currency": "EUR"}}, key=key(shop, "server", name))
    shop.wait_steady()
    told = {story["shop"]: story for story in shop.stories(order_id="1001")}
    assert {name: story["event_id"] for name, story in told.items()} == {"main": "1001", "shop-fr": "shop-fr-1001"}
    assert [sorted(story["channels"]) for story in told.values()] == [["browser", "server"]] * 2
    sent = counted(shop, "1001")
    assert {event_id: event["value"] for event_id, event in sent.items()} == {"1001": 49.0, "shop-fr-1001": 120.0}
    assert persons(shop) == {
        event_id: (sha256(email), f"E.C.P.{name or 'de'}")
        for event_id, (name, (email, _)) in zip(("1001", "shop-fr-1001"), BUYERS.items(), strict=True)
    }


@pytest.mark.outside("shops")
def test_a_refusal_in_one_shop_is_none_in_the_other(shop):
    shop.post(a_purchase(None, order_id="1002", consent=DENIED), key=key(shop, "browser", "shop-fr"))
    for name in BUYERS:
        shop.post(a_purchase(None, order_id="1002"), key=key(shop, "server", name))
    shop.wait_steady()
    assert set(counted(shop, "1002")) == {"1002"}


def test_the_command_line_tells_of_both_and_whose_each_is(shop):
    shop.post(a_purchase(None, order_id="1003"), key=key(shop, "server", "shop-fr"))
    shop.post(a_purchase(None, order_id="1003"), key=key(shop, "server", ""))
    shop.wait_steady()
    told = shop.gateway.told("find", "--order-id", "1003")
    assert [line.split()[1] for line in told.splitlines() if line.startswith("  shop ")] == ["main", "shop-fr"]
