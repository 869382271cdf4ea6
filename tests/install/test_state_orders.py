"""The samples of docs/howto/state-orders.md as they stand there, against a real gateway."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway import PIXEL, a_shop
from shoppers import GRANTED, a_purchase

pytestmark = pytest.mark.journey

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "state-orders.md").read_text()
PLACED, CHANGED, CALLS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RUN = "\nimport sys\nname, said = sys.argv[1], json.loads(sys.argv[2])\nprint(json.dumps(globals()[name](*said[0], **said[1])))\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        opened.gateway.arrange("pixels", "set", PIXEL, "purchase_means=paid")
        yield opened


def run(shop, name, *said, **more):
    done = subprocess.run(
        [sys.executable, "-c", PLACED + CHANGED + RUN, name, json.dumps([said, more])],
        env={**os.environ, "EVENTS_URL": shop.gateway.intake, "SERVER_KEY": shop.keys["server"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def an_order(number, now, paid_at=None):
    lines = [{"sku": "LAMP-1", "each": 85.0, "count": 1}]
    money = {"total": 89.9, "tax": 14.35, "shipping": 4.9, "currency": "EUR"}
    who = {"email": "ada@shop.example", "country": "DE"}
    return {"id": number, "changed_at": now, "placed_at": now, "paid_at": paid_at, "lines": lines} | money | who


def test_an_order_that_is_stated_as_placed_waits_and_counts_once_it_is_paid(shop):
    now = int(time.time())
    seen = a_purchase(None, order_id="1001", visitor_id="v-1", consent=GRANTED)
    receipt = shop.post(seen, key=shop.keys["browser"])["receipt"]
    visit = {"ttclid": "E.C.P.api", "ip": "203.0.113.77", "user_agent": "Mozilla/5.0", "visitor_id": "v-1"}
    for _ in range(2):
        answer = run(shop, "order_placed", an_order("1001", now - 60), visit | {"consent_receipt": receipt})
        assert (answer["accepted"], answer["rejected"], answer["event_ids"]) == (1, [], ["1001"])
    shop.wait_steady()
    assert [it["state"] for it in shop.stories(order_id="1001")] == ["held"]
    for _ in range(2):
        assert run(shop, "order_changed", "1001", now, paid=now)["accepted"] == 1
    shop.wait_steady()
    [story] = shop.stories(order_id="1001")
    assert (story["state"], story["value"], sorted(story["channels"])) == ("delivered", 89.9, ["browser", "server"])
    assert len([it for it in shop.tiktok.counted() if it["event_id"] == story["event_id"]]) == 1
    back = {"id": "r-1", "amount": 10, "currency": "EUR", "at": now}
    assert run(shop, "order_refunded", "1001", back)["accepted"] == 1
    shop.wait_steady()
    told = shop.gateway.told("orders", "show", "1001")
    assert "79.90 EUR" in told


def test_the_calls_of_the_page_are_those_of_its_functions():
    calls = []
    exec(CALLS, {"order_changed": lambda *said, **states: calls.append((said, states))})
    assert [list(states) for _, states in calls] == [["paid"], ["shipped"], ["cancelled"]]
