"""A pixel is stopped and started, each once, and the audit tells by whom and why."""

import pytest
from msgspec.structs import replace

from twinbeam.admin import audit, pixels, stopping
from twinbeam.admin.contract import Actor
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Stopped

CODE = "C4A5B6C7D8E9F0G1H2I3"


@pytest.fixture(autouse=True)
def pixel(admin):
    return pixels.add(admin, pixels.NewPixel(CODE, name="Shop"))


def lines(admin):
    return [(line.who, line.what, line.before, line.after) for line in reversed(audit.latest(admin, limit=99))][1:]


def test_a_pixel_is_stopped_and_started_once(admin):
    bob = replace(admin, actor=Actor("bob"))
    assert stopping.stop(admin, MAIN, CODE, "wrong values") is None
    stopped = Stopped(admin.clock.now_ms(), "ada", "wrong values")
    admin.clock.advance(seconds=60)
    assert stopping.stop(bob, MAIN, CODE, "another") == stopped
    assert pixels.known(admin, MAIN, CODE).stopped == stopped
    assert stopping.start(bob, MAIN, CODE) == 0
    assert stopping.start(bob, MAIN, CODE) is None
    assert pixels.known(admin, MAIN, CODE).stopped is None
    assert lines(admin) == [
        ("ada", f"pixel main/{CODE}", "started", "stopped: wrong values"),
        ("bob", f"pixel main/{CODE}", "stopped", "started"),
    ]


def test_a_stop_needs_no_reason(admin):
    stopping.stop(admin, MAIN, CODE)
    assert lines(admin) == [("ada", f"pixel main/{CODE}", "started", "stopped")]


@pytest.mark.parametrize("why", ["x" * 201, "two\nlines", "\x1b[2J"])
def test_a_reason_that_would_spoil_a_list_is_refused(admin, why):
    with pytest.raises(Invalid, match="Give the reason in one line"):
        stopping.stop(admin, MAIN, CODE, why)
    assert pixels.known(admin, MAIN, CODE).stopped is None
    assert lines(admin) == []


@pytest.mark.parametrize("switch", [stopping.stop, stopping.start])
def test_an_unknown_pixel_is_told_with_the_commands_that_list_and_add_it(admin, switch):
    with pytest.raises(
        NotFound, match="See: twinbeam pixels list; or add it: twinbeam pixels add C0OTHERPIXELSCODE002"
    ):
        switch(admin, MAIN, "C0OTHERPIXELSCODE002")
