"""What delivered events carried: counted by a job that goes on where it was, and shown by event."""

import msgspec

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought, seen_in_browser
from twinbeam.admin.delivered_counts import Delivered, parameters_of
from twinbeam.core.pixel_counts import CountKind, PixelCount
from twinbeam.web.pixel.events.parameters import carried_of

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}/events"
PRODUCTS = {"contents": [{"content_id": "SKU-1"}], "content_type": "product"}


def body(**said):
    return msgspec.json.encode(said)


def test_what_any_copy_names_is_carried_and_what_is_empty_is_not():
    one = body(properties={**PRODUCTS, "description": "", "own_field": 1}, page={"url": "https://shop.example/"})
    other = body(properties={"num_items": 2, "search_string": None})
    found = parameters_of(Delivered((1, "main", PIXEL, "Lead"), 0, [one, other, b"broken"], has_value=True))
    assert found == {"value", "currency", "contents", "content_ids", "content_type", "num_items", "page_url"}


def test_a_purchase_without_a_value_is_marked():
    told = [(event, name, n) for event in ("Purchase", "Contact") for name, n in (("", 10), ("value", 8))]
    counts = [PixelCount(1, "main", PIXEL, "parameter", *it) for it in told]
    contact, purchase = sorted(carried_of(counts), key=lambda it: it.event)
    assert purchase.lacks("value")
    assert purchase.lacks("content_ids")
    assert not contact.lacks("value")


def test_the_page_tells_shares_and_nothing_is_counted_twice(room):
    room.add_pixel()
    room.record(*(bought(str(n), properties=PRODUCTS if n < 3 else {}) for n in range(4)))
    room.record(seen_in_browser("99", test_code="TEST1"))
    room.clock.advance(seconds=600)
    room.deliver()
    for _ in range(2):
        room.look_at_delivered()
    assert "Purchase 4 100 % 100 % 75 % , too few 75 % 100 % 0 % contents 75 %" in words(room.get(PAGE))
    room.record(bought("7", received_ms=room.clock.now_ms()))
    room.clock.advance(seconds=600)
    room.deliver()
    room.look_at_delivered()
    assert "Purchase 5 100 % 100 % 60 %" in words(room.get(PAGE))
    delays = [it for it in room.reader.pixel_counts() if it.kind == CountKind.DELAY]
    assert sum(it.n for it in delays) == 5


def test_counts_older_than_they_are_kept_go_and_newer_ones_stay(room):
    room.add_pixel()
    room.record(bought("1"))
    room.clock.advance(seconds=100 * 86_400)
    room.record(bought("2", received_ms=room.clock.now_ms()))
    room.clock.advance(seconds=600)
    room.deliver()
    room.look_at_delivered()
    days = {it.day for it in room.reader.pixel_counts()}
    assert len(days) == 1
