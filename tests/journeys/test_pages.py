"""The pages in a real browser: wide and narrow, light and dark, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from browsing import RunningClock, Served
from showroom import Showroom, a_busy_day, bought, seen_in_browser

pytestmark = pytest.mark.journey

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 740, "height": 844}  # just too wide for the cards of a phone
PAGES = [
    "/",
    "/pixels",
    "/conversions",
    "/conversions?state=expired",
    "/events/12",
    "/events/41",
    "/events/49",
    "/find?q=ada%40shop.example",
    "/find?q=nope",
]


@pytest.fixture
def shown(tmp_path):
    room = Showroom(tmp_path / "data", clock=RunningClock(), emulator_url="http://127.0.0.1:8702")
    a_busy_day(room)
    served = Served(room)
    yield served
    served.stop()
    room.close()


@pytest.fixture
def empty(tmp_path):
    room = Showroom(tmp_path / "data", clock=RunningClock())
    served = Served(room)
    yield served
    served.stop()
    room.close()


def tile(page, name):
    return page.locator(f".tile-{name} .big")


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_fits_its_window_and_can_be_read_in_light_and_dark(shown, visit, window):
    opened = visit(shown.url, viewport=window)
    grounds = {"light": set(), "dark": set()}
    for path in PAGES:
        opened.page.goto(shown.url + path)
        for scheme, seen in grounds.items():
            opened.page.emulate_media(color_scheme=scheme)
            assert opened.overflow() <= 0, path
            assert opened.pale() == [], path
            seen.add(opened.ground())
    assert len(grounds["light"]) == len(grounds["dark"]) == 1
    assert grounds["light"] != grounds["dark"]


@pytest.mark.parametrize("wide", [1280, 1100, 900, 390])
def test_no_column_of_the_pixels_is_clipped(shown, visit, wide):
    opened = visit(f"{shown.url}/pixels", viewport={"width": wide, "height": 800})
    assert opened.page.locator(".wide").evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    issues = opened.page.locator(".pixels .mend").first.bounding_box()
    assert 0 <= issues["x"] < issues["x"] + issues["width"] <= wide


def test_a_table_keeps_its_distance_from_the_sentence_above_it(shown, visit):
    page = visit(f"{shown.url}/find?q=ada%40shop.example").page
    sentence, table = (page.locator(found).bounding_box() for found in (".lead", ".conversions"))
    assert table["y"] - sentence["y"] - sentence["height"] >= 12


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_empty_pages_fit_too_and_teach_the_next_step(empty, visit, window):
    for path in ("/", "/pixels"):
        opened = visit(empty.url + path, viewport=window)
        assert opened.overflow() <= 0
        expect(opened.page.locator("main")).to_contain_text("twinbeam pixels add CODE")


def test_the_overview_follows_what_happens_without_a_reload(shown, visit):
    page = visit(shown.url, viewport=DESKTOP).page
    expect(page.locator("[data-status]")).to_contain_text("live")
    expect(tile(page, "received")).to_have_text("76")
    page.evaluate("window.loadedOnce = true")
    page.locator(".conversions a").first.focus()
    focused = page.evaluate("document.activeElement.getAttribute('href')")

    shown.room.record(
        *(seen_in_browser(str(n), received_ms=shown.room.clock.now_ms()) for n in range(900, 905)),
        bought("900", received_ms=shown.room.clock.now_ms()),
    )
    expect(tile(page, "received")).to_have_text("82")
    expect(tile(page, "merged")).to_have_text("21")
    expect(page.locator(".conversions tbody tr").first).to_contain_text("order 904")
    expect(page.locator(".conversions tbody tr")).to_have_count(20)
    assert page.evaluate("window.loadedOnce")
    assert page.evaluate("document.activeElement.getAttribute('href')") == focused


def test_a_listening_overview_shows_the_first_event_by_itself(empty, visit):
    page = visit(empty.url, viewport=PHONE).page
    expect(page.locator("main")).to_contain_text("No pixel yet")
    empty.room.add_pixel()
    expect(page.locator("main")).to_contain_text("Listening")
    empty.room.record(bought("1"))
    expect(page.locator(".conversions")).to_contain_text("order 1")
    expect(page.locator("main")).to_contain_text("Counters agree")


def test_on_a_phone_every_number_of_a_pixel_is_in_sight_with_its_name(shown, visit):
    page = visit(shown.url, viewport=PHONE).page
    wide, row = page.locator(".wide"), page.locator(".numbers tbody tr").first
    assert wide.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    for name, n in [("Recorded", 75), ("Merged", 20), ("Held", 3), ("Delivered", 39), ("Refused", 1), ("Ended", 0)]:
        cell = row.locator(f"td[data-label={name}]")
        expect(cell).to_have_text(str(n))
        assert name in cell.evaluate("node => getComputedStyle(node, '::before').content")
        assert cell.bounding_box()["x"] + cell.bounding_box()["width"] <= PHONE["width"]


def test_a_table_that_is_scrolled_stays_where_it_is(shown, visit):
    page = visit(shown.url, viewport=NARROW).page
    page.locator(".wide").evaluate("node => { node.scrollLeft = 20 }")
    shown.room.record(bought("901", received_ms=shown.room.clock.now_ms()))
    expect(tile(page, "received")).to_have_text("77")
    assert page.locator(".wide").evaluate("node => node.scrollLeft") == 20


def test_the_first_snapshot_touches_nothing_that_was_right(shown, visit):
    page = visit(shown.url).page
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { window.loaded = document.querySelector('.wide') })"
    )
    page.reload()
    expect(page.locator("[data-status]")).to_contain_text("live")
    shown.room.record(bought("901", received_ms=shown.room.clock.now_ms()))
    expect(tile(page, "received")).to_have_text("77")
    assert page.evaluate("window.loaded === document.querySelector('.wide')")


def test_a_lost_connection_is_told_and_the_numbers_stay(shown, visit):
    opened = visit(shown.url)
    expect(opened.page.locator("[data-status]")).to_contain_text("live")
    shown.stop()
    expect(opened.page.locator("[data-status]")).to_contain_text("connection lost")
    expect(tile(opened.page, "received")).to_have_text("76")
    assert all("Failed to load resource" in text for text in opened.complaints)
    opened.complaints.clear()


def test_without_javascript_a_reload_shows_the_news(shown, visit):
    page = visit(shown.url, java_script_enabled=False).page
    expect(tile(page, "received")).to_have_text("76")
    expect(page.locator("[data-status]")).not_to_contain_text("live")
    shown.room.record(bought("902", received_ms=shown.room.clock.now_ms()))
    shown.room.clock.advance(seconds=1)
    page.reload()
    expect(tile(page, "received")).to_have_text("77")


def test_one_key_leads_to_the_search_and_an_order_id_to_its_story(shown, visit):
    page = visit(shown.url).page
    page.keyboard.press("/")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/12")
    expect(page.locator("h1")).to_contain_text("Purchase")
    expect(page.locator("main")).to_contain_text("Accepted by TikTok.")


def test_an_address_that_is_searched_for_stays_out_of_the_url(shown, visit):
    page = visit(shown.url).page
    page.locator(".find [name=q]").fill("ada@shop.example")
    page.locator(".find button").click()
    expect(page.locator("main")).to_contain_text("conversions")
    assert page.url == f"{shown.url}/find"
    assert "ada@shop.example" not in page.content()


def test_the_keyboard_reaches_everything_beginning_with_the_way_past_the_head(shown, visit):
    page = visit(shown.url).page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
