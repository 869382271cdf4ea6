"""The pages of a pixel lead to its events in the debugger."""

import re

import pytest

from builders import PIXEL
from showroom import bought
from twinbeam.core.rules import MAIN

PLACE = f"{MAIN}/{PIXEL}"


@pytest.mark.parametrize("page", [f"/pixels/{PLACE}", f"/pixels/{PLACE}/pipeline", f"/setup/{PLACE}"])
def test_a_pixels_page_leads_to_its_events(room, page):
    room.add_pixel(workspace=MAIN)
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace=MAIN)
    room.record(bought("1", workspace=MAIN), bought("2", workspace=MAIN, pixel="C0EXAMPLEPIXELCODE21"))
    links = re.findall(r'href="(/debugger\?[^"]+)"', room.get(page).text)
    assert f"/debugger?pixel={PLACE}" in links
    assert re.findall(r'<tr role="row" data-key="([^"]+)"', room.get(links[0]).text) == ["1"]


def test_the_events_lead_back_to_the_pixel(room):
    room.add_pixel(workspace=MAIN)
    room.record(bought("1", workspace=MAIN))
    assert f'href="/pixels/{PLACE}"' in room.get("/debugger/1").text
