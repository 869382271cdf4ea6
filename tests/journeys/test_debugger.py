"""The debugger in a real browser: rows as they arrive, pause, filter, drawer, and a phone."""

import pytest
from playwright.sync_api import expect

from browsing import RunningClock, Served
from builders import PIXEL, WORKSPACE
from showroom import Showroom, a_busy_day, bought, seen_in_browser
from twinbeam.core.rejections import RejectedEvent

pytestmark = pytest.mark.journey

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def shown(tmp_path):
    room = Showroom(tmp_path / "data", clock=RunningClock())
    a_busy_day(room)
    served = Served(room)
    yield served
    served.stop()
    room.close()


def keys(page):
    return page.eval_on_selector_all(".sightings tbody tr", "rows => rows.map(row => row.dataset.key)")


def row(page, key):
    return page.locator(f'.sightings tr[data-key="{key}"]')


def test_rows_arrive_and_change_by_themselves_and_a_pause_loses_nothing(shown, visit):
    page = visit(f"{shown.url}/debugger", viewport=DESKTOP).page
    expect(page.locator("[data-arrival-status]")).to_have_attribute("data-status", "live")
    first = shown.room.reader.sightings.newest() + 1
    shown.room.record(bought("900", received_ms=shown.room.clock.now_ms()))
    expect(row(page, first)).to_contain_text("order 900")
    assert keys(page)[0] == str(first)
    shown.room.clock.advance(seconds=20)
    shown.room.deliver()
    expect(row(page, first)).to_contain_text("delivered")

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-arrival-status]")).to_contain_text("paused")
    shown.room.record(*(bought(str(n), received_ms=shown.room.clock.now_ms()) for n in (901, 902)))
    shown.room.rejected.insert(
        0, RejectedEvent(shown.room.clock.now_ms(), WORKSPACE, "tag", "browser", "no_pixel", "No.", number="r0-1")
    )
    assert row(page, first + 1).count() == 0
    page.get_by_role("button", name="Go on").click()
    expect(row(page, first + 2)).to_contain_text("order 902")
    expect(row(page, first + 1)).to_contain_text("order 901")
    expect(row(page, "r0-1")).to_contain_text("invalid")
    assert len(keys(page)) == len({*keys(page)})


def test_only_what_is_asked_for_arrives(shown, visit):
    page = visit(f"{shown.url}/debugger", viewport=DESKTOP).page
    page.locator(".filter [name=side]").select_option("browser")
    page.locator(".filter [name=pixel]").select_option(f"{WORKSPACE}/{PIXEL}")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("[data-arrival-status]")).to_have_attribute("data-status", "live")
    assert page.locator(".filter [name=side]").input_value() == "browser"
    now_ms = shown.room.clock.now_ms()
    shown.room.record(bought("900", received_ms=now_ms), seen_in_browser("901", received_ms=now_ms))
    expect(page.locator(".sightings tbody tr").first).to_contain_text("order 901")
    expect(page.locator(".sightings")).not_to_contain_text("order 900")


def test_an_event_opens_beside_the_list_and_has_a_link_of_its_own(shown, visit):
    one = visit(f"{shown.url}/debugger?find=12", viewport=DESKTOP)
    page = one.page
    page.locator(".sightings tbody a").last.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="Sent to TikTok")).to_be_visible()
    expect(drawer.get_by_role("heading", name="Copies side by side")).to_be_visible()
    assert one.pale() == []
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    page.locator(".sightings tbody a").last.click()
    drawer.get_by_role("link", name="Link to this event").click()
    expect(page).to_have_url(f"{shown.url}/debugger/12")
    page.get_by_text("As a curl command").click()
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("window.copied").startswith("curl -X POST")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/debugger", "/debugger/12", "/debugger/60"])
def test_the_debugger_fits_a_phone_in_light_and_dark(shown, visit, path, scheme):
    one = visit(f"{shown.url}{path}", viewport=PHONE, color_scheme=scheme)
    assert one.overflow() <= 0
    assert one.pale() == []
    if path == "/debugger":
        one.page.locator(".sightings tbody a").first.click()
        expect(one.page.get_by_role("dialog")).to_be_visible()
        assert one.page.get_by_role("dialog").evaluate("it => it.scrollWidth - it.clientWidth") <= 0


def test_without_javascript_the_list_and_its_events_are_pages(shown, visit):
    page = visit(f"{shown.url}/debugger", viewport=DESKTOP, java_script_enabled=False).page
    assert page.get_by_role("button", name="Pause").count() == 0
    page.locator(".sightings tbody a").first.click()
    expect(page.get_by_role("heading", name="Received")).to_be_visible()
