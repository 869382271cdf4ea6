"""The page of one conversion."""

import re

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from reading import words
from showroom import BAD, DENIED, bought, kept_out, seen_in_browser
from twinbeam.core.lifecycle import State


def test_a_conversions_page_tells_its_copies_the_decision_and_tiktoks_answer(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("1", received_ms=NOW_MS + 3_200))
    room.clock.advance(seconds=20)
    room.hold_up()
    room.clock.advance(seconds=20)
    room.refuse()
    text = words(room.get("/events/1"))
    assert "Purchase order 1 refused" in text
    assert "browser , from tag, 14:13:20 server , from checkout, 14:13:23 3.2 s later" in text
    assert "Allowed by ad_storage=granted, ad_user_data=granted ; 2 copies, one conversion" in text
    assert "will be retried , 14:13:40 answered after 0 ms HTTP 401 · code 40100 · Too many requests" in text
    assert f"rejected , 14:14:00 answered after 0 ms HTTP 400 · code 40002 · {BAD.message}" in text


def test_a_withdrawn_conversion_says_that_its_content_is_deleted(room):
    room.add_pixel()
    room.record(bought("1"), kept_out("1", DENIED))
    text = words(room.get("/events/1"))
    assert "withdrawn" in text
    assert "its content is deleted" in text


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_page_that_explains_it(room, state):
    room.add_pixel()
    room.record(bought("1"))
    room.store._db.execute("UPDATE conversion SET state = ?", (state,))
    text = words(room.get("/events/1"))
    assert f"order 1 {'to retry' if state is State.WAITING else state}" in text


def test_a_conversions_page_leads_to_its_copies_in_the_debugger(room):
    room.add_pixel()
    room.record(seen_in_browser("1"), bought("2"), bought("1", received_ms=NOW_MS + 3_200))
    answer = room.get("/events/1")
    assert "In the debugger: browser copy of 14:13:20 , server copy of 14:13:23 ." in words(answer)
    keys = re.findall(r'href="/debugger/(\d+)"', answer.text)
    assert ["server, checkout , 14:13:23" in words(room.get(f"/debugger/{key}")) for key in keys] == [True, False]
    room.store._db.execute("DELETE FROM sighting_page")
    answer = room.get("/events/1")
    assert "Its copies are not in the debugger any more" in words(answer)
    assert f"/debugger?pixel={WORKSPACE}/{PIXEL}" in answer.text
