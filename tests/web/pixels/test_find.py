"""An address with a code alone leads to its pixel, as far as the reader may see it."""

import pytest

from builders import PIXEL, WORKSPACE
from twinbeam.core.rules import MAIN


def leads(room, code=PIXEL, **who):
    answer = room.get(f"/pixels/{code}", **who)
    assert answer.status == 303
    return answer.headers["location"]


@pytest.mark.parametrize("code", [PIXEL, PIXEL.lower()])
def test_the_code_of_one_pixel_leads_to_its_page(room, code):
    room.add_pixel()
    assert leads(room, code) == f"/pixels/{WORKSPACE}/{PIXEL}"


def test_a_code_of_two_workspaces_leads_to_both_and_to_ones_own(room):
    room.add_pixel()
    room.add_pixel(workspace=MAIN)
    assert leads(room) == f"/pixels?q={PIXEL}"
    assert leads(room, who="viewer", workspace=MAIN) == f"/pixels/{MAIN}/{PIXEL}"


def test_a_code_that_nobody_may_see_is_looked_for_in_the_list(room):
    room.add_pixel()
    assert leads(room, who="viewer", workspace=MAIN) == f"/pixels?q={PIXEL}"
    assert leads(room, "nowhere") == "/pixels?q=nowhere"
