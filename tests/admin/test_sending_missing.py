"""Sending what TikTok lacks: the preview, what windows, consent and duplicates forbid, and the line in the audit."""

import pytest

from ledgers import facts_of, ordered
from showroom import Showroom
from twinbeam.admin import audit, reconciling, sending_missing
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.dead_letters import ResendTerms, carry_out
from twinbeam.admin.errors import Conflict, NotFound
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Change

CODE = "C4A5B6C7D8E9F0G1H2I3"
#: No answer proves that TikTok holds nothing.
UNSURE = ResendTerms(never_taken=frozenset())
WHERE = {"workspace": MAIN, "pixel": CODE}


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path)
    room.add_pixel(CODE, workspace=MAIN)
    yield room
    room.close()


def an_admin(room):
    return Admin(room.store, Actor("ada"), room.clock)


def refused(room, *numbers):
    """Let TikTok refuse the purchases of some orders."""
    now = {"received_ms": room.clock.now_ms(), "event_time": room.clock.now_ms() // 1_000}
    for number in numbers:
        room.record(*ordered(number, facts=facts_of(number, placed_ms=room.clock.now_ms()), **WHERE, **now))
    room.clock.advance(seconds=20)
    room.refuse()


def previewed(room, **which):
    admin = an_admin(room)
    return sending_missing.previewed(admin, sending_missing.asked_for(admin, MAIN, **which), UNSURE)


def send(room):
    admin = an_admin(room)
    return sending_missing.send(admin, sending_missing.asked_for(admin, MAIN), UNSURE)


def became(room):
    return {line.order.order_id: line.reason or "accepted" for line in reconciling.listed(an_admin(room), MAIN)}


def test_what_tiktok_rejected_is_previewed_sent_and_told(room):
    refused(room, "1", "2")
    room.record(*ordered("3", purchase=False, facts=facts_of("3", placed_ms=room.clock.now_ms()), **WHERE))
    found = previewed(room)
    assert (len(found.conversions), found.values, found.kept_back) == (2, {"EUR": 4_100}, {"no_event": 1})
    send(room)
    (line,) = [it for it in room.store.changes(limit=9) if it.what == f"orders {MAIN}"]
    assert line == Change(line.at_ms, "ada", f"orders {MAIN}", "missing", "2 sent again, 41.00 EUR")
    carry_out(room.store, UNSURE, room.clock.now_ms())
    assert became(room) == {"1": "being_sent", "2": "being_sent", "3": "no_event"}
    room.deliver()
    assert became(room) == {"1": "accepted", "2": "accepted", "3": "no_event"}
    with pytest.raises(Conflict, match="Nothing that is missing can be sent again"):
        send(room)


def test_of_what_tiktok_never_took_the_rules_of_today_decide_and_it_is_told(room):
    refused(room, "1", "2")
    admin, sure = an_admin(room), ResendTerms(never_taken=frozenset({40002}))
    found = sending_missing.send(admin, sending_missing.asked_for(admin, MAIN), sure)
    assert (found.anew, found.shaping) == (2, "2 will be sent with the pixel's rules of today.")
    (line, *_) = audit.latest(admin, limit=1)
    assert line.after == "2 sent again, 41.00 EUR, 2 of them with the pixel's rules of today"


def test_what_may_count_twice_is_kept_back(room):
    refused(room, "1")
    room.clock.advance(seconds=48 * 3_600)
    refused(room, "2")
    found = previewed(room)
    assert (len(found.conversions), found.kept_back) == (1, {"dedup_window": 1})
    assert "47 hours" in sending_missing.why_not("dedup_window")


def test_an_order_whose_other_purchase_tiktok_has_is_left_alone(room):
    refused(room, "1")
    room.record(*ordered("1", event_id="upsell-1", **WHERE, received_ms=room.clock.now_ms()))
    room.clock.advance(seconds=20)
    room.deliver()
    assert became(room) == {"1": "accepted"}
    assert previewed(room).conversions == []


def test_a_pixel_that_is_stopped_or_gone_gets_nothing(room):
    refused(room, "1")
    room.store.stop_pixel(workspace=MAIN, code=CODE, why="", who="ada", now_ms=room.clock.now_ms())
    assert previewed(room).kept_back == {"pixel_stopped": 1}
    room.store.remove_pixel(workspace=MAIN, code=CODE, now_ms=room.clock.now_ms())
    assert previewed(room).kept_back == {"pixel_removed": 1}


def test_one_pixel_of_several_is_chosen(room):
    refused(room, "1")
    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace=MAIN)
    assert len(previewed(room, pixel=CODE).conversions) == 1
    assert previewed(room, pixel="C0EXAMPLEPIXELCODE21").conversions == []
    with pytest.raises(NotFound, match="There is no pixel"):
        previewed(room, pixel="C0NOBODY")
