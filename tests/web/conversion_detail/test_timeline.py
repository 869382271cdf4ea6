"""The story of a conversion in the order in which it happened."""

from reading import words
from showroom import UNSAID, bought, kept_out, seen_in_browser
from twinbeam.web.conversion_detail.timeline import timeline


def told(room, id_=1):
    return [moment.what for moment in timeline(room.reader.by_id(id_))]


def test_copies_attempts_and_answers_stand_in_their_order(room):
    room.add_pixel()
    room.record(seen_in_browser("1"))
    room.clock.advance(seconds=1)
    room.record(bought("1", received_ms=room.clock.now_ms()))
    room.clock.advance(seconds=20)
    room.hold_up()
    room.clock.advance(seconds=20)
    room.deliver()
    room.clock.advance(seconds=20)
    room.record(bought("1", received_ms=room.clock.now_ms()))
    assert told(room) == [
        "Happened",
        "Browser copy from tag",
        "Server copy from checkout, joined",
        "Sent to TikTok",
        "TikTok: will be retried",
        "Sent to TikTok, attempt 2",
        "TikTok: accepted",
        "Server copy from checkout, after the event was sent",
    ]


def test_what_waits_says_until_when_as_the_last(room):
    room.add_pixel()
    room.record(bought("1", permission=UNSAID))
    moment = timeline(room.reader.by_id(1))[-1]
    assert (moment.what, moment.is_next) == ("Held until then", True)


def test_a_refusal_after_the_first_copy_ends_it(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=1)
    room.record(kept_out("1", received_ms=room.clock.now_ms()))
    assert told(room)[-1] == "Withdrawn"
    assert "Timeline" in words(room.get("/events/1"))


def test_a_dropped_event_says_why(room):
    room.add_pixel()
    room.record(kept_out("1"))
    moment = timeline(room.reader.by_id(1))[-1]
    assert moment.what == "Dropped"
    assert moment.detail
