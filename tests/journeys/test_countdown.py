"""The countdown to the next import, in a real browser with its clock moved by hand, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from account_rooms import AccountRoom
from browsing import RunningClock, Served, Visit, a_browser
from twinbeam.core.rules import MAIN

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Give the pages that count down, the next import an hour away."""
    room = AccountRoom(tmp_path_factory.mktemp("countdown") / "data", clock=RunningClock())
    account = room.connect()
    room.visit(f"/accounts/{account}/choose", {"do": "all"})
    room.run_import()
    room.next_ms = room.clock.now_ms() + 3_600_000
    pixel = next(row.code for row in room.store.pixels() if row.account)
    served = Served(room)
    paths = ("/pixels", f"/pixels/{MAIN}/{pixel}", "/accounts", f"/accounts/{account}")
    yield [served.url + path for path in paths]
    served.stop()
    room.close()


@pytest.fixture(scope="module")
def browser(places):
    assert places
    with a_browser() as browser:
        yield browser


def seconds(page):
    minutes, rest = page.locator(".countdown").first.inner_text().split(" min ")
    return 60 * int(minutes) + int(rest.removesuffix(" s"))


def test_it_ticks_on_every_page_that_tells_of_the_next_import(browser, places):
    visit = Visit(browser, "about:blank")
    visit.page.clock.install()
    for place in places:
        visit.page.goto(place)
        before = seconds(visit.page)
        assert 3_000 < before <= 3_600, place
        visit.page.clock.run_for(61_000)
        assert seconds(visit.page) in {before - 61, before - 62}, place
    assert visit.complaints == []
    visit.close()


def test_at_its_end_it_says_so_and_goes_no_further(browser, places):
    visit = Visit(browser, "about:blank")
    visit.page.clock.install()
    visit.page.goto(places[0])
    visit.page.clock.run_for(3_590_000)
    assert seconds_left(visit.page) <= 10
    visit.page.clock.run_for(60_000)
    expect(visit.page.locator(".countdown").first).to_have_text("a moment")
    visit.close()


def seconds_left(page):
    text = page.locator(".countdown").first.inner_text()
    return 0 if text == "a moment" else int(text.removesuffix(" s"))


def test_without_javascript_the_time_stands_there(browser, places):
    visit = Visit(browser, places[0], java_script_enabled=False)
    expect(visit.page.locator(".countdown").first).to_have_text(re.compile(r"^\d+ min$"))
    visit.close()
