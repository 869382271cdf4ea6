"""Who reports what of a pixel, and what the two sides disagree about."""

import re

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought, kept_out, seen_in_browser
from twinbeam.core.values import Channel

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/overlap"


def test_it_tells_who_reported_what_and_each_number_leads_to_as_many(busy):
    answer = busy.get(PAGE)
    assert "20 of 48 conversions were reported by both sides" in words(answer)
    assert "Purchase 9 20 18" in words(answer)
    links = re.findall(r'<a href="(/conversions\?[^"]*event=Purchase&amp;seen=(?:\w+)[^"]*)">(\d+)</a>', answer.text)
    assert len(links) == 3
    for link, n in links:
        assert busy.get(link.replace("&amp;", "&")).text.count("data-key=") == int(n)


def test_what_does_not_match_is_shown_with_pairs(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), seen_in_browser("2"))
    room.clock.advance(seconds=4)
    room.record(bought("1", minor=9_900, received_ms=room.clock.now_ms()))
    text = words(room.get(PAGE))
    assert "1 Browser and server report different values. The server's is used." in text
    assert "order 1 : first by browser, kept as event_id order-1" in text
    assert "said value 99.00 EUR 4.0 s later." in text


def test_where_all_agrees_it_says_so(busy):
    assert "Nothing: wherever both sides reported" in words(busy.get(PAGE))


def test_the_times_between_the_copies_are_as_many_as_the_conversions_of_both_sides(room):
    """What nobody permitted, and a test, has two sides and is counted in neither."""
    room.add_pixel()
    for order in ("1", "2"):
        room.record(seen_in_browser(order), bought(order, received_ms=room.clock.now_ms() + 4_000))
    room.record(kept_out("3", channel=Channel.BROWSER), kept_out("3"))
    room.record(seen_in_browser("4", test_code="T1"), bought("4", test_code="T1"))
    text = words(room.get(PAGE))
    assert "2 of 2 conversions were reported by both sides" in text
    assert "2 in all, one for each of the conversions of both sides" in text
    assert "under 5 s 2 0" in text


def test_what_turned_out_to_be_one_with_another_is_named(room):
    room.add_pixel()
    later, of_visit = room.clock.now_ms() + 4_000, {"event_id": "K", "order_id": "", "visitor": "checkout"}
    room.record(bought("1", event_id="O"), bought("2", **of_visit))
    room.record(
        seen_in_browser("1", event_id="O", received_ms=later), seen_in_browser("2", **of_visit, received_ms=later)
    )
    room.record(bought("1", event_id="O", visitor="checkout", also=["K"]))
    assert "2 in all: 1 conversions of both sides , and 1 that turned out to be one with another" in words(
        room.get(PAGE)
    )
