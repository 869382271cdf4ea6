"""
From the one link that `make demo` prints to a proven pair, by clicking alone: nothing is typed into a terminal.

All of it is real: the demo's processes, TikTok's side with its consent page and its script, the tag in a page of a
shop, a browser for the owner and one for a visitor. Screenshots of each step lie in build/screenshots.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from browsing import Visit, a_browser, by_menu
from demonstration import Addresses, a_demo
from running import ask, wait_until
from tagging import CHROME, DENIED, GRANT, GTAG, Web

pytestmark = [pytest.mark.journey, pytest.mark.pixels("journey")]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FRESH = "lamp-street_outlet.example_DE_production"
SOON = 20_000  #: milliseconds: what comes by itself takes a second or two
ORDER = "1001"
TRIES = 6  #: of a token: TikTok's side is in trouble now and then in a demo, for three requests at most


class Owner:
    """Whoever opened the demo's link, and their browser window."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page: Page = visit.page
        self._steps = 0

    def shows(self, step: str) -> None:
        """Keep how a step looks, wide and narrow; no page is wider than its window."""
        self._steps += 1
        for name, size in (("wide", DESKTOP), ("phone", PHONE)):
            self.page.set_viewport_size(size)
            self.page.screenshot(path=SCREENSHOTS / f"first-pair-{self._steps:02}-{step}-{name}.png", full_page=True)
            assert self.visit.overflow() <= 0, (step, name)
        self.page.set_viewport_size(DESKTOP)

    def is_done(self, key: str) -> None:
        """Wait until a step of the set-up is done."""
        expect(self.page.locator(f'.steps li:has(a[href="#{key}"]) .badge')).to_have_text("done", timeout=SOON)

    def makes_key(self, kind: str) -> str:
        """Make a key in the set-up, and copy it."""
        self.page.get_by_role("button", name=f"Make a {kind} key").click()
        return self.page.locator("#install .made code").inner_text()


@contextmanager
def a_shop_of(head: str, intake: str) -> Iterator[Web]:
    """Open a shop with a banner, a form that orders and a thank-you page, whose pages all begin with the head."""
    web = Web(intake)
    fields = "".join(
        f'<input type="hidden" name="twinbeam_{name}">'
        for name in ("visitor_id", "consent_receipt", "ttclid", "ttp", "page_url")
    )
    viewed = "ttq.track('ViewContent', {value: 89, currency: 'EUR', content_id: 'lamp'})"
    bought = f"ttq.track('Purchase', {{value: 89, currency: 'EUR', order_id: '{ORDER}', content_id: 'lamp'}})"
    bodies = {
        "/": f'<h1>Lamp</h1><button onclick="{GRANT.replace(chr(34), "&quot;")}">Accept</button>'
        f'<form action="/thanks">{fields}<button>Order</button></form><script>{viewed}</script>',
        "/thanks": f"<h1>Thank you!</h1><script>{bought}</script>",
    }
    consent = {"/": DENIED, "/thanks": f"{DENIED};{GRANT}"}  # as a banner does that remembers the answer
    for path, body in bodies.items():
        web.pages[path] = (
            "<!doctype html><html lang=en><head><title>Lamps</title><link rel=icon href=data:,>"
            f"{GTAG}<script>{consent[path]}</script>{head}</head><body>{body}</body></html>"
        )
    try:
        yield web
    finally:
        threading.Thread(target=web.shutdown).start()
        web.server_close()


def test_from_the_demos_link_to_a_proven_pair_without_a_command(record_property):
    record_property("figures", "journey broken")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with a_demo() as demo, a_browser() as browser:
        owner = Owner(Visit(browser, demo.link, viewport=DESKTOP))
        signs_in(owner)
        connects(owner, demo)
        opens_the_set_up(owner)
        token, test_code, base_code = at_tiktok(owner, demo)
        proves_the_token(owner, token, test_code)
        server_key, head = installs(owner)
        wait_until(lambda: is_known(demo, head), "the intake knows the browser key")
        with a_shop_of(head + base_code, demo.intake) as web:
            fields = somebody_buys(owner, browser, web)
            the_shop_reports(owner, demo, server_key, fields)
        reads_the_checklist(owner)
        counted = wait_until(lambda: tiktok_counts(demo), "TikTok counts the order")
        assert [(event["connection"], event["event_id"]) for event in counted] == [("both", ORDER)]
        assert owner.visit.complaints == []
        owner.visit.close()
    record_property("figures", "journey ok")


def signs_in(owner: Owner) -> None:
    page = owner.page
    owner.shows("welcome")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("four words in a row")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Pixels")).to_be_visible()
    owner.shows("signed-in")


def connects(owner: Owner, demo: Addresses) -> None:
    page = owner.page
    by_menu(page, "Accounts")
    owner.shows("accounts")
    page.get_by_role("main").get_by_role("link", name="Connect TikTok").click()
    owner.shows("connect")
    page.get_by_role("main").get_by_role("link", name="Connect TikTok").click()
    assert page.url.startswith(demo.tiktok)
    owner.shows("consent-page")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Choose ad accounts")).to_be_visible()
    owner.visit.complaints.clear()  # TikTok's page has no icon
    owner.shows("choose")
    page.get_by_role("button", name="Save and import").click()
    wait_until(lambda: page.reload() and page.get_by_role("link", name=FRESH).count(), "the fresh pixel is imported")
    owner.shows("imported")


def opens_the_set_up(owner: Owner) -> None:
    page = owner.page
    page.get_by_role("link", name=FRESH).click()
    owner.shows("imported-pixel")
    page.get_by_role("link", name="The set-up page").click()
    expect(page.locator("#pixel")).to_contain_text("was imported from account")
    owner.shows("set-up")


def at_tiktok(owner: Owner, demo: Addresses) -> tuple[str, str, str]:
    """Look for what Events Manager has: a token that is generated there, the test code, the base code."""
    page = owner.page.context.new_page()
    page.goto(demo.tiktok)
    page.get_by_role("link", name=FRESH).click()
    page.get_by_role("link", name="Test events").click()
    test_code = page.locator("code", has_text="TEST").first.inner_text()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Generate access token").click()
    found = page.locator("#token").inner_text(), test_code, page.locator("#base-code").inner_text()
    page.close()
    return found


def proves_the_token(owner: Owner, token: str, test_code: str) -> None:
    page = owner.page
    for _ in range(TRIES):
        page.get_by_label("Access token").fill(token)
        page.get_by_label("Test code").fill(test_code)
        with page.expect_navigation():
            page.get_by_role("button", name="Try and save").click()
        if page.locator('.steps li:has(a[href="#token"]) .badge').inner_text() == "done":
            break
    owner.is_done("token")
    expect(page.locator("#token")).to_contain_text("TikTok took an event for this pixel with the token.")
    assert token not in page.content()
    owner.shows("token")
    page.get_by_role("button", name="Turn it off").click()  # from here on the events are real ones
    expect(page.get_by_role("button", name="Turn it off")).to_have_count(0)


def installs(owner: Owner) -> tuple[str, str]:
    """Take the recommended way, make the keys, and copy the lines for a plain page."""
    page = owner.page
    page.get_by_label("How many of your visitors use an iPhone?").select_option("high")
    page.get_by_role("button", name="Recommend a way").click()
    owner.shows("way")
    page.get_by_label("Pixel and Events API").check()
    page.locator("#way").get_by_role("button", name="Save").click()
    page.get_by_label("Hosts of the shop").fill("127.0.0.1")
    page.locator("#hosts").get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Plain page").click()
    server_key = owner.makes_key("server")
    browser_key = owner.makes_key("browser")
    head = page.locator("#install .parts code").first.inner_text()
    assert browser_key in head
    owner.is_done("install")
    owner.shows("install")
    expect(page.locator("#listen")).to_contain_text("Listening for the first event of the browser")
    expect(page.locator("#listen")).to_contain_text("Listening for the first event of the server")
    return server_key, head


def is_known(demo: Addresses, head: str) -> bool:
    """Tell whether the intake knows the key in a page's head: what comes before is refused for good."""
    key = re.search(r"tbb_[\w-]+", head)[0]
    return ask(f"{demo.intake}/v1/events?key={key}", "POST", body=b"").status != 401


def somebody_buys(owner: Owner, browser, web: Web) -> dict[str, str]:
    """Let a visitor accept and order; gives what the form told the shop's server."""
    visitor = Visit(browser, f"http://127.0.0.1:{web.port}/?ttclid=E.C.P.ad", user_agent=CHROME, viewport=PHONE)
    visitor.page.get_by_role("button", name="Accept").click()
    visitor.page.wait_for_function("localStorage.getItem('tb_receipt')")  # which the gateway answers with
    visitor.page.get_by_role("button", name="Order").click()
    expect(visitor.page.get_by_role("heading", name="Thank you!")).to_be_visible()
    fields = {name: values[0] for name, values in parse_qs(urlsplit(visitor.page.url).query).items()}
    expect(owner.page.locator("#listen")).to_contain_text("Events come from the browser", timeout=SOON)
    expect(owner.page.locator("#listen")).to_contain_text("Listening for the first event of the server")
    owner.shows("browser-heard")
    assert visitor.complaints == []
    visitor.close()
    return fields


def the_shop_reports(owner: Owner, demo: Addresses, key: str, fields: dict[str, str]) -> None:
    """Let the shop's server report the order as the set-up says."""
    event = {
        "event": "Purchase",
        "event_time": int(time.time()),
        "order_id": ORDER,
        "visitor_id": fields["twinbeam_visitor_id"],
        "consent_receipt": fields["twinbeam_consent_receipt"],
        "user": {"email": "ada@example.com", "country": "DE"},
        "properties": {"value": 89, "currency": "EUR"},
    }
    body, headers = json.dumps({"events": [event]}).encode(), {"Authorization": f"Bearer {key}"}
    answer = ask(f"{demo.intake}/v1/events", "POST", body=body, headers=headers)
    assert (answer.status, answer.json["accepted"]) == (202, 1), answer.body
    expect(owner.page.locator("#listen")).to_contain_text("Events come from the server", timeout=SOON)
    expect(owner.page.locator("#pair")).to_contain_text("TikTok will count one", timeout=SOON)
    owner.is_done("listen")
    owner.is_done("pair")
    expect(owner.page.locator(".twin")).to_have_count(2)
    owner.shows("pair")


def reads_the_checklist(owner: Owner) -> None:
    checks = owner.page.locator(".check")
    for title in ("Counted once", "Events API works"):
        expect(checks.filter(has_text=title).locator(".badge")).to_have_text("ok", timeout=SOON)
    expect(checks.filter(has_text="No critical diagnostics").locator(".badge")).to_have_text("by hand")
    assert "failed" not in checks.locator(".badge").all_inner_texts(), checks.all_inner_texts()
    owner.shows("checklist")


def tiktok_counts(demo: Addresses) -> list[dict]:
    """List the orders that TikTok counts from both sides for the fresh pixel."""
    found = ask(f"{demo.tiktok}/_control/counted?pixel=CTWINBEAMFRESHPIXEL1&limit=100").json["items"]
    return [event for event in found if event["event"] == "Purchase" and event["connection"] == "both"]
