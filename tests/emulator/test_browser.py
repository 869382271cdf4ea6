"""
The browser's script in Chromium: base code, identity, several pixels, consent, cookies, history, and the pages.

Every `*.html` in `base_codes/` is tried as a base code beside the emulator's own; `__HOST__` and `__CODE__` in it stand
for the emulator and the pixel.
"""

import hashlib
import json
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from emulator_sender import EMAIL, PHONE, PIXEL, event, user
from tiktok_emulator.accounts import Pixel, Seed
from tiktok_emulator.base_code import base_code

pytestmark = pytest.mark.journey

OTHER = "C0TWINBEAMDEMO000002"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FOLDER = Path(__file__).parent / "base_codes"
OWN = base_code("__CODE__", "__HOST__")
BASE_CODES = {"own": OWN} | {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.html"))}
STUB = OWN.replace('ttq.load("__CODE__");', "").replace("ttq.page();", "")


@pytest.fixture(scope="module")
def chromium():
    """One Chromium for all tests of this file."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Shop(ThreadingHTTPServer):
    """A web server that takes it calmly when a closing browser drops its connections."""

    def handle_error(self, *_):
        pass


@contextmanager
def shop(html):
    """Serve one page under every path of a free port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = Shop(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def visit(chromium, tiktok):
    """Open a page whose head holds the given code; gives the browser's page."""
    with visits(chromium, tiktok) as opened:
        yield opened


@contextmanager
def visits(chromium, tiktok):
    context = chromium.new_context()
    shops = []

    def opened(head, path="/"):
        html = f"<!doctype html><html><head>{head}</head><body><h1>Shop</h1></body></html>"
        shops.append(shop(html.replace("__HOST__", tiktok.url).replace("__CODE__", PIXEL)))
        page = context.new_page()
        page.goto(shops[-1].__enter__() + path)
        return page

    yield opened
    context.close()
    for each in shops:
        each.__exit__(None, None, None)


def script(text):
    """Build a page head: the stub, then some calls."""
    return f"{STUB}<script>{text}</script>"


def eventually(read, wanted, seconds=5.0):
    """Read until it is as wanted; beacons travel by themselves."""
    deadline = time.monotonic() + seconds
    while (got := read()) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    assert got == wanted


def events(tiktok):
    """List pixel and name of every event the browser sent."""
    return sorted((each["pixel"], each["event"]) for each in tiktok.received())


def beacons(tiktok):
    """Read the bodies of all beacons that were events."""
    bodies = [json.loads(each["body"]) for each in tiktok.requests() if each["path"] == "/api/v2/pixel"]
    return [body for body in bodies if "event" in body]


def cookies(page):
    """Read the page's cookies by name."""
    return {each["name"]: each["value"] for each in page.context.cookies(page.url)}


def said_in_order(tiktok):
    """Give the beacons as the script numbered them; each may come over a connection of its own, so in any order."""
    return sorted((each["context"]["index"], each["event_id"]) for each in beacons(tiktok))


@pytest.mark.parametrize("code", BASE_CODES)
def test_a_base_code_reports_a_page_view(tiktok, visit, code):
    visit(BASE_CODES[code])
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])


@pytest.mark.parametrize("code", BASE_CODES)
def test_calls_before_and_after_the_script_arrives_are_sent_once_in_order(tiktok, visit, code):
    page = visit(BASE_CODES[code] + "<script>ttq.track('AddToCart', {value: 1}, {event_id: 'early'})</script>")
    eventually(lambda: events(tiktok), [(PIXEL, "AddToCart"), (PIXEL, "Pageview")])
    page.evaluate("ttq.track('Lead', {}, {event_id: 'late'})")
    eventually(lambda: said_in_order(tiktok), [(1, ""), (2, "early"), (3, "late")])


def test_a_beacon_has_the_documented_fields(tiktok, visit):
    page = visit(
        script(f"ttq.load('{PIXEL}'); ttq.track('Purchase', {{value: 5, currency: 'USD'}}, {{event_id: 'o1'}})")
    )
    eventually(lambda: events(tiktok), [(PIXEL, "Purchase")])
    (beacon,) = beacons(tiktok)
    context = beacon["context"]
    assert (beacon["event"], beacon["event_id"], beacon["is_onsite"]) == ("Purchase", "o1", False)
    assert beacon["message_id"].startswith("messageId-")
    assert beacon["timestamp"].endswith("Z")
    assert beacon["properties"] == {"value": 5, "currency": "USD"}
    assert context["pixel"] == {"code": PIXEL, "runtime": "1"}
    assert context["page"]["url"] == page.url
    assert (context["device"]["platform"], context["ad"]["sdk_env"]) == ("pc", "external")
    assert {"session_id", "pageview_id", "userAgent", "library", "user"} <= set(context)
    assert {"_inspection", "signal_diagnostic_labels"} <= set(beacon)
    (asked,) = [each for each in tiktok.requests() if each["path"] == "/api/v2/pixel"]
    assert asked["method"] == "POST"


def test_identity_is_hashed_in_the_browser(tiktok, visit):
    identify = (
        "ttq.identify({email: ' ALICE_abc@gmail.com ', phone_number: '+1 (213) 373-4253', external_id: 'user_123'})"
    )
    visit(script(f"ttq.load('{PIXEL}'); {identify}; ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    sent = beacons(tiktok)[0]["context"]["user"]
    assert (sent["email"], sent["phone_number"], sent["external_id"]) == (EMAIL, PHONE, "user_123")
    raw = b"".join(each["body"].encode() for each in tiktok.requests())
    assert b"alice" not in raw.lower()


def test_hashed_identity_passes_and_invalid_identity_is_labelled(tiktok, visit):
    identify = f"ttq.identify({{sha256_email: '{EMAIL.upper()}', email: 'alice', phone_number: 'call me'}})"
    visit(script(f"ttq.load('{PIXEL}'); {identify}; ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    (beacon,) = beacons(tiktok)
    assert beacon["context"]["user"]["email"] == EMAIL
    assert "phone_number" not in beacon["context"]["user"]
    labels = beacon["signal_diagnostic_labels"]
    assert labels["raw_email"]["label"] == "invalid"
    assert labels["raw_phone"] == {"label": "invalid", "abnormal_types": ["not_a_number"]}
    assert "email_format_invalid" in {each["rule"] for each in tiktok.faults()}


@pytest.mark.parametrize(("position", "kept"), [("replace", False), ("merge", True)])
def test_a_second_identify_replaces_or_adds(tiktok, visit, position, kept):
    tiktok.switch(identify=position)
    visit(script(f"ttq.load('{PIXEL}'); ttq.identify({{email: 'a@b.example'}}); ttq.identify('user_123'); ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    sent = beacons(tiktok)[0]["context"]["user"]
    assert sent["external_id"] == "user_123"
    assert ("email" in sent) is kept


@pytest.mark.parametrize(
    ("position", "hashed"), [("literal", "test.user+tag@gamil.com"), ("suggested", "testuser@gmail.com")]
)
def test_a_corrected_email_is_suggested_and_sent_only_if_the_switch_says_so(tiktok, visit, position, hashed):
    tiktok.switch(hash_sent=position)
    visit(script(f"ttq.load('{PIXEL}'); ttq.identify({{email: 'test.user+tag@gamil.com'}}); ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    (beacon,) = beacons(tiktok)
    assert beacon["context"]["user"]["email"] == hashlib.sha256(hashed.encode()).hexdigest()
    suggested = hashlib.sha256(b"testuser@gmail.com").hexdigest()
    assert beacon["signal_diagnostic_labels"]["raw_email"]["suggested_values"] == [suggested]


def test_two_pixels_get_everything_but_what_is_meant_for_one(tiktok, visit):
    tiktok.seed(Seed(pixels=[Pixel(code=OTHER)]))
    visit(
        script(
            f"ttq.load('{PIXEL}'); ttq.load('{OTHER}'); ttq.track('Lead');"
            f"ttq.instance('{OTHER}').track('Contact');"
            f"ttq.track('Search', {{}}, {{pixel_code: '{PIXEL}'}})"
        )
    )
    eventually(
        lambda: events(tiktok), sorted([(PIXEL, "Lead"), (OTHER, "Lead"), (OTHER, "Contact"), (PIXEL, "Search")])
    )


def test_a_pixel_loaded_later_does_not_replay_the_past(tiktok, visit):
    tiktok.seed(Seed(pixels=[Pixel(code=OTHER)]))
    page = visit(script(f"ttq.load('{PIXEL}'); ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    page.evaluate(f"ttq.load('{OTHER}'); ttq.track('Lead')")
    eventually(lambda: events(tiktok), sorted([(PIXEL, "Pageview"), (PIXEL, "Lead"), (OTHER, "Lead")]))


def test_held_consent_sends_nothing_and_sets_no_cookie_until_it_is_granted(tiktok, visit):
    page = visit(script(f"ttq.holdConsent(); ttq.load('{PIXEL}'); ttq.page()"))
    page.wait_for_function("ttq._emulator && ttq._emulator.live")
    page.wait_for_timeout(150)
    assert events(tiktok) == []
    assert cookies(page) == {}
    assert page.evaluate("sessionStorage.length") == 0
    page.evaluate("ttq.grantConsent()")
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    assert "_ttp" in cookies(page)


def test_revoked_consent_drops_what_was_held_and_clears_cookies(tiktok, visit):
    page = visit(script(f"ttq.load('{PIXEL}'); ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    assert "_ttp" in cookies(page)
    page.evaluate("ttq.holdConsent(); ttq.track('Lead'); ttq.revokeConsent(); ttq.track('Contact')")
    page.wait_for_timeout(150)
    assert events(tiktok) == [(PIXEL, "Pageview")]
    assert cookies(page) == {}
    page.evaluate("ttq.grantConsent(); ttq.track('Search')")
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview"), (PIXEL, "Search")])


def test_without_consent_mode_on_the_pixel_consent_calls_do_nothing(tiktok, visit):
    tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, cookie_consent_mode=False)]))
    visit(script(f"ttq.holdConsent(); ttq.load('{PIXEL}'); ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])


def test_cookies_have_the_documented_names_and_forms(tiktok, visit):
    page = visit(script(f"ttq.load('{PIXEL}'); ttq.page()"), "/?ttclid=E.C.P.abc")
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    set_cookies = cookies(page)
    assert (set_cookies["_tt_enable_cookie"], set_cookies["ttclid"]) == ("1", "E.C.P.abc")
    assert len(set_cookies["_ttp"]) == 32
    assert set_cookies["_ttp"].endswith("_.tt.1")
    assert {"ttcsid", f"ttcsid_{PIXEL}"} <= set(set_cookies)
    (counted,) = tiktok.counted(full=True)
    assert {"ttclid", "ttp"} <= set(counted["user_keys"])
    assert counted["merged"]["user"]["ttp"] == set_cookies["_ttp"]


def test_the_browser_id_and_the_click_id_outlive_the_page(tiktok, visit):
    page = visit(script(f"ttq.load('{PIXEL}'); ttq.page()"), "/?ttclid=E.C.P.abc")
    eventually(lambda: len(events(tiktok)), 1)
    page.goto(page.url.partition("?")[0])
    eventually(lambda: len(events(tiktok)), 2)
    first, second = beacons(tiktok)
    assert first["context"]["user"]["ttp"] == second["context"]["user"]["ttp"]
    assert second["context"]["ad"]["callback"] == "E.C.P.abc"


@pytest.mark.parametrize("off", ["ttq.disableCookie();", ""])
def test_without_first_party_cookies_there_are_none(tiktok, visit, off):
    if not off:
        tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, enable_first_party_cookies=False)]))
    page = visit(script(f"ttq.load('{PIXEL}'); {off} ttq.page()"))
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    assert cookies(page) == {}


@pytest.mark.parametrize(("position", "views"), [(True, 3), (False, 1)])
def test_a_changed_address_is_a_page_view_unless_the_switch_is_off(tiktok, visit, position, views):
    tiktok.switch(history_page_views=position)
    page = visit(script(f"ttq.load('{PIXEL}'); ttq.page()"))
    eventually(lambda: len(events(tiktok)), 1)
    page.evaluate(
        "history.pushState({}, '', '/two'); history.replaceState({}, '', '/two'); history.pushState({}, '', '/three')"
    )
    page.wait_for_timeout(100)
    eventually(lambda: len(events(tiktok)), views)


def test_one_order_in_browser_and_server_is_one_event(tiktok, sender, visit):
    tiktok.allow("changed_body")
    page = visit(
        script(f"ttq.load('{PIXEL}'); ttq.track('Purchase', {{value: 20, currency: 'USD'}}, {{event_id: 'order-1'}})")
    )
    eventually(lambda: len(events(tiktok)), 1)
    sender.track(event(page={"url": page.url}))
    (counted,) = tiktok.counted()
    assert (counted["connection"], counted["copies"]) == ("both", 2)


def test_limited_data_use_test_codes_and_listeners_travel_along(tiktok, visit):
    page = visit(
        script(
            "ttq.ready(function () { window.wasReady = true; });"
            f"ttq.load('{PIXEL}', {{limited_data_use: true, test_event_code: 'TEST10001', autoConfig: false}}); ttq.page()"
        )
    )
    eventually(lambda: events(tiktok), [(PIXEL, "Pageview")])
    (received,) = tiktok.received()
    assert (received["fate"], received["test_code"], received["body"]["limited_data_use"]) == (
        "test",
        "TEST10001",
        True,
    )
    assert page.evaluate("window.wasReady") is True
    assert not [each for each in tiktok.requests() if each["path"].endswith("/act")]


def test_an_unknown_pixel_breaks_nothing_on_the_page(tiktok, visit):
    tiktok.expect("invalid_pixel")
    page = visit(script("ttq.load('C0NOBODYSPIXEL000001'); ttq.page(); window.wentOn = true"))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.wentOn") is True
    assert events(tiktok) == []


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_the_pages_fit_a_phone_a_tablet_and_a_desk(tiktok, sender, chromium, width):
    tiktok.allow("unhashed_pii", "changed_body")
    sender.beacon()
    sender.track(event(event_id="x" * 200, user=user(email="alice@example.com")), event())
    sender.track(event(), test_event_code="TEST10001")
    page = chromium.new_page(viewport={"width": width, "height": 740})
    paths = ["/", f"/sources/{PIXEL}", f"/sources/{PIXEL}/tests", f"/sources/{PIXEL}/diagnostics", "/events/1"]
    for path in paths:
        start = time.monotonic()
        page.goto(tiktok.url + path)
        assert time.monotonic() - start < 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").is_visible()
    page.close()


def test_a_standard_name_is_not_broken_on_a_desk(tiktok, sender, chromium):
    sender.track(event(event="InitiateCheckout"))
    page = chromium.new_page(viewport={"width": 1280, "height": 740})
    page.goto(f"{tiktok.url}/sources/{PIXEL}")
    name = page.get_by_role("link", name="InitiateCheckout").first
    assert name.evaluate("link => link.getClientRects().length") == 1
    page.close()


def test_a_person_finds_an_event_and_dismisses_a_card(tiktok, sender, chromium):
    sender.track(event(event_id=..., event_time=tiktok.now_ms // 1000))
    page = chromium.new_page()
    page.goto(tiktok.url)
    page.get_by_role("link", name="Demo pixel").click()
    page.locator("tbody").nth(1).get_by_role("link", name="Purchase").click()
    assert "As TikTok keeps it" in page.content()
    page.go_back()
    page.get_by_role("link", name="Diagnostics").click()
    page.get_by_role("button", name="Dismiss").click()
    assert page.get_by_text("Nothing was found wrong").is_visible()
    page.close()
