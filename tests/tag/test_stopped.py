"""A stopped pixel: pages load nothing of TikTok's, an open one calls it no more, and what they report waits."""

import json

import pytest

from running import ask, wait_until
from tagging import DENIED, GRANT, GTAG

pytestmark = [pytest.mark.journey, pytest.mark.tag("stopped")]

ALLOWED = f"{DENIED};{GRANT}"
CALLS = "ttq.track('Contact'); ttq.identify({email: 'ada@shop.example'}); twinbeam.track('Lead')"


#: Counts the answers about events that the tag has taken in.
HEARD = """() => {
  const real = fetch;
  window.heard = 0;
  window.fetch = async (...args) => {
    const response = await real(...args);
    if (!args[0].includes("/t/e?")) return response;
    const json = response.json.bind(response);
    response.json = () => json().finally(() => setTimeout(() => heard++));
    return response;
  };
}"""


@pytest.fixture(autouse=True)
def _nothing_stays_stopped(street):
    """Leave nothing behind that waits for ever: other tests of this gateway wait until nothing does."""
    yield
    gateway = street.shop.gateway
    for row in json.loads(gateway.arrange("pixels", "list", "--json")):
        if row["stopped"]:
            gateway.arrange("pixels", "start", row["code"])


def switch(corner, word, code=None):
    """Stop or start a pixel, and wait until pages are served so."""
    before = tag(corner)
    corner.shop.gateway.arrange("pixels", word, code or corner.codes[0])
    wait_until(lambda: tag(corner) != before, f"the tag's file tells of the {word}")


def tag(corner):
    return ask(f"{corner.shop.gateway.intake}/t.js?key={corner.keys['browser']}").body


def of_tiktok(corner):
    """Give what the browser asked of TikTok: its script, and whatever that reports."""
    return [request.url for request in corner.fetched if request.url.startswith(corner.script_host)]


def drop_in(corner):
    return {"before": ALLOWED}


def own(corner):
    return {"before": ALLOWED, "base": "", "mode": "own", "pixel": corner.codes[0], "host": corner.script_host}


def whole(corner):
    tag = f"<script src='/t.js?key={corner.keys['browser']}&whole=1'></script>"
    return {"head": f"{GTAG}<script>{ALLOWED}</script>{tag}{corner.base()}"}


@pytest.mark.parametrize("furnished", [drop_in, own, whole])
def test_a_page_loads_no_script_of_tiktoks_and_reports_nothing_until_it_is_started(corner, furnished):
    corner.page("/", CALLS, **furnished(corner))
    switch(corner, "stop")
    page = corner.visit("/", allowed=True)
    page.wait_for_load_state("networkidle")
    page.evaluate("ttq.track('AddToCart', {value: 1, currency: 'EUR'})")
    page.evaluate("twinbeam.page()")
    page.wait_for_timeout(500)
    assert of_tiktok(corner) == []
    assert [call for call in corner.web.asked if call[0] == "POST"] == []
    assert page.evaluate("document.cookie") == ""
    switch(corner, "start")
    corner.window(fresh(corner))
    corner.visit("/", allowed=True)
    corner.expect(("Contact", "both"), ("Lead", "both"))


def fresh(corner):
    """Give another window of the browser, without what the first one keeps: the minute is over."""
    agent = corner.context.pages[0].evaluate("navigator.userAgent")
    return corner.context.browser.new_context(user_agent=agent)


def test_a_page_that_was_open_calls_tiktok_no_more_once_it_was_told_and_what_it_reports_waits(corner):
    corner.page("/", "ttq.track('Contact')", before=ALLOWED)
    page = corner.visit("/", allowed=True)
    corner.expect(("Contact", "both"))
    switch(corner, "stop")
    page.evaluate(HEARD)
    page.evaluate("ttq.track('Lead')")
    page.wait_for_function("heard > 0")
    before = len(of_tiktok(corner))
    page.evaluate("ttq.track('Subscribe')")
    corner.until(lambda: len(corner.sent()) == 3, "the gateway took the next one")
    page.wait_for_timeout(500)
    assert len(of_tiktok(corner)) == before
    assert corner.told()[-1] == ("Subscribe", "not_fired")
    assert "Subscribe" not in {event["event"] for event in corner.counted()}
    switch(corner, "start")
    corner.expect(("Contact", "both"), ("Lead", "both"), ("Subscribe", "server"))


def test_of_two_pixels_on_a_page_the_one_that_goes_on_is_served(opened):
    corner = opened(pixels=2)
    first, second = corner.codes
    both = corner.base(first).replace("ttq.page();", f'ttq.load("{second}"); ttq.page();')
    calls = f"ttq.track('Contact'); ttq.instance('{first}').track('Lead'); ttq.instance('{second}').track('Subscribe')"
    corner.page("/", calls, before=ALLOWED, base=both)
    switch(corner, "stop", first)
    corner.visit("/", allowed=True)
    corner.until(lambda: len(corner.sent()) == 3, "the gateway took them")
    both = [("Contact", "both"), ("Subscribe", "both")]
    corner.until(lambda: sorted((it["event"], it["connection"]) for it in corner.counted()) == both, "two count")
    assert {event["pixel"] for event in corner.counted()} == {second}
    assert not [url for url in of_tiktok(corner) if first in url]
    switch(corner, "start", first)
    corner.expect(("Contact", "both"), ("Contact", "server"), ("Lead", "server"), ("Subscribe", "both"))
