"""The pages of sources in a browser: on a phone and in the dark nothing is clipped or pale, and a delivery appears."""

from pathlib import Path

import pytest

from browsing import RunningClock, Served, Visit, a_browser
from builders import PIXEL
from showroom import Showroom
from twinbeam.core.deliveries import NOTHING_HEARD, Delivery, hear
from twinbeam.sources.mapping_preview import preview, read_mapping

pytestmark = pytest.mark.journey

MAPPING = '[order]\norder_id = "data.number"\nvalue = "data.sum"\ncurrency = "=EUR"\nemail = "data.mail"\n'
WAYS = {
    "wide": {"viewport": {"width": 1200, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
    "plain": {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    heard = {}
    room = Showroom(
        tmp_path_factory.mktemp("shop") / "data",
        clock=RunningClock(),
        heard=lambda: heard,
        preview=preview,
        read_mapping=read_mapping,
    )
    room.heard = heard
    room.add_pixel(workspace="main")
    for kind, name, secret in (("shopify", "lamps", "shpss_0123456789"), ("webhook", "till", "")):
        room.post("/sources", kind=kind, name=name, secret=secret, **{f"pixel:main/{PIXEL}": "yes"})
    now = room.clock.now_ms()
    for outcome, topic, reason in (
        ("taken", "orders/paid", ""),
        ("not used", "products/create", "Bodies of this kind are not used here."),
        ("unreadable", "customers/data_request", "line_items[0].quantity: The field has the wrong JSON type. Send 2."),
    ):
        heard["lamps"] = hear(heard.get("lamps", NOTHING_HEARD), Delivery(now, topic, outcome, reason, 42_000))
    shown = Served(room)
    yield shown
    shown.stop()
    room.close()


@pytest.fixture(scope="module")
def browser():
    with a_browser() as found:
        yield found


@pytest.mark.parametrize("way", WAYS)
def test_the_pages_fit_and_are_readable(served, browser, way, pictures):
    for path in ("/sources", "/sources/lamps", "/sources/till"):
        visit = Visit(browser, served.url + path, **WAYS[way])
        if path.endswith("till"):
            visit.page.fill("textarea[name=mapping]", MAPPING)
            visit.page.fill("textarea[name=sample]", '{"data": {"number": "7", "sum": "89.90"}}')
            visit.page.click("button[value=preview]")
            assert "89.90 EUR" in visit.page.inner_text(".previewed")
            assert "there is nothing at data.mail" in visit.page.inner_text(".previewed")
        visit.page.screenshot(path=pictures / f"{path.strip('/').replace('/', '-')}-{way}.png", full_page=True)
        assert visit.overflow() <= 0
        assert visit.complaints == []


@pytest.fixture(scope="module")
def pictures():
    folder = Path(__file__).resolve().parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_first_delivery_appears_by_itself(served, browser):
    visit = Visit(browser, f"{served.url}/sources/till", **WAYS["wide"])
    assert "listening…" in visit.page.inner_text("#deliveries")
    one = Delivery(served.room.clock.now_ms(), "order.paid", "taken", "", 1_000)
    served.room.heard["till"] = hear(NOTHING_HEARD, one)
    visit.page.wait_for_selector("#deliveries .deliveries")
    assert "order.paid" in visit.page.inner_text("#deliveries")
    assert "receiving" in visit.page.inner_text("#deliveries")
