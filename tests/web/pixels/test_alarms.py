"""What stands in a red field on the first page: whatever keeps conversions from leaving, with its mend."""

import re

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from engines.kit.owners import POLICY
from showroom import NO_TOKEN, UNSAID, Showroom, a_busy_day, bought, seen_in_browser
from twinbeam.checks.sides import Silence, fallen_silent
from twinbeam.core.story import Flow, SideSeen
from twinbeam.core.values import Side

pytestmark = pytest.mark.outside("banner")

HOUR_MS = 3_600_000
CONFIRMED = "CONFIRMED"  #: a pixel whose owner wants purchases confirmed (engines/kit/owners.py)


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data", policy=POLICY)
    yield room
    room.close()


def alarms(room):
    """Give what the red fields of the first page say."""
    room.clock.advance(seconds=6)
    found = re.findall(r'<section class="alarm[^>]*>(.*?)</section>', room.get("/").text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


def tile(room, name):
    found = re.search(rf'<div class="tile tile-{name}">.*?<span>(.*?)</span>', room.get("/").text, re.DOTALL)
    return found[1]


def refused(room):
    room.clock.advance(seconds=20)
    room.hold_up(NO_TOKEN)


def test_a_refused_token_stands_there_with_the_command_and_nothing_is_on_its_way(room):
    room.add_pixel(workspace="acme")
    room.record(bought("1", workspace="acme"))
    assert (alarms(room), tile(room, "waiting")) == ([], "on their way")
    refused(room)
    (told,) = alarms(room)
    assert told.startswith(f"Example shop: TikTok rejects the access token: code 40105, {NO_TOKEN.message}")
    assert told.endswith(f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt")
    assert tile(room, "waiting") == "blocked by an issue"


@pytest.mark.parametrize("mend", ["another token", "a better answer"])
def test_it_goes_when_it_is_mended(room, mend):
    room.add_pixel()
    room.record(bought("1"))
    refused(room)
    assert len(alarms(room)) == 1
    room.clock.advance(seconds=20)
    if mend == "another token":
        room.add_pixel(token="n" * 40)
    else:
        room.deliver()
    assert alarms(room) == []
    assert tile(room, "waiting") == "on their way"


def test_a_token_that_is_missing_is_one_once_events_wait_for_it(room):
    room.add_pixel(token=None)
    assert alarms(room) == []
    room.record(bought("1"))
    (told,) = alarms(room)
    assert "No access token; conversions that wait for it: 1." in told


def test_each_pixel_has_its_own_and_the_worst_stands_first(room):
    room.add_pixel(name="Silent")
    room.record(*(bought(f"q{n}", permission=UNSAID) for n in range(20)))
    room.add_pixel("PIXEL9", token=None, name="Tokenless")
    room.record(bought("1", pixel="PIXEL9"))
    assert [told.partition(":")[0] for told in alarms(room)] == ["Tokenless", "Silent"]
    assert "Events without consent, which this pixel requires: 20 of 20." in alarms(room)[1]


def test_held_events_that_pile_up_are_told_with_both_mends(room):
    room.add_pixel(CONFIRMED)
    room.record(*(seen_in_browser(str(n), pixel=CONFIRMED) for n in range(9)))
    assert alarms(room) == []
    room.record(seen_in_browser("9", pixel=CONFIRMED))
    (told,) = alarms(room)
    assert "Held events pile up: 10; fewer of the same events are delivered." in told
    assert "Report each order from the shop&#39;s server; if no server reports" in told
    assert told.endswith(f"twinbeam pixels set {CONFIRMED} confirm_purchases=off --workspace default")


def test_what_is_held_for_its_twin_in_a_busy_shop_is_no_pile(room):
    room.add_pixel(CONFIRMED)
    room.record(*(bought(str(n), pixel=CONFIRMED) for n in range(30)))
    room.clock.advance(seconds=20)
    room.deliver()
    now_ms = room.clock.now_ms()
    room.record(*(seen_in_browser(f"b{n}", pixel=CONFIRMED, received_ms=now_ms) for n in range(20)))
    assert alarms(room) == []


def test_page_views_that_flow_hide_no_pile_of_purchases(room):
    room.add_pixel(CONFIRMED)
    room.record(*(seen_in_browser(f"v{n}", pixel=CONFIRMED, event="ViewContent", event_id=f"v{n}") for n in range(300)))
    room.clock.advance(seconds=20)
    room.deliver()
    room.record(*(seen_in_browser(str(n), pixel=CONFIRMED) for n in range(10)))
    assert "Held events pile up: 10" in alarms(room)[0]


def test_a_side_that_fell_silent_is_told_with_how_long_ago(room):
    room.add_pixel()
    room.record(*(bought(str(n)) for n in range(5)), *(seen_in_browser(str(n)) for n in range(5)))
    room.clock.advance(seconds=3 * 3_600)
    now_ms = room.clock.now_ms()
    room.record(*(seen_in_browser(f"b{n}", received_ms=now_ms) for n in range(19)))
    assert alarms(room) == []
    room.record(seen_in_browser("b19", received_ms=now_ms))
    (told,) = alarms(room)
    assert "The server stopped reporting Purchase 3 h ago; since then 20 came without it." in told
    assert "Check that the shop" in told


def test_an_ordinary_day_raises_no_alarm(room):
    a_busy_day(room)
    assert alarms(room) == []


def test_they_are_looked_for_every_five_seconds_however_many_look(room, monkeypatch):
    room.add_pixel()
    looked, look = [], room.reader.last_answers
    monkeypatch.setattr(room.reader, "last_answers", lambda: looked.append(1) or look())
    for _ in range(10):
        room.get("/")
        room.get("/?days=1")
        room.clock.advance(seconds=1)
    assert len(looked) == 2


def test_a_name_that_somebody_chose_cannot_become_markup(room):
    room.add_pixel(name="<script>alert(1)</script>")
    room.record(bought("1"))
    refused(room)
    assert len(alarms(room)) == 1
    assert "<script>alert" not in room.get("/").text


def seen(side, alone, *, hours, event="Purchase"):
    return SideSeen(WORKSPACE, PIXEL, event, side, NOW_MS - int(hours * HOUR_MS), alone)


@pytest.mark.parametrize(
    ("alone", "hours", "silent"),
    [(0, 48, False), (19, 1, False), (20, 1, True), (400, 0.9, False), (4, 48, False), (5, 48, True), (5, 23, False)],
)
@pytest.mark.parametrize("side", Side)
def test_a_side_is_silent_after_twenty_without_it_or_five_and_a_day(side, alone, hours, silent):
    told = fallen_silent([seen(side, alone, hours=hours)], NOW_MS)
    assert told == (Silence(side, "Purchase", NOW_MS - int(hours * HOUR_MS), alone) if silent else None)


def test_custom_events_together_say_nothing_about_a_side():
    assert fallen_silent([seen(Side.SERVER, 400, hours=48, event="")], NOW_MS) is None


def test_of_two_events_the_one_that_misses_more_is_told():
    told = fallen_silent([seen(Side.BROWSER, 21, hours=1), seen(Side.SERVER, 30, hours=2, event="Lead")], NOW_MS)
    assert (told.side, told.event, told.alone) == (Side.SERVER, "Lead", 30)


def test_what_only_the_browser_sends_says_nothing_about_the_server(room):
    room.add_pixel()
    room.record(bought("1"))
    views = [seen_in_browser(f"v{n}", event="ViewContent", event_id=f"v{n}") for n in range(400)]
    room.clock.advance(seconds=86_400)
    room.record(*views)
    assert alarms(room) == []


def test_a_busy_pixel_hides_no_silence_of_a_quiet_one(room):
    """Each pixel has its own record, however many conversions of others are newer."""
    room.add_pixel()
    room.add_pixel("PIXEL9", name="Busy")
    room.record(bought("1"))
    room.clock.advance(seconds=2 * 86_400)
    now_ms = room.clock.now_ms()
    room.record(*(seen_in_browser(f"b{n}", received_ms=now_ms) for n in range(5)))
    room.record(*(bought(f"c{n}", pixel="PIXEL9", received_ms=now_ms) for n in range(600)))
    (told,) = alarms(room)
    assert told.startswith("Example shop: The server stopped reporting Purchase 48 h ago; since then 5 came")


def test_a_stopped_pixel_stands_there_with_who_stopped_it_why_and_the_command_that_starts_it(room):
    room.add_pixel()
    room.record(bought("1"))
    now_ms = room.clock.now_ms()
    room.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="wrong <values>", who="ada", now_ms=now_ms)
    (told,) = alarms(room)
    assert "Stopped since 2026-09-" in told
    assert "UTC by ada: wrong &lt;values&gt;. Conversions waiting until it is started: 1." in told
    assert f"twinbeam pixels start {PIXEL} --workspace {WORKSPACE}" in told
    assert tile(room, "waiting") == "blocked by an issue"
    assert '<span class="no">stopped</span>' in room.get("/pixels").text
    assert "Will be sent once it is started." in room.get("/events/1").text
    room.store.start_pixel(workspace=WORKSPACE, code=PIXEL)
    assert alarms(room) == []
    assert "stopped" not in room.get("/pixels").text
    assert "once it is started" not in room.get("/events/1").text


def test_a_paused_pixel_stands_there_with_who_paused_it_and_the_command_that_resumes_it(room):
    room.add_pixel()
    room.record(bought("1"))
    room.store.flows.save(WORKSPACE, PIXEL, Flow("paused", room.clock.now_ms(), "ada"))
    (told,) = alarms(room)
    assert "Paused since 2026-09-" in told
    assert "UTC by ada. Conversions waiting: 1." in told
    assert f"twinbeam pixels resume {PIXEL} --workspace {WORKSPACE}" in told
    assert '<span class="no">paused</span>' in room.get("/pixels").text
    assert "Events come, but the pixel is paused since 2026-09-" in room.get("/pixels").text
    assert "Will be sent once it is resumed." in room.get("/events/1").text
    room.store.flows.save(WORKSPACE, PIXEL, None)
    assert alarms(room) == []
    assert "once it is resumed" not in room.get("/events/1").text
