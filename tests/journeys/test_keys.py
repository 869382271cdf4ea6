"""The key ring gets a new key while the gateway runs, and loses the old one."""

import json

import pytest

from gateway import PIXEL, TOKEN, a_shop
from running import wait_until
from shoppers import a_purchase, a_view

pytestmark = pytest.mark.journey


def test_a_running_gateway_takes_the_new_key_without_a_restart(tmp_path):
    with a_shop(tmp_path, join_window_seconds=0) as shop:
        shop.post(a_purchase("held", consent=None), a_view("sent"))
        assert (shop.story("held")["state"], shop.story("sent")["state"]) == ("held", "delivered")
        done = json.loads(shop.gateway.told("keys", "rotate", "--json"))
        assert (done["added"], done["unopened"]) == (True, 0)
        assert {"keys of days", "keys of held events", "tokens of pixels", "keys of journals"} <= done["sealed"].keys()
        assert "Dropped: " in shop.gateway.told("keys", "rotate", "--drop-old")
        (left,) = json.loads((tmp_path / "keyring.json").read_text())["keys"]
        assert left["id"] == done["newest"]
        shop.gateway.told("pixels", "token", PIXEL, "--untried", told=TOKEN)  # sealed by the new key alone
        shop.post(a_purchase("held"), a_purchase("held too", consent=None), a_view("afterwards"))
        wait_until(lambda: len(shop.tiktok.counted()) == 3, "what was held and what comes is sent")
        assert shop.story("held too")["state"] == "held"
        assert "FAIL" not in shop.gateway.told("doctor")
        assert sum(line["event"] == "writer.ready" for line in shop.gateway.lines()) == 1
        shop.gateway.stop()
        shop.gateway.start()
        shop.post(a_purchase("held too"))
        assert shop.story("held too")["state"] == "delivered"
