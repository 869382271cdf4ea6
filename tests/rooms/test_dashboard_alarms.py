"""What stands in a red field on the first page: whatever keeps conversions from leaving, with its mend."""

import re

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from engines.kit.owners import POLICY
from showroom import NO_TOKEN, UNSAID, Showroom, a_busy_day, bought, seen_in_browser
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.story import Story
from twinbeam.core.values import Side
from twinbeam.dashboard.sides import Silence, fallen_silent

pytestmark = pytest.mark.outside("banner")

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
    assert told.startswith(f"Example shop: TikTok refuses the access token: code 40105, {NO_TOKEN.message}")
    assert told.endswith(f"twinbeam pixels token {PIXEL} --workspace acme &lt; token.txt")
    assert tile(room, "waiting") == "to be mended first"


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
    assert "Silent about consent, which this pixel requires: 20 of 20 events." in alarms(room)[1]


def test_held_events_that_pile_up_are_told_with_both_mends(room):
    room.add_pixel(CONFIRMED)
    room.record(*(seen_in_browser(str(n), pixel=CONFIRMED) for n in range(9)))
    assert alarms(room) == []
    room.record(seen_in_browser("9", pixel=CONFIRMED))
    (told,) = alarms(room)
    assert "Held events pile up: 10, and fewer of their kind are delivered." in told
    assert "Let the shop&#39;s server report each order" in told or "Let the shop's server report each order" in told
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
    assert "The server fell silent 3 h ago: 20 Purchase events since then came without it." in told
    assert "Look whether the shop" in told


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


def a_story(channels, *, event="Purchase", at_ms=NOW_MS):
    return Story(
        **dict.fromkeys(("workspace", "pixel", "event_source", "event_id", "order_id", "state", "reason"), ""),
        **dict.fromkeys(("currency", "consent", "source"), ""),
        **dict.fromkeys(("id", "event_time", "attempts"), 0),
        **dict.fromkeys(("value_minor", "due_ms", "settled_ms"), None),
        event=event,
        channels=channels,
        received_ms=at_ms,
    )


BOTH, BROWSER, SERVER = ["server", "browser"], ["browser"], ["server"]


@pytest.mark.parametrize(
    ("newest", "hours", "silent"),
    [
        ([], 1, None),
        ([BROWSER] * 500, 1, None),  # it never spoke: another issue tells of that
        ([BOTH] * 500, 1, None),
        ([*[BROWSER] * 19, BOTH], 1, None),
        ([*[BROWSER] * 20, BOTH], 1, (Side.SERVER, 20)),
        ([*[SERVER] * 20, BOTH], 1, (Side.BROWSER, 20)),
        ([*[BROWSER] * 20, SERVER], 1, (Side.SERVER, 20)),
        ([*[BROWSER] * 4, BOTH], 48, None),
        ([*[BROWSER] * 5, BOTH], 48, (Side.SERVER, 5)),
        ([BOTH, *[BROWSER] * 400], 48, None),
        ([*[BROWSER] * 400, BOTH], 0.9, None),
    ],
)
def test_a_side_is_silent_after_twenty_without_it_or_five_and_a_day(newest, hours, silent):
    found = fallen_silent([a_story(channels) for channels in newest], NOW_MS + hours * 3_600_000)
    assert (found and (found.side, found.alone)) == silent


def test_what_only_the_browser_sends_says_nothing_about_the_server():
    views = [a_story(BROWSER, event="ViewContent") for _ in range(400)]
    assert fallen_silent([*views, *[a_story(BOTH)] * 3], NOW_MS + 2 * MS_PER_DAY) is None


def test_of_two_events_the_one_that_misses_more_is_told():
    leads = [*[a_story(BROWSER, event="Lead") for _ in range(30)], a_story(BOTH, event="Lead")]
    purchases = [*[a_story(SERVER) for _ in range(21)], a_story(BOTH)]
    assert fallen_silent([*leads, *purchases], NOW_MS + 3_600_000) == Silence(Side.SERVER, "Lead", NOW_MS, 30)


def test_a_stopped_pixel_stands_there_with_who_stopped_it_why_and_the_command_that_starts_it(room):
    room.add_pixel()
    room.record(bought("1"))
    now_ms = room.clock.now_ms()
    room.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="wrong <values>", now_ms=now_ms, who="ada")
    (told,) = alarms(room)
    assert "Stopped since 2026-09-" in told
    assert "UTC by ada: wrong &lt;values&gt;. Conversions that wait for it to be started: 1." in told
    assert f"twinbeam pixels start {PIXEL} --workspace {WORKSPACE}" in told
    assert tile(room, "waiting") == "to be mended first"
    assert '<span class="no">stopped</span>' in room.get("/pixels").text
    assert "It goes once the pixel is started." in room.get("/events/1").text
    room.store.start_pixel(workspace=WORKSPACE, code=PIXEL, now_ms=now_ms)
    assert alarms(room) == []
    assert "stopped" not in room.get("/pixels").text
    assert "is started" not in room.get("/events/1").text
