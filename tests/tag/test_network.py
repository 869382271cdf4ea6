"""Networks, blockers and browsers as they are: what happened is counted once, or waits until it can be."""

import json

import pytest

from tagging import DENIED, GRANT, OUTBOX

pytestmark = [pytest.mark.journey, pytest.mark.tag("network")]

ALLOWED = f"{DENIED};{GRANT}"
PURCHASE = "ttq.track('Purchase', {value: 20, currency: 'EUR', order_id: '1001'})"
CONTACT = "ttq.track('Contact')"


def test_what_happens_offline_is_sent_once_online(corner):
    corner.page("/", before=ALLOWED)
    page = corner.visit("/", allowed=True)
    page.wait_for_function("!!(twinbeam.call && ttq._emulator)")
    corner.context.set_offline(True)
    page.evaluate(CONTACT)
    page.wait_for_timeout(500)
    assert page.evaluate(OUTBOX) == 1
    assert corner.counted() == []
    corner.context.set_offline(False)
    corner.until(corner.sent, "the gateway hears of it")
    corner.shop.wait_steady()
    assert [event["event"] for event in corner.counted()] == ["Contact"]
    page.wait_for_function(f"{OUTBOX} === 0")


def test_with_tiktok_blocked_the_gateway_reports_and_says_so(corner):
    corner.context.route(f"{corner.script_host}/**", lambda route: route.abort())
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    corner.visit("/thanks?ttclid=E.C.P.abc", allowed=True)
    corner.order("1001")
    corner.expect(("Purchase", "server"), ("Pageview", "server"), pageviews=True)
    assert set(corner.told()) == {("Purchase", "blocked"), ("Pageview", "blocked")}


def test_with_the_gateway_blocked_tiktoks_script_reports_and_the_rest_follows_later(corner):
    corner.page("/", CONTACT, before=ALLOWED)
    corner.context.route("**/t/e?*", lambda route: route.abort())
    page = corner.visit("/", allowed=True)
    corner.expect(("Contact", "browser"))
    page.wait_for_function(f"{OUTBOX} === 1")
    corner.context.unroute("**/t/e?*")
    corner.page("/next", before=ALLOWED)
    corner.visit("/next", page)
    corner.expect(("Contact", "both"))
    page.wait_for_function(f"{OUTBOX} === 0")


def test_a_gateway_that_is_busy_is_asked_again(corner):
    corner.web.refusals["/t/e"] = [503, 503]
    corner.page("/", CONTACT, before=ALLOWED)
    page = corner.visit("/", allowed=True)
    corner.expect(("Contact", "both"))
    assert corner.web.refusals == {"/t/e": []}
    page.wait_for_function(f"{OUTBOX} === 0")


def test_what_the_gateway_refuses_for_good_is_not_sent_again(corner):
    corner.web.refusals["/t/e"] = [422, 503]
    corner.page("/", CONTACT, before=ALLOWED)
    page = corner.visit("/", allowed=True)
    corner.until(lambda: corner.web.refusals["/t/e"] == [503], "the gateway refuses")
    page.wait_for_function(f"{OUTBOX} === 0")
    page.wait_for_timeout(2_000)
    assert corner.web.refusals["/t/e"] == [503]


@pytest.mark.parametrize("late", ["/t.js", "script", "/t/e"])
def test_on_a_slow_network_everything_counts_once(corner, late):
    if late == "script":
        corner.slow_script(1.5)
    else:
        corner.web.delays[late] = 1.5
    corner.page("/hat", CONTACT, before=ALLOWED)
    page = corner.visit("/hat", allowed=True)
    page.evaluate("ttq.track('Search', {search_string: 'hat'}, {event_id: 'late-1'})")
    corner.until(lambda: len(corner.sent()) == 2, "both events")
    corner.tiktok.heal()
    corner.until(lambda: len(corner.counted()) == 2, "TikTok counts both")
    corner.shop.wait_steady()
    found = {event["event"]: event for event in corner.counted()}
    assert found.keys() == {"Contact", "Search"}
    assert all(event["browser_copies"] == 1 and event["server_copies"] <= 1 for event in found.values())


def test_a_visitor_who_leaves_at_once_and_never_returns_is_counted(corner):
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    page = corner.visit("/thanks", allowed=True)
    page.wait_for_function("!!twinbeam.call")
    page.close(run_before_unload=True)
    corner.until(corner.sent, "the gateway hears of it")
    corner.order("1001")
    corner.until(lambda: [event["event"] for event in corner.counted()] == ["Purchase"], "TikTok counts it")
    corner.shop.wait_steady()
    assert len(corner.counted()) == 1


OFF = {
    "storage": "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})",
    "cookies": "Object.defineProperty(Document.prototype, 'cookie', {get() { return ''; }, set() {}})",
    "beacon": "navigator.sendBeacon = undefined",
    "observer": "delete window.PerformanceObserver",
}


@pytest.mark.parametrize("missing", OFF)
def test_it_works_without(corner, missing):
    corner.context.add_init_script(OFF[missing])
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    page = corner.visit("/thanks?ttclid=E.C.P.abc", allowed=True)
    corner.order("1001")
    (purchase,) = corner.expect(("Purchase", "both"))
    assert "ttclid" in purchase["user_keys"]
    if missing == "storage":  # nothing remembers that it fired, so TikTok drops the repetition by its id
        corner.tiktok.expected_faults.add("changed_body")
    page.reload()
    page.wait_for_function("!!twinbeam.call")
    page.wait_for_timeout(500)
    corner.expect(("Purchase", "both"))


def test_in_a_sandboxed_frame_without_an_origin(corner):
    corner.page("/frame", CONTACT, before=ALLOWED, base="", mode="gateway")
    corner.web.pages["/"] = (
        "<!doctype html><title>Shop</title><link rel=icon href=data:,><iframe sandbox=allow-scripts src=/frame></iframe>"
    )
    corner.visit("/", allowed=True)
    corner.expect(("Contact", "server"))


PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 3}
WEBVIEW = {
    **PHONE,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 musical_ly_2023608030 BytedanceWebview/d8a21c6 trill_360803",
}


@pytest.mark.parametrize("device", [PHONE, WEBVIEW], ids=["phone", "in-app"])
def test_on_a_phone_and_in_tiktoks_own_browser(opened, device):
    corner = opened(**device)
    corner.page("/thanks", PURCHASE, before=ALLOWED)
    page = corner.visit("/thanks?ttclid=E.C.P.abc", allowed=True)
    corner.order("1001")
    (purchase,) = corner.expect(("Purchase", "both"))
    assert {"ttclid", "ttp", "user_agent"} <= set(purchase["user_keys"])
    assert json.dumps(page.evaluate("document.documentElement.scrollWidth <= innerWidth")) == "true"
