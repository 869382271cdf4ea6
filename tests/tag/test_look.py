"""What the part that `/t.js` carries now and then tells of a page on which nothing else happens."""

import time
from pathlib import Path

import pytest

from running import ask, wait_until
from tagging import DENIED, GRANT
from twinbeam.engines.stores.sqlite.store import SqliteReader
from twinbeam.web.pixels.table import read_table

pytestmark = [pytest.mark.journey, pytest.mark.tag("pages")]

ALLOWED = f"{DENIED};{GRANT}"


@pytest.fixture
def fresh(corner):
    """A shop whose browser key is new, so that its first visitor gets the part."""
    gateway = corner.shop.gateway
    key = gateway.arrange("keys", "create", "browser", "--source", "tag", "--pixel", corner.codes[0]).strip()
    wait_until(lambda: ask(f"{gateway.intake}/v1/events?key={key}", "POST", body=b"").status != 401, "the key is known")
    corner.keys["browser"] = key
    return corner


def in_body(corner):
    return corner.base().replace("<script>", "").replace("</script>", "")


def status(corner):
    reader = SqliteReader(Path(corner.shop.gateway.settings["TWINBEAM_DATA"]))
    views = read_table(reader, round(time.time() * 1_000)).pixels
    reader.close()
    return next(view.status for view in views if view.row.code == corner.codes[0])


def reported(corner):
    return corner.until(lambda: [each for each in corner.sent() if "page_seen" in each["observed"]], "the part's word")


def test_a_base_code_in_the_body_is_why_a_pixel_is_inactive_though_nobody_did_anything(fresh):
    fresh.slow_script(20)
    fresh.page("/", in_body(fresh), before=ALLOWED, base="")
    fresh.page("/next", head="")
    page = fresh.visit("/", allowed=True)
    page.wait_for_function("!!twinbeam.call")
    page.goto(fresh.url("/next"))  # the visitor leaves before TikTok's script has come
    (event,) = reported(fresh)
    fresh.tiktok.heal()
    assert (event["native"], event["observed"]) == ("unknown", ["page_seen", "base_code_not_in_head"])
    assert event.keys() == {"event", "event_id", "native", "observed", "page", "age_ms"}
    fresh.shop.wait_steady()
    found = status(fresh)
    assert (found.is_active, found.why.partition(".")[0]) == (False, "TikTok's base code is outside the page's head")
    assert {event["connection"] for event in fresh.counted(pageviews=True)} <= {"browser"}  # nothing went out from here


def test_a_page_view_of_tiktoks_own_script_makes_the_pixel_active_and_is_counted_once(fresh):
    fresh.page("/", before=ALLOWED)
    fresh.visit("/", allowed=True)
    (event,) = reported(fresh)
    assert (event["native"], event["observed"]) == ("sent", ["page_seen"])
    fresh.expect(("Pageview", "browser"), pageviews=True)
    assert status(fresh).is_active


def test_before_a_permission_it_tells_nothing_and_after_it_once(fresh):
    fresh.page("/", in_body(fresh), before=f"{DENIED}; function banner() {{ {GRANT} }}", base="")
    page = fresh.visit("/")
    page.wait_for_timeout(7_000)
    assert fresh.sent() == []
    fresh.answer(page, yes=True)
    reported(fresh)
    page.goto(fresh.url("/"))
    page.wait_for_timeout(7_000)
    assert len(reported(fresh)) == 1


def test_a_visitor_of_the_next_ten_minutes_does_not_fetch_it(fresh):
    address = f"{fresh.shop.gateway.intake}/t.js?key={fresh.keys['browser']}"
    first, second = (ask(address, headers={"Accept-Encoding": "gzip"}) for _ in range(2))
    assert 200 < len(first.body) - len(second.body) < 400
