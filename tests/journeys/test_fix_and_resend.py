"""What TikTok refused for a property is mended by a rule of its pixel and sent again, in its new shape, once."""

import json

import pytest

from gateway import PIXEL, Shop, a_shop
from running import wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey

MONEY = {"value": 20.5, "currency": "EUR", "description": "for a friend"}
TOO_LONG = {"code": 40002, "message": "data.0.properties.description: Longer than maximum length."}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("resent"), join_window_seconds=0.1) as opened:
        yield opened


@pytest.fixture(autouse=True)
def every_property(shop):
    """Begin with a pixel that sends every property."""
    shop.gateway.told("pixels", "set", PIXEL, "parameters=")


def refused(shop: Shop, order: str, **trouble: object) -> dict:
    """Let TikTok refuse a purchase, and give what was sent of it."""
    shop.tiktok.trouble(**trouble, times=1)
    shop.post(a_purchase(order, properties=MONEY))
    wait_until(lambda: shop.story(order)["state"] == "refused", f"{order} is refused")
    return sent(shop, order)[-1]


def sent(shop: Shop, order: str) -> list[dict]:
    """Give each event that was sent under an id, as it stood in its request."""
    events = (event for call in shop.tiktok.requests(body=1) for event in json.loads(call["body"])["data"])
    return [event for event in events if event["event_id"] == order]


def mend_and_resend(shop: Shop, order: str) -> str:
    """Leave descriptions out from now on, send the dead letters again, and give what the command said."""
    shop.gateway.told("pixels", "set", PIXEL, "parameters=value,currency")
    said = shop.gateway.told("dead-letters", "resend", "--pixel", PIXEL, "--yes")
    wait_until(lambda: shop.story(order)["state"] == "delivered", f"{order} is delivered")
    return said


def test_a_purchase_that_was_refused_for_a_property_is_counted_once_without_it(shop):
    before = refused(shop, "order-long", kind="code", **TOO_LONG)
    said = mend_and_resend(shop, "order-long")
    assert "1 will be sent with the pixel's rules of today." in said
    assert sent(shop, "order-long") == [before, {**before, "properties": {"value": 20.5, "currency": "EUR"}}]
    (counted,) = [event for event in shop.tiktok.counted() if event["event_id"] == "order-long"]
    assert (counted["event"], counted["value"], counted["currency"]) == ("Purchase", 20.5, "EUR")


def test_a_purchase_that_tiktok_may_have_keeps_its_bytes_and_counts_once(shop):
    before = refused(shop, "order-taken", kind="partial", take_share=1.0)
    said = mend_and_resend(shop, "order-taken")
    assert "1 will be sent as it was: TikTok may have it." in said
    assert sent(shop, "order-taken") == [before, before]
    assert len([event for event in shop.tiktok.counted() if event["event_id"] == "order-taken"]) == 1
