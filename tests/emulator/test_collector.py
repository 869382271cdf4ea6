"""The collector: beacons as captured from browsers, answered with 200 whatever they are (tiktok.md 9.4)."""

import base64
import json
from urllib.parse import quote

import pytest

from emulator_sender import EMAIL, PIXEL, beacon

HAND_CAPTURED = {
    "event": "AddToCart",
    "event_id": "",
    "message_id": "messageId-1680000000000-1234567890123",
    "is_onsite": False,
    "timestamp": "2026-11-18T11:06:40.123Z",
    "context": {
        "ad": {"sdk_env": "external", "jsb_status": 2},
        "device": {"platform": "pc"},
        "user": {"email": EMAIL, "external_id": "123456"},
        "pixel": {"code": PIXEL, "runtime": "1"},
        "page": {"url": "https://shop.example/p/1", "referrer": "https://shop.example/", "load_progress": "2"},
        "library": {"name": "pixel.js", "version": "2.1.33"},
        "session_id": "f0b6a6c4-::abcdefghij",
        "pageview_id": "f0b6a6c4-pageview",
        "variation_id": "traffic_control",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
        "index": 1,
    },
    "properties": {"contents": [{"content_id": 4711, "quantity": 1}], "value": "99.95", "currency": "EUR"},
    "_inspection": {"identity_params": {"email_is_hashed": ["plain_email"]}},
    "signal_diagnostic_labels": {"raw_email": {"label": "valid"}, "raw_phone": {"label": "missing"}},
}


def post(sender, body, path="/api/v2/pixel", **headers):
    """Send a beacon the way `sendBeacon` does."""
    return sender.ask("POST", path, body, {"Content-Type": "text/plain;charset=UTF-8"} | headers)


def test_a_captured_beacon_counts_with_the_types_the_pixel_sends(tiktok, sender):
    tiktok.expect("value_not_number")
    assert post(sender, HAND_CAPTURED).status == 200
    (counted,) = tiktok.counted(full=True)
    assert (counted["event"], counted["connection"], counted["value"]) == ("AddToCart", "browser", "99.95")
    assert counted["event_time"] == 1_795_000_000
    assert set(counted["user_keys"]) == {"email", "external_id", "ip", "user_agent"}
    assert counted["merged"]["page"] == {"url": "https://shop.example/p/1", "referrer": "https://shop.example/"}


def test_the_answer_may_be_read_from_any_page(sender):
    got = post(sender, beacon(), Origin="https://shop.example")
    assert got.headers["access-control-allow-origin"] == "https://shop.example"
    assert got.headers["access-control-allow-credentials"] == "true"


def test_a_browser_that_asks_first_may_report(sender):
    got = sender.ask("OPTIONS", "/api/v2/pixel", None, {"Origin": "https://shop.example"})
    assert (got.status, got.headers["access-control-allow-headers"]) == (200, "content-type")


def test_automatic_activity_is_no_event(tiktok, sender):
    activity = beacon(event=..., action="Metadata", auto_collected_properties={"page_trigger": "PageView"})
    assert post(sender, activity, "/api/v2/pixel/act").status == 200
    assert tiktok.received() == []
    assert [each["path"] for each in tiktok.requests()] == ["/api/v2/pixel/act"]


def test_a_batch_on_act_is_taken_apart(tiktok, sender):
    post(sender, {"batch": [beacon(event_id="1"), beacon(event_id="2")]}, "/api/v2/pixel/act")
    assert [each["event_id"] for each in tiktok.counted()] == ["1", "2"]


def test_a_beacon_may_come_as_base64_in_the_query(tiktok, sender):
    message = quote(base64.b64encode(json.dumps(beacon()).encode()).decode())
    assert sender.ask("GET", f"/api/v2/pixel?analytics_message={message}").status == 200
    assert len(tiktok.counted()) == 1


def test_the_cookie_stands_in_for_a_missing_ttp(tiktok, sender):
    post(sender, beacon(event_id=""), Cookie="_ttp=2rqaAWvf61W3sdK4dU4SkfsymlG")
    body = {"event": "Purchase", "event_time": 1_795_000_000, "user": {"ttp": "2rqaAWvf61W3sdK4dU4SkfsymlG"}}
    sender.track(body | {"properties": {"value": 1, "currency": "USD"}})
    assert [each["fate"] for each in tiktok.received()] == ["counted", "cookie_duplicate"]


def test_an_unknown_pixel_is_answered_200_and_recorded(tiktok, sender):
    tiktok.expect("invalid_pixel")
    assert sender.beacon(pixel="C0NOBODYSPIXEL000001").status == 200
    assert tiktok.received() == []


def test_a_browser_test_code_keeps_the_event_out_of_the_counts(tiktok, sender):
    sender.beacon(test_event_code="TEST10001")
    assert tiktok.counted() == []
    assert [each["fate"] for each in tiktok.received()] == ["test"]


def test_an_invalid_email_label_is_passed_on(tiktok, sender):
    sender.beacon(signal_diagnostic_labels={"raw_email": {"label": "invalid"}})
    assert "email_format_invalid" in {each["rule"] for each in tiktok.faults()}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"event": 5}', b'{"event": "Purchase"}'])
def test_nonsense_is_answered_200_and_recorded(tiktok, sender, body):
    tiktok.allow("not_json", "invalid_pixel")
    assert post(sender, body).status == 200
    assert tiktok.received() == []


def test_an_event_name_that_is_no_text_is_left_out(tiktok, sender):
    tiktok.expect("wrong_type")
    assert sender.beacon(event={"name": "Purchase"}).status == 200
    assert tiktok.received() == []


def test_the_script_carries_the_pixels_settings(tiktok, sender):
    tiktok.switch(history_page_views=False)
    got = sender.ask("GET", f"/i18n/pixel/events.js?sdkid={PIXEL}&lib=ttq")
    assert got.headers["content-type"].startswith("application/javascript")
    assert f'"code":"{PIXEL}"'.encode() in got.body
    assert b'"historyPageViews":false' in got.body


def test_the_script_of_an_unknown_pixel_only_warns(tiktok, sender):
    tiktok.expect("invalid_pixel")
    assert b"Invalid pixel ID" in sender.ask("GET", "/i18n/pixel/events.js?sdkid=NOBODY").body
