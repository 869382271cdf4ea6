"""The set-up in a real browser, wide and narrow: from a pixel's code to a proven pair, with and without JavaScript."""

from threading import RLock

import pytest
from playwright.sync_api import expect

from browsing import RunningClock, Served
from showroom import Showroom, bought, seen_in_browser
from twinbeam.admin.token_check import Tried
from twinbeam.admin.token_record import TokenVerdict

pytestmark = pytest.mark.journey

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
CODE = "C0FRESHPIXELSCODE001"
SECRET = "a-secret-marker"


async def trial(of, token):
    """Say that TikTok takes one token, and no other."""
    if token == SECRET:
        return Tried(TokenVerdict.GOOD, 0, "OK", "r-1")
    return Tried(TokenVerdict.EXPIRED, 40105, "Access token is incorrect or has been revoked.", "r-2")


class OneAtATime(Showroom):
    """A showroom whose store is used by one thread at a time, as in the writer process."""

    lock = RLock()

    async def on_reader(self, call):
        with self.lock:
            return call()

    async def on_store(self, call):
        with self.lock:
            return call()

    def record(self, *signals):
        with self.lock:
            super().record(*signals)


@pytest.fixture
def shown(tmp_path):
    room = OneAtATime(tmp_path / "data", clock=RunningClock(), trial=trial)
    served = Served(room)
    yield served
    served.stop()
    room.close()


def step(page, key):
    return page.locator(f'.steps li:has(a[href="#{key}"]) .badge')


def fits(opened):
    """Look at the page in light and dark: nothing is wider than the window or hard to read."""
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)
        assert opened.overflow() == 0
        assert opened.pale() == []


def report(room, signal, order):
    room.record(signal(order, workspace="main", pixel=CODE, received_ms=room.clock.now_ms()))


def add_the_pixel(page):
    page.get_by_label("Code", exact=True).fill(CODE)
    page.get_by_label("Name").fill("Lamp Street")
    page.get_by_role("button", name="Add the pixel").click()
    expect(page.locator("h1")).to_contain_text("Lamp Street")
    expect(step(page, "token")).to_have_text("to do")


def paste_the_token(page):
    page.get_by_label("Access token").fill("nonsense")
    page.get_by_role("button", name="Try and save").click()
    expect(step(page, "token")).to_have_text("failed")
    expect(page.locator("#token")).to_contain_text("The token is wrong, expired or revoked.")
    page.get_by_label("Access token").fill(SECRET)
    page.get_by_role("button", name="Try and save").click()
    expect(step(page, "token")).to_have_text("done")
    assert SECRET not in page.content()


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "without-script"])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_a_code_to_a_proven_pair(shown, visit, window, scripted):
    opened = visit(f"{shown.url}/setup", viewport=window, java_script_enabled=scripted)
    page, look = opened.page, fits if scripted else lambda _: None
    look(opened)
    add_the_pixel(page)
    look(opened)
    paste_the_token(page)
    page.get_by_label("How many of your visitors use an iPhone?").select_option("high")
    page.get_by_role("button", name="Recommend a way").click()
    expect(page.locator("#way .made")).to_contain_text("On iPhones many browser events do not arrive")
    look(opened)
    page.get_by_label("Events API only").check()
    page.locator("#way").get_by_role("button", name="Save").click()
    expect(page.locator("#way")).to_contain_text("In force: Events API only.")
    page.get_by_role("button", name="Use this way").click()
    expect(page.locator("#way")).to_contain_text("In force: Pixel and Events API.")

    for name in ("Make a browser key", "Make a server key"):
        page.get_by_role("button", name=name).click()
        expect(page.locator("#install .made")).to_be_visible()
    for name in ("Google Tag Manager", "Shopify", "WooCommerce", "Server only", "Plain page"):
        page.get_by_role("link", name=name).click()
        expect(page.locator(".tabs a[aria-current]")).to_have_text(name)
        look(opened)
    expect(step(page, "install")).to_have_text("done")

    expect(page.locator("#listen")).to_contain_text("Listening for the first event of the browser")
    report(shown.room, seen_in_browser, "1001")
    _see(page, scripted)
    expect(page.locator("#listen")).to_contain_text("Events come from the browser", timeout=10_000)
    report(shown.room, bought, "1001")
    _see(page, scripted)
    expect(page.locator("#pair")).to_contain_text("TikTok will count one", timeout=10_000)
    expect(step(page, "pair")).to_have_text("done")
    expect(page.locator(".twin")).to_have_count(2)
    expect(page.locator(".check", has_text="Counted once").locator(".badge")).to_have_text("ok")
    expect(page.locator(".check", has_text="No critical diagnostics").locator(".badge")).to_have_text("by hand")
    look(opened)


def _see(page, scripted):
    """Wait for the page to tell it by itself, or reload where it cannot."""
    if not scripted:
        page.reload()
