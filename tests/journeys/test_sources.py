"""What comes to a source's address, over real processes: the command and the page tell it, also after a kill."""

import os
import signal
import time

import pytest

from gateway import PIXEL, a_shop
from running import ask, wait_until
from shop_systems import SECRETS, a_shopify_order, encoded, iso, shopify_headers

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        words = ("sources", "create", "lamps", "--kind", "shopify", "--pixel", PIXEL, "--secret-stdin")
        opened.gateway.arrange(*words, told=SECRETS["shopify"])
        yield opened


def deliver(shop, body, topic="orders/paid", secret=SECRETS["shopify"], source="lamps"):
    content = encoded(body)
    headers = shopify_headers(content, topic, secret)
    return ask(f"{shop.gateway.intake}/in/shopify/{source}", "POST", headers=headers, body=content).status


def shown(shop):
    return shop.gateway.told("sources", "show", "lamps")


def test_a_source_listens_hears_and_remembers(shop):
    assert "listening" in shown(shop)
    wait_until(lambda: deliver(shop, {"id": 1}, "products/create") == 202, "the gateway knows the source")
    order = a_shopify_order(7, updated_at=iso(time.time() - 30))
    assert deliver(shop, order) == 202
    assert deliver(shop, order | {"line_items": {"a": 1}}) == 200
    assert [deliver(shop, order, secret="a guess"), deliver(shop, order, source="nobody")] == [401, 401]
    wait_until(lambda: "wrongly signed   " in shown(shop) and "line_items: " in shown(shop), "it is written down")
    told = shown(shop)
    assert "orders/paid" in told
    assert "not used" in told
    assert "median" in told
    assert "lovelace" not in told.lower()
    os.kill(shop.gateway.pid("ingest-0"), signal.SIGKILL)
    wait_until(lambda: deliver(shop, order, "orders/updated") == 202, "another process takes deliveries")
    wait_until(lambda: "orders/updated" in shown(shop), "it goes on where the other was")
    assert "orders/paid" in shown(shop)
    assert not (shop.gateway.data / "deliveries-0.json").read_text().count("nobody")
