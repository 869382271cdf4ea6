"""Whether a pixel is active, and the sentence that says why."""

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from showroom import NO_TOKEN, UNSAID, bought, kept_out, seen_in_browser
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision, Permission
from twinbeam.web.pixels.table import read_table

DAY_S = 86_400


def status(room):
    (view,) = read_table(room.reader, room.clock.now_ms(), (NO_TOKEN.code,)).pixels
    return view.status.is_active, view.status.why


def delivered(room, *signals):
    room.record(*signals)
    room.clock.advance(seconds=20)
    room.deliver()
    room.clock.advance(seconds=3_600)


def test_what_never_reported_was_never_installed(room):
    room.add_pixel()
    assert status(room) == (False, "Never installed: neither the page nor the shop's server has reported an event.")


def test_a_stopped_pixel_says_who_stopped_it(room):
    room.add_pixel()
    delivered(room, bought("1"))
    room.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="wrong values", who="ada", now_ms=room.clock.now_ms())
    is_active, why = status(room)
    assert not is_active
    assert why.endswith("by ada: wrong values.")


def test_seven_days_without_an_event_are_no_traffic(room):
    room.add_pixel()
    delivered(room, bought("1"), seen_in_browser("1"))
    assert status(room) == (True, "Browser and server report.")
    room.clock.advance(seconds=7 * DAY_S)
    assert status(room) == (False, "No traffic: the last event came 169 h ago.")


@pytest.mark.parametrize(("copy", "side"), [(bought, "server"), (seen_in_browser, "browser")])
def test_one_side_alone_is_named(room, copy, side):
    room.add_pixel()
    delivered(room, copy("1"))
    assert status(room) == (True, f"Only the {side} reports.")


def test_right_after_the_first_event_it_says_that_tiktok_lags(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=20)
    assert status(room) == (
        False,
        "The first events have come and are being sent. TikTok shows them 5 to 15 minutes later.",
    )
    room.deliver()
    assert status(room) == (True, "The first events have just come. TikTok shows them 5 to 15 minutes later.")


def test_after_a_week_of_traffic_nothing_is_called_the_first(room):
    room.add_pixel()
    for number in range(20):
        delivered(room, bought(str(number), received_ms=room.clock.now_ms()))
    delivered(room, seen_in_browser("later", received_ms=room.clock.now_ms()))
    room.record(seen_in_browser("now", received_ms=room.clock.now_ms()), bought("now", received_ms=room.clock.now_ms()))
    assert status(room) == (True, "Browser and server report.")


def test_what_keeps_events_from_leaving_is_the_reason(room):
    room.add_pixel(token=None)
    room.record(bought("1"))
    room.clock.advance(seconds=3_600)
    assert status(room) == (False, "Events come, but there is no access token to send them with.")
    room.add_pixel()
    room.hold_up(NO_TOKEN)
    assert status(room) == (False, "Events come, but TikTok rejects the access token.")
    room.clock.advance(seconds=60)
    room.refuse()
    assert status(room) == (False, "Events are sent, but TikTok rejects all of them.")


def test_events_that_are_all_held_or_may_not_be_sent_say_so(room):
    room.add_pixel()
    room.record(kept_out("1"))
    room.clock.advance(seconds=3_600)
    assert status(room) == (False, "Events come, but none of them may be sent.")
    room.record(bought("2", permission=UNSAID))
    assert status(room)[1] == "Events come, but all of them wait for consent or for the shop's confirmation."


def test_what_is_left_to_tiktoks_own_script_is_active_by_that(room):
    room.add_pixel()
    left = Permission(Decision.DROPPED, "", Reason.LEFT_TO_BROWSER)
    room.record(kept_out("1", left, channel=seen_in_browser("1").channel))
    room.clock.advance(seconds=3_600)
    assert status(room) == (True, "TikTok's own script reports; Twinbeam leaves all events to it.")


def test_a_script_that_is_blocked_nearly_everywhere_is_told(room):
    room.add_pixel()
    blocked = [seen_in_browser(str(n), native="blocked") for n in range(19)]
    delivered(room, *blocked, bought("0"))
    assert status(room) == (True, "Browser and server report.")
    delivered(room, seen_in_browser("19", native="blocked", received_ms=room.clock.now_ms()))
    assert status(room)[1].startswith("TikTok's own script is blocked in nearly all browsers")


def test_base_code_outside_the_head_is_told(room):
    room.add_pixel()
    delivered(room, seen_in_browser("1", observed=["base_code_not_in_head"], received_ms=NOW_MS))
    assert status(room)[1].startswith("TikTok's base code is not in the page's head")


def page_seen(number, *observed, reason=Reason.PAGE_SEEN):
    """Give what a tag tells of a page on which nothing happened."""
    told = Permission(Decision.DROPPED, "", reason)
    return kept_out(str(number), permission=told, event="Pageview", observed=list(observed))


def test_a_page_whose_base_code_is_outside_the_head_is_why_a_pixel_is_inactive(room):
    room.add_pixel()
    room.record(page_seen(1, "base_code_not_in_head"))
    is_active, why = status(room)
    assert not is_active
    assert why.startswith("TikTok's base code is outside the page's head.")
    assert "move it into the head" in why


def test_a_page_that_was_opened_and_reported_nothing_is_not_called_never_installed(room):
    room.add_pixel()
    room.record(page_seen(1))
    told = "The tag is on the page, but TikTok's script was not seen to report, and no event has come."
    assert status(room) == (False, told)


def test_events_are_more_than_pages(room):
    room.add_pixel(token=None)
    room.record(page_seen(1, "base_code_not_in_head"), bought("1"))
    room.clock.advance(seconds=3_600)
    assert status(room) == (False, "Events come, but there is no access token to send them with.")


def test_a_page_view_of_tiktoks_script_does_not_hide_that_events_are_stuck(room):
    room.add_pixel(token=None)
    room.record(page_seen(1, reason=Reason.LEFT_TO_BROWSER), bought("1"))
    room.clock.advance(seconds=3_600)
    assert status(room) == (False, "Events come, but there is no access token to send them with.")


def test_a_page_that_was_seen_is_no_side_that_reports(room):
    room.add_pixel()
    room.record(page_seen(1))
    assert room.reader.sides_seen() == []
