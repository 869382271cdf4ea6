"""Who reports what of a pixel, and what the two sides disagree about."""

import re

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought, seen_in_browser

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
