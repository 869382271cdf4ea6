"""The page of orders in a real browser: on a phone and a desk, light and dark, with orders and without."""

import pytest

from browsing import RunningClock, Served, Visit
from builders import PIXEL, WORKSPACE
from ledgers import some_orders
from showroom import Showroom

pytestmark = pytest.mark.journey

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
PATH = "/reconciliation"


@pytest.fixture
def served(tmp_path):
    room = Showroom(tmp_path / "data", clock=RunningClock())
    room.add_pixel()
    served = Served(room)
    yield served
    served.stop()
    room.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits_and_can_be_read(served, browser, window, scheme):
    def look(path):
        return Visit(browser, served.url + path, viewport=window, color_scheme=scheme)

    empty = look(PATH)
    some_orders(served.room, WORKSPACE, PIXEL)
    visits = [
        empty,
        *map(
            look, (PATH, f"{PATH}?each=yes", f"{PATH}?result=missing", f"{PATH}?told=leads", f"{PATH}/week/2026-09-21")
        ),
    ]
    for visit in visits:
        assert visit.overflow() <= 0
        assert visit.pale() == []
    page = visits[1].page
    bar = page.locator("svg.bar").first.bounding_box()
    assert bar["x"] + bar["width"] <= window["width"]
    page.get_by_role("link", name="2 missing").click()
    assert page.locator(".orders tbody tr").count() == 2
    visits[-1].page.emulate_media(media="print")
    assert not visits[-1].page.locator("header.top").is_visible()
    for visit in visits:
        visit.close()
