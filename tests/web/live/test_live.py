"""The page `/`: what became of everything, and that it adds up."""

import re

import pytest

from builders import PIXEL
from reading import words
from showroom import UNSAID, bought, kept_out, seen_in_browser
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.values import Channel
from twinbeam.web.contract import LagView
from twinbeam.web.sums import MOST_EVENTS


def test_the_page_shows_what_became_of_everything_and_that_it_adds_up(busy):
    busy.lag = LagView(lag_seconds=0.42, pending=12)
    text = words(busy.get("/"))
    for tile in (
        "Received 88 safe",
        "Dropped 6",
        "Merged 20",
        "Duplicate 2",
        "Held 3",
        "Waiting 5",
        "Delivered 39",
        "Refused 1",
    ):
        assert tile in text
    assert "Record lag 0.4 s 12 to record" in text
    assert "76 recorded = 6 dropped + 20 merged + 2 duplicate + 0 quarantined + 0 noted + 48 conversions" in text
    assert "48 conversions = 3 held + 1 ready + 0 leased + 4 to retry + 39 delivered + 1 refused" in text
    assert "Counters agree" in text


def test_the_reference_tells_every_tile_and_the_whole_sum(room, documented, reference):
    tiles = re.findall(r'<i class="dot"></i>(?:<a [^>]*>)?([^<]+)', room.get("/").text)
    assert documented("Live") == tiles
    assert f"    recorded = {' + '.join([*Outcome, 'conversions'])}\n" in reference


def test_the_reference_tells_how_many_events_of_a_pixel_have_a_row(reference):
    assert f"more than {MOST_EVENTS} events" in reference


def test_the_page_counts_per_pixel_and_event(busy):
    text = words(busy.get("/"))
    assert "Example shop Purchase 75 6 20 2 3 4 39 1 0" in text
    assert "Example shop Lead 1 0 0 0 0 1 0 0 0" in text


def test_the_rarest_of_a_pixels_many_events_share_a_row(room):
    room.add_pixel(name="Shop")
    room.record(*[bought(str(n), event=f"Event{n:02d}") for n in range(MOST_EVENTS + 1)])
    text = words(room.get("/"))
    assert "Shop Event38 1 0 0 0 0 1 0 0 0 Shop 2 rarer events 2 0 0 0 0 2 0 0 0 " in text


def test_the_latest_conversions_carry_channels_value_state_and_the_reason(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("1"), kept_out("2"))
    text = words(room.get("/"))
    assert f"Purchase id not stored server dropped {Reason.NO_CONSENT.sentence}" in text
    assert "Purchase order 1 both 20.50 EUR ready Will be sent at 14:13:20 ." in text


def test_what_is_held_says_why_and_until_when(room):
    room.add_pixel()
    room.record(bought("1", permission=UNSAID))
    text = words(room.get("/"))
    assert f"held {Reason.CONSENT_NOT_SAID.sentence.replace('`', '')}" in text.replace(" .", ".")
    assert "Held until 22 Sep 2026 14:13:20 ." in text
    assert "Send <code>consent</code>. Held until <time" in room.get("/").text
    assert "Not decided : ad_storage=unsaid" in words(room.get("/events/1"))


def test_what_copies_disagree_about_is_counted_and_told(room):
    room.add_pixel()
    room.record(seen_in_browser("1", minor=1_900))
    room.record(bought("1", minor=2_050))
    assert f"1 found: {Finding.VALUE_DIFFERS.sentence}" in words(room.get("/"))
    assert "Differs: value 20.50 EUR" in words(room.get("/events/1"))


@pytest.mark.parametrize(("channels", "shown"), [(["webhook", "browser"], "both"), (["webhook", "file"], "webhook")])
def test_all_that_is_no_browser_is_the_servers_side(room, channels, shown):
    room.add_pixel()
    for channel in channels:
        room.record(bought("1", channel=Channel(channel)))
    assert re.search(rf"Purchase order 1 {shown}\b", words(room.get("/")))


def test_consent_statements_have_a_line_of_their_own(room):
    room.record(bought("", event="", pixel="", body=b""))
    text = words(room.get("/"))
    assert "consent statements: 1" in text
    assert "quarantine:" not in text


def test_a_quarantined_event_has_a_line_of_its_own(room):
    room.store.quarantine("0a" * 16, 1, 0, b"?", "unreadable", room.clock.now_ms())
    assert "1 recorded = 0 dropped + 0 merged + 0 duplicate + 1 quarantined" in words(room.get("/"))
    assert "unreadable, in quarantine: 1" in words(room.get("/"))


def test_the_page_shows_today_or_seven_days(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=86_400)
    room.record(bought("2", received_ms=room.clock.now_ms()))
    assert "Received 2" in words(room.get("/"))
    assert "Received 1" in words(room.get("/?days=1"))
    assert "Received 2" in words(room.get("/?days=99999"))


@pytest.mark.parametrize(
    ("fill", "taught"),
    [
        (lambda _room: None, "twinbeam pixels add CODE"),
        (lambda room: room.add_pixel(), f"twinbeam keys create server --source checkout --pixel {PIXEL}"),
    ],
)
def test_an_empty_page_teaches_the_next_step(room, fill, taught):
    fill(room)
    assert taught in words(room.get("/"))


def test_the_page_tells_those_without_javascript_to_reload(room):
    assert re.search(r"<noscript>.*reload.*</noscript>", room.get("/").text)
