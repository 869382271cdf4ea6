"""A pixel is paused, drained and resumed, each once, and the audit tells by whom."""

import pytest

from twinbeam.admin import audit, flowing, pixels
from twinbeam.admin.errors import NotFound
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Flow

CODE = "C4A5B6C7D8E9F0G1H2I3"


def lines(admin):
    return [(line.before, line.after) for line in reversed(audit.latest(admin, limit=99))][1:]


def test_a_pixel_is_paused_drained_and_resumed_once(admin):
    pixels.add(admin, pixels.NewPixel(CODE, name="Shop"))
    assert flowing.pause(admin, MAIN, CODE) is None
    paused = Flow("paused", admin.clock.now_ms(), "ada")
    admin.clock.advance(seconds=60)
    assert flowing.pause(admin, MAIN, CODE) == paused
    assert flowing.drain(admin, MAIN, CODE) == paused
    assert pixels.known(admin, MAIN, CODE).flow == Flow("draining", admin.clock.now_ms(), "ada")
    assert flowing.resume(admin, MAIN, CODE) == 0
    assert flowing.resume(admin, MAIN, CODE) is None
    assert pixels.known(admin, MAIN, CODE).flow is None
    assert lines(admin) == [("sending", "paused"), ("paused", "draining"), ("draining", "resumed")]


@pytest.mark.parametrize("act", [flowing.pause, flowing.drain, flowing.resume])
def test_a_pixel_that_is_not_there_is_not_found(admin, act):
    with pytest.raises(NotFound):
        act(admin, MAIN, CODE)
