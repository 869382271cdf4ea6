"""The debugger over real processes: an event from its arrival to TikTok's answer, and one that was rejected."""

import html
import json
import re
from hashlib import sha256

import pytest

from gateway import PIXEL, TOKEN, a_shop
from running import ask, wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("shop"), join_window_seconds=0) as opened:
        yield opened


def text_of(shop, path):
    return html.unescape(shop.gateway.page(path).body.decode())


def test_an_event_is_followed_from_its_arrival_to_tiktoks_answer(shop):
    shop.post(a_purchase("order-1", user={"email": "ada@shop.example", "phone": "none of it"}))
    wait_until(lambda: "state-delivered" in text_of(shop, "/debugger?find=order-1"), "it is delivered")
    (key,) = re.findall(r'data-key="(\d+)"', text_of(shop, "/debugger?find=order-1"))
    text = text_of(shop, f"/debugger/{key}")
    assert "<b>E-mail</b>: valid, hashed" in text
    assert "<b>Phone</b>: not valid, left out" in text
    assert "code 0" in text
    hashed = sha256(b"ada@shop.example").hexdigest()
    for secret in (hashed, "ada@shop.example", TOKEN):
        assert secret not in text
    shown = html.unescape(shop.gateway.post(f"/debugger/{key}/hashes").body.decode())
    assert hashed in shown
    assert TOKEN not in shown
    body = json.loads(re.search(r'aria-label="Body"><code>(.*?)</code>', shown, re.DOTALL)[1])
    (counted,) = shop.tiktok.counted()
    (event,) = body["data"]
    assert {name: event[name] for name in ("event", "event_id", "event_time")} == {
        name: counted[name] for name in ("event", "event_id", "event_time")
    }
    assert event["user"]["email"] == hashed
    assert f"event main/{PIXEL} " in shop.gateway.told("audit")


def test_what_is_rejected_shows_within_seconds_and_outlives_its_process(shop):
    headers = {"Authorization": f"Bearer {shop.make_key('server', PIXEL)}"}
    event = json.dumps({"events": [{"event": "Purchase", "user": {"email": "ada@shop.example"}}]}).encode()

    def is_rejected():
        return ask(f"{shop.gateway.intake}/v1/events", "POST", headers=headers, body=event).status == 422

    wait_until(is_rejected, "the gateway knows the key")
    wait_until(lambda: 'data-key="r0-1"' in text_of(shop, "/debugger?outcome=invalid"), "it is shown")
    assert "ada@shop.example" not in text_of(shop, "/debugger/r0-1")
