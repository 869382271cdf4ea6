"""`confirm_purchases = auto`, through real processes: a server's report turns it on, and making a key does not."""

import pytest

from gateway import PIXEL, Shop, a_shop
from running import wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey

WHAT = f"pixel main/{PIXEL} confirm_purchases=auto"


@pytest.fixture
def shop(tmp_path):
    with a_shop(tmp_path, join_window_seconds=0) as opened:
        yield opened


def seen(shop: Shop, order: str, *, user: dict | None = None) -> dict:
    """Report an order from the page, and give the answer."""
    event = a_purchase(None, order_id=order, user=user or {"ttclid": "E.C.P.click"})
    return shop.post(event, key=shop.keys["browser"])


def counted(shop: Shop) -> set[str]:
    shop.wait_steady()
    return {event["event_id"] for event in shop.tiktok.counted()}


def told_as_held(shop: Shop, order: str) -> bool:
    """Tell whether the intake knows by now: it learns of it from the writer, a moment later."""
    return [held["reason"] for held in seen(shop, order)["held"]] == ["not_confirmed"]


@pytest.mark.outside("auto")
def test_making_a_server_key_holds_nothing(shop):
    assert seen(shop, "1001")["held"] == []
    shop.keys["another"] = shop.make_key("server", PIXEL)
    assert seen(shop, "1002")["held"] == []
    assert counted(shop) == {"1001", "1002"}
    assert "now off" in shop.gateway.told("pixels", "rules", PIXEL)


@pytest.mark.outside("auto")
def test_a_servers_purchase_does_and_everybody_is_told(shop):
    shop.post(a_purchase(None, order_id="1001"))
    assert counted(shop) == {"1001"}
    wait_until(lambda: told_as_held(shop, "1002"), "the answer says that it is held", 5)
    seen(shop, "1003", user={"email": "berthe@shop.example"})
    shop.wait_steady()
    assert counted(shop) == {"1001"}

    [story] = shop.stories(order_id="1002")
    assert (story["state"], story["reason"]) == ("held", "not_confirmed")
    assert shop.story("1003", wait=0)["state"] == "held"
    assert "held      until" in shop.gateway.told("find", "--order-id", "1003")
    assert shop.gateway.run("find", "--email", "berthe@shop.example").returncode == 1
    assert f"{WHAT}: off -> on: a server reported a purchase" in shop.gateway.told("audit").replace("  ", " ")
    page = shop.gateway.page("/pixels").body.decode()
    assert "Unconfirmed: 2 held" in page
    assert f"twinbeam pixels set {PIXEL} confirm_purchases=off" in page
    assert "now on" in shop.gateway.told("pixels", "rules", PIXEL)

    shop.post(a_purchase(None, order_id="1003"))
    assert counted(shop) == {"1001", "1003"}
    assert shop.gateway.told("find", "--email", "berthe@shop.example")


@pytest.mark.outside("auto")
def test_it_outlives_a_restart_and_obeys_its_owner(shop):
    shop.post(a_purchase(None, order_id="1001"))
    shop.wait_steady()
    shop.gateway.stop()
    shop.gateway.start()
    wait_until(lambda: told_as_held(shop, "1002"), "the answer says that it is held", 5)
    assert counted(shop) == {"1001"}
    shop.gateway.arrange("pixels", "set", PIXEL, "confirm_purchases=off")
    wait_until(lambda: seen(shop, "1003")["held"] == [] and "1003" in counted(shop), "the owner is obeyed", 10)
    assert counted(shop) == {"1001", "1003"}
